/** What all normalisations share: mean 0 and variance 1 over some dimensions, and the way back through that. */
import type { Tensor } from 'nabla'

/** What the way back needs. */
export interface StandardiseCache {
  readonly xHat: Tensor
  /** sqrt(variance + eps), with the dimensions kept at size 1. */
  readonly std: Tensor
  readonly dims: readonly number[]
}

/** Mean and biased variance over `dims`, kept at size 1. */
export function moments(x: Tensor, dims: readonly number[]): { mean: Tensor; variance: Tensor } {
  const mean = x.mean(dims, { keepdim: true })
  const variance = x.sub(mean).square().mean(dims, { keepdim: true })
  return { mean, variance }
}

/** x̂ = (x - mean) / sqrt(variance + eps), both over `dims`. */
export function standardise(x: Tensor, dims: readonly number[], eps: number): [xHat: Tensor, cache: StandardiseCache] {
  const { mean, variance } = moments(x, dims)
  const std = variance.add(eps).sqrt()
  const xHat = x.sub(mean).div(std) // shape of x
  return [xHat, { xHat, std, dims }]
}

/**
 * Each x reaches the loss by its own x̂, by the mean and by the deviation of its set. The three together come down to
 *
 *     dx = (dx̂ - mean(dx̂) - x̂ mean(dx̂ x̂)) / std
 *
 * that is: of dx̂, what would shift or stretch the whole set is taken away, since neither changes x̂.
 */
export function standardiseBackward(dxHat: Tensor, { xHat, std, dims }: StandardiseCache): Tensor {
  const shift = dxHat.mean(dims, { keepdim: true })
  const stretch = dxHat.mul(xHat).mean(dims, { keepdim: true })
  return dxHat.sub(shift).sub(xHat.mul(stretch)).div(std) // shape of x
}
