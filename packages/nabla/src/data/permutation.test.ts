import { expect, test } from 'vitest'
import { permutation, randomBelow, randomBits } from './permutation.js'

test('a permutation holds every number once, also of nothing and of one', () => {
  for (const n of [0, 1, 2, 7, 1000]) expect([...permutation(n, 3)].sort((a, b) => a - b)).toEqual([...Array(n).keys()])
})

test('the same seed and epoch give the same order, any other another', () => {
  const order = (seed: number, epoch: number): string => permutation(50, seed, epoch).join()
  expect(order(1, 2)).toBe(order(1, 2))
  const seen = new Set<string>()
  for (let seed = 0; seed < 20; seed++) for (let epoch = 0; epoch < 20; epoch++) seen.add(order(seed, epoch))
  expect(seen.size).toBe(400)
  expect(order(2 ** 32, 0)).not.toBe(order(0, 0)) // the upper half of a seed counts
})

test('orders stay what they are from version to version', () => {
  expect(permutation(10, 0, 0).join(' ')).toBe('2 9 4 3 7 5 8 1 0 6')
  expect(permutation(10, 0, 1).join(' ')).toBe('7 5 3 9 2 4 1 6 8 0')
})

test('every order of four is as likely as the others', () => {
  const counts = new Map<string, number>()
  for (let epoch = 0; epoch < 24_000; epoch++) {
    const key = permutation(4, 7, epoch).join()
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  expect(counts.size).toBe(24)
  const chiSquared = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
  expect(chiSquared).toBeLessThan(49.7) // 23 degrees of freedom: one seed in a thousand would fail
})

test('bounded draws are within bounds and unbiased at bounds that do not divide 2^32', () => {
  const next = randomBits(11)
  const n = 3_000_000_000
  const drawn = Array.from({ length: 10_000 }, () => randomBelow(next, n))
  expect(Math.max(...drawn)).toBeLessThan(n)
  const low = drawn.filter((x) => x < n / 3).length
  expect(Math.abs(low - 3333)).toBeLessThan(200) // taking bits modulo n would give about 4650
})
