/**
 * A peer from the inside: one process, one workload, in turn with the others.
 *
 *   -> {"ready": true, "name": "...", "first": 12.3, "ms": 4.5}     after warming up; or {"unavailable": "why"}
 *   <- go 0.5                                                       measure for half a second
 *   -> {"ms": 4.4, "samples": 111}                                  median of one step
 *
 * The process ends when its input does. The peers in Python and C speak the same lines.
 */
import { createInterface } from 'node:readline'

/** A sample is as many steps as fill this time, so that the clock, and the wait for a result at its end, weigh little. */
const sampleMs = 20
const warmUpMs = 500

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Serves the workload named on the command line. `build(workload, options)` gives `name` (library and version), `step()`, which does or
 * starts one step, and `finish()`, which resolves when every step started is done and fails if its numbers are not finite.
 */
export async function serve(build) {
  const workload = JSON.parse(process.argv[2])
  const options = JSON.parse(process.argv[3] ?? '{}')

  /** Milliseconds a step, over `steps` steps. */
  const sample = async (steps) => {
    const start = performance.now()
    for (let i = 0; i < steps; i++) await peer.step()
    await peer.finish()
    return (performance.now() - start) / steps
  }

  let peer
  let first
  let ms
  try {
    peer = await build(workload, options)
    first = ms = await sample(1)
    if (first < 2000) for (const start = performance.now(); performance.now() - start < warmUpMs; ) ms = await sample(1)
  } catch (error) {
    say({ unavailable: String(error?.message ?? error).split('\n')[0] })
    process.exit(0)
  }
  const steps = Math.max(1, Math.ceil(sampleMs / ms))
  say({ ready: true, name: peer.name, device: peer.device, first, ms })

  for await (const line of createInterface({ input: process.stdin })) {
    const seconds = Number(line.split(' ')[1])
    const samples = []
    const start = performance.now()
    while (samples.length < (ms > 1000 ? 1 : 3) || performance.now() - start < seconds * 1000) samples.push(await sample(steps))
    say({ ms: median(samples), samples: samples.length })
  }
  process.exit(0)
}
