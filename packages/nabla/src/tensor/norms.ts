/** Lengths and distances, on nodes: p-norms, and what is built on them. */
import { NablaError, showShape } from '../core/errors.js'
import { broadcastShapes, dimIndex } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composite } from './autograd.js'
import { clamp } from './elementwise.js'
import { type Dims, dimsOf, dropped, extent, floats } from './reduce.js'
import { unsqueeze } from './shapes.js'

/** The power of a norm: a number, infinite too, or 'fro', which is 2. */
export type NormOrder = number | 'fro'

/**
 * (sum |x|^p)^(1/p); of Infinity the largest magnitude, of -Infinity the smallest, of 0 the count of what is not 0. Over several
 * dimensions their elements are one vector. The gradient sign(x) (|x| / norm)^(p-1) is 0 where x or the norm is 0; for infinite p equals share it.
 */
export function norm(a: Node, p: NormOrder = 2, dim?: Dims, keepdim = false): Node {
  const order = p === 'fro' ? 2 : p
  if (typeof order !== 'number' || Number.isNaN(order))
    throw new NablaError('argument', `[norm] p is ${String(p)}; expected a number (infinite too) or 'fro'`, { p })
  const dims = dimsOf('norm', dim, floats('norm', a).shape.length)
  return dropped(keptNorm(a, order, dims), dims, keepdim)
}

function keptNorm(a: Node, p: number, dims: readonly number[]): Node {
  if (p === 1 || extent(a.shape, dims) === 0) return b.sum(b.abs(a), dims)
  if (p === Infinity) return b.max(b.abs(a), dims)
  if (p === -Infinity) return b.min(b.abs(a), dims)
  if (p === 0)
    return composite(
      'norm',
      [a],
      () => b.sum(b.cast(b.ne(a, 0), a.dtype), dims),
      () => [b.like(a, 0)],
    )
  return composite(
    'norm',
    [a],
    () => (p === 2 ? b.sqrt(b.sum(b.mul(a, a), dims)) : b.pow(b.sum(b.pow(b.abs(a), p), dims), 1 / p)),
    (grad, result) => {
      const zero = b.eq(result, 0)
      const ratio = b.div(a, b.where(zero, 1, result))
      const slope = p === 2 ? ratio : b.where(b.eq(a, 0), 0, b.mul(b.sign(a), b.pow(b.abs(ratio), p - 1)))
      return [b.where(zero, 0, b.mul(slope, grad))]
    },
  )
}

/** x / max(norm(x), eps) along `dim`. */
export function normalize(a: Node, p: number, dim: Dims, eps: number): Node {
  return b.div(a, clamp(norm(a, p, dim, true), eps))
}

/** The cosine of the angle between x and y along `dim`: x y / (max(|x|, eps) max(|y|, eps)); shapes broadcast. */
export function cosineSimilarity(x: Node, y: Node, dim = 1, eps = 1e-8): Node {
  const shape = broadcastShapes('cosineSimilarity', x.shape, y.shape)
  const d = dimIndex('cosineSimilarity', dim, shape.length)
  /** Divided by its length, whose gradient flows as if eps did not count. */
  const unit = (given: Node): Node => {
    const a = b.expand(floats('cosineSimilarity', given), shape)
    const length = composite(
      'norm',
      [a],
      () => b.maximum(b.sqrt(b.sum(b.mul(a, a), [d])), eps),
      (grad, result) => [b.mul(b.div(a, result), grad)],
    )
    return b.div(a, length)
  }
  return dropped(b.sum(b.mul(unit(x), unit(y)), [d]), [d], false)
}

/** The p-norm of x - y + eps along the last dimension; shapes broadcast. */
export const pairwiseDistance = (x: Node, y: Node, p = 2, eps = 1e-6, keepdim = false): Node =>
  norm(b.add(b.sub(x, y), eps), p, -1, keepdim)

/** The p-norm of the difference of every row of x [..., m, k] and every row of y [..., n, k]: [..., m, n]. */
export function cdist(x: Node, y: Node, p = 2): Node {
  for (const a of [x, y])
    if (a.shape.length < 2)
      throw new NablaError('shape', `[cdist] needs rows [..., m, k] and [..., n, k], was given ${showShape(a.shape)}`, {
        shapes: [x.shape, y.shape],
      })
  if (x.shape.at(-1) !== y.shape.at(-1))
    throw new NablaError(
      'shape',
      `[cdist] rows of ${x.shape.at(-1)} and of ${y.shape.at(-1)} elements have no distance; the last dimensions must be equal`,
      { shapes: [x.shape, y.shape] },
    )
  if (!(p >= 0)) throw new NablaError('argument', `[cdist] p is ${p}; expected 0 or more`, { p })
  return norm(b.sub(unsqueeze(x, -2), unsqueeze(y, -3)), p, -1)
}
