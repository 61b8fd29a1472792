/** The formulas that the first labs write out, against autograd and against what can be counted. */
import { grad, manualSeed, noGrad, ones, randn, setDefaultDevice, type Tensor, tensor } from 'nabla'
import { functional as F } from 'nabla/nn'
import { beforeAll, expect, test } from 'vitest'
import { byEpsilon, byPlateau, descend as descendLine } from './linear-regression/descent.js'
import { gradients, logLoss, powers } from './logistic-regression/logistic.js'
import { bentDown } from './logistic-regression/surfaces.js'
import { type Activation, activations, backward, derivatives, firstWeights, forward } from './mlp/layers.js'
import { circle, cover, labelings, separable } from './model-selection/shatter.js'
import { leastSquares, predict } from './model-selection/polynomials.js'
import { dropout } from './regularisation/network.js'
import { crossEntropy, softmax } from './softmax-regression/scratch.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(1)
})

const far = async (a: Tensor, b: Tensor): Promise<number> => a.detach().sub(b.detach()).abs().max().item()

test('the backward pass written out gives the derivatives of autograd, for every activation', async () => {
  const x = noGrad(() => randn([6, 5]))
    .realize()
    .requiresGrad_()
  for (const middle of Object.values(activations) as Activation[]) {
    const layers = firstWeights([5, 4, 3], 1).map(({ w, b }) => ({ w: w.requiresGrad_(), b: b.requiresGrad_() }))
    const functions = [middle, activations.none]
    const pass = forward(x, layers, functions)
    const found = derivatives(backward(pass.a[2]!.mul(2), pass, layers, functions))
    const cost = pass.a[2]!.square().sum()
    const inputs = [pass.a[2]!, pass.z[1]!, layers[1]!.w, layers[1]!.b, pass.a[1]!, pass.z[0]!, layers[0]!.w, layers[0]!.b, x]
    expect(found.map(({ name }) => name)).toEqual(['da2', 'dz2', 'dW2', 'db2', 'da1', 'dz1', 'dW1', 'db1', 'dx'])
    for (const [i, by] of grad(cost, inputs, { allowUnused: true }).entries())
      expect(await far(found[i]!.value, by)).toBeLessThan(1e-4)
  }
})

test('log loss and its gradient, with a penalty', async () => {
  const x = noGrad(() => randn([20, 3])).realize()
  const y = noGrad(() => randn([20, 1]).gt(0).float()).realize()
  const w = noGrad(() => randn([3, 1]))
    .realize()
    .requiresGrad_()
  const b = tensor([[0.3]]).requiresGrad_()
  const z = x.matmul(w).add(b)
  expect(await far(logLoss(z, y).mean(), F.binaryCrossEntropyWithLogits(z, y))).toBeLessThan(1e-6)
  expect(
    await logLoss(tensor([[500], [-500]]), tensor([[0], [1]]))
      .mean()
      .item(),
  ).toBe(500)
  const own = gradients(x, y, w, b, 0.7)
  const auto = grad(
    F.binaryCrossEntropyWithLogits(z, y).add(
      w
        .square()
        .sum()
        .mul(0.7 / 40),
    ),
    [w, b],
  )
  expect(await far(own.w, auto[0]!)).toBeLessThan(1e-6)
  expect(await far(own.b, auto[1]!)).toBeLessThan(1e-6)
  expect(powers(tensor([[2, 3]]), 3).toArraySync()).toEqual([[2, 3, 4, 6, 9, 8, 12, 18, 27]])
})

test('a surface is convex or not', () => {
  const over = (f: (x: number, y: number) => number): number[] =>
    Array.from({ length: 121 }, (_, i) => f((i % 11) - 5, Math.floor(i / 11) - 5))
  expect(
    bentDown(
      over((x, y) => x * x + x * y + y * y),
      [11, 11],
    ),
  ).toBe(0)
  expect(
    bentDown(
      over((x, y) => x * x + 3 * x * y + y * y),
      [11, 11],
    ),
  ).toBe(1)
})

test('softmax and cross entropy from logits, also of large ones', async () => {
  const z = tensor([
    [1, 2, 3],
    [1000, 0, -1000],
  ])
  const labels = tensor([0, 2], { dtype: 'int32' })
  expect(await far(softmax(z), z.softmax(1))).toBeLessThan(1e-6)
  expect(await far(crossEntropy(z, labels.oneHot(3).float()), F.crossEntropy(z, labels))).toBeLessThan(1e-3)
})

test('descent comes down, and the rules say when', async () => {
  const x = tensor([[-1], [0], [1]])
  const { costs, path } = await descendLine(x, x.mul(3).add(1), { lr: 0.5, steps: 60, signal: new AbortController().signal })
  expect(costs.at(-1)).toBeLessThan(1e-6)
  expect(path.at(-1)![0]).toBeCloseTo(3, 3)
  expect(byEpsilon(0.1)([5, 4])).toBe(false)
  expect(byEpsilon(0.1)([5, 4.95])).toBe(true)
  expect(byPlateau(2, 0.1)([5, 4.9])).toBe(false)
  expect(byPlateau(2, 0.1)([5, 4.9, 4.8])).toBe(true)
})

test('a polynomial goes through its points', async () => {
  const x = [-1, -0.5, 0, 0.5, 1]
  const said = predict(await leastSquares({ x, y: x.map((v) => v ** 3) }, 3), x)
  for (const [i, v] of x.entries()) expect(said[i]).toBeCloseTo(v ** 3, 4)
})

test("lines part as many labelings as Cover's formula says", async () => {
  expect([2, 3, 4, 5].map((n) => cover(n, 2))).toEqual([4, 8, 14, 22])
  for (const n of [3, 4, 5]) {
    const parted = await separable(tensor(circle(n)), labelings(n), 2000)
    expect(parted.filter(Boolean)).toHaveLength(cover(n, 2))
  }
})

test('dropout keeps the mean', async () => {
  const dropped = noGrad(() => dropout(ones([200, 200]), 0.25)).realize()
  expect(await dropped.mean().item()).toBeCloseTo(1, 1)
  expect(await dropped.max().item()).toBeCloseTo(4 / 3, 5)
  expect(await dropout(ones([3]), 1).data()).toEqual(new Float32Array(3))
})
