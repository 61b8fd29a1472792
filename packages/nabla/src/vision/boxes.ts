/** Boxes as rows of four numbers, corners (x1, y1, x2, y2) unless told: their areas, forms and overlaps. */
import { NablaError, showShape, unknownName } from '../core/errors.js'
import { tensor } from '../tensor/create.js'
import { noGrad } from '../tensor/differentiate.js'
import { stack } from '../tensor/functions.js'
import { builder as b } from '../ops/builder.js'
import { Tensor } from '../tensor/tensor.js'
import { checkBoxes, valuesOf, widened } from './check.js'

/** Corners; a corner with width and height; the centre with width and height. */
export type BoxFormat = 'xyxy' | 'xywh' | 'cxcywh'

type Columns = readonly [Tensor, Tensor, Tensor, Tensor]

const toCorners: Readonly<Record<BoxFormat, (columns: Columns) => Columns>> = {
  xyxy: (columns) => columns,
  xywh: ([x, y, w, h]) => [x, y, x.add(w), y.add(h)],
  cxcywh: ([cx, cy, w, h]) => [cx.sub(w.mul(0.5)), cy.sub(h.mul(0.5)), cx.add(w.mul(0.5)), cy.add(h.mul(0.5))],
}

const fromCorners: Readonly<Record<BoxFormat, (columns: Columns) => Columns>> = {
  xyxy: (columns) => columns,
  xywh: ([x1, y1, x2, y2]) => [x1, y1, x2.sub(x1), y2.sub(y1)],
  cxcywh: ([x1, y1, x2, y2]) => [x1.add(x2).div(2), y1.add(y2).div(2), x2.sub(x1), y2.sub(y1)],
}

const columnsOf = (boxes: Tensor): Columns => [0, 1, 2, 3].map((k) => boxes.select(-1, k)) as unknown as Columns

function formOf(format: BoxFormat): BoxFormat {
  if (!Object.hasOwn(toCorners, format)) throw unknownName('argument', 'box format', String(format), Object.keys(toCorners))
  return format
}

/** Boxes [..., 4] of one form in another. */
export function boxConvert(boxes: Tensor, inFmt: BoxFormat, outFmt: BoxFormat): Tensor {
  formOf(inFmt)
  formOf(outFmt)
  if (boxes.shape.at(-1) !== 4)
    throw new NablaError('shape', `[boxConvert] boxes have shape ${showShape(boxes.shape)}; expected [..., 4]`, {
      shape: boxes.shape,
    })
  if (inFmt === outFmt) return boxes.clone()
  return stack(fromCorners[outFmt](toCorners[inFmt](columnsOf(boxes))), -1)
}

/** (x2 - x1) (y2 - y1) of boxes [N, 4]: [N]. */
export function boxArea(boxes: Tensor): Tensor {
  checkBoxes('boxArea', boxes)
  const [x1, y1, x2, y2] = columnsOf(widened(boxes))
  return x2.sub(x1).mul(y2.sub(y1))
}

interface Pairs {
  /** Width and height of what two boxes share, 0 where they are apart: [N, M]. */
  readonly shared: readonly [Tensor, Tensor]
  /** Width and height of the smallest box around both: [N, M]. */
  readonly around: readonly [Tensor, Tensor]
  readonly intersection: Tensor
  readonly union: Tensor
}

/** Every box of one list [N, 4] with every box of another [M, 4]. */
function pairsOf(op: string, boxes1: Tensor, boxes2: Tensor): Pairs {
  checkBoxes(op, boxes1, 'boxes1')
  checkBoxes(op, boxes2, 'boxes2')
  const [a, c] = [widened(boxes1), widened(boxes2)]
  const first = columnsOf(a).map((column) => column.unsqueeze(1)) as unknown as Columns
  const second = columnsOf(c)
  const extent = (inner: boolean, side: 0 | 1): Tensor => {
    const [low1, low2, high1, high2] = [first[side], second[side], first[side + 2]!, second[side + 2]!]
    const low = inner ? low1.maximum(low2) : low1.minimum(low2)
    const high = inner ? high1.minimum(high2) : high1.maximum(high2)
    return high.sub(low).clamp(0)
  }
  const shared = [extent(true, 0), extent(true, 1)] as const
  const intersection = shared[0].mul(shared[1])
  const union = boxArea(a).unsqueeze(1).add(boxArea(c)).sub(intersection)
  return { shared, around: [extent(false, 0), extent(false, 1)], intersection, union }
}

/** Intersection over union (Jaccard) of boxes [N, 4] with boxes [M, 4]: [N, M]. */
export function boxIou(boxes1: Tensor, boxes2: Tensor): Tensor {
  const { intersection, union } = pairsOf('boxIou', boxes1, boxes2)
  return intersection.div(union)
}

/** IoU less the share of the box around both that neither covers (Rezatofighi et al., 2019), -1 to 1: [N, M]. */
export function generalizedBoxIou(boxes1: Tensor, boxes2: Tensor): Tensor {
  const { intersection, union, around } = pairsOf('generalizedBoxIou', boxes1, boxes2)
  const area = around[0].mul(around[1])
  return intersection.div(union).sub(area.sub(union).div(area))
}

/** IoU, and IoU less the centres' squared distance over the squared diagonal of the box around both. */
function distances(op: string, boxes1: Tensor, boxes2: Tensor, eps: number): { iou: Tensor; distance: Tensor } {
  const { intersection, union, around } = pairsOf(op, boxes1, boxes2)
  const iou = intersection.div(union)
  const diagonal = around[0].square().add(around[1].square()).add(eps)
  const centre = (boxes: Tensor, side: 0 | 1): Tensor =>
    boxes
      .select(1, side)
      .add(boxes.select(1, side + 2))
      .div(2)
  const apart = (side: 0 | 1): Tensor =>
    centre(widened(boxes1), side)
      .unsqueeze(1)
      .sub(centre(widened(boxes2), side))
      .square()
  return { iou, distance: iou.sub(apart(0).add(apart(1)).div(diagonal)) }
}

/** IoU less the centres' distance, relative to the box around both (Zheng et al., 2020): [N, M]. */
export const distanceBoxIou = (boxes1: Tensor, boxes2: Tensor, eps = 1e-7): Tensor =>
  distances('distanceBoxIou', boxes1, boxes2, eps).distance

/** `distanceBoxIou` less how much the proportions differ (Zheng et al., 2020): [N, M]. */
export function completeBoxIou(boxes1: Tensor, boxes2: Tensor, eps = 1e-7): Tensor {
  const { iou, distance } = distances('completeBoxIou', boxes1, boxes2, eps)
  const angle = (boxes: Tensor): Tensor => {
    const [x1, y1, x2, y2] = columnsOf(widened(boxes))
    return x2.sub(x1).div(y2.sub(y1)).atan()
  }
  const v = angle(boxes1)
    .unsqueeze(1)
    .sub(angle(boxes2))
    .square()
    .mul(4 / Math.PI ** 2)
  const alpha = noGrad(() => v.div(v.sub(iou).add(1 + eps))).detach()
  return distance.sub(alpha.mul(v))
}

/** Boxes [..., 4] with their corners moved into an image of [height, width]. */
export function clipBoxesToImage(boxes: Tensor, size: readonly [height: number, width: number]): Tensor {
  if (boxes.shape.at(-1) !== 4)
    throw new NablaError('shape', `[clipBoxesToImage] boxes have shape ${showShape(boxes.shape)}; expected [..., 4]`, {
      shape: boxes.shape,
    })
  const [height, width] = size
  return stack(
    columnsOf(boxes).map((column, k) => column.clamp(0, k % 2 === 0 ? width : height)),
    -1,
  )
}

/** Indices (int32) of those boxes [N, 4] whose sides are both `minSize` or more. Reads the boxes: waits for them. */
export function removeSmallBoxes(boxes: Tensor, minSize: number): Tensor {
  checkBoxes('removeSmallBoxes', boxes)
  const [x1, y1, x2, y2] = columnsOf(boxes.detach())
  const [large] = valuesOf('removeSmallBoxes', x2.sub(x1).ge(minSize).logicalAnd(y2.sub(y1).ge(minSize)))
  const kept = Array.from(large.keys()).filter((i) => large[i] !== 0)
  return tensor(Int32Array.from(kept), { device: boxes.device })
}

/**
 * The boxes, float32 [N, 4], around the elements of masks [N, H, W] that are not 0; the last column and row are inside (x2 is the
 * column's number). A mask without such an element has none: NaN.
 */
export function masksToBoxes(masks: Tensor): Tensor {
  if (masks.shape.length !== 3)
    throw new NablaError('shape', `[masksToBoxes] masks have shape ${showShape(masks.shape)}; expected [N, H, W]`, {
      shape: masks.shape,
    })
  if (masks.numel === 0) return new Tensor(b.constant(0, [masks.shape[0]!, 4], 'float32', masks.device))
  const marked = masks.ne(0)
  /** First and last index along `dim` where anything is marked. */
  const ends = (dim: 1 | 2): [Tensor, Tensor] => {
    const line = marked.any(3 - dim).byte()
    return [
      line.argmax(1),
      line
        .flip(1)
        .argmax(1)
        .rsub(masks.shape[dim]! - 1),
    ]
  }
  const [[x1, x2], [y1, y2]] = [ends(2), ends(1)]
  const empty = marked.any([1, 2]).logicalNot().unsqueeze(1)
  return stack([x1, y1, x2, y2], 1).float().maskedFill(empty, NaN)
}
