/** The longest time that `nabla train` keeps the event loop from its timers, seen by a probe inside its process (probe.mjs). */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { telling } from './child.mjs'

const probe = new URL('probe.mjs', import.meta.url).href
const command = fileURLToPath(new URL('../packages/cli/bin/nabla.mjs', import.meta.url))

export function blocked({ threads, device }) {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-bench-'))
  const report = join(folder, 'blocked.json')
  const environment = { NABLA_PROBE: report, NABLA_THREADS: String(threads), ...(device && { NABLA_DEVICE: device }) }
  const args = ['--import', probe, command, 'train', 'lenet', '--epochs', '2', '--out', join(folder, 'run')]
  try {
    const { status, stderr } = spawnSync(process.execPath, args, { env: { ...process.env, ...environment }, encoding: 'utf8' })
    const what = 'nabla train lenet, longest block'
    if (status)
      return [
        {
          what,
          unit: 'ms',
          goal: 50,
          value: null,
          note: `it ended with exit code ${status}: ${telling(stderr)}`,
        },
      ]
    const { longest, times } = JSON.parse(readFileSync(report, 'utf8'))
    const note = times.map(({ at, ms }) => `${ms.toFixed(0)} ms at ${(at / 1000).toFixed(2)} s`).join(', ')
    return [{ what, unit: 'ms', goal: 50, value: longest, note }]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
