/** A linear classifier's loss on tensors: any loss of scores, the penalty, and the chain rule by hand. */
import type { Operand, Tensor } from 'nabla'
import type { Loss } from '../scratch/losses.js'

/** Loss and gradient by weights [D, C], of rows [N, D] with labels int32 [N]. */
export type LinearLoss = (
  weights: Tensor,
  rows: Tensor,
  labels: Tensor,
  strength: Operand,
) => { readonly loss: Tensor; readonly gradient: Tensor }

/**
 * L = loss(X W) + strength sum W^2. By the chain rule the scores' gradient G goes through X on its way to W:
 *
 *     dW = X^T G + 2 strength W
 */
export const linearLoss =
  (lossOf: (scores: Tensor, labels: Tensor) => Loss): LinearLoss =>
  (weights, rows, labels, strength) => {
    const { loss, dx } = lossOf(rows.matmul(weights), labels) // [], [N, C]
    return {
      loss: loss.add(weights.square().sum().mul(strength)),
      gradient: rows.t().matmul(dx).add(weights.mul(strength).mul(2)), // [D, C]
    }
  }
