/** Factorisations of one matrix, by ml-matrix, in the conventions of LAPACK (and so of PyTorch). */
import {
  CholeskyDecomposition,
  EigenvalueDecomposition,
  LuDecomposition,
  Matrix,
  QrDecomposition,
  SingularValueDecomposition,
} from 'ml-matrix'

/**
 * LU with partial pivoting: the pivots, the sign of the permutation and of the determinant, and solutions of a x = b. Nothing is
 * done where there is nothing.
 */
export function lu(a: Matrix): { pivots: number[]; parity: number; sign: number; solve: (b: Matrix) => Matrix } {
  const found = new LuDecomposition(a)
  const pivots = found.upperTriangularMatrix.diagonal()
  const parity = permutationSign(found.pivotPermutationVector)
  const sign = pivots.reduce((s, pivot) => s * Math.sign(pivot), parity)
  return { pivots, parity, sign, solve: (b) => (a.rows && b.columns ? found.solve(b) : b) }
}

function permutationSign(order: readonly number[]): number {
  const places = [...order]
  let sign = 1
  for (let i = 0; i < places.length; i++)
    while (places[i] !== i) {
      const j = places[i]!
      places[i] = places[j]!
      places[j] = j
      sign = -sign
    }
  return sign
}

/** a = L L^T from the lower triangle of a; or the order of the first leading minor that is not positive. */
export function cholesky(a: Matrix): { L: Matrix } | { failed: number } {
  const { lowerTriangularMatrix: L } = new CholeskyDecomposition(symmetric(a, 'L'))
  const failed = L.diagonal().findIndex((pivot) => !(pivot > 0))
  return failed < 0 ? { L } : { failed: failed + 1 }
}

/** One triangle mirrored to the other side. */
function symmetric(a: Matrix, triangle: 'L' | 'U'): Matrix {
  const full = a.clone()
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < i; j++)
      if (triangle === 'L') full.set(j, i, a.get(i, j))
      else full.set(i, j, a.get(j, i))
  return full
}

/** a = V diag(values) V^T, eigenvalues ascending. */
export function eigh(a: Matrix, triangle: 'L' | 'U'): { values: number[]; vectors: Matrix } {
  if (a.rows === 0) return { values: [], vectors: new Matrix(0, 0) }
  const found = new EigenvalueDecomposition(symmetric(a, triangle), { assumeSymmetric: true })
  const order = found.realEigenvalues.map((_, i) => i).sort((i, j) => found.realEigenvalues[i]! - found.realEigenvalues[j]!)
  const vectors = found.eigenvectorMatrix
  return {
    values: order.map((i) => found.realEigenvalues[i]!),
    vectors: new Matrix(vectors.to2DArray().map((row) => order.map((i) => row[i]!))),
  }
}

/** a = U diag(S) V^T with min(m, n) singular values, descending. */
export function svd(a: Matrix): { U: Matrix; S: number[]; V: Matrix } {
  if (a.rows === 0 || a.columns === 0) return { U: new Matrix(a.rows, 0), S: [], V: new Matrix(a.columns, 0) }
  const found = new SingularValueDecomposition(a, { autoTranspose: true })
  return { U: found.leftSingularVectors, S: found.diagonal, V: found.rightSingularVectors }
}

/**
 * a [m, n] = Q R, m >= n, by Householder reflections: Q [m, n] and R [n, n], or complete [m, m] and [m, n]. As in LAPACK a column
 * that has nothing below its diagonal is not reflected; the others give R a diagonal of the opposite sign to the element they
 * met.
 */
export function qr(a: Matrix, complete: boolean): { Q: Matrix; R: Matrix } {
  const [m, n] = [a.rows, a.columns]
  // With columns of zeros beside it, Q comes out square.
  const wide = new Matrix(m, complete ? m : n)
  wide.setSubMatrix(a, 0, 0)
  const found = new QrDecomposition(wide)
  const Q = found.orthogonalMatrix
  const R = found.upperTriangularMatrix
  // ml-matrix reflects those columns too: the reflection's vector, kept below the diagonal, tells.
  const { QR: reflections } = found as unknown as { readonly QR: Matrix }
  for (let k = 0; k < n; k++) {
    let reflected = R.get(k, k) === 0
    for (let i = k + 1; i < m; i++) reflected ||= reflections.get(i, k) !== 0
    if (reflected) continue
    Q.setColumn(k, opposite(Q.getColumn(k)))
    R.setRow(k, opposite(R.getRow(k)))
  }
  return { Q, R: complete ? firstColumns(R, n) : R }
}

const opposite = (values: readonly number[]): number[] => values.map((value) => 0 - value)
const firstColumns = (a: Matrix, n: number): Matrix => (n ? a.subMatrix(0, a.rows - 1, 0, n - 1) : new Matrix(a.rows, 0))

/** Columns that make those of q [m, k], which are orthonormal, a basis of the whole space. */
export function complement(q: Matrix): Matrix {
  const [m, k] = [q.rows, q.columns]
  if (k === m) return new Matrix(m, 0)
  return qr(q, true).Q.subMatrix(0, m - 1, k, m - 1)
}
