/** Pooling: the largest, the mean or the power mean of each window. Adaptive pooling is in pool-adaptive.ts. */
import { isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import { sizeOf, stridesOf } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import { composite } from '../../tensor/autograd.js'
import { Tensor } from '../../tensor/tensor.js'
import { inBatch, type Size, sizes, tensorOf, unbatched } from './spatial.js'
import { closed, opened, type Windows, windowsOf } from './spatial-windows.js'

/** How windows lie. */
export interface PoolOptions {
  /** Distance of neighbouring windows. Default: the kernel size. */
  readonly stride?: Size
  /** On both sides, at most half the kernel; never wins a maximum. Default 0. */
  readonly padding?: Size
  /** Let the last window stick out instead of dropping the rest. Default false. */
  readonly ceilMode?: boolean
}

/** How windows of a max pooling lie. */
export interface MaxPoolOptions extends PoolOptions {
  /** Distance of a window's elements. Default 1. */
  readonly dilation?: Size
  /** Give `{ values, indices }`: where in the input's space (row-major, int32) each maximum lies. Default false. */
  readonly returnIndices?: boolean
}

/** How windows of a mean pooling lie, and what their sums are divided by. */
export interface AvgPool1dOptions extends PoolOptions {
  /** Padding counts in the mean. Default true. */
  readonly countIncludePad?: boolean
}

/** How windows of a mean pooling lie, and what their sums are divided by. */
export interface AvgPoolOptions extends AvgPool1dOptions {
  /** Divide by this instead of the window's size. */
  readonly divisorOverride?: number | null
}

/** How windows of a power mean pooling lie. */
export type LPPoolOptions = Omit<PoolOptions, 'padding'>

/** Maxima, and where in the input's space (row-major) each lies. */
export interface WithIndices {
  /** The maxima, [N, C, ...out]. */
  readonly values: Tensor
  /** Where in the input's space (row-major) each lies: int32, the shape of `values`. */
  readonly indices: Tensor
}

/** A pooling function: `{ values, indices }` if the options ask for indices, else the values. */
export interface MaxPool {
  (input: Tensor, kernelSize: Size, options: MaxPoolOptions & { readonly returnIndices: true }): WithIndices
  (input: Tensor, kernelSize: Size, options?: MaxPoolOptions & { readonly returnIndices?: false }): Tensor
  (input: Tensor, kernelSize: Size, options?: MaxPoolOptions): Tensor | WithIndices
}

/** Throws if a tensor is not of floats. */
export function checkFloats(op: string, input: Tensor): void {
  if (!isFloat(input.dtype))
    throw new NablaError('dtype', `[${op}] pooling needs a float tensor, not ${input.dtype}; cast it first: x.float()`, {
      op,
      dtype: input.dtype,
    })
}

function poolWindows(op: string, input: Tensor, kernelSize: Size, options: MaxPoolOptions): Windows {
  const w = windowsOf(op, input.shape.slice(2), kernelSize, { ...options, stride: options.stride ?? kernelSize })
  if (w.padding.some((p, i) => 2 * p > w.kernel[i]!))
    throw new NablaError(
      'argument',
      `[${op}] padding ${showShape(w.padding)} is more than half the kernel ${showShape(w.kernel)}`,
      { op, padding: w.padding, kernel: w.kernel },
    )
  return w
}

/** Of a window without an element: larger than the number of any element. */
const NONE = 2 ** 30

/**
 * The largest of every window, one dimension after the other: row maxima of column maxima are those of the whole window, with less
 * to compare.
 */
function maxima(x: Node, w: Windows): Node {
  return w.kernel.reduce((a, _, i) => reduced(alongOne(a, w, i, -Infinity), b.max), x)
}

/**
 * Which element of its window, counted row by row, is the first of the largest; NONE where the window lies in the padding. Of the
 * elements that reach the maximum of their column, the number is handed on, and the smallest number stays.
 */
function winners(x: Node, w: Windows): Node {
  const steps = stridesOf(w.kernel)
  let values = x
  let numbers = b.constant(0, x.shape, 'int32', x.device)
  w.kernel.forEach((_, i) => {
    const views = alongOne(values, w, i, -Infinity)
    const best = b.max(views, [views.shape.length - 1])
    const wins = b.or(b.eq(views, best), b.and(b.ne(views, views), b.ne(best, best)))
    const taps = b.mul(counting(views.shape, views.shape.length - 1, x.device, b), steps[i]!)
    numbers = reduced(b.where(wins, b.add(alongOne(numbers, w, i, NONE), taps), NONE), b.min)
    values = b.reshape(best, views.shape.slice(0, -1))
  })
  return numbers
}

/** Windows along dimension `i` of the space alone, in a new last dimension. */
const alongOne = (a: Node, w: Windows, i: number, value: number): Node => {
  const padding = a.shape.map((_, d): readonly [number, number] => (d === 2 + i ? w.added[i]! : [0, 0]))
  return b.window(b.pad(a, padding, value), 2 + i, w.kernel[i]!, w.stride[i]!, w.dilation[i]!)
}

/** Without the last dimension. */
const reduced = (a: Node, reduce: (a: Node, dims: readonly number[]) => Node): Node =>
  b.reshape(reduce(a, [a.shape.length - 1]), a.shape.slice(0, -1))

/** The largest of each window; its gradient goes to the first of the largest. */
function largest(op: string, x: Node, w: Windows): Node {
  return composite(
    op,
    [x],
    () => maxima(x, w),
    (grad) => {
      const flat = [...grad.shape, sizeOf(w.kernel)]
      const wide = (node: Node): Node => b.expand(b.reshape(node, [...node.shape, 1]), flat)
      const chosen = b.eq(wide(winners(x, w)), counting(flat, flat.length - 1, x.device, b))
      return [closed(b.reshape(b.where(chosen, wide(grad), 0), [...grad.shape, ...w.kernel]), w)]
    },
  )
}

/** Where in the space each window's winner lies. */
function places(x: Node, w: Windows): Node {
  const shape = [...x.shape.slice(0, 2), ...w.out]
  const inWindow = winners(x, w)
  const steps = stridesOf(w.kernel)
  const strides = stridesOf(w.space)
  return w.kernel
    .map((size, i) => {
      const tap = b.remainder(b.floorDiv(inWindow, steps[i]!), size)
      const start = b.sub(b.mul(counting(shape, 2 + i, x.device, b), w.stride[i]!), w.padding[i]!)
      return b.mul(b.add(start, b.mul(tap, w.dilation[i]!)), strides[i]!)
    })
    .reduce((sum, part) => b.add(sum, part))
}

function maxPool(op: string, count: number): MaxPool {
  const pool = (input: Tensor, kernelSize: Size, options: MaxPoolOptions = {}): Tensor | WithIndices => {
    checkFloats(op, input)
    const single = unbatched(op, input.shape, count)
    const x = single ? input.unsqueeze(0) : input
    const w = poolWindows(op, x, kernelSize, options)
    const trim = (node: Node): Tensor => (single ? new Tensor(node).squeeze(0) : tensorOf(node, x))
    const values = trim(largest(op, x.node, w))
    return options.returnIndices ? { values, indices: trim(places(x.detach().node, w)) } : values
  }
  return pool as MaxPool
}

function avgPool(op: string, count: number) {
  return (input: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor => {
    checkFloats(op, input)
    return inBatch(op, count, input, (batch) => means(op, batch, poolWindows(op, batch, kernelSize, options), options))
  }
}

function means(op: string, input: Tensor, w: Windows, options: AvgPoolOptions): Tensor {
  const count = w.out.length
  const sums = b.reshape(
    b.sum(
      opened(input.node, w, 0),
      w.kernel.map((_, i) => 2 + count + i),
    ),
    [...input.shape.slice(0, 2), ...w.out],
  )
  const divisor = options.divisorOverride ?? undefined
  if (divisor !== undefined) {
    if (divisor === 0 || !Number.isInteger(divisor))
      throw new NablaError('argument', `[${op}] divisorOverride is ${divisor}; expected a whole number, not 0`, { op, divisor })
    return new Tensor(b.div(sums, divisor))
  }
  const include = options.countIncludePad ?? true
  const stays = w.out.every((n, i) => {
    const end = (n - 1) * w.stride[i]! + w.kernel[i]! - w.padding[i]!
    return include ? end <= w.space[i]! + w.padding[i]! : w.padding[i] === 0 && end <= w.space[i]!
  })
  if (stays) return new Tensor(b.div(sums, sizeOf(w.kernel)))
  const counts = w.out.map((_, i) => counted(w, i, include, input.node)).reduce((product, node) => b.mul(product, node))
  return new Tensor(b.div(sums, counts))
}

/** How many elements the windows count along dimension `i`: their part inside of the input (and its padding, if that is included). */
function counted(w: Windows, i: number, include: boolean, x: Node): Node {
  const n = w.space[i]!
  const start = b.sub(b.mul(counting(w.out, i, x.device, b), w.stride[i]!), w.padding[i]!)
  const stop = b.minimum(b.add(start, w.kernel[i]!), n + w.padding[i]!)
  // A window that lies in the padding altogether has the mean 0.
  const size = include ? b.sub(stop, start) : b.maximum(b.sub(b.minimum(stop, n), b.maximum(start, 0)), 1)
  return b.cast(size, x.dtype)
}

/** (sum of x^p)^(1/p), the way PyTorch takes it: a mean of powers, times the kernel's size. */
function lpPool(count: number, pool: ReturnType<typeof avgPool>) {
  return (input: Tensor, normType: number, kernelSize: Size, options: LPPoolOptions = {}): Tensor => {
    if (!(normType > 0) || normType === Infinity)
      throw new NablaError('argument', `[lpPool${count}d] normType is ${normType}; expected a number above 0`, { normType })
    const { stride, ceilMode } = options
    const elements = sizeOf(sizes(`lpPool${count}d`, 'kernelSize', kernelSize, count, 1))
    const powers = pool(input.pow(normType), kernelSize, {
      ...(stride !== undefined && { stride }),
      ...(ceilMode !== undefined && { ceilMode }),
    })
    return powers
      .sign()
      .mul(powers.abs().relu())
      .mul(elements)
      .pow(1 / normType)
  }
}

/** The largest of each window of [N, C, L] or [C, L]. The gradient goes to the first of the largest; NaN wins. */
export const maxPool1d: MaxPool = /* @__PURE__ */ maxPool('maxPool1d', 1)
/** The largest of each window of [N, C, H, W] or [C, H, W]. The gradient goes to the first of the largest; NaN wins. */
export const maxPool2d: MaxPool = /* @__PURE__ */ maxPool('maxPool2d', 2)
/** The largest of each window of [N, C, D, H, W] or [C, D, H, W]. The gradient goes to the first of the largest; NaN wins. */
export const maxPool3d: MaxPool = /* @__PURE__ */ maxPool('maxPool3d', 3)

/** The mean of each window of [N, C, L] or [C, L]. */
export const avgPool1d: (input: Tensor, kernelSize: Size, options?: AvgPool1dOptions) => Tensor = /* @__PURE__ */ avgPool(
  'avgPool1d',
  1,
)
/** The mean of each window of [N, C, H, W] or [C, H, W]. */
export const avgPool2d: (input: Tensor, kernelSize: Size, options?: AvgPoolOptions) => Tensor = /* @__PURE__ */ avgPool(
  'avgPool2d',
  2,
)
/** The mean of each window of [N, C, D, H, W] or [C, D, H, W]. */
export const avgPool3d: (input: Tensor, kernelSize: Size, options?: AvgPoolOptions) => Tensor = /* @__PURE__ */ avgPool(
  'avgPool3d',
  3,
)

type LPPool = (input: Tensor, normType: number, kernelSize: Size, options?: LPPoolOptions) => Tensor
/** (sum of x^normType)^(1 / normType) over each window of [N, C, L] or [C, L]; where that sum is negative, 0. */
export const lpPool1d: LPPool = /* @__PURE__ */ lpPool(1, avgPool('lpPool1d', 1))
/** (sum of x^normType)^(1 / normType) over each window of [N, C, H, W] or [C, H, W]; where that sum is negative, 0. */
export const lpPool2d: LPPool = /* @__PURE__ */ lpPool(2, avgPool('lpPool2d', 2))
