/** Whether long runs hold steady memory: resident megabytes gained between the hundredth step and the worst moment after it. */
import { fileURLToPath } from 'node:url'
import { Child } from './child.mjs'

const script = fileURLToPath(new URL('lenet.mjs', import.meta.url))

/** Seconds that all steps may take. */
const patience = 1800

export async function memory({ steps, threads, device }) {
  const found = []
  for (const workload of ['lenet', 'tiny-mlp']) {
    const environment = { NABLA_THREADS: String(threads), ...(device && { NABLA_DEVICE: device }) }
    const child = new Child([process.execPath, [script, String(steps), workload], environment])
    const begun = await child.answer(patience)
    const { unavailable, first, largest } = begun.unavailable ? begun : await child.answer(patience)
    child.stop()
    const result = unavailable
      ? { value: null, note: unavailable }
      : { value: largest - first, note: `${first.toFixed(0)} MB after 100 steps` }
    found.push({ what: `${workload}, resident memory gained in ${steps} steps`, unit: 'MB', goal: 30, ...result })
  }
  return found
}
