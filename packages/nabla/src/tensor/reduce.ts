/** Reductions, on nodes: over one dimension, several, or all (undefined); `keepdim` keeps the reduced ones with extent 1. */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex, type Shape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { counting } from '../ops/source.js'
import { composite } from './autograd.js'
import { expand } from './shapes.js'

/** What a reduction does with the dimensions it reduces. */
export interface Keep {
  /** Keep reduced dimensions with extent 1. Default false. */
  readonly keepdim?: boolean
}

/** One dimension, several, or all: undefined or an empty list. */
export type Dims = number | readonly number[] | undefined

/** Sorted indices of the wanted dimensions. */
export function dimsOf(op: string, dim: Dims, rank: number): number[] {
  if (dim === undefined || (typeof dim !== 'number' && dim.length === 0)) return Array.from({ length: rank }, (_, d) => d)
  const dims = [dim]
    .flat()
    .map((d) => dimIndex(op, d, rank))
    .filter((d) => d < rank)
  if (new Set(dims).size !== dims.length)
    throw new NablaError('argument', `[${op}] dimensions ${showShape([dim].flat())} name one twice`, { dim })
  return dims.sort((x, y) => x - y)
}

const without = (shape: Shape, dims: readonly number[]): number[] => shape.filter((_, d) => !dims.includes(d))

/** Drops the reduced dimensions unless they are wanted. */
export function dropped(a: Node, dims: readonly number[], keepdim: boolean): Node {
  return keepdim || dims.length === 0 ? a : b.reshape(a, without(a.shape, dims))
}

/** Small integers and truth values add up as int32. */
const counted = (a: Node): Node => (a.dtype === 'bool' || a.dtype === 'uint8' ? b.cast(a, 'int32') : a)

export function floats(op: string, a: Node): Node {
  if (!isFloat(a.dtype))
    throw new NablaError('dtype', `[${op}] is defined for floating-point tensors, not ${a.dtype}; cast it first: x.float()`, {
      op,
      dtype: a.dtype,
    })
  return a
}

export function sum(a: Node, dim?: Dims, keepdim = false): Node {
  const dims = dimsOf('sum', dim, a.shape.length)
  return dropped(b.sum(counted(a), dims), dims, keepdim)
}

export function prod(a: Node, dim?: Dims, keepdim = false): Node {
  const dims = dimsOf('prod', dim, a.shape.length)
  return dropped(b.prod(counted(a), dims), dims, keepdim)
}

export const extent = (shape: Shape, dims: readonly number[]): number => dims.reduce((n, d) => n * shape[d]!, 1)

export function mean(a: Node, dim?: Dims, keepdim = false): Node {
  const dims = dimsOf('mean', dim, floats('mean', a).shape.length)
  return dropped(b.div(b.sum(a, dims), extent(a.shape, dims)), dims, keepdim)
}

/** Mean squared distance from the mean, divided by n - correction. Its gradient is 2 (x - mean) / (n - correction). */
export function variance(a: Node, dim?: Dims, correction = 1, keepdim = false): Node {
  const dims = dimsOf('var', dim, floats('var', a).shape.length)
  const n = extent(a.shape, dims)
  const centred = () => b.sub(a, b.div(b.sum(a, dims), n))
  const scale = Math.max(0, n - correction)
  const kept = composite(
    'var',
    [a],
    () => {
      const d = centred()
      return b.div(b.sum(b.mul(d, d), dims), scale)
    },
    (grad) => [b.mul(centred(), b.mul(grad, 2 / scale))],
  )
  return dropped(kept, dims, keepdim)
}

/** The root of the variance; where it is 0 no gradient flows. */
export function std(a: Node, dim?: Dims, correction = 1, keepdim = false): Node {
  const v = variance(a, dim, correction, keepdim)
  return composite(
    'std',
    [v],
    () => b.sqrt(v),
    (grad, y) => [b.where(b.eq(y, 0), 0, b.div(grad, b.mul(y, 2)))],
  )
}

/** The sum of what is not NaN. */
export const nansum = (a: Node, dim?: Dims, keepdim = false): Node => sum(b.where(b.ne(a, a), 0, a), dim, keepdim)

/** The mean of what is not NaN; NaN where there is nothing else. */
export function nanmean(a: Node, dim?: Dims, keepdim = false): Node {
  const count = sum(b.eq(floats('nanmean', a), a), dim, keepdim)
  return b.div(nansum(a, dim, keepdim), b.cast(count, a.dtype))
}

/** How many elements are not 0, int32. */
export const countNonzero = (a: Node, dim?: Dims): Node => sum(b.ne(a, 0), dim)

export function amax(a: Node, dim?: Dims, keepdim = false): Node {
  const dims = dimsOf('max', dim, a.shape.length)
  return dropped(b.max(a, nonEmpty('max', a, dims)), dims, keepdim)
}

export function amin(a: Node, dim?: Dims, keepdim = false): Node {
  const dims = dimsOf('min', dim, a.shape.length)
  return dropped(b.min(a, nonEmpty('min', a, dims)), dims, keepdim)
}

export function nonEmpty(op: string, a: Node, dims: number[]): number[] {
  if (extent(a.shape, dims) === 0 && sizeOf(without(a.shape, dims)) > 0)
    throw new NablaError(
      'shape',
      `[${op}] there is no ${op} of no elements: dimensions ${showShape(dims)} of ${showShape(a.shape)} are empty`,
      { shape: a.shape },
    )
  return dims
}

/** The extreme values along one dimension and where the first of each is; the gradient goes there. */
export function extreme(op: 'max' | 'min', a: Node, dim: number, keepdim = false): { values: Node; indices: Node } {
  if (a.shape.length === 0) return { values: a, indices: b.constant(0, [], 'int32', a.device) }
  const d = dimIndex(op, dim, a.shape.length)
  nonEmpty(op, a, [d])
  const place = () => (op === 'max' ? b.argmax(a, d) : b.argmin(a, d))
  const values = composite(
    op,
    [a],
    () => b[op](a, [d]),
    (grad) => [b.where(b.eq(place(), counting(a.shape, d, a.device, b)), expand(grad, a.shape), 0)],
  )
  return { values: dropped(values, [d], keepdim), indices: dropped(place(), [d], keepdim) }
}

export function arg(op: 'argmax' | 'argmin', a: Node, dim?: number, keepdim = false): Node {
  if (dim === undefined) return b.reshape(b[op](b.reshape(a, [sizeOf(a.shape)]), 0), keepdim ? a.shape.map(() => 1) : [])
  if (a.shape.length === 0) return b.constant(0, [], 'int32', a.device)
  const d = dimIndex(op, dim, a.shape.length)
  return dropped(b[op](a, nonEmpty(op, a, [d])[0]!), [d], keepdim)
}

/** Truth values; of uint8 they are uint8, as in PyTorch. */
const verdict = (a: Node, holds: Node): Node => (a.dtype === 'uint8' ? b.cast(holds, 'uint8') : holds)

export function any(a: Node, dim?: Dims, keepdim = false): Node {
  const dims = dimsOf('any', dim, a.shape.length)
  return dropped(verdict(a, b.ne(b.sum(b.cast(b.ne(a, 0), 'int32'), dims), 0)), dims, keepdim)
}

export function all(a: Node, dim?: Dims, keepdim = false): Node {
  const dims = dimsOf('all', dim, a.shape.length)
  return dropped(verdict(a, b.eq(b.sum(b.cast(b.eq(a, 0), 'int32'), dims), 0)), dims, keepdim)
}

/** log(sum(exp(x))), shifted by the maximum so that nothing overflows; the gradient is softmax. Of integers as float32. */
export function logsumexp(x: Node, dim?: Dims, keepdim = false): Node {
  const a = isFloat(x.dtype) ? x : b.cast(x, 'float32')
  const dims = dimsOf('logsumexp', dim, a.shape.length)
  if (extent(a.shape, dims) === 0) return b.log(sum(a, dims, keepdim))
  const kept = composite(
    'logsumexp',
    [a],
    () => {
      const top = b.max(a, dims)
      const finite = b.where(b.lt(b.abs(top), Infinity), top, 0)
      return b.add(b.log(b.sum(b.exp(b.sub(a, finite)), dims)), finite)
    },
    (grad, result) => [b.mul(grad, b.exp(b.sub(a, result)))],
  )
  return dropped(kept, dims, keepdim)
}

/** A constant result, whose gradient is 0. */
const flat = (a: Node, value: number): Node =>
  composite(
    'constant',
    [a],
    () => b.like(a, value),
    () => [b.like(a, 0)],
  )

/** exp(x) / sum(exp(x)) along `dim`: y. Gradient y (g - sum(g y)). */
export function softmax(a: Node, dim: number): Node {
  if (floats('softmax', a).shape.length === 0) return flat(a, 1)
  if (sizeOf(a.shape) === 0) return a
  const dims = [dimIndex('softmax', dim, a.shape.length)]
  return composite(
    'softmax',
    [a],
    () => {
      const e = b.exp(b.sub(a, b.max(a, dims)))
      return b.div(e, b.sum(e, dims))
    },
    (grad, y) => [b.mul(y, b.sub(grad, b.sum(b.mul(grad, y), dims)))],
  )
}

/** x - log(sum(exp(x))) along `dim`: y. Gradient g - exp(y) sum(g). */
export function logSoftmax(a: Node, dim: number): Node {
  if (floats('logSoftmax', a).shape.length === 0) return flat(a, 0)
  if (sizeOf(a.shape) === 0) return a
  const dims = [dimIndex('logSoftmax', dim, a.shape.length)]
  return composite(
    'logSoftmax',
    [a],
    () => {
      const shifted = b.sub(a, b.max(a, dims))
      return b.sub(shifted, b.log(b.sum(b.exp(shifted), dims)))
    },
    (grad, y) => [b.sub(grad, b.mul(b.exp(y), b.sum(grad, dims)))],
  )
}
