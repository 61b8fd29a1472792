/** Pooling: the largest or the mean of each window. */
import { NablaError, showShape } from '../../core/errors.js'
import { type Shape, sizeOf } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import { composite } from '../../tensor/autograd.js'
import { Tensor } from '../../tensor/tensor.js'
import { sizes, type Size, unbatched } from './spatial.js'

export interface PoolOptions {
  /** Default: the kernel size. */
  readonly stride?: Size
  /** On both sides, at most half the kernel; never wins a maximum. Default 0. */
  readonly padding?: Size
  /** Let the last window stick out instead of dropping the rest. Default false. */
  readonly ceilMode?: boolean
}

export interface MaxPoolOptions extends PoolOptions {
  /** Distance of a window's elements. Default 1. */
  readonly dilation?: Size
}

export interface AvgPoolOptions extends PoolOptions {
  /** Padding counts in the mean. Default true. */
  readonly countIncludePad?: boolean
  /** Divide by this instead of the window's size. */
  readonly divisorOverride?: number
}

/** Windows over the last dimensions of an input. */
interface Windows {
  readonly kernel: number[]
  readonly stride: number[]
  readonly padding: number[]
  readonly dilation: number[]
  readonly out: number[]
  /** Elements added before and after each dimension of the input, so that every window fits. */
  readonly added: [number, number][]
}

function windowsOf(op: string, shape: Shape, count: number, kernelSize: Size, options: MaxPoolOptions): Windows {
  const kernel = sizes(op, 'kernelSize', kernelSize, count, 1)
  const stride = sizes(op, 'stride', options.stride ?? kernelSize, count, 1)
  const padding = sizes(op, 'padding', options.padding ?? 0, count, 0)
  const dilation = sizes(op, 'dilation', options.dilation ?? 1, count, 1)
  if (padding.some((p, i) => 2 * p > kernel[i]!))
    throw new NablaError('argument', `[${op}] padding ${showShape(padding)} is more than half the kernel ${showShape(kernel)}`, {
      op,
      padding,
      kernel,
    })
  const space = shape.slice(2)
  const out = space.map((n, i) => {
    const span = n + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1
    let size = (options.ceilMode ? Math.ceil(span / stride[i]!) : Math.floor(span / stride[i]!)) + 1
    // A window may stick out, but must start inside of the input or its left padding.
    if (options.ceilMode && (size - 1) * stride[i]! >= n + padding[i]!) size--
    if (size < 1)
      throw new NablaError(
        'shape',
        `[${op}] windows of ${showShape(kernel)} do not fit into ${showShape(shape)} with padding ${showShape(padding)}`,
        { op, shape, kernel },
      )
    return size
  })
  const added = space.map((n, i): [number, number] => {
    const needed = (out[i]! - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1
    return [padding[i]!, Math.max(0, needed - n - padding[i]!)]
  })
  return { kernel, stride, padding, dilation, out, added }
}

const padded = (a: Node, w: Windows, value: number): Node =>
  w.added.every(([lo, hi]) => lo + hi === 0) ? a : b.pad(a, [[0, 0], [0, 0], ...w.added], value)

/** [N, C, ...space] to [N, C, ...out, ...kernel]. */
function opened(a: Node, w: Windows): Node {
  return w.kernel.reduce((node, size, i) => b.window(node, 2 + i, size, w.stride[i]!, w.dilation[i]!), a)
}

/** The adjoint of `opened`: adds windows back into a space of the given extents. */
function closed(a: Node, w: Windows, space: Shape): Node {
  return w.kernel.reduceRight((node, _, i) => b.fold(node, 2 + i, space[i]!, w.stride[i]!, w.dilation[i]!), a)
}

function maxPool(op: string, count: number, input: Tensor, kernelSize: Size, options: MaxPoolOptions): Tensor {
  if (unbatched(op, input.shape, count)) return maxPool(op, count, input.unsqueeze(0), kernelSize, options).squeeze(0)
  const x = input.node
  const w = windowsOf(op, x.shape, count, kernelSize, options)
  const [n, c, ...space] = x.shape as [number, number, ...number[]]
  const flat = [n, c, ...w.out, sizeOf(w.kernel)]
  const last = flat.length - 1
  const views = () => opened(padded(x, w, -Infinity), w)
  const node = composite(
    op,
    [x],
    () =>
      b.reshape(
        b.max(
          views(),
          w.kernel.map((_, i) => 2 + count + i),
        ),
        [n, c, ...w.out],
      ),
    (grad) => {
      // Each window's gradient goes to the first of its largest elements.
      const place = b.argmax(b.reshape(views(), flat), last)
      const chosen = b.eq(place, counting(flat, last, x.device, b))
      const spread = b.where(chosen, b.expand(b.reshape(grad, [n, c, ...w.out, 1]), flat), 0)
      const whole = closed(
        b.reshape(spread, [n, c, ...w.out, ...w.kernel]),
        w,
        space.map((extent, i) => extent + w.added[i]![0] + w.added[i]![1]),
      )
      if (w.added.every(([lo, hi]) => lo + hi === 0)) return [whole]
      const inner = space.map((extent, i) => ({ start: w.added[i]![0], stop: w.added[i]![0] + extent, step: 1 }))
      return [b.slice(whole, [{ start: 0, stop: n, step: 1 }, { start: 0, stop: c, step: 1 }, ...inner])]
    },
  )
  return new Tensor(node)
}

function avgPool(op: string, count: number, input: Tensor, kernelSize: Size, options: AvgPoolOptions): Tensor {
  if (unbatched(op, input.shape, count)) return avgPool(op, count, input.unsqueeze(0), kernelSize, options).squeeze(0)
  const x = input.node
  const w = windowsOf(op, x.shape, count, kernelSize, options)
  const [n, c, ...space] = x.shape as [number, number, ...number[]]
  const sums = b.reshape(
    b.sum(
      opened(padded(x, w, 0), w),
      w.kernel.map((_, i) => 2 + count + i),
    ),
    [n, c, ...w.out],
  )
  if (options.divisorOverride !== undefined) {
    if (options.divisorOverride === 0) throw new NablaError('argument', `[${op}] divisorOverride is 0`)
    return new Tensor(b.div(sums, options.divisorOverride))
  }
  const include = options.countIncludePad ?? true
  const counts = w.kernel.map((size, i) => countsAlong(space[i]!, size, w.stride[i]!, w.padding[i]!, w.out[i]!, include))
  if (counts.every((list, i) => list.every((k) => k === w.kernel[i]))) return new Tensor(b.div(sums, sizeOf(w.kernel)))
  const perDim = counts.map((_, i) =>
    countNode(space[i]!, w.kernel[i]!, w.stride[i]!, w.padding[i]!, w.out[i]!, include, count - 1 - i, x),
  )
  return new Tensor(
    b.div(
      sums,
      perDim.reduce((product, node) => b.mul(product, node)),
    ),
  )
}

/** How many elements each window counts along one dimension: its part inside of the input (and its padding, if that is included). */
function countsAlong(n: number, size: number, stride: number, padding: number, out: number, include: boolean): number[] {
  return Array.from({ length: out }, (_, o) => {
    const start = o * stride - padding
    const stop = Math.min(start + size, n + padding)
    return include ? stop - start : Math.min(stop, n) - Math.max(start, 0)
  })
}

/** `countsAlong` as a node, in the dtype of `x`, followed by `trailing` dimensions of 1. */
function countNode(
  n: number,
  size: number,
  stride: number,
  padding: number,
  out: number,
  include: boolean,
  trailing: number,
  x: Node,
): Node {
  const start = b.sub(b.mul(b.iota([out, ...new Array<number>(trailing).fill(1)], 'int32', x.device), stride), padding)
  const stop = b.minimum(b.add(start, size), n + padding)
  return b.cast(include ? b.sub(stop, start) : b.sub(b.minimum(stop, n), b.maximum(start, 0)), x.dtype)
}

/** The mean of `size` parts of each dimension; where they do not divide it, parts overlap as PyTorch's do. */
function adaptiveAvgPool(op: string, count: number, input: Tensor, outputSize: number | readonly (number | null)[]): Tensor {
  if (unbatched(op, input.shape, count)) return adaptiveAvgPool(op, count, input.unsqueeze(0), outputSize).squeeze(0)
  const space = input.shape.slice(2)
  const wanted = (typeof outputSize === 'number' ? new Array<number>(count).fill(outputSize) : outputSize).map(
    (size, i) => size ?? space[i]!,
  )
  const out = sizes(op, 'outputSize', wanted, count, 1)
  if (out.every((size) => size === 1))
    return input.mean(
      space.map((_, i) => 2 + i),
      { keepdim: true },
    )
  if (out.every((size, i) => space[i]! % size === 0))
    return avgPool(
      op,
      count,
      input,
      out.map((size, i) => space[i]! / size),
      {},
    )
  return out.reduce(
    (x, size, i) =>
      x
        .movedim(2 + i, -1)
        .matmul(partition(space[i]!, size, x).mT)
        .movedim(-1, 2 + i),
    input,
  )
}

/** [size, n]: row i holds 1 / length at the elements of part i. */
function partition(n: number, size: number, like: Tensor): Tensor {
  const i = b.iota([size, 1], 'int32', like.device)
  const at = b.iota([1, n], 'int32', like.device)
  const start = b.floorDiv(b.mul(i, n), size)
  const stop = b.floorDiv(b.add(b.mul(b.add(i, 1), n), size - 1), size)
  const inside = b.and(b.ge(at, start), b.lt(at, stop))
  return new Tensor(b.where(inside, b.div(1, b.cast(b.sub(stop, start), like.dtype)), 0))
}

export const maxPool1d = (input: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor =>
  maxPool('maxPool1d', 1, input, kernelSize, options)
export const maxPool2d = (input: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor =>
  maxPool('maxPool2d', 2, input, kernelSize, options)
export const maxPool3d = (input: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor =>
  maxPool('maxPool3d', 3, input, kernelSize, options)
export const avgPool1d = (input: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPool('avgPool1d', 1, input, kernelSize, options)
export const avgPool2d = (input: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPool('avgPool2d', 2, input, kernelSize, options)
export const avgPool3d = (input: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor =>
  avgPool('avgPool3d', 3, input, kernelSize, options)
export const adaptiveAvgPool1d = (input: Tensor, outputSize: Size): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool1d', 1, input, outputSize)
/** `null` keeps an extent. */
export const adaptiveAvgPool2d = (input: Tensor, outputSize: number | readonly (number | null)[]): Tensor =>
  adaptiveAvgPool('adaptiveAvgPool2d', 2, input, outputSize)
