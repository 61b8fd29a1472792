/** Gradients by differences, the judge of every way back: (f(x + h) - f(x - h)) / 2 h, one number at a time. */
import { type Tensor, tensor } from 'nabla'

/**
 * The gradient of sum(f(x) dout) by x, for x float64 and f(x) of the shape of dout; without dout f gives a single number. Waits for two values of f for each number
 * of x.
 */
export function numericalGradient(f: (x: Tensor) => Tensor, x: Tensor, dout?: Tensor, h = 1e-5): Tensor {
  const values = Float64Array.from(x.dataSync() as ArrayLike<number>)
  const weights = dout ? Float64Array.from(dout.dataSync() as ArrayLike<number>) : Float64Array.of(1)
  const value = (i: number, by: number): number => {
    const moved = values.slice()
    moved[i] = moved[i]! + by
    const out = f(tensor(moved, { shape: x.shape, device: x.device })).dataSync()
    return weights.reduce((sum, weight, k) => sum + weight * out[k]!, 0)
  }
  const gradient = values.map((_, i) => (value(i, h) - value(i, -h)) / (2 * h))
  return tensor(gradient, { shape: x.shape, device: x.device })
}

/** The relative error of the notebooks: the largest |a - b| / max(1e-8, |a| + |b|). */
export async function relativeError(a: Tensor, b: Tensor): Promise<number> {
  const [left, right] = await Promise.all([a.data(), b.data()])
  let worst = 0
  for (let i = 0; i < left.length; i++) {
    const [p, q] = [left[i]!, right[i]!]
    worst = Math.max(worst, Math.abs(p - q) / Math.max(1e-8, Math.abs(p) + Math.abs(q)))
  }
  return worst
}
