/** Losses of class scores x [N, C] for labels y [N] (int32): the mean over examples, and its gradient by the scores. */
import type { Tensor } from 'nabla'

export interface Loss {
  readonly loss: Tensor
  /** [N, C] */
  readonly dx: Tensor
}

/**
 * Multiclass hinge loss (Weston and Watkins 1999): every wrong class should score less than the right one, by a margin of 1.
 *
 *     L_n = sum over c != y_n of max(0, x_nc - x_ny + 1)
 *
 * A class that breaks the margin gets gradient 1, and the right class minus the number of those.
 */
export function svmLoss(x: Tensor, y: Tensor): Loss {
  const [n, classes] = x.shape as [number, number]
  const truth = y.oneHot(classes).type(x.dtype) // [N, C]
  const right = x.mul(truth).sum(1, { keepdim: true }) // [N, 1]
  const margins = x.sub(right).add(1).clamp(0).mul(truth.neg().add(1)) // [N, C], 0 for the right class
  const broken = margins.gt(0).type(x.dtype) // [N, C]
  const dx = broken.sub(truth.mul(broken.sum(1, { keepdim: true }))).div(n) // [N, C]
  return { loss: margins.sum().div(n), dx }
}

/**
 * Cross-entropy of the softmax of the scores.
 *
 *     p_nc = exp(x_nc) / sum_k exp(x_nk)        L_n = -log p_ny        dL_n / dx_nc = p_nc - [c = y_n]
 *
 * The largest score of a row is taken off all of them first: p stays the same, and no exponential overflows.
 */
export function softmaxLoss(x: Tensor, y: Tensor): Loss {
  const [n, classes] = x.shape as [number, number]
  const truth = y.oneHot(classes).type(x.dtype) // [N, C]
  const shifted = x.sub(x.amax(1, { keepdim: true })) // [N, C]
  const logSum = shifted.exp().sum(1, { keepdim: true }).log() // [N, 1]
  const logP = shifted.sub(logSum) // [N, C]
  const loss = logP.mul(truth).sum().neg().div(n)
  const dx = logP.exp().sub(truth).div(n) // [N, C]
  return { loss, dx }
}
