/** Norms of vectors and matrices, and condition numbers. */
import type { DType } from '../core/dtype.js'
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex, sizeOf } from '../core/shape.js'
import { where } from '../tensor/functions.js'
import type { Keep } from '../tensor/methods-reduce.js'
import { norm as pNorm } from '../tensor/norms.js'
import { dimsOf } from '../tensor/reduce.js'
import { Tensor } from '../tensor/tensor.js'
import { svdvals } from './factor.js'
import { checkMatrix, checkSquare, eyeLike } from './host.js'
import { inv, slogdet } from './solve.js'

/** Whether reduced dimensions are kept, and the dtype to compute in. */
export interface NormOptions extends Keep {
  /** Cast to this dtype first. */
  readonly dtype?: DType
}

function cast(op: string, x: Tensor, { dtype }: NormOptions): Tensor {
  const a = dtype ? x.type(dtype) : x
  if (!isFloat(a.dtype))
    throw new NablaError('dtype', `[${op}] is defined for floating-point tensors, not ${a.dtype}; cast it first: x.float()`, {
      op,
      dtype: a.dtype,
    })
  return a
}

/**
 * The `ord`-norm (sum |x|^ord)^(1 / ord) over `dim` (one, several, or all elements): any number; Infinity and -Infinity give the
 * largest and the smallest magnitude, 0 the count of what is not 0.
 */
export function vectorNorm(x: Tensor, ord = 2, dim?: number | readonly number[], options: NormOptions = {}): Tensor {
  const a = cast('vectorNorm', x, options)
  if (typeof ord !== 'number' || Number.isNaN(ord))
    throw new NablaError('argument', `[vectorNorm] ord is ${String(ord)}; expected a number`, { ord })
  const dims = dimsOf('vectorNorm', dim, a.ndim)
  const count = sizeOf(dims.map((d) => a.shape[d]!))
  if (count === 0 && (ord < 0 || ord === Infinity) && (a.numel > 0 || dims.length === a.ndim))
    throw new NablaError('shape', `[vectorNorm] the ${ord}-norm of no elements does not exist, for shape ${showShape(a.shape)}`, {
      ord,
      shape: a.shape,
    })
  return new Tensor(pNorm(a.node, ord, dims, options.keepdim))
}

/** A norm of matrices: Frobenius, nuclear, or induced by the vector norm 1, 2 or Infinity; the negative ones take the minimum. */
export type MatrixOrd = 'fro' | 'nuc' | number
const matrixOrds: readonly MatrixOrd[] = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity]

/**
 * A norm of the matrices in the two dimensions `dim`: 'fro' the square root of the sum of squares, 'nuc' the sum of singular
 * values, 2 and -2 the largest and the smallest of them, 1 and -1 the extreme sums of magnitudes of columns, Infinity and
 * -Infinity those of rows. 'nuc', 2 and -2 are computed on the host, at the call.
 */
export function matrixNorm(
  x: Tensor,
  ord: MatrixOrd = 'fro',
  dim: readonly [number, number] = [-2, -1],
  options: NormOptions = {},
): Tensor {
  const a = cast('matrixNorm', x, options)
  checkMatrix('matrixNorm', a)
  if (!matrixOrds.includes(ord))
    throw new NablaError('argument', `[matrixNorm] ord is ${ord}; expected one of ${matrixOrds.join(', ')}`, { ord })
  const [row, column] = dim.map((d) => dimIndex('matrixNorm', d, a.ndim)) as [number, number]
  if (dim.length !== 2 || row === column)
    throw new NablaError('argument', `[matrixNorm] dim is ${showShape(dim)}; expected two different dimensions`, { dim })
  const keepdim = options.keepdim ?? false
  if (ord === 'fro') return new Tensor(pNorm(a.node, 2, [row, column], keepdim))
  if (ord === 'nuc' || Math.abs(ord) === 2) {
    const S = svdvals(a.movedim(row, -1).movedim(column > row ? column - 1 : column, -1))
    const kept = ord === 'nuc' ? S.sum(-1) : ord > 0 ? S.amax(-1) : S.amin(-1)
    if (!keepdim) return kept
    return kept.reshape(a.shape.map((n, d) => (d === row || d === column ? 1 : n)))
  }
  const [summed, compared] = Math.abs(ord) === 1 ? [row, column] : [column, row]
  const sums = a.abs().sum(summed, { keepdim: true })
  const extreme = ord > 0 ? sums.amax(compared, { keepdim: true }) : sums.amin(compared, { keepdim: true })
  return keepdim ? extreme : extreme.squeeze([row, column])
}

/**
 * PyTorch's `linalg.norm`: with neither `ord` nor `dim` the 2-norm of all elements; a matrix norm for two dimensions (given, or
 * of a matrix) where `ord` is given, else a vector norm.
 */
export function norm(
  x: Tensor,
  ord: MatrixOrd | null = null,
  dim?: number | readonly number[] | null,
  options: NormOptions = {},
): Tensor {
  const dims = dim === undefined || dim === null ? undefined : [dim].flat()
  if (ord === null) return vectorNorm(x, 2, dims, options)
  if (!dims && x.ndim !== 1 && x.ndim !== 2)
    throw new NablaError(
      'shape',
      `[norm] with ord, a tensor has one or two dimensions, or dim says which; it has shape ${showShape(x.shape)}`,
      {
        shape: x.shape,
      },
    )
  const two = dims ? dims.length === 2 : x.ndim === 2
  if (two) return matrixNorm(x, ord, (dims ?? [0, 1]) as [number, number], options)
  if (typeof ord === 'string')
    throw new NablaError('argument', `[norm] ord "${ord}" is a norm of matrices: it needs two dimensions`, { ord })
  return vectorNorm(x, ord, dims, options)
}

/**
 * Condition numbers of matrices [..., m, n]: the largest singular value over the smallest (`p` null or 2; -2 the other way
 * round), or of square ones the norm of the matrix times that of its inverse, Infinity where it is singular. Computed on the
 * host, at the call.
 */
export function cond(a: Tensor, p: MatrixOrd | null = null): Tensor {
  checkMatrix('cond', a)
  if (p === null || p === 2 || p === -2) {
    const S = svdvals(a)
    const [largest, smallest] = [S.amax(-1), S.amin(-1)]
    return p === -2 ? smallest.div(largest) : largest.div(smallest)
  }
  checkSquare('cond', a)
  const singular = slogdet(a.detach()).sign.eq(0)
  const regular = where(singular.unsqueeze(-1).unsqueeze(-1), eyeLike(a), a)
  return where(singular, Infinity, matrixNorm(a, p).mul(matrixNorm(inv(regular), p)))
}
