/** Factorisations: Cholesky, QR, singular values, eigenvalues of symmetric matrices. */
import { NablaError } from '../core/errors.js'
import { zeros } from '../tensor/create.js'
import { customFunction } from '../tensor/custom-function.js'
import { cat } from '../tensor/functions.js'
import { Tensor } from '../tensor/tensor.js'
import { diagEmbed } from '../tensor/triangles.js'
import * as one from './decompose.js'
import { checkFinite, checkMatrix, checkSquare, eyeLike, onHost, sides } from './host.js'
import { solveTriangular } from './solve.js'

/** The numbers [..., n] as diagonal matrices [..., n, n]. */
const diagonalMatrix = (a: Tensor): Tensor => new Tensor(diagEmbed(a.node))

/**
 * A = L L^T. With S = L^-T P(L^T G) L^-1, where P takes the lower triangle and halves its diagonal, the gradient is (S + S^T) /
 * 2. I. Murray, Differentiation of the Cholesky decomposition (2016).
 */
const lower = /* @__PURE__ */ customFunction({
  name: 'cholesky',
  forward(a) {
    const [n] = sides(a)
    const [L] = onHost('cholesky', [a], [[n, n]], ([matrix], at) => {
      const found = one.cholesky(matrix!)
      if ('failed' in found)
        throw new NablaError(
          'argument',
          `[cholesky] the matrix is not positive definite${at}: its leading minor of order ${found.failed} is not positive`,
          { minor: found.failed },
        )
      return [found.L]
    })
    return L!
  },
  backward(grad, _, L) {
    const inner = L.mT.matmul(grad).tril()
    const half = inner.sub(inner.mul(eyeLike(inner)).div(2))
    const left = solveTriangular(L.mT, half, { upper: true })
    const both = solveTriangular(L, left, { upper: false, left: false })
    return [both.add(both.mT).div(2)]
  },
})

/** Which triangle a Cholesky factor fills. */
export interface UpperOptions {
  /** Upper triangular instead of lower. Default false. */
  readonly upper?: boolean
}

/**
 * L [..., n, n], lower triangular, with A = L L^T (or its transpose, `upper`), of symmetric positive definite matrices; only the
 * lower triangle of A is read. Throws where A is not positive definite. Computed on the host, at the call.
 */
export function cholesky(a: Tensor, { upper = false }: UpperOptions = {}): Tensor {
  checkSquare('cholesky', a)
  const L = lower(a)
  return upper ? L.mT : L
}

/**
 * X of A X = B [..., n, k], where A = L L^T is given by `L` [..., n, n] (or its transpose, `upper`). Computed on the host, at the
 * call.
 */
export function choleskySolve(b: Tensor, L: Tensor, { upper = false }: UpperOptions = {}): Tensor {
  checkSquare('choleskySolve', L)
  const [first, second] = upper ? [L.mT, L] : [L, L.mT]
  return solveTriangular(second, solveTriangular(first, b, { upper: false }), { upper: true })
}

/**
 * A = Q R for [m, n], m >= n. With M = R G_R^T - G_Q^T Q the gradient is (G_Q + Q copyltu(M)) R^-T, where copyltu mirrors the
 * lower triangle upwards. S. Walter, L. Lehmann, Algorithmic differentiation of linear algebra functions (2010).
 */
const orthogonal = (complete: boolean) =>
  customFunction({
    name: 'qr',
    context: true,
    forward(context, a) {
      const [m, n] = sides(a)
      const rank = complete ? m : n
      const shapes = [
        [m, rank],
        [rank, n],
      ]
      const [Q, R] = onHost('qr', [a], shapes, ([matrix]) => {
        const found = one.qr(matrix!, complete)
        return [found.Q, found.R]
      })
      context.saveForBackward(Q!, R!)
      return [Q!, R!] as const
    },
    backward(context, byQ, byR) {
      const [Q, R] = context.savedTensors as readonly [Tensor, Tensor]
      const [m, n] = sides(byR)
      if (m !== n) throw new NablaError('autograd', '[qr] mode complete has no gradient for matrices with more rows than columns')
      const inner = R.matmul(byR.mT).sub(byQ.mT.matmul(Q))
      const mirrored = inner.tril().add(inner.tril(-1).mT)
      return solveTriangular(R.mT, byQ.add(Q.matmul(mirrored)), { upper: false, left: false })
    },
  })
const reducedQr = /* @__PURE__ */ orthogonal(false)
const completeQr = /* @__PURE__ */ orthogonal(true)

/** How much of Q and R is wanted. */
export interface QrOptions {
  /**
   * Q [m, k] and R [k, n] with k = min(m, n) ('reduced', default); Q [m, m] and R [m, n] ('complete'); R alone, Q empty ('r').
   */
  readonly mode?: 'reduced' | 'complete' | 'r'
}

/**
 * A = Q R for matrices [..., m, n]: Q has orthonormal columns, R is upper triangular. Signs as LAPACK's Householder reflections
 * leave them, so R's diagonal may be negative. Differentiable where the first min(m, n) columns are independent, but not with
 * mode 'complete' and m > n. Computed on the host, at the call.
 */
export function qr(a: Tensor, { mode = 'reduced' }: QrOptions = {}): { Q: Tensor; R: Tensor } {
  checkMatrix('qr', a)
  if (!['reduced', 'complete', 'r'].includes(mode))
    throw new NablaError('argument', `[qr] mode is "${mode}"; expected 'reduced', 'complete' or 'r'`, { mode })
  const [m, n] = sides(a)
  const square = m < n ? a.narrow(-1, 0, m) : a
  const [Q, left] = mode === 'complete' && m > n ? completeQr(square) : reducedQr(square)
  const R = m < n ? cat([left, Q.mT.matmul(a.narrow(-1, m, n - m))], -1) : left
  return { Q: mode === 'r' ? zeros([0], { dtype: a.dtype, device: a.device }) : Q, R }
}

/** numbers[j] - numbers[i] at [i, j], and 1 on the diagonal, for quotients. */
const differences = (numbers: Tensor): Tensor => {
  const all = numbers.unsqueeze(-2).sub(numbers.unsqueeze(-1))
  return all.add(eyeLike(all))
}
const skew = (a: Tensor): Tensor => a.sub(a.mT)

/**
 * A = U diag(S) V^T, reduced. With E[i, j] = S[j]^2 - S[i]^2 the gradient is U [skew(U^T G_U) / E S + S skew(V^T G_V) / E +
 * diag(G_S)] V^T, and what of G_U and G_V lies outside of U's and V's columns, over S. J. Townsend, Differentiating the singular
 * value decomposition (2016).
 */
const singular = /* @__PURE__ */ customFunction({
  name: 'svd',
  context: true,
  forward(context, a) {
    const [m, n] = sides(a)
    const k = Math.min(m, n)
    const [U, S, Vh] = onHost('svd', [a], [[m, k], [k], [k, n]], ([matrix], at) => {
      checkFinite('svd', matrix!, at)
      const found = one.svd(matrix!)
      return [found.U, found.S, found.V.transpose()]
    })
    context.saveForBackward(U!, S!, Vh!)
    return [U!, S!, Vh!] as const
  },
  backward(context, byU, byS, byVh) {
    const [U, S, Vh] = context.savedTensors as readonly [Tensor, Tensor, Tensor]
    const [hasU, , hasV] = context.hasOutputGrad
    let inner = diagonalMatrix(byS)
    if (hasU || hasV) {
      const [row, column] = [S.unsqueeze(-2), S.unsqueeze(-1)]
      const turned = skew(U.mT.matmul(byU))
        .mul(row)
        .add(column.mul(skew(Vh.matmul(byVh.mT))))
      inner = inner.add(turned.div(differences(S.square())))
    }
    const gradient = U.matmul(inner).matmul(Vh)
    const [m, n] = [U.size(-2), Vh.size(-1)]
    if (m > n && hasU) {
      const over = byU.div(S.unsqueeze(-2))
      return gradient.add(over.sub(U.matmul(U.mT.matmul(over))).matmul(Vh))
    }
    if (m < n && hasV) {
      const over = byVh.div(S.unsqueeze(-1))
      return gradient.add(U.matmul(over.sub(over.matmul(Vh.mT).matmul(Vh))))
    }
    return gradient
  },
})

/** How much of U and Vh is wanted. */
export interface SvdOptions {
  /** Square U [..., m, m] and Vh [..., n, n] (default), or only their first k = min(m, n) columns and rows. */
  readonly fullMatrices?: boolean
}

/**
 * A = U diag(S) Vh for matrices [..., m, n]: S [..., k] descending, U and Vh orthogonal. Signs of the vectors (and more, where
 * singular values are equal) are arbitrary: gradients are right for what does not depend on them, and infinite through vectors of
 * equal singular values. What `fullMatrices` adds to U or Vh passes no gradient. Computed on the host, at the call.
 */
export function svd(a: Tensor, { fullMatrices = true }: SvdOptions = {}): { U: Tensor; S: Tensor; Vh: Tensor } {
  checkMatrix('svd', a)
  const [U, S, Vh] = singular(a)
  if (!fullMatrices) return { U, S, Vh }
  return { U: completed(U), S, Vh: completed(Vh.mT).mT }
}

/** Orthonormal columns, and after them those that make a basis. */
function completed(q: Tensor): Tensor {
  const [m, k] = sides(q)
  if (m === k) return q
  const [rest] = onHost('svd', [q], [[m, m - k]], ([matrix]) => [one.complement(matrix!)])
  return cat([q, rest!], -1)
}

/** The singular values of matrices [..., m, n], descending: [..., min(m, n)]. Computed on the host, at the call. */
export const svdvals = (a: Tensor): Tensor => svd(a, { fullMatrices: false }).S

/**
 * A = V diag(L) V^T. With E[i, j] = L[j] - L[i] the gradient is V [V^T G_V / E off the diagonal, G_L on it] V^T, made symmetric.
 * M. Giles, Collected matrix derivative results (2008), 3.1.
 */
const symmetricEigen = (triangle: 'L' | 'U') =>
  customFunction({
    name: 'eigh',
    context: true,
    forward(context, a) {
      const [n] = sides(a)
      const [values, vectors] = onHost('eigh', [a], [[n], [n, n]], ([matrix], at) => {
        checkFinite('eigh', matrix!, at)
        const found = one.eigh(matrix!, triangle)
        return [found.values, found.vectors]
      })
      context.saveForBackward(values!, vectors!)
      return [values!, vectors!] as const
    },
    backward(context, byValues, byVectors) {
      const [values, V] = context.savedTensors as readonly [Tensor, Tensor]
      let inner = diagonalMatrix(byValues)
      if (context.hasOutputGrad[1]) {
        const turned = V.mT.matmul(byVectors).div(differences(values))
        inner = inner.add(turned.add(turned.mT).div(2)).sub(turned.mul(eyeLike(turned)))
      }
      return V.matmul(inner).matmul(V.mT)
    },
  })

/** Which triangle of a symmetric matrix is read. */
export interface EighOptions {
  /** The triangle that is read: lower ('L', default) or upper ('U'). */
  readonly UPLO?: 'L' | 'U'
}

/**
 * Eigenvalues [..., n], ascending, and orthonormal eigenvectors, in the columns of [..., n, n], of symmetric matrices [..., n,
 * n], of which one triangle is read. Signs as with `svd`; the gradient takes A as symmetric. Computed on the host, at the call.
 */
export function eigh(a: Tensor, { UPLO = 'L' }: EighOptions = {}): { eigenvalues: Tensor; eigenvectors: Tensor } {
  checkSquare('eigh', a)
  if (UPLO !== 'L' && UPLO !== 'U') throw new NablaError('argument', `[eigh] UPLO is "${UPLO}"; expected 'L' or 'U'`, { UPLO })
  const [eigenvalues, eigenvectors] = symmetricEigen(UPLO)(a)
  return { eigenvalues, eigenvectors }
}

/** The eigenvalues of symmetric matrices, ascending. As `eigh`. */
export const eigvalsh = (a: Tensor, options: EighOptions = {}): Tensor => eigh(a, options).eigenvalues
