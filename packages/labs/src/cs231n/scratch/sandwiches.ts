/** Layers that often stand together, as one pair of functions: the way back takes the parts in reverse order. */
import type { Tensor } from 'nabla'
import { affineBackward, type AffineCache, affineForward, reluBackward, reluForward } from './affine.js'
import {
  convBackwardIm2col,
  convForwardIm2col,
  type ConvolutionGradients,
  type ConvolutionOptions,
  type Im2colCache,
} from './convolution.js'
import { type FastPoolCache, maxPoolBackwardFast, maxPoolForwardFast, type PoolOptions } from './pooling.js'
import type { BatchnormCache, BatchnormOptions } from './batchnorm.js'
import { spatialBatchnormBackward, spatialBatchnormForward } from './spatial.js'

export interface AffineReluCache {
  readonly affine: AffineCache
  readonly relu: Tensor
}

/** affine - ReLU */
export function affineReluForward(x: Tensor, w: Tensor, b: Tensor): [out: Tensor, cache: AffineReluCache] {
  const [scores, affine] = affineForward(x, w, b) // [N, M]
  const [out, relu] = reluForward(scores)
  return [out, { affine, relu }]
}

export const affineReluBackward = (dout: Tensor, { affine, relu }: AffineReluCache): { dx: Tensor; dw: Tensor; db: Tensor } =>
  affineBackward(reluBackward(dout, relu), affine)

export interface ConvReluCache {
  readonly conv: Im2colCache
  readonly relu: Tensor
}

/** convolution - ReLU */
export function convReluForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  options: ConvolutionOptions,
): [out: Tensor, cache: ConvReluCache] {
  const [maps, conv] = convForwardIm2col(x, w, b, options) // [N, F, H', W']
  const [out, relu] = reluForward(maps)
  return [out, { conv, relu }]
}

export const convReluBackward = (dout: Tensor, { conv, relu }: ConvReluCache): ConvolutionGradients =>
  convBackwardIm2col(reluBackward(dout, relu), conv)

export interface ConvNormReluCache extends ConvReluCache {
  readonly norm: BatchnormCache
}

/** convolution - spatial batch normalisation - ReLU */
export function convNormReluForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: ConvolutionOptions & { readonly norm?: BatchnormOptions },
): [out: Tensor, cache: ConvNormReluCache] {
  const [maps, conv] = convForwardIm2col(x, w, b, options) // [N, F, H', W']
  const [normal, norm] = spatialBatchnormForward(maps, gamma, beta, options.norm)
  const [out, relu] = reluForward(normal)
  return [out, { conv, norm, relu }]
}

export function convNormReluBackward(
  dout: Tensor,
  { conv, norm, relu }: ConvNormReluCache,
): ConvolutionGradients & { dgamma: Tensor; dbeta: Tensor } {
  const { dx: dMaps, dgamma, dbeta } = spatialBatchnormBackward(reluBackward(dout, relu), norm)
  return { ...convBackwardIm2col(dMaps, conv), dgamma, dbeta }
}

export interface ConvReluPoolCache extends ConvReluCache {
  readonly pool: FastPoolCache
}

/** convolution - ReLU - max pooling */
export function convReluPoolForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  conv: ConvolutionOptions,
  pool: PoolOptions,
): [out: Tensor, cache: ConvReluPoolCache] {
  const [maps, cache] = convReluForward(x, w, b, conv) // [N, F, H', W']
  const [out, pooled] = maxPoolForwardFast(maps, pool) // [N, F, H'/2, W'/2] for 2 x 2
  return [out, { ...cache, pool: pooled }]
}

export const convReluPoolBackward = (dout: Tensor, { pool, ...cache }: ConvReluPoolCache): ConvolutionGradients =>
  convReluBackward(maxPoolBackwardFast(dout, pool), cache)
