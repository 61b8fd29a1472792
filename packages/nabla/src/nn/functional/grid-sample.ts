/** Sampling an image at the points of a grid (Jaderberg et al., 2015): positions, borders, weights; and grids from affine maps. */
import { NablaError, showShape } from '../../core/errors.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite } from '../../tensor/autograd.js'
import { type Reading, sampled } from '../../tensor/sampling.js'
import { Tensor } from '../../tensor/tensor.js'
import { oneOf, sizes } from './spatial.js'

/** How elements between points are found. */
export type GridSampleMode = 'bilinear' | 'nearest' | 'bicubic'
/** What lies outside of an image. */
export type GridPaddingMode = 'zeros' | 'border' | 'reflection'

/** How an image is sampled. */
export interface GridSampleOptions {
  /** The nearest element, the neighbours weighed (trilinear in space), or a cubic through 4 x 4 of them (images only). Default 'bilinear'. */
  readonly mode?: GridSampleMode
  /** What lies outside: zeros (default), the nearest edge, or the image mirrored. */
  readonly paddingMode?: GridPaddingMode
  /** -1 and 1 are the middles of the corner elements, instead of the image's corners. Default false. */
  readonly alignCorners?: boolean
}

/** `x` where no border is reached, else that border; the gradient at and beyond the border is 0. */
const clipped = (x: Node, n: number): Node => b.where(b.gt(x, 0), b.where(b.lt(x, n - 1), x, n - 1), 0)

/** `x` mirrored at the middles (alignCorners) or the outer edges of the first and last element, as often as it takes. */
function mirrored(x: Node, n: number, alignCorners: boolean): Node {
  const low = alignCorners ? 0 : -0.5
  const span = alignCorners ? n - 1 : n
  if (span === 0) return b.like(x, 0)
  const from = b.sub(x, low)
  const away = b.where(b.lt(from, 0), b.neg(from), from)
  const turns = b.floor(b.div(away, span))
  const rest = b.sub(away, b.mul(turns, span))
  return b.add(b.where(b.eq(b.remainder(turns, 2), 0), rest, b.sub(span, rest)), low)
}

function bounded(x: Node, n: number, padding: GridPaddingMode, alignCorners: boolean): Node {
  if (padding === 'zeros') return x
  return clipped(padding === 'border' ? x : mirrored(x, n, alignCorners), n)
}

/** Keys' cubic (1981) with a = -0.75, at a distance of `s` elements, 0 to 2. */
function cubicWeight(s: Node): Node {
  const a = -0.75
  const near = b.add(b.mul(b.mul(b.sub(b.mul(s, a + 2), a + 3), s), s), 1)
  const far = b.sub(b.mul(b.mul(b.add(b.mul(b.sub(s, 5), s), 8), s), a), 4 * a)
  return b.where(b.le(s, 1), near, far)
}

interface Axis {
  readonly n: number
  readonly padding: GridPaddingMode
  readonly alignCorners: boolean
  /** 0, 1, ... along this axis' own dimension of taps. */
  readonly taps: (count: number) => Node
}

/** Far positions are brought near, so that they fit an integer; they stay outside. */
const whole = (x: Node, n: number): Node => b.cast(b.maximum(b.minimum(x, n + 1), -2), 'int32')

/** For every mode, which elements are read along a dimension for positions `x` (which have a dimension to spare for each axis). */
const readings: Readonly<Record<GridSampleMode, (x: Node, axis: Axis) => Reading>> = {
  nearest: (x, { n, padding, alignCorners }) => ({ n, at: whole(b.round(bounded(x, n, padding, alignCorners)), n) }),
  bilinear(x, { n, padding, alignCorners, taps }) {
    const inside = bounded(x, n, padding, alignCorners)
    const below = b.floor(inside)
    const part = b.sub(inside, below)
    const second = taps(2)
    return { n, at: b.add(whole(below, n), second), weight: b.where(b.eq(second, 0), b.sub(1, part), part) }
  },
  bicubic(x, { n, padding, alignCorners, taps }) {
    const below = b.floor(x)
    const step = b.cast(b.sub(taps(4), 1), x.dtype)
    const at = whole(b.round(bounded(b.add(below, step), n, padding, alignCorners)), n)
    return { n, at, weight: cubicWeight(b.abs(b.sub(b.sub(x, below), step))) }
  },
}

/**
 * input [N, C, H, W] at the points of grid [N, Hout, Wout, 2], which are (x, y) from -1 to 1 across the image: [N, C, Hout, Wout].
 * In space: input [N, C, D, H, W], grid [N, Dout, Hout, Wout, 3] of (x, y, z). Gradients go to the input and to the grid.
 */
export function gridSample(input: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const mode = oneOf('gridSample', 'mode', options.mode ?? 'bilinear', ['bilinear', 'nearest', 'bicubic'])
  const padding = oneOf('gridSample', 'paddingMode', options.paddingMode ?? 'zeros', ['zeros', 'border', 'reflection'])
  const alignCorners = options.alignCorners ?? false
  const rank = input.shape.length
  const count = rank - 2
  const [batch, , ...space] = input.shape as [number, number, ...number[]]
  const out = grid.shape.slice(1, -1)
  if ((rank !== 4 && rank !== 5) || grid.shape.length !== rank || grid.shape[0] !== batch || grid.shape[rank - 1] !== count)
    throw new NablaError(
      'shape',
      `[gridSample] input ${showShape(input.shape)} and grid ${showShape(grid.shape)} do not fit: expected [N, C, H, W] with [N, Hout, Wout, 2], or [N, C, D, H, W] with [N, Dout, Hout, Wout, 3]`,
      { input: input.shape, grid: grid.shape },
    )
  if (space.some((n) => n === 0))
    throw new NablaError('shape', `[gridSample] there is nothing to sample in ${showShape(input.shape)}`, { input: input.shape })
  if (mode === 'bicubic' && rank === 5)
    throw new NablaError('argument', `[gridSample] mode 'bicubic' takes [N, C, H, W], not ${showShape(input.shape)}`, { mode })
  if (input.dtype !== grid.dtype)
    throw new NablaError('dtype', `[gridSample] input is ${input.dtype} and grid ${grid.dtype}; both need one float dtype`, {
      input: input.dtype,
      grid: grid.dtype,
    })
  const points = grid.node
  const ones = new Array<number>(count).fill(1)
  const read = readings[mode]
  const axes = space.map((n, d): Reading => {
    // The grid names the fastest dimension first.
    const k = count - 1 - d
    const given = b.slice(
      points,
      points.shape.map((m, i) => (i === rank - 1 ? { start: k, stop: k + 1, step: 1 } : { start: 0, stop: m, step: 1 })),
    )
    const coordinate = b.reshape(given, [batch, ...out, ...ones])
    const x = alignCorners ? b.mul(b.div(b.add(coordinate, 1), 2), n - 1) : b.div(b.sub(b.mul(b.add(coordinate, 1), n), 1), 2)
    const taps = (size: number): Node =>
      b.reshape(b.iota([size], 'int32', input.device), [
        ...[batch, ...out].map(() => 1),
        ...ones.map((_, i) => (i === d ? size : 1)),
      ])
    return read(x, { n, padding, alignCorners, taps })
  })
  const image = sampled(input.node, axes, count)
  // The nearest element does not change with the grid: the grid's gradient is there, and 0.
  const stays = () =>
    composite(
      'gridSample',
      [image, points],
      () => image,
      (grad) => [grad, b.like(points, 0)],
    )
  return new Tensor(mode === 'nearest' ? stays() : image)
}

/** Where -1 and 1 are. */
export interface AffineGridOptions {
  /** -1 and 1 are the middles of the corner elements, instead of the image's corners. Default false. */
  readonly alignCorners?: boolean
}

/**
 * The grid that `theta` maps an image of shape `size` to: theta [N, 2, 3] and size [N, C, H, W] give [N, H, W, 2], theta [N, 3, 4] and
 * size [N, C, D, H, W] give [N, D, H, W, 3]. Point (x, y) of the result, -1 to 1, reads theta (x, y, 1) of the image.
 */
export function affineGrid(theta: Tensor, size: readonly number[], options: AffineGridOptions = {}): Tensor {
  const count = size.length - 2
  const [batch, , ...space] = sizes('affineGrid', 'size', size, size.length, 1) as [number, number, ...number[]]
  const { shape, dtype, device } = theta
  if ((count !== 2 && count !== 3) || shape.length !== 3 || shape[0] !== batch || shape[1] !== count || shape[2] !== count + 1)
    throw new NablaError(
      'shape',
      `[affineGrid] theta ${showShape(shape)} does not fit size ${showShape(size)}: expected [N, 2, 3] with [N, C, H, W], or [N, 3, 4] with [N, C, D, H, W]`,
      { theta: shape, size },
    )
  const ones = space.map(() => 1)
  const column = (k: number): Node => b.reshape(theta.select(2, k).node, [batch, ...ones, count])
  const terms = space.map((n, d) => {
    const i = b.iota([n], dtype, device)
    const along = options.alignCorners
      ? n > 1
        ? b.sub(b.div(b.mul(i, 2), n - 1), 1)
        : b.like(i, 0)
      : b.sub(b.div(b.add(b.mul(i, 2), 1), n), 1)
    return b.mul(column(count - 1 - d), b.reshape(along, [1, ...ones.map((_, e) => (e === d ? n : 1)), 1]))
  })
  return new Tensor(terms.reduceRight((sum, term) => b.add(sum, term), column(count)))
}
