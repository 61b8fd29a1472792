/** Non-maximum suppression: of boxes that overlap much, the best. */
import type { TypedArray } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkBoxes, checkPerBox, rounding, valuesOf } from './check.js'

/** Higher scores first, NaN before all; equal scores in the order given. */
function byScore(scores: TypedArray): number[] {
  const rank = (i: number): number => (Number.isNaN(scores[i]!) ? Infinity : scores[i]!)
  return Array.from(scores.keys()).sort((i, j) => {
    const [x, y] = [rank(i), rank(j)]
    return x === y ? Number(Number.isNaN(scores[j]!)) - Number(Number.isNaN(scores[i]!)) || i - j : x > y ? -1 : 1
  })
}

function suppress(op: string, boxes: Tensor, scores: Tensor, classes: Tensor | undefined, iouThreshold: number): Tensor {
  checkBoxes(op, boxes)
  checkPerBox(op, 'scores', scores, boxes)
  if (classes) checkPerBox(op, 'idxs', classes, boxes)
  if (Number.isNaN(iouThreshold))
    throw new NablaError('argument', `[${op}] iouThreshold is NaN; expected a number`, { iouThreshold })
  const [box, score, kind] = valuesOf(op, boxes.detach(), scores.detach(), ...(classes ? [classes] : [])) as TypedArray[]
  const round = rounding(boxes)
  const side = (high: number, low: number): number => round(high - low)
  const at = (i: number, k: number): number => box![4 * i + k]!
  const area = Float64Array.from({ length: boxes.shape[0]! }, (_, i) =>
    round(side(at(i, 2), at(i, 0)) * side(at(i, 3), at(i, 1))),
  )
  const overlap = (i: number, j: number): number => {
    const shared = (k: 0 | 1): number => Math.max(0, side(Math.min(at(i, k + 2), at(j, k + 2)), Math.max(at(i, k), at(j, k))))
    const both = round(shared(0) * shared(1))
    return round(both / round(round(area[i]! + area[j]!) - both))
  }
  const kept: number[] = []
  for (const i of byScore(score!)) {
    const beaten = kept.some((best) => (!kind || kind[best] === kind[i]) && overlap(best, i) > iouThreshold)
    if (!beaten) kept.push(i)
  }
  return tensor(Int32Array.from(kept), { device: boxes.device })
}

/**
 * Takes the boxes [N, 4] (x1, y1, x2, y2) by falling score [N], leaving out those whose IoU with one taken before is above
 * `iouThreshold`: their indices, int32, best first; of equal scores the first goes first. Reads the values: waits for them.
 */
export const nms = (boxes: Tensor, scores: Tensor, iouThreshold: number): Tensor =>
  suppress('nms', boxes, scores, undefined, iouThreshold)

/** As `nms`, but boxes of different classes `idxs` [N] do not suppress each other. */
export const batchedNms = (boxes: Tensor, scores: Tensor, idxs: Tensor, iouThreshold: number): Tensor =>
  suppress('batchedNms', boxes, scores, idxs, iouThreshold)
