/** Functions of several tensors: what is not one tensor's method. */
import { builder as b } from '../ops/builder.js'
import { NablaError } from '../core/errors.js'
import { broadcastShapes } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { type Operand, operand, truth } from './methods-elementwise.js'
import { cdist as cdistNode } from './norms.js'
import { searchsorted as searchsortedNode } from './order.js'
import * as shapes from './shapes.js'
import { Tensor } from './tensor.js'

const nodesOf = (tensors: readonly Tensor[]): Node[] => tensors.map((tensor) => tensor.node)

/** Tensors one after the other along `dim`; all other extents are equal. */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  const nodes = nodesOf(tensors)
  const out = shapes.cat(nodes, dim)
  if (nodes.includes(out)) out.exposed = true
  return new Tensor(out)
}

/** Tensors of one shape along a new dimension. */
export const stack = (tensors: readonly Tensor[], dim = 0): Tensor => new Tensor(shapes.stack(nodesOf(tensors), dim))

/** Tensors side by side: along the second dimension, vectors along their only one. */
export function hstack(tensors: readonly Tensor[]): Tensor {
  const ranked = tensors.map((tensor) => (tensor.ndim === 0 ? tensor.reshape(1) : tensor))
  return cat(ranked, (ranked[0]?.ndim ?? 1) > 1 ? 1 : 0)
}

/** Tensors below each other: along the first dimension, vectors as rows. */
export const vstack = (tensors: readonly Tensor[]): Tensor =>
  cat(tensors.map((tensor) => (tensor.ndim < 2 ? tensor.reshape(1, -1) : tensor)))

/** Tensors behind each other: along the third dimension, vectors [n] as [1, n, 1] and matrices [m, n] as [m, n, 1]. */
export const dstack = (tensors: readonly Tensor[]): Tensor =>
  cat(
    tensors.map((tensor) => (tensor.ndim < 2 ? tensor.reshape(1, -1, 1) : tensor.ndim === 2 ? tensor.unsqueeze(2) : tensor)),
    2,
  )

/** `a` where `condition` (a bool tensor) holds, else `b`; shapes broadcast. */
export function where(condition: Tensor, a: Operand, c: Operand): Tensor {
  return new Tensor(b.where(truth('where', condition), operand(a), operand(c)))
}

/** `base` to the power `exponent`; one of them may be a number. */
export const pow = (base: Tensor | number, exponent: Operand): Tensor =>
  typeof base === 'number' ? new Tensor(b.pow(base, operand(exponent))) : base.pow(exponent)

/** As `a.maximum(c)`. */
export const maximum = (a: Tensor, c: Operand): Tensor => a.maximum(c)
/** As `a.minimum(c)`. */
export const minimum = (a: Tensor, c: Operand): Tensor => a.minimum(c)

/** All tensors expanded to the shape that they broadcast to. */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  const shape = broadcastShapes('broadcastTensors', ...tensors.map((t) => t.shape))
  return tensors.map((t) => t.expand(shape))
}

/** Coordinates of a grid with the given axes: for [m] and [n] two [m, n] (`indexing` 'ij', default) or two [n, m] ('xy'). */
export function meshgrid(axes: readonly Tensor[], indexing: 'ij' | 'xy' = 'ij'): Tensor[] {
  if (indexing === 'xy' && axes.length >= 2) {
    const [first, second, ...rest] = axes as [Tensor, Tensor, ...Tensor[]]
    const [y, x, ...others] = meshgrid([second, first, ...rest]) as [Tensor, Tensor, ...Tensor[]]
    return [x, y, ...others]
  }
  const shape = axes.map((axis) => axis.numel)
  return axes.map((axis, d) => axis.reshape(shape.map((n, i) => (i === d ? n : 1))).expand(shape))
}

/** True if all elements are close, as `isclose`. Reads the values. */
export async function allclose(
  a: Tensor,
  c: Tensor,
  options: { readonly rtol?: number; readonly atol?: number; readonly equalNan?: boolean } = {},
): Promise<boolean> {
  if (a.device !== c.device)
    throw new NablaError('device', `[allclose] tensors are on ${a.device} and ${c.device}; move one: x.to('${a.device}')`)
  return (await a.isclose(c, options).all().item()) !== 0
}

/**
 * For each of `values` (a tensor or a number) the place in the ascending `sorted` where it could be inserted, int32: before its equals,
 * or behind them (`right`). `sorted` is a list, or has the dimensions of `values` but for the last.
 */
export function searchsorted(
  sorted: Tensor,
  values: Operand,
  options: { readonly right?: boolean; readonly side?: 'left' | 'right' } = {},
): Tensor {
  const { side = options.right ? 'right' : 'left' } = options
  const node = typeof values === 'number' ? b.constant(values, [], sorted.dtype, sorted.device) : values.node
  return new Tensor(searchsortedNode(sorted.node, node, side === 'right'))
}

/** The p-norm (default 2) of the difference of every row of a [..., m, k] and every row of c [..., n, k]: [..., m, n]. */
export const cdist = (a: Tensor, c: Tensor, options: { readonly p?: number } = {}): Tensor =>
  new Tensor(cdistNode(a.node, c.node, options.p))
