import { beforeAll, expect, test } from 'vitest'
import { compile, setDefaultDevice, tensor, type Tensor, zeros } from '../index.js'
import { clipGradNorm_, clipGradValue_ } from './utils.js'

beforeAll(() => setDefaultDevice('js'))

const withGradient = (...grads: (number[] | number[][])[]): Tensor[] =>
  grads.map((values) => {
    const grad = tensor(values)
    const parameter = zeros(grad.shape, { requiresGrad: true })
    parameter.grad = grad
    return parameter
  })
const numbers = async (params: Tensor[]) => (await Promise.all(params.map((p) => p.grad!.data()))).flatMap((data) => [...data])

// Recorded with PyTorch 1.13: the norms of [3, -4, 0], [[1, 2]], [0].
test.each([
  [2, 5.477226],
  [1, 10],
  [0.5, 37.776566],
  [Infinity, 4],
  [-Infinity, 0],
  [0, 2],
] as const)('order %d', async (normType, expected) => {
  const params = withGradient([3, -4, 0], [[1, 2]], [0])
  expect(await clipGradNorm_(params, 1, { normType }).item()).toBeCloseTo(expected, 4)
  const factor = Math.min(1, 1 / (expected + 1e-6))
  const got = await numbers(params)
  ;[3, -4, 0, 1, 2, 0].forEach((value, i) => expect(got[i]).toBeCloseTo(value * factor, 5))
})

test('nothing to clip, one tensor, empty tensors', async () => {
  expect(await clipGradNorm_([zeros([2])], 1).item()).toBe(0)
  expect(await clipGradNorm_(withGradient([0.3, 0.4])[0]!, 1).item()).toBeCloseTo(0.5)
  const [full, empty] = withGradient([3, 4], [])
  expect(await clipGradNorm_([full!, empty!], 1, { normType: Infinity }).item()).toBe(4)
})

test('an infinite norm is an error if asked for, with the gradients unchanged', async () => {
  const params = withGradient([Infinity, 1])
  expect(() => clipGradNorm_(params, 1, { errorIfNonfinite: true })).toThrow(/norm of order 2 of the gradients is Infinity/)
  expect(await numbers(params)).toEqual([Infinity, 1])
  expect(await clipGradNorm_(params, 1).item()).toBe(Infinity)
  expect(await numbers(params)).toEqual([NaN, 0])
})

test('values', async () => {
  const params = withGradient([-3, 0.2], [5])
  clipGradValue_(params, 0.5)
  expect(await numbers(params)).toEqual([-0.5, Math.fround(0.2), 0.5])
})

test('gradients that a compiled function leaves are clipped', async () => {
  const p = tensor([3, 4], { requiresGrad: true })
  const step = compile(() => {
    p.grad = null
    p.mul(p).sum().backward()
    return clipGradNorm_([p], 1)
  })
  expect(await step().item()).toBeCloseTo(10)
  expect((await p.grad!.data())[0]).toBeCloseTo(0.6)
})

test('errors', () => {
  expect(() => clipGradNorm_([], -1)).toThrow(/maxNorm is -1/)
  expect(() => clipGradNorm_([], 1, { normType: NaN })).toThrow(/normType is NaN/)
  expect(() => clipGradValue_([], NaN)).toThrow(/clipValue is NaN/)
})
