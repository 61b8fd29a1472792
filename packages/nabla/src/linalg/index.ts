/**
 * Linear algebra, as torch.linalg: norms, equations, inverses and factorisations of matrices and batches of them. What is
 * computed on the host says so: it reads its input when it is called, and cannot be part of a compiled function.
 */
import { cross as crossAlong } from '../tensor/functions-products.js'
import type { Tensor } from '../tensor/tensor.js'

export { matmul, multiDot } from '../tensor/functions-products.js'
export {
  cholesky,
  choleskySolve,
  eigh,
  type EighOptions,
  eigvalsh,
  qr,
  type QrOptions,
  svd,
  type SvdOptions,
  svdvals,
  type UpperOptions,
} from './factor.js'
export { type LeastSquares, lstsq, type LstsqOptions, matrixRank, pinv, type RankOptions } from './leastsquares.js'
export { cond, matrixNorm, type MatrixOrd, norm, type NormOptions, vectorNorm } from './norms.js'
export {
  det,
  inv,
  logdet,
  matrixPower,
  slogdet,
  solve,
  type SolveOptions,
  solveTriangular,
  type SolveTriangularOptions,
} from './solve.js'

/** Cross product of vectors of 3 along `dim`, the last unless said. Shapes broadcast. */
export const cross = (a: Tensor, c: Tensor, dim = -1): Tensor => crossAlong(a, c, dim)

/** Scalar products of the vectors along `dim`, the last unless said. Shapes broadcast. */
export const vecdot = (a: Tensor, c: Tensor, dim = -1): Tensor => a.mul(c).sum(dim)
