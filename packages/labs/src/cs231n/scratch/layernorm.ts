/**
 * Layer normalisation (Ba, Kiros and Hinton 2016): as batch normalisation, with rows for columns. Each example is normalised over its own features, so
 * the batch may be of any size, and training and use are the same.
 */
import type { Tensor } from 'nabla'
import { standardise, type StandardiseCache, standardiseBackward } from './standardise.js'

export interface LayernormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
}

export interface LayernormCache {
  readonly gamma: Tensor
  readonly standard: StandardiseCache
}

/** gamma (x - mean) / sqrt(variance + eps) + beta for x [N, D], mean and variance over D; gamma and beta [D]. */
export function layernormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { eps = 1e-5 }: LayernormOptions = {},
): [out: Tensor, cache: LayernormCache] {
  const [xHat, standard] = standardise(x, [1], eps) // [N, D]
  return [xHat.mul(gamma).add(beta), { gamma, standard }]
}

/** gamma and beta serve all rows, so their gradients are sums over rows, as in batch normalisation. */
export function layernormBackward(
  dout: Tensor,
  { gamma, standard }: LayernormCache,
): { dx: Tensor; dgamma: Tensor; dbeta: Tensor } {
  const dx = standardiseBackward(dout.mul(gamma), standard) // [N, D]
  const dgamma = dout.mul(standard.xHat).sum(0) // [D]
  const dbeta = dout.sum(0) // [D]
  return { dx, dgamma, dbeta }
}
