/** What singular values say of a matrix: pseudo-inverse, rank, least squares. */
import { Matrix } from 'ml-matrix'
import { NablaError, showShape } from '../core/errors.js'
import { zeros } from '../tensor/create.js'
import { customFunction } from '../tensor/custom-function.js'
import type { Tensor } from '../tensor/tensor.js'
import { svd as svdOf } from './decompose.js'
import { svdvals } from './factor.js'
import { batchOf, checkFinite, checkMatrix, checkSquare, epsilonOf, onHost, sides } from './host.js'
import { areVectors } from './solve.js'

/** Up to where singular values count as zero. */
export interface RankOptions {
  /** Singular values up to this count as zero. Default 0. */
  readonly atol?: number | undefined
  /** And those up to this part of the largest. Default: with `atol` 0, else max(m, n) times the dtype's epsilon. */
  readonly rtol?: number | undefined
  /** The matrices are symmetric. Default false. */
  readonly hermitian?: boolean
}

/** Singular values up to max(atol, rtol times the largest) count as zero. */
function tolerances(a: Tensor, { atol = 0, rtol }: RankOptions): { atol: number; rtol: number } {
  return { atol, rtol: rtol ?? (atol > 0 ? 0 : Math.max(...sides(a)) * epsilonOf(a)) }
}

const checked = (op: string, a: Tensor, { hermitian }: RankOptions): Tensor => {
  if (!hermitian) checkMatrix(op, a)
  else checkSquare(op, a)
  return hermitian ? a.add(a.mT).div(2) : a
}

/**
 * P = A^+. G becomes -P^T G P^T + (I - A P) G^T P P^T + P^T P G^T (I - P A).
 * G. Golub, V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems (1973).
 */
const pseudoInverse = ({ atol, rtol }: ReturnType<typeof tolerances>) =>
  customFunction({
    name: 'pinv',
    forward(a) {
      const [m, n] = sides(a)
      const [P] = onHost('pinv', [a], [[n, m]], ([matrix], at) => {
        checkFinite('pinv', matrix!, at)
        const { U, S, V } = svdOf(matrix!)
        const zero = Math.max(atol, rtol * (S[0] ?? 0))
        const inverted = S.map((s) => (s > zero ? 1 / s : 0))
        return [S.length ? V.mmul(Matrix.diag(inverted)).mmul(U.transpose()) : []]
      })
      return P!
    },
    backward(grad, [A], P) {
      const G = grad.mT
      const beside = G.sub(A!.matmul(P.matmul(G))).matmul(P.matmul(P.mT))
      const below = P.mT.matmul(P).matmul(G.sub(G.matmul(P).matmul(A!)))
      return [beside.add(below).sub(P.mT.matmul(grad).matmul(P.mT))]
    },
  })

/**
 * The Moore-Penrose inverse [..., n, m] of matrices [..., m, n], by singular values; the small ones count as zero. The gradient
 * takes the rank as constant. Computed on the host, at the call.
 */
export const pinv = (a: Tensor, options: RankOptions = {}): Tensor =>
  pseudoInverse(tolerances(a, options))(checked('pinv', a, options))

/** How many singular values of matrices [..., m, n] are not small: int32 [...]. Computed on the host, at the call. */
export function matrixRank(a: Tensor, options: RankOptions = {}): Tensor {
  const { atol, rtol } = tolerances(a, options)
  const S = svdvals(checked('matrixRank', a.detach(), options))
  if (S.size(-1) === 0) return zeros(batchOf(a), { dtype: 'int32', device: a.device })
  return S.gt(S.amax(-1, { keepdim: true }).mul(rtol).clamp(atol))
    .int()
    .sum(-1)
}

/** Up to where singular values count as zero, and what is reported. */
export interface LstsqOptions {
  /** Singular values up to this part of the largest count as zero. Default: max(m, n) times the dtype's epsilon. */
  readonly rcond?: number | undefined
  /** As in PyTorch, what is reported: 'gelsy' (default) the rank, 'gelsd' and 'gelss' singular values too, 'gels' neither. */
  readonly driver?: 'gelsy' | 'gelsd' | 'gelss' | 'gels'
}

/** What `lstsq` finds. */
export interface LeastSquares {
  /** [..., n, k], or [..., n] for vectors. */
  readonly solution: Tensor
  /** Sums of squared residuals [..., k] where m > n and every matrix has rank n, but not with driver 'gelsy'; else empty. */
  readonly residuals: Tensor
  /** int32 [...], or empty. */
  readonly rank: Tensor
  /** [..., min(m, n)], or empty. */
  readonly singularValues: Tensor
}

/**
 * The X that makes the norm of A X - B smallest, and among those the smallest X: A^+ B, for A [..., m, n] and B [..., m, k], or a
 * vector [..., m] for each matrix. Computed on the host, at the call.
 */
export function lstsq(a: Tensor, b: Tensor, { rcond, driver = 'gelsy' }: LstsqOptions = {}): LeastSquares {
  checkMatrix('lstsq', a)
  if (areVectors(a, b)) {
    const { solution, residuals, ...rest } = lstsq(a, b.unsqueeze(-1), { rcond, driver })
    return {
      solution: solution.squeeze(-1),
      residuals: residuals.ndim === a.ndim - 1 ? residuals.squeeze(-1) : residuals,
      ...rest,
    }
  }
  checkMatrix('lstsq', b)
  const [m, n] = sides(a)
  if (sides(b)[0] !== m)
    throw new NablaError('shape', `[lstsq] ${showShape(a.shape)} and ${showShape(b.shape)} do not fit: both need ${m} rows`, {
      shapes: [a.shape, b.shape],
    })
  const options = { rtol: rcond }
  const empty = (dtype = a.dtype): Tensor => zeros([0], { dtype, device: a.device })
  const solution = pinv(a, options).matmul(b)
  const rank = driver === 'gels' ? undefined : matrixRank(a, options)
  const overdetermined = m > n && driver !== 'gelsy' && (rank ? rank.dataSync().every((r) => r === n) : true)
  return {
    solution,
    residuals: overdetermined ? a.matmul(solution).sub(b).square().sum(-2) : empty(),
    rank: rank ?? empty('int32'),
    singularValues: driver === 'gelsd' || driver === 'gelss' ? svdvals(a.detach()) : empty(),
  }
}
