/** Products of several tensors as functions. */
import { einsum as einsumNode } from './einsum.js'
import * as t from './products-tensor.js'
import { Tensor } from './tensor.js'

/** Dot product [k] by [k], matrix product [m, k] by [k, n], or batches of them [..., m, k] by [..., k, n] that broadcast. */
export const matmul = (a: Tensor, c: Tensor): Tensor => a.matmul(c)

/** Every product of two vectors: [m] and [n] to [m, n]. */
export const outer = (a: Tensor, c: Tensor): Tensor => a.outer(c)

/** Sums of products along the last dimensions of both: [..., k] and [*, k] to [..., *]; a scalar scales. */
export const inner = (a: Tensor, c: Tensor): Tensor => a.inner(c)

/** Kronecker's product: extents multiply, each element of `a` becomes a scaled copy of `c`. */
export const kron = (a: Tensor, c: Tensor): Tensor => a.kron(c)

/** Cross product of vectors of 3 along `dim`; default: the first dimension of extent 3. Shapes broadcast. */
export const cross = (a: Tensor, c: Tensor, dim?: number): Tensor => a.cross(c, dim)

/**
 * Einstein's summation: `einsum('bij,bjk->bik', x, y)`. Labels that are not in the result are summed; without `->` the result has
 * those that occur once, in alphabetical order, after `...`. A label twice in one operand takes its diagonal; extents of 1
 * broadcast.
 */
export function einsum(equation: string, ...operands: readonly Tensor[] | readonly [readonly Tensor[]]): Tensor {
  const nodes = operands.flat().map((tensor) => (tensor as Tensor).node)
  const out = einsumNode(equation, nodes)
  if (nodes.includes(out)) out.exposed = true
  return new Tensor(out)
}

/**
 * Sums of products over dimensions of both: the last `dims` of `a` with the first `dims` of `c` (default 2), or those listed for
 * each. The result has what is left of `a`, then what is left of `c`.
 */
export const tensordot = (a: Tensor, c: Tensor, dims: t.Contracted = 2): Tensor => new Tensor(t.tensordot(a.node, c.node, dims))

/**
 * The product of two or more matrices in the order that takes the fewest multiplications; the first and the last may be vectors.
 */
export const multiDot = (tensors: readonly Tensor[]): Tensor => new Tensor(t.multiDot(tensors.map((tensor) => tensor.node)))

/** As `multiDot`, of matrices given one by one; one alone is itself. */
export const chainMatmul = (...matrices: readonly Tensor[]): Tensor =>
  matrices.length === 1 ? matrices[0]!.contiguous() : multiDot(matrices)
