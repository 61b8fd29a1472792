/** Counts the frames that a page shows while something goes on. */
import type { Frames } from './results.js'

export async function countFrames<T>(work: () => Promise<T>): Promise<{ result: T; frames: Frames }> {
  const start = performance.now()
  let [count, longest, last, running] = [0, 0, start, true]
  const frame = (): void => {
    const now = performance.now()
    count++
    longest = Math.max(longest, now - last)
    last = now
    if (running) requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  try {
    const result = await work()
    const now = performance.now()
    return { result, frames: { perSecond: (1000 * count) / (now - start), longest: Math.max(longest, now - last) } }
  } finally {
    running = false
  }
}
