/** Systems of equations, inverses and determinants. Gradients: M. Giles, Collected matrix derivative results (2008). */
import { Matrix } from 'ml-matrix'
import { promote } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { broadcastShapes, sameShape } from '../core/shape.js'
import { where } from '../tensor/functions.js'
import { customFunction } from '../tensor/custom-function.js'
import type { Tensor } from '../tensor/tensor.js'
import { lu, svd } from './decompose.js'
import { batchOf, checkMatrix, checkSquare, eyeLike, onHost, sides } from './host.js'

function singular(op: string, pivots: readonly number[], at: string): void {
  const zero = pivots.indexOf(0)
  if (zero >= 0)
    throw new NablaError('argument', `[${op}] the matrix is singular${at}: pivot ${zero + 1} of its LU factorisation is zero`, {
      op,
      pivot: zero + 1,
    })
}

/** X = A^-1: G becomes -X^T G X^T. */
const inverse = /* @__PURE__ */ customFunction({
  name: 'inv',
  forward(a) {
    const [n] = sides(a)
    const [x] = onHost('inv', [a], [[n, n]], ([one], at) => {
      const { pivots, solve } = lu(one!)
      singular('inv', pivots, at)
      return [solve(Matrix.eye(n, n))]
    })
    return x!
  },
  backward: (grad, _, x) => [x.mT.matmul(grad).matmul(x.mT).neg()],
})

/** The inverse of square matrices [..., n, n]. Throws where one is singular. Computed on the host, at the call. */
export function inv(a: Tensor): Tensor {
  checkSquare('inv', a)
  return inverse(a)
}

/** A X = B: G becomes A^-T G for B, and -A^-T G X^T for A. */
const solution: (...inputs: Tensor[]) => Tensor = /* @__PURE__ */ customFunction({
  name: 'solve',
  forward(a, b) {
    const [x] = onHost('solve', [a, b], [sides(b)], ([one, right], at) => {
      const { pivots, solve } = lu(one!)
      singular('solve', pivots, at)
      return [solve(right!)]
    })
    return x!
  },
  backward(grad, [a], x) {
    const right = solution(a!.mT, grad)
    return [right.matmul(x.mT).neg(), right]
  },
})

/** Solves with leading dimensions that broadcast; `b` holds matrices. */
function solveMatrices(op: string, a: Tensor, b: Tensor): Tensor {
  checkMatrix(op, b)
  const [n] = sides(a)
  if (sides(b)[0] !== n)
    throw new NablaError(
      'shape',
      `[${op}] matrices ${showShape(a.shape)} and right sides ${showShape(b.shape)} do not fit: both need ${n} rows`,
      { shapes: [a.shape, b.shape] },
    )
  const batch = broadcastShapes(op, batchOf(a), batchOf(b))
  const dtype = promote(a.dtype, b.dtype)
  return solution(a.type(dtype).expand([...batch, n, n]), b.type(dtype).expand([...batch, ...sides(b)]))
}

/**
 * Whether right sides are one vector for each matrix, as PyTorch tells: [n], or [..., n] with the batch of the matrices [..., n,
 * m].
 */
export const areVectors = (a: Tensor, b: Tensor): boolean =>
  b.ndim === 1 || (b.ndim === a.ndim - 1 && sameShape(b.shape, a.shape.slice(0, -1)))

/** On which side of X the matrices stand. */
export interface SolveOptions {
  /** Solve A X = B (default), or X A = B with false. */
  readonly left?: boolean
}

/**
 * X of A X = B: A [..., n, n] and B [..., n, k], or a vector [..., n] for each matrix; leading dimensions broadcast. Throws where
 * a matrix is singular. Computed on the host, at the call.
 */
export function solve(a: Tensor, b: Tensor, { left = true }: SolveOptions = {}): Tensor {
  checkSquare('solve', a)
  if (areVectors(a, b)) return solveMatrices('solve', left ? a : a.mT, b.unsqueeze(-1)).squeeze(-1)
  return left ? solveMatrices('solve', a, b) : solveMatrices('solve', a.mT, b.mT).mT
}

/** Which triangle counts, and on which side of X the matrices stand. */
export interface SolveTriangularOptions extends SolveOptions {
  /** Use the upper triangle (true) or the lower one; the other is not looked at. */
  readonly upper: boolean
  /** Take the diagonal as ones, without looking at it. Default false. */
  readonly unitriangular?: boolean
}

/**
 * X of A X = B (or X A = B with `left: false`) for triangular A [..., n, n] and B [..., n, k]; leading dimensions broadcast.
 * Throws where the diagonal has a zero. Computed on the host, at the call.
 */
export function solveTriangular(a: Tensor, b: Tensor, options: SolveTriangularOptions): Tensor {
  const { upper, left = true, unitriangular = false } = options
  checkSquare('solveTriangular', a)
  checkMatrix('solveTriangular', b)
  const inner = unitriangular ? eyeLike(a) : undefined
  const half = upper ? a.triu(inner ? 1 : 0) : a.tril(inner ? -1 : 0)
  const full = inner ? half.add(inner) : half
  return left ? solveMatrices('solveTriangular', full, b) : solveMatrices('solveTriangular', full.mT, b.mT).mT
}

/** Sign and logarithm of the magnitude of the determinant; G becomes G A^-T. */
const signAndLog = /* @__PURE__ */ customFunction({
  name: 'slogdet',
  context: true,
  forward(context, a) {
    context.saveForBackward(a)
    const [sign, log] = onHost('slogdet', [a], [[], []], ([one]) => {
      const { pivots, sign } = lu(one!)
      return [[sign], [pivots.reduce((sum, pivot) => sum + Math.log(Math.abs(pivot)), 0)]]
    })
    return [sign!, log!] as const
  },
  backward: (context, _, grad) => inv(context.savedTensors[0]!).mT.mul(spread(grad)),
})

/** One number for each matrix, beside its elements. */
const spread = (a: Tensor): Tensor => a.unsqueeze(-1).unsqueeze(-1)

/**
 * Sign (-1, 0 or 1) and natural logarithm of the magnitude (-Infinity if singular) of the determinant of square matrices: two
 * tensors [...]. Computed on the host, at the call; the gradient exists where the matrix is not singular.
 */
export function slogdet(a: Tensor): { sign: Tensor; logabsdet: Tensor } {
  checkSquare('slogdet', a)
  const [sign, logabsdet] = signAndLog(a)
  return { sign: sign.detach(), logabsdet }
}

/** The logarithm of the determinant; NaN where that is negative, -Infinity where it is 0. As `slogdet`. */
export function logdet(a: Tensor): Tensor {
  const { sign, logabsdet } = slogdet(a)
  return where(sign.lt(0), NaN, logabsdet)
}

/** G becomes G times the cofactors: det(A) A^-T, or where that does not exist what it is the limit of. */
const determinant = /* @__PURE__ */ customFunction({
  name: 'det',
  forward(a) {
    const [value] = onHost('det', [a], [[]], ([one]) => {
      const { pivots, parity } = lu(one!)
      return [[pivots.reduce((product, pivot) => product * pivot, parity)]]
    })
    return value!
  },
  backward(grad, [a], value) {
    const regular = value.dataSync().every((v) => v !== 0)
    return [regular ? inv(a!).mT.mul(spread(value.mul(grad))) : cofactors(a!).mul(spread(grad))]
  },
})

/** Cofactors from A = U S V^T: det(U) det(V) U diag(product of the other singular values) V^T. */
const cofactors = /* @__PURE__ */ customFunction({
  name: 'det',
  forward(a) {
    const [n] = sides(a)
    const [result] = onHost('det', [a], [[n, n]], ([one]) => {
      const { U, S, V } = svd(one!)
      const orientation = lu(U).sign * lu(V).sign
      const others = S.map((_, i) => S.reduce((product, s, j) => (i === j ? product : product * s), orientation))
      return [U.mmul(Matrix.diag(others)).mmul(V.transpose())]
    })
    return result!
  },
  backward() {
    throw new NablaError('autograd', '[det] gradients of higher order need matrices that are not singular')
  },
})

/** The determinant of square matrices [..., n, n]: [...]. Computed on the host, at the call. */
export function det(a: Tensor): Tensor {
  checkSquare('det', a)
  return determinant(a)
}

/** The n-th power of square matrices; a negative one is that of the inverse. */
export function matrixPower(a: Tensor, n: number): Tensor {
  return n < 0 ? inv(a).matrixPower(-n) : a.matrixPower(n)
}
