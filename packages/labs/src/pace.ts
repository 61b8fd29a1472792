/** Long work in turns, so that whoever runs a lab sees how far it is and can stop it; and a clock for comparing two ways to the same result. */
import type { LabContext } from './lab.js'

/** Milliseconds of work between two turns of the event loop. */
const turn = 50

type Listener = Pick<LabContext<unknown>, 'signal' | 'doing'>

/** 0, 1, ... total - 1; tells the context how far it is, lets the event loop live, and ends early when the run is stopped. */
export async function* paced({ signal, doing }: Listener, text: string, total: number): AsyncGenerator<number> {
  let last = performance.now()
  for (let i = 0; i < total && !signal.aborted; i++) {
    yield i
    if (performance.now() - last < turn && i + 1 < total) continue
    doing(text, i + 1, total)
    await new Promise((resolve) => setTimeout(resolve))
    last = performance.now()
  }
}

/** Seconds that `work` takes: the median of `times` runs, after one that is not counted (it may compile). */
export async function secondsOf(work: () => unknown, times = 5): Promise<number> {
  await work()
  const seconds: number[] = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    await work()
    seconds.push((performance.now() - start) / 1000)
  }
  return seconds.sort((a, b) => a - b)[times >> 1]!
}
