/**
 * Normalisation of images [N, C, H, W]. What is one number to a fully connected layer is a whole plane to a convolution: its pixels come from one filter, so
 * they share their statistics.
 *
 *     batch:  a set for each c        over n, h, w
 *     layer:  a set for each n        over c, h, w
 *     group:  a set for each n and g  over the channels of group g, h, w
 */
import { NablaError, type Tensor } from 'nabla'
import {
  batchnormBackwardAlt,
  batchnormForward,
  type BatchnormCache,
  type BatchnormGradients,
  type BatchnormOptions,
} from './batchnorm.js'
import { standardise, type StandardiseCache, standardiseBackward } from './standardise.js'

/** Pixels as rows: [N, C, H, W] to [N H W, C]. */
const toRows = (x: Tensor): Tensor => x.permute(0, 2, 3, 1).reshape([-1, x.shape[1]!])

/** Back again, to the shape of images [N, C, H, W]. */
function toImages(rows: Tensor, [n, c, h, w]: readonly number[]): Tensor {
  return rows.reshape([n!, h!, w!, c!]).permute(0, 3, 1, 2)
}

/** Batch normalisation of each channel of x [N, C, H, W]; gamma, beta and running statistics [C]. */
export function spatialBatchnormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions = {},
): [out: Tensor, cache: BatchnormCache] {
  const [rows, cache] = batchnormForward(toRows(x), gamma, beta, options) // [N H W, C]
  return [toImages(rows, x.shape), cache]
}

export function spatialBatchnormBackward(dout: Tensor, cache: BatchnormCache): BatchnormGradients {
  const { dx, ...rest } = batchnormBackwardAlt(toRows(dout), cache)
  return { dx: toImages(dx, dout.shape), ...rest }
}

export interface GroupnormCache {
  readonly gamma: Tensor
  /** Of x as [N, G, C/G, H, W]. */
  readonly standard: StandardiseCache
}

/** Group normalisation (Wu and He 2018) of x [N, C, H, W] with G groups of neighbouring channels; gamma and beta hold C numbers, as [C] or [1, C, 1, 1]. */
export function spatialGroupnormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  groups: number,
  { eps = 1e-5 }: { readonly eps?: number } = {},
): [out: Tensor, cache: GroupnormCache] {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  if (!Number.isInteger(groups) || groups < 1 || c % groups !== 0)
    throw new NablaError('argument', `[spatialGroupnormForward] ${c} channels do not make ${groups} groups of equal size`, {
      channels: c,
      groups,
    })
  const [xHat, standard] = standardise(x.reshape([n, groups, c / groups, h, w]), [2, 3, 4], eps) // [N, G, C/G, H, W]
  const out = xHat
    .reshape(x.shape)
    .mul(gamma.reshape([1, c, 1, 1]))
    .add(beta.reshape([1, c, 1, 1])) // [N, C, H, W]
  return [out, { gamma, standard }]
}

/** dgamma and dbeta have the shape of gamma. */
export function spatialGroupnormBackward(
  dout: Tensor,
  { gamma, standard }: GroupnormCache,
): { dx: Tensor; dgamma: Tensor; dbeta: Tensor } {
  const dxHat = dout.mul(gamma.reshape([1, -1, 1, 1])).reshape(standard.xHat.shape) // [N, G, C/G, H, W]
  const dx = standardiseBackward(dxHat, standard).reshape(dout.shape) // [N, C, H, W]
  const dgamma = dout.mul(standard.xHat.reshape(dout.shape)).sum([0, 2, 3]).reshape(gamma.shape)
  const dbeta = dout.sum([0, 2, 3]).reshape(gamma.shape)
  return { dx, dgamma, dbeta }
}
