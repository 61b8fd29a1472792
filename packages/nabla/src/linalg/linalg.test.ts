/** Linear algebra. Values: PyTorch 1.13, torch.linalg, in float64. */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  eye,
  gradcheck,
  gradgradcheck,
  manualSeed,
  ones,
  randn,
  setDefaultDevice,
  stack,
  tensor,
  type Tensor,
  zeros,
} from '../index.js'
import * as L from './index.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(11)
})

const double = (data: number[][]) => tensor(data, { dtype: 'float64' })
const close = async (actual: Tensor, expected: readonly number[]) => {
  const data = await actual.data()
  expect(data.length).toBe(expected.length)
  expected.forEach((value, i) => (Number.isNaN(value) ? expect(data[i]).toBeNaN() : expect(data[i]!).toBeCloseTo(value, 9)))
}
const same = async (actual: Tensor, expected: Tensor) => {
  expect(actual.shape).toEqual(expected.shape)
  await close(actual, [...(await expected.data())])
}

const A = () =>
  double([
    [4, 1, -2],
    [1, 3, 0.5],
    [-2, 0.5, 5],
  ])
const B = () =>
  double([
    [1, 2],
    [0, -1],
    [3, 0.5],
  ])
const T = () =>
  double([
    [1, -2],
    [3, 0.5],
    [-1, 4],
  ])

describe('values', () => {
  test('equations', async () => {
    await close(L.inv(A()), [0.36875, -0.15, 0.1625, -0.15, 0.4, -0.1, 0.1625, -0.1, 0.275])
    await close(L.det(A()), [40])
    await close(L.solve(A(), B()), [0.85625, 0.96875, -0.45, -0.75, 0.9875, 0.5625])
    await same(L.solve(A(), B().mT, { left: false }), L.solve(A(), B()).mT)
    await same(L.solve(A(), B().select(1, 0)), L.solve(A(), B()).select(1, 0))
    const { sign, logabsdet } = L.slogdet(A().neg())
    await close(sign, [-1])
    await close(logabsdet, [Math.log(40)])
    await close(L.logdet(stack([A(), A().neg(), zeros([3, 3], { dtype: 'float64' })])), [Math.log(40), NaN, -Infinity])
    await same(L.matrixPower(A(), -2), L.inv(A().matmul(A())))
  })

  test('factors', async () => {
    await close(L.cholesky(A()), [2, 0, 0, 0.5, 1.658312395178, 0, -1, 0.603022689156, 1.906925178491])
    await same(L.choleskySolve(B(), L.cholesky(A())), L.solve(A(), B()))
    await close(L.eigvalsh(A()), [1.584206693093, 3.839336452466, 6.576456854441])
    await close(L.svdvals(T()), [4.69871841565, 3.028538467715])
    const { Q, R } = L.qr(T())
    await close(Q, [-0.301511344578, 0.370791006929, -0.904534033733, -0.402573093237, 0.301511344578, -0.836928272782])
    await close(R, [-3.316624790355, 1.3568010506, 0, -4.290581651605])
    await close(L.qr(T(), { mode: 'complete' }).Q.select(1, 2), [0.878410461158, -0.140545673785, 0.456773439802])
    await close(L.qr(T().mT).R, [-2.2360679775, -0.894427191, 4.0249223595, 0, 2.90688837075, 0.894427191])
    await same(L.qr(eye(3, 3, { dtype: 'float64' })).R, eye(3, 3, { dtype: 'float64' }))
    expect(L.qr(T(), { mode: 'r' }).Q.shape).toEqual([0])
  })

  test('least squares', async () => {
    await close(L.pinv(T()), [0.055555555556, 0.311111111111, -0.011111111111, -0.086419753086, 0.093827160494, 0.195061728395])
    const { solution, residuals, rank, singularValues } = L.lstsq(T(), B(), { driver: 'gelsd' })
    await close(solution, [0.022222222222, -0.205555555556, 0.498765432099, -0.169135802469])
    await close(residuals, [5.056790123457, 4.518827160494])
    await close(rank, [2])
    await same(singularValues, L.svdvals(T()))
    expect(L.lstsq(T(), B().select(1, 0)).solution.shape).toEqual([2])
    await close(L.matrixRank(stack([T().matmul(T().mT), A()])), [2, 3])
    await close(L.matrixRank(T(), { rtol: 0.9 }), [1])
  })

  test('norms', async () => {
    const ords = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity] as const
    await close(
      stack(ords.map((ord) => L.matrixNorm(T(), ord))),
      [5.590169943749, 7.727256883365, 6.5, 5, 4.69871841565, 3.028538467715, 5, 3],
    )
    await close(
      stack(ords.map((ord) => L.cond(A(), ord))),
      [5.441465866956, 12.525, 5.109375, 2.41875, 4.151261879599, 0.240890608447, 5.109375, 2.41875],
    )
    await close(L.cond(ones([2, 2]), 1), [Infinity])
    await close(L.norm(T()), [5.590169943749])
    await close(L.norm(T(), 1, 0), [5, 6.5])
    await close(L.vectorNorm(T(), 0), [6])
    await close(L.vectorNorm(T(), -Infinity, 1), [1, 0.5, 1])
    expect(L.matrixNorm(ones([2, 3, 4]), 'nuc', [0, 2], { keepdim: true }).shape).toEqual([1, 3, 1])
    await close(L.vecdot(T(), T()), [5, 9.25, 17])
    await close(L.cross(A(), A().flip(0)), [6, -16, 4, 0, 0, 0, -6, 16, -4])
  })

  test.each([
    [3, 3],
    [4, 2],
    [2, 4],
    [1, 3],
  ])('factors of %i by %i multiply to the matrix, in batches and with a rank that is not full', async (m, n) => {
    const full = randn([2, m, n], { dtype: 'float64' })
    const low = randn([m, 1], { dtype: 'float64' }).matmul(randn([1, n], { dtype: 'float64' }))
    for (const a of [full, low]) {
      for (const fullMatrices of [true, false]) {
        const { U, S, Vh } = L.svd(a, { fullMatrices })
        const k = Math.min(m, n)
        await same(
          U.narrow(-1, 0, k)
            .mul(S.unsqueeze(-2))
            .matmul(Vh.narrow(-2, 0, k)),
          a,
        )
        for (const q of [U, Vh.mT]) await same(q.mT.matmul(q), q.mT.matmul(q).matrixPower(0))
      }
      for (const mode of ['reduced', 'complete'] as const) {
        const { Q, R } = L.qr(a, { mode })
        await same(Q.matmul(R), a)
        await same(R.triu(), R)
        await same(Q.mT.matmul(Q), Q.mT.matmul(Q).matrixPower(0))
      }
      await same(a.matmul(L.pinv(a)).matmul(a), a)
    }
  })

  test('nothing at all', async () => {
    const none = zeros([0, 0], { dtype: 'float64' })
    await close(L.det(none), [1])
    expect([L.inv(none), L.cholesky(none), L.svd(none).U].map((x) => x.shape)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ])
    expect(L.inv(zeros([0, 3, 3])).shape).toEqual([0, 3, 3])
    await same(L.qr(zeros([3, 0]), { mode: 'complete' }).Q, eye(3))
    expect(L.solve(A(), zeros([3, 0], { dtype: 'float64' })).shape).toEqual([3, 0])
  })

  test('results have the dtype of their input', () => {
    for (const dtype of ['float32', 'float16', 'float64'] as const) {
      const a = A().type(dtype)
      expect([L.inv(a), L.cholesky(a), L.eigh(a).eigenvectors, L.lstsq(a, a).solution].map((x) => x.dtype)).toEqual(
        Array(4).fill(dtype),
      )
    }
  })
})

const square = () => randn([2, 3, 3], { dtype: 'float64' }).add(A().div(2)).realize().requiresGrad_()
const tall = () => randn([4, 2], { dtype: 'float64' }).realize().requiresGrad_()
const spd = (x: Tensor) => x.matmul(x.mT).add(A())

describe('gradients', () => {
  const cases: Record<string, [(x: Tensor, y: Tensor) => Tensor | Tensor[], () => Tensor[]]> = {
    inv: [(x) => L.inv(x), () => [square()]],
    det: [(x) => L.det(x), () => [square()]],
    slogdet: [(x) => L.slogdet(x).logabsdet, () => [square()]],
    solve: [(x, y) => L.solve(x, y), () => [square(), B().requiresGrad_()]],
    'solve for vectors': [
      (x, y) => L.solve(x, y, { left: false }),
      () => [square(), ones([2, 3], { dtype: 'float64' }).requiresGrad_()],
    ],
    solveTriangular: [(x, y) => L.solveTriangular(x, y, { upper: true }), () => [square(), B().requiresGrad_()]],
    'solveTriangular with ones': [
      (x, y) => L.solveTriangular(x, y, { upper: false, left: false, unitriangular: true }),
      () => [square(), B().mT.realize().requiresGrad_()],
    ],
    cholesky: [(x) => L.cholesky(spd(x)), () => [square()]],
    choleskySolve: [(x, y) => L.choleskySolve(y, x, { upper: true }), () => [square(), B().requiresGrad_()]],
    qr: [(x) => Object.values(L.qr(x)), () => [square()]],
    'qr, tall': [(x) => Object.values(L.qr(x)), () => [tall()]],
    'qr, wide': [(x) => Object.values(L.qr(x.mT)), () => [tall()]],
    'R alone': [(x) => L.qr(x, { mode: 'r' }).R, () => [tall()]],
    svd: [(x) => Object.values(L.svd(x)).map((y) => y.abs()), () => [square()]],
    'svd, tall': [(x) => Object.values(L.svd(x, { fullMatrices: false })).map((y) => y.abs()), () => [tall()]],
    'svd, wide': [(x) => Object.values(L.svd(x.mT, { fullMatrices: false })).map((y) => y.abs()), () => [tall()]],
    svdvals: [(x) => L.svdvals(x), () => [tall()]],
    eigh: [(x) => Object.values(L.eigh(spd(x))).map((y) => y.abs()), () => [square()]],
    eigvalsh: [(x) => L.eigvalsh(spd(x), { UPLO: 'U' }), () => [square()]],
    pinv: [(x) => L.pinv(x), () => [tall()]],
    'pinv of low rank': [(x) => L.pinv(x.matmul(T()).matmul(T().mT).matmul(x.mT)).sum(), () => [square()]],
    lstsq: [(x, y) => L.lstsq(x, y).solution, () => [tall(), randn([4, 2], { dtype: 'float64' }).realize().requiresGrad_()]],
    norms: [(x) => ['nuc', 'fro', 2, -2, 1, -Infinity].map((ord) => L.matrixNorm(x, ord as L.MatrixOrd)), () => [tall()]],
    cond: [(x) => [L.cond(x), L.cond(x, 'fro'), L.cond(x, 1)], () => [square()]],
    matrixPower: [(x) => L.matrixPower(x, -2), () => [square()]],
  }
  test.each(Object.entries(cases))('of %s, first and second order', async (_, [f, made]) => {
    const inputs = made()
    expect(await gradcheck(f as (...x: Tensor[]) => Tensor, inputs)).toBe(true)
    expect(await gradgradcheck(f as (...x: Tensor[]) => Tensor, inputs, { atol: 1e-4 })).toBe(true)
  })

  test('of the determinant of a singular matrix are its cofactors', async () => {
    const a = double([
      [1, 2, 3],
      [2, 4, 6],
      [1, 0, 1],
    ]).requiresGrad_()
    L.det(a).backward()
    await close(a.grad!, [4, 4, -4, -2, -2, 2, 0, 0, 0])
    await expect(gradgradcheck(L.det, [a.detach().requiresGrad_()])).rejects.toThrow(/not singular/)
  })

  test('of singular values do not need vectors that are determined', async () => {
    const a = eye(3, 3, { dtype: 'float64' }).realize().requiresGrad_()
    L.svdvals(a).sum().backward()
    await same(a.grad!, eye(3, 3, { dtype: 'float64' }))
  })
})

describe('errors', () => {
  const bad = (f: () => unknown, message: RegExp) => expect(f).toThrow(message)
  test('shapes and dtypes', () => {
    bad(() => L.inv(T()), /\[inv\] needs a square matrix or a batch of them \[..., n, n\], was given \[3, 2\]/)
    bad(() => L.svd(ones([3])), /\[svd\] needs a matrix/)
    bad(() => L.det(A().int()), /\[det\] is defined for floating-point matrices, not int32/)
    bad(() => L.solve(A(), ones([4, 2])), /\[solve\] matrices \[3, 3\] and right sides \[4, 2\] do not fit/)
    bad(() => L.lstsq(T(), ones([2, 2])), /both need 3 rows/)
    bad(() => L.norm(ones([2, 2, 2]), 2), /dim says which/)
    bad(() => L.norm(ones([2]), 'fro'), /needs two dimensions/)
    bad(() => L.matrixNorm(T(), 3), /expected one of fro, nuc, 1/)
    bad(() => L.vectorNorm(zeros([0]), Infinity), /does not exist/)
    bad(() => L.qr(T(), { mode: 'raw' as 'r' }), /"raw"/)
  })
  test('values, with the matrix of the batch', () => {
    bad(() => L.inv(stack([A(), ones([3, 3], { dtype: 'float64' })])), /singular \(matrix \[1\] of the batch\): pivot 2/)
    bad(() => L.solve(zeros([2, 2]), ones([2])), /\[solve\] the matrix is singular: pivot 1/)
    bad(() => L.cholesky(A().sub(eye(3, 3, { dtype: 'float64' }).mul(3))), /not positive definite: its leading minor of order 2/)
    bad(() => L.svd(A().div(0)), /NaN or infinity/)
    bad(() => L.eigh(A().mul(NaN)), /NaN or infinity/)
  })
  test('no part of a compiled function', () => {
    bad(() => compile((x: Tensor) => L.inv(x))(A()), /\[inv\] is computed on the host when it is called/)
  })
  test('the complete Q of a tall matrix has no gradient', () => {
    const { Q } = L.qr(tall(), { mode: 'complete' })
    bad(() => Q.sum().backward(), /mode complete/)
  })
})
