/**
 * Regions of images brought to one size. Regions come as rows (image, x1, y1, x2, y2) or as a list of boxes for each image.
 *
 *     roiAlign   every bin is the mean of bilinear samples
 *     roiPool    every bin is the largest of the elements it covers
 *
 * Gradients go to the input, none to the boxes.
 */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composite } from '../tensor/autograd.js'
import { fullLike } from '../tensor/create.js'
import { cat } from '../tensor/functions.js'
import { placesOf, type Reading, sampled } from '../tensor/sampling.js'
import { Tensor } from '../tensor/tensor.js'
import { checkBoxes, valuesOf } from './check.js'

/** Rows [K, 5] of an image's index and the corners in it, or for each image a tensor [L, 4] of corners. */
export type Regions = Tensor | readonly Tensor[]

/** How boxes lie in the input. */
export interface RoiPoolOptions {
  /** Boxes times this are positions in the input. Default 1. */
  readonly spatialScale?: number
}

/** How boxes lie in the input, and how they are sampled. */
export interface RoiAlignOptions extends RoiPoolOptions {
  /** Samples along each side of a bin; 0 or less takes as many as a bin has elements, rounded up. Default -1. */
  readonly samplingRatio?: number
  /** Positions are half an element less, so that they fit the middles of elements. Default false. */
  readonly aligned?: boolean
}

/** Regions as [K, 5], in the input's dtype. */
function rowsOf(op: string, input: Tensor, regions: Regions): Tensor {
  if (input.shape.length !== 4 || !isFloat(input.dtype))
    throw new NablaError('shape', `[${op}] the input is ${input.dtype} ${showShape(input.shape)}; expected floats [N, C, H, W]`, {
      op,
      shape: input.shape,
    })
  if (regions instanceof Tensor) {
    if (regions.shape.length !== 2 || regions.shape[1] !== 5)
      throw new NablaError('shape', `[${op}] boxes have shape ${showShape(regions.shape)}; expected [K, 5]`, {
        op,
        shape: regions.shape,
      })
    return regions.detach().type(input.dtype)
  }
  if (regions.length === 0 || regions.length > input.shape[0]!)
    throw new NablaError('argument', `[${op}] there are boxes for ${regions.length} images, but ${input.shape[0]} images`, { op })
  regions.forEach((boxes) => checkBoxes(op, boxes))
  return cat(regions.map((boxes, i) => cat([fullLike(boxes.narrow(1, 0, 1), i), boxes.detach()], 1).type(input.dtype)))
}

function binsOf(op: string, outputSize: number | readonly [number, number]): readonly [number, number] {
  const [h, w] = typeof outputSize === 'number' ? [outputSize, outputSize] : outputSize
  if (![h, w].every((n) => Number.isInteger(n) && n > 0))
    throw new NablaError(
      'argument',
      `[${op}] outputSize is ${JSON.stringify(outputSize)}; expected one or two whole numbers above 0`,
      {
        op,
        outputSize,
      },
    )
  return [h, w]
}

/** The geometry of regions [K, 5] over images [N, C, H, W]. Nodes have the shape [1, K, bins y, bins x, taps y, taps x], or 1 in place of these. */
class Layout {
  readonly images: Node
  private readonly count: number

  constructor(
    private readonly op: string,
    private readonly rows: Tensor,
    readonly input: Tensor,
    readonly bins: readonly [number, number],
  ) {
    this.count = rows.shape[0]!
    this.images = b.cast(this.column(0), 'int32')
  }

  /** Throws if a region is of an image that is none. Reads the regions. */
  checkImages(): void {
    const [images] = valuesOf(this.op, this.rows.select(1, 0))
    const n = this.input.shape[0]!
    images.forEach((image, k) => {
      if (!(image >= 0 && image < n))
        throw new NablaError('index', `[${this.op}] region ${k} is of image ${image}, but there are ${n} images: 0 to ${n - 1}`, {
          op: this.op,
          region: k,
          image,
        })
    })
  }

  column(k: number): Node {
    return b.reshape(this.rows.select(1, k).node, [1, this.count, 1, 1, 1, 1])
  }

  /** 0, 1, ... along one of the dimensions. */
  counting(dim: number, size: number, dtype = this.input.dtype): Node {
    return b.reshape(
      b.iota([size], dtype, this.input.device),
      [1, 1, 1, 1, 1, 1].map((_, d) => (d === dim ? size : 1)),
    )
  }

  /** Images as [1, C, N, H, W]: one space for all. */
  get space(): Node {
    const [n, c, h, w] = this.input.shape as [number, number, number, number]
    return b.reshape(b.permute(this.input.node, [1, 0, 2, 3]), [1, c, n, h, w])
  }

  /** [1, C, K, bins y, bins x] as [K, C, bins y, bins x]. */
  result(node: Node): Node {
    const [, c, ...rest] = node.shape as [number, number, number, number, number]
    return b.permute(b.reshape(node, [c, ...rest]), [1, 0, 2, 3])
  }

  /** Readings of images, rows and columns. */
  readings(axis: (side: 0 | 1) => Reading): Reading[] {
    return [{ n: this.input.shape[0]!, at: this.images }, axis(0), axis(1)]
  }
}

/** The largest number of a tensor, at least 1. */
function most(op: string, given: Node): number {
  const [values] = valuesOf(op, new Tensor(given))
  return Array.from(values).reduce((so, n) => Math.max(so, n), 1)
}

/**
 * Every region of input [N, C, H, W] as means of bilinear samples in `outputSize` bins (He et al., 2017): [K, C, ...outputSize].
 * With the default `samplingRatio` the number of samples depends on the boxes, which are read then: it waits for them. With a fixed one
 * nothing is waited for; a region of an image that is none is then 0.
 */
export function roiAlign(
  input: Tensor,
  boxes: Regions,
  outputSize: number | readonly [number, number],
  options: RoiAlignOptions = {},
): Tensor {
  const { spatialScale = 1, samplingRatio = -1, aligned = false } = options
  const rows = rowsOf('roiAlign', input, boxes)
  const fixed = samplingRatio > 0
  const layout = new Layout('roiAlign', rows, input, binsOf('roiAlign', outputSize))
  if (!fixed) layout.checkImages()
  const counts: Node[] = []
  const axis = (side: 0 | 1): Reading => {
    const n = input.shape[2 + side]!
    const place = (k: number): Node => b.sub(b.mul(layout.column(k), spatialScale), aligned ? 0.5 : 0)
    const start = place(2 - side)
    const length = b.sub(place(4 - side), start)
    const size = aligned ? length : b.maximum(length, 1)
    const bin = b.div(size, layout.bins[side])
    const count = fixed ? b.like(bin, samplingRatio) : b.ceil(bin)
    counts.push(count)
    const samples = fixed ? samplingRatio : most('roiAlign', count)
    // Two taps for each sample: dimension 4 or 5 counts both.
    const taps = layout.counting(4 + side, 2 * samples, 'int32')
    const sample = b.cast(b.floorDiv(taps, 2), input.dtype)
    const from = b.add(start, b.mul(layout.counting(2 + side, layout.bins[side]), bin))
    const position = b.add(from, b.div(b.mul(b.add(sample, 0.5), bin), count))
    const counted = b.and(b.and(b.ge(position, -1), b.le(position, n)), b.lt(sample, count))
    const inside = b.minimum(b.maximum(position, 0), n - 1)
    const below = b.floor(inside)
    const part = b.sub(inside, below)
    const second = b.remainder(taps, 2)
    const weight = b.where(b.eq(second, 0), b.sub(1, part), part)
    return { n, at: b.add(b.cast(below, 'int32'), second), weight: b.where(counted, weight, 0) }
  }
  const sums = layout.result(sampled(layout.space, layout.readings(axis), 2))
  const samples = counts.reduce((all, count) => b.mul(all, count))
  return new Tensor(b.div(sums, b.reshape(b.maximum(samples, 1), [rows.shape[0]!, 1, 1, 1])))
}

/** Halves go away from zero. */
const rounded = (x: Node): Node => b.where(b.lt(x, 0), b.ceil(b.sub(x, 0.5)), b.floor(b.add(x, 0.5)))

/**
 * Every region of input [N, C, H, W] as the largest elements of `outputSize` bins (Girshick, 2015), 0 where a bin is empty:
 * [K, C, ...outputSize]. The gradient goes to the first of the largest. How much a bin covers depends on the boxes: it waits for them.
 */
export function roiPool(
  input: Tensor,
  boxes: Regions,
  outputSize: number | readonly [number, number],
  options: RoiPoolOptions = {},
): Tensor {
  const { spatialScale = 1 } = options
  const rows = rowsOf('roiPool', input, boxes)
  const layout = new Layout('roiPool', rows, input, binsOf('roiPool', outputSize))
  layout.checkImages()
  const axis = (side: 0 | 1): Reading => {
    const n = input.shape[2 + side]!
    const start = rounded(b.mul(layout.column(2 - side), spatialScale))
    const end = rounded(b.mul(layout.column(4 - side), spatialScale))
    const bin = b.div(b.maximum(b.add(b.sub(end, start), 1), 1), layout.bins[side])
    const i = layout.counting(2 + side, layout.bins[side])
    const clip = (x: Node): Node => b.minimum(b.maximum(b.add(x, start), 0), n)
    const from = clip(b.floor(b.mul(i, bin)))
    const to = clip(b.ceil(b.mul(b.add(i, 1), bin)))
    const tap = layout.counting(4 + side, most('roiPool', b.sub(to, from)))
    const at = b.add(from, tap)
    return { n, at: b.cast(b.where(b.lt(at, to), at, -1), 'int32') }
  }
  return new Tensor(layout.result(largest(layout.space, layout.readings(axis))))
}

/** The largest of the elements that are read, over the last two dimensions of their places; 0 where there is none. */
function largest(a: Node, readings: readonly Reading[]): Node {
  const { at, inside } = placesOf(readings)
  const [batch, channels, ...space] = a.shape as [number, number, ...number[]]
  const out = at.shape.slice(1, -2)
  const taps = sizeOf(at.shape.slice(-2))
  const cells = [batch, channels, sizeOf(out), taps]
  const spread = (node: Node): Node => b.expand(b.reshape(b.expand(node, at.shape), [batch, 1, sizeOf(out), taps]), cells)
  const elements = (): Node => {
    const index = b.reshape(spread(at), [batch, channels, sizeOf(out) * taps])
    const read = b.reshape(b.gather(b.reshape(a, [batch, channels, sizeOf(space)]), 2, index), cells)
    return b.where(spread(inside), read, -Infinity)
  }
  const some = b.max(spread(inside), [3])
  const result = composite(
    'roiPool',
    [a],
    () => b.where(some, b.max(elements(), [3]), 0),
    (grad) => {
      const winner = b.reshape(b.gather(spread(at), 3, b.argmax(elements(), 3)), cells.slice(0, 3))
      const zero = b.constant(0, [batch, channels, sizeOf(space)], a.dtype, a.device)
      const flow = b.reshape(b.where(some, grad, 0), cells.slice(0, 3))
      return [b.reshape(b.scatterAdd(zero, 2, winner, flow), a.shape)]
    },
  )
  return b.reshape(result, [batch, channels, ...out])
}
