/** Curves that several labs of this chapter draw. */
import type { LinesPicture } from '@nabla/pictures'

/** Batches in a moving mean. */
const window = 50

/** The loss of every step and its mean over the last 50; `perUnit` steps are one unit of `x`. */
export function lossLines(losses: ArrayLike<number>, x: string, y: string, perUnit = 1): LinesPicture {
  const steps = Array.from({ length: losses.length }, (_, i) => (i + 1) / perUnit)
  const means = new Float64Array(losses.length)
  let sum = 0
  for (let i = 0; i < losses.length; i++) {
    sum += losses[i]! - (i < window ? 0 : losses[i - window]!)
    means[i] = sum / Math.min(i + 1, window)
  }
  return {
    kind: 'lines',
    x,
    y,
    series: [
      { name: 'one batch', x: steps, y: losses, faint: true },
      { name: `mean of ${window}`, x: steps, y: means },
    ],
  }
}
