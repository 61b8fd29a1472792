/** A run that is killed now and then ends with the same bytes as one that is not. `node tests/kills/kills.mjs 50` does it fifty times. Needs a build. */
import { expect, it } from 'vitest'

it('five kills at random moments change nothing of what a run ends with', async () => {
  const { killAndCompare } = (await import('./kills/kills.mjs' as string)) as {
    killAndCompare(options: { kills: number; seed: number }): Promise<{ kills: number; files: string }>
  }
  const { kills, files } = await killAndCompare({ kills: 5, seed: Date.now() % 1_000_000 })
  expect(kills).toBeGreaterThan(0)
  expect(files).toBe('best.safetensors checkpoint.safetensors metrics.jsonl model.safetensors run.json')
})
