import { beforeAll, expect, test } from 'vitest'
import { eye, manualSeed, setDefaultDevice, zeros } from '../index.js'
import * as nn from './index.js'

const { init } = nn

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(5)
})

test.each([
  [[4, 4], 1],
  [[3, 7], 2],
  [[9, 4], 0.5],
  [[6, 2, 3, 3], 1],
] as const)('orthogonal %s', async (shape, gain) => {
  const w = init.orthogonal_(zeros(shape), gain).reshape([shape[0], -1])
  const small = w.shape[0]! < w.shape[1]! ? w.matmul(w.t()) : w.t().matmul(w)
  const expected = await eye(small.shape[0]!)
    .mul(gain * gain)
    .data()
  ;(await small.data()).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
})

test('orthogonal matrices differ, and point in all directions', async () => {
  const first = await Promise.all(Array.from({ length: 40 }, async () => (await init.orthogonal_(zeros([3, 3])).data())[0]!))
  expect(first.filter((value) => value > 0).length).toBeGreaterThan(8)
  expect(first.filter((value) => value < 0).length).toBeGreaterThan(8)
})

test('truncated at the bounds, wherever they lie', async () => {
  const far = await init.truncNormal_(zeros([1000]), 0, 1, 2, 3).data()
  expect(Math.min(...far)).toBeGreaterThanOrEqual(2)
  expect(Math.max(...far)).toBeLessThanOrEqual(3)
  // Density falls from 2 to 3: the mean is (phi(2) - phi(3)) / (Phi(3) - Phi(2))
  expect([...far].reduce((a, b) => a + b) / 1000).toBeCloseTo(2.316, 1)
  const narrow = await init.truncNormal_(zeros([20000]), 0, 0.02).data()
  expect(Math.max(...narrow)).toBeLessThan(0.2)
})

test('sparse columns', async () => {
  const w = await init.sparse_(zeros([10, 6]), 0.25, 1).data()
  for (let column = 0; column < 6; column++) expect([...w].filter((value, i) => i % 6 === column && value === 0)).toHaveLength(3)
})

test('identities', async () => {
  expect(await init.eye_(zeros([2, 3])).toArray()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ])
  expect(await init.dirac_(zeros([3, 2, 3])).toArray()).toEqual([
    [
      [0, 1, 0],
      [0, 0, 0],
    ],
    [
      [0, 0, 0],
      [0, 1, 0],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
  ])
  const grouped = await init.dirac_(zeros([4, 1, 2, 2]), 4).data()
  expect([...grouped].flatMap((value, i) => (value ? [i] : []))).toEqual([3, 7, 11, 15])
})

test('a way of one`s own, through apply; unrecorded', async () => {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1))
  net.apply((m) => {
    if (!(m instanceof nn.Linear)) return
    init.constant_(m.weight, 2)
    if (m.bias) init.zeros_(m.bias)
  })
  for (const [name, p] of net.namedParameters()) {
    expect([...new Set(await p.data())]).toEqual([name.endsWith('weight') ? 2 : 0])
    expect(p.isLeaf && p.requiresGrad).toBe(true)
  }
})

test('size 0 is left alone; errors', () => {
  for (const fill of [init.kaimingUniform_, init.xavierNormal_, init.orthogonal_, init.truncNormal_])
    expect(fill(zeros([0, 3])).shape).toEqual([0, 3])
  expect(() => init.xavierUniform_(zeros([3]))).toThrow(/xavierUniform_\] needs a tensor of rank 2 or more/)
  expect(() => init.orthogonal_(zeros([3]))).toThrow(/rank 2 or more/)
  expect(() => init.eye_(zeros([3]))).toThrow(/rank 2/)
  expect(() => init.dirac_(zeros([3, 3]))).toThrow(/rank 3, 4 or 5/)
  expect(() => init.dirac_(zeros([3, 3, 1]), 2)).toThrow(/3 output channels cannot be divided into 2 groups/)
  expect(() => init.sparse_(zeros([3, 3]), 2)).toThrow(/sparsity is 2/)
  expect(() => init.truncNormal_(zeros([3]), 0, 1, 2, 1)).toThrow(/expected std > 0 and a < b/)
  expect(() => init.calculateGain('relu6' as never)).toThrow(/unknown nonlinearity "relu6"; did you mean "relu"/)
  expect(() => init.kaimingNormal_(zeros([2, 2]), { mode: 'fanIn' as never })).toThrow(/did you mean "fan_in"/)
})
