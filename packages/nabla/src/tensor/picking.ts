/** Choosing elements by index, mask or order, on nodes. */
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { counting } from '../ops/source.js'
import { expand, narrow, reshape, slice } from './shapes.js'

export function gather(a: Node, dim: number, index: Node): Node {
  return b.gather(a, dimIndex('gather', dim, a.shape.length), index)
}

export function scatterAdd(a: Node, dim: number, index: Node, source: Node): Node {
  return b.scatterAdd(a, dimIndex('scatterAdd', dim, a.shape.length), index, source)
}

/** Whole slices of `a` along `dim`, in the order of the one-dimensional `index`. */
export function indexSelect(a: Node, dim: number, index: Node): Node {
  if (index.shape.length > 1)
    throw new NablaError('shape', `[indexSelect] the index is a list, but has shape ${showShape(index.shape)}`, {
      shape: index.shape,
    })
  const d = dimIndex('indexSelect', dim, a.shape.length)
  const count = index.shape[0] ?? 1
  const ranked = reshape(
    index,
    a.shape.map((_, i) => (i === d ? count : 1)),
  )
  return b.gather(
    a,
    d,
    expand(
      ranked,
      a.shape.map((n, i) => (i === d ? count : n)),
    ),
  )
}

/** The rows of `table` [n, ...] that `index` (of any shape) names: [...index, ...]. */
export function rows(table: Node, index: Node): Node {
  const flat = indexSelect(table, 0, reshape(index, [-1]))
  return reshape(flat, [...index.shape, ...table.shape.slice(1)])
}

/** 1 at each class, 0 elsewhere: [...index, classes], int32. */
export function oneHot(index: Node, classes: number): Node {
  if (!Number.isInteger(classes) || classes < 1)
    throw new NablaError('argument', `[oneHot] the number of classes is ${classes}; expected 1 or more`)
  const shape = [...index.shape, classes]
  const wide = b.expand(b.reshape(index, [...index.shape, 1]), shape)
  return b.cast(b.eq(wide, counting(shape, shape.length - 1, index.device, b)), 'int32')
}

export function sort(a: Node, dim = -1, descending = false): { values: Node; indices: Node } {
  if (a.shape.length === 0) return { values: a, indices: b.constant(0, [], 'int32', a.device) }
  const d = dimIndex('sort', dim, a.shape.length)
  const indices = b.argsort(a, d, descending)
  return { values: b.gather(a, d, indices), indices }
}

/** The `k` largest (or smallest) along `dim`, in order. */
export function topk(a: Node, k: number, dim = -1, largest = true): { values: Node; indices: Node } {
  const d = dimIndex('topk', dim, a.shape.length)
  const n = a.shape[d] ?? 1
  if (!Number.isInteger(k) || k < 0 || k > n)
    throw new NablaError('argument', `[topk] k is ${k}, but dimension ${dim} of ${showShape(a.shape)} has ${n} elements`, {
      k,
      shape: a.shape,
    })
  const order = sort(a, d, largest)
  if (a.shape.length === 0) return order
  const indices = narrow(order.indices, d, 0, k)
  return { values: b.gather(a, d, indices), indices }
}

/** True where column - row <= diagonal (lower triangle), in the last two dimensions. */
export function lowerMask(a: Node, diagonal: number): Node {
  const rank = a.shape.length
  if (rank < 2)
    throw new NablaError('shape', `[tril] needs a matrix or a batch of them, was given ${showShape(a.shape)}`, { shape: a.shape })
  return b.le(b.sub(counting(a.shape, rank - 1, a.device, b), counting(a.shape, rank - 2, a.device, b)), diagonal)
}

export const tril = (a: Node, diagonal = 0): Node => b.where(lowerMask(a, diagonal), a, 0)
export const triu = (a: Node, diagonal = 0): Node => b.where(lowerMask(a, diagonal - 1), 0, a)

/** Elements [..., i, i] of the last two dimensions, by their even distance in row-major order: [..., m, n] to [..., min(m, n)]. */
export function diagonal(a: Node): Node {
  const rank = a.shape.length
  if (rank < 2)
    throw new NablaError('shape', `[diagonal] needs a matrix or a batch of them, was given ${showShape(a.shape)}`, {
      shape: a.shape,
    })
  const [m, n] = a.shape.slice(-2) as [number, number]
  const flat = reshape(a, [...a.shape.slice(0, -2), m * n])
  return slice(flat, rank - 2, 0, Math.min(m, n) * (n + 1), n + 1)
}
