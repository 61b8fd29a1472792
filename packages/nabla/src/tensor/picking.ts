/** Choosing elements by index or mask, on nodes. Indices are int32. */
import { NablaError, showShape } from '../core/errors.js'
import { broadcastShapes, dimIndex, sameShape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { counting } from '../ops/source.js'
import { checkIndices } from './check.js'
import { hostValues, indexNode } from './host.js'
import { expand, reshape } from './shapes.js'

/** Tensors without dimensions as lists of one, for ops along a dimension. */
export const listed = (a: Node): Node => (a.shape.length === 0 ? b.reshape(a, [1]) : a)

/** Every index no larger than `a` but along `dim`, and of its rank. */
export function checkAlong(op: string, a: Node, dim: number, index: Node): void {
  const clash =
    index.shape.length === a.shape.length ? index.shape.findIndex((n, d) => d !== dim && n > a.shape[d]!) : a.shape.length
  if (clash >= 0)
    throw new NablaError(
      'shape',
      `[${op}] the index has shape ${showShape(index.shape)}; for ${showShape(a.shape)} and dimension ${dim} it has the same rank, and is no larger but in that dimension`,
      { op, shape: a.shape, index: index.shape, dim },
    )
}

/** out[i][j][k] = a[index[i][j][k]][j][k] for dim 0, and so on. */
export function gather(a: Node, dim: number, index: Node): Node {
  const d = dimIndex('gather', dim, a.shape.length)
  const [from, at] = [listed(a), listed(index)]
  if (sizeOf(at.shape) === 0 && at.shape.length !== from.shape.length) return b.constant(0, index.shape, a.dtype, a.device)
  checkAlong('gather', from, d, at)
  checkIndices('gather', 'index', index, from.shape[d]!, { of: `dimension ${dim} of ${showShape(a.shape)}` })
  return reshape(b.gather(from, d, at), index.shape)
}

/** Whole slices of `a` along `dim`, in the order of the one-dimensional `index`. */
export function indexSelect(a: Node, dim: number, index: Node, op = 'indexSelect'): Node {
  if (index.shape.length > 1)
    throw new NablaError('shape', `[${op}] the index is a list, but has shape ${showShape(index.shape)}`, { shape: index.shape })
  const d = dimIndex(op, dim, a.shape.length)
  const from = listed(a)
  checkIndices(op, 'index', index, from.shape[d]!, { of: `dimension ${dim} of ${showShape(a.shape)}` })
  return reshape(
    selected(from, d, listed(index)),
    a.shape.length ? from.shape.map((n, i) => (i === d ? sizeOf(index.shape) : n)) : [],
  )
}

/** The slices of `a` along `d` that a list names. */
export function selected(a: Node, d: number, list: Node): Node {
  return b.gather(a, d, along(a, d, list))
}

/** A list of indices along `d`, the same for all elements of `a` around it. */
export function along(a: Node, d: number, list: Node): Node {
  const count = list.shape[0]!
  const ranked = reshape(
    list,
    a.shape.map((_, i) => (i === d ? count : 1)),
  )
  return expand(
    ranked,
    a.shape.map((n, i) => (i === d ? count : n)),
  )
}

/** The rows of `table` [n, ...] that `index` (of any shape) names: [...index, ...]. */
export function rows(table: Node, index: Node): Node {
  const flat = selected(table, 0, reshape(index, [-1]))
  return reshape(flat, [...index.shape, ...table.shape.slice(1)])
}

/** Indices that count from the end, as indices from the beginning. */
export const fromStart = (index: Node, n: number): Node => b.where(b.lt(index, 0), b.add(index, n), index)

/** Elements by their place in row-major order; negative from the end. */
export function take(a: Node, index: Node): Node {
  const n = sizeOf(a.shape)
  checkIndices('take', 'index', index, n, { of: `the elements of ${showShape(a.shape)}`, negative: true })
  return rows(reshape(a, [-1]), fromStart(index, n))
}

/** As gather, with `a` and the indices broadcast to each other but along `dim`; without `dim`, of the elements in row-major order. */
export function takeAlongDim(a: Node, indices: Node, dim?: number): Node {
  if (dim === undefined) return gather(reshape(a, [-1]), 0, reshape(indices, [-1]))
  if (a.shape.length !== indices.shape.length)
    throw new NablaError(
      'shape',
      `[takeAlongDim] ${showShape(a.shape)} and the indices ${showShape(indices.shape)} differ in rank; reshape one`,
      { shape: a.shape, indices: indices.shape },
    )
  const d = dimIndex('takeAlongDim', dim, a.shape.length)
  const one = (x: Node): number[] => x.shape.map((n, i) => (i === d ? 1 : n))
  const around = broadcastShapes('takeAlongDim', one(a), one(indices))
  const wide = (x: Node): Node =>
    expand(
      x,
      around.map((n, i) => (i === d ? x.shape[d]! : n)),
    )
  return gather(wide(a), d, wide(indices))
}

/** 1 at each class, 0 elsewhere: [...index, classes], int32. Without a number of classes it is one more than the largest: waits for it. */
export function oneHot(index: Node, classes?: number): Node {
  if (classes === undefined) {
    const values = hostValues('oneHot', index)
    if (values.length === 0)
      throw new NablaError('argument', '[oneHot] the number of classes cannot be read off an empty tensor; give it', {
        shape: index.shape,
      })
    let most = 0
    for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!)
    return oneHot(index, most + 1)
  }
  if (!Number.isInteger(classes) || classes < 1)
    throw new NablaError('argument', `[oneHot] the number of classes is ${classes}; expected 1 or more`, { classes })
  checkIndices('oneHot', 'class', index, classes, { of: 'the classes' })
  const shape = [...index.shape, classes]
  const wide = b.expand(b.reshape(index, [...index.shape, 1]), shape)
  return b.cast(b.eq(wide, counting(shape, shape.length - 1, index.device, b)), 'int32')
}

/** Where elements are not 0, a list for each dimension: on the host. Waits for the values. */
export function positionsOf(op: string, a: Node): Int32Array[] {
  const values = hostValues(op, a)
  const flat: number[] = []
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) flat.push(i)
  let stride = values.length
  return a.shape.map((n) => {
    stride /= n
    return Int32Array.from(flat, (at) => Math.floor(at / stride) % n)
  })
}

/** Where elements are not 0: [count, rank], int32, in row-major order. Waits for the values. */
export function nonzero(a: Node): Node {
  if (a.shape.length === 0) {
    const count = hostValues('nonzero', a)[0] === 0 ? 0 : 1
    return b.constant(0, [count, 0], 'int32', a.device)
  }
  const lists = positionsOf('nonzero', a)
  const count = lists[0]!.length
  const rank = lists.length
  const interleaved = new Int32Array(count * rank)
  for (let d = 0; d < rank; d++) for (let i = 0; i < count; i++) interleaved[i * rank + d] = lists[d]![i]!
  return reshape(indexNode(interleaved, a.device), [count, rank])
}

/** The elements where `mask` holds, as a list; the two broadcast. Waits for the mask. */
export function maskedSelect(a: Node, mask: Node): Node {
  const shape = broadcastShapes('maskedSelect', a.shape, mask.shape)
  const chosen = hostValues('maskedSelect', sameShape(mask.shape, shape) ? mask : expand(mask, shape))
  const flat: number[] = []
  for (let i = 0; i < chosen.length; i++) if (chosen[i]) flat.push(i)
  return selected(reshape(expand(a, shape), [-1]), 0, indexNode(flat, a.device))
}
