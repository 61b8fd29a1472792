import { expect, test } from 'vitest'
import { logarithm, SampleRandom } from './random.js'

const many = <T>(draw: (random: SampleRandom) => T): T[] =>
  Array.from({ length: 20_000 }, (_, i) => draw(new SampleRandom(1, 2, i)))
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

test('a function of seed, epoch and index; each of them changes everything', () => {
  const draws = (...at: [number, number, number]): number[] => {
    const random = new SampleRandom(...at)
    return [random.uniform(), random.integer(1000), random.normal(), Number(random.chance(0.5)), random.uniform(-3, 5)]
  }
  expect(draws(3, 1, 7)).toEqual(draws(3, 1, 7))
  // Written down: they are to be the same everywhere, and to stay.
  const random = new SampleRandom(1, 2, 3)
  expect([random.bits(), random.bits(), random.integer(10)]).toMatchInlineSnapshot(`
    [
      3407581311,
      570155444,
      1,
    ]
  `)
  const firsts = new Set<number>()
  for (const seed of [0, 1, 2 ** 32, 2 ** 40])
    for (let epoch = 0; epoch < 10; epoch++) for (let i = 0; i < 100; i++) firsts.add(new SampleRandom(seed, epoch, i).bits())
  expect(firsts.size).toBeGreaterThan(3995)
})

test('first draws of neighbouring samples are independent and of the right distribution', () => {
  const uniform = many((random) => random.uniform())
  expect(mean(uniform)).toBeCloseTo(0.5, 2)
  expect(mean(uniform.slice(1).map((x, i) => (x - 0.5) * (uniform[i]! - 0.5)))).toBeCloseTo(0, 2)
  const normal = many((random) => random.normal())
  expect(Math.abs(mean(normal))).toBeLessThan(0.03)
  expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1)
  expect(mean(normal.map((x) => x ** 4))).toBeGreaterThan(2.7)
  expect(mean(many((random) => Number(random.chance(0.2))))).toBeCloseTo(0.2, 1)
  const sixes = many((random) => random.integer(6))
  for (let face = 0; face < 6; face++) expect(sixes.filter((x) => x === face).length / 20_000).toBeCloseTo(1 / 6, 1)
})

test('the logarithm is right to the last bits', () => {
  for (const x of [1, 0.9, Math.SQRT1_2, 0.5, 0.3, 1e-3, 1e-10, 2 ** -52])
    expect(Math.abs(logarithm(x) - Math.log(x))).toBeLessThanOrEqual(4e-16 * Math.max(1, -Math.log(x)))
})

test('integer wants a range', () => {
  for (const n of [0, -1, 1.5, 2 ** 33, Number.NaN])
    expect(() => new SampleRandom(0, 0, 0).integer(n)).toThrowError(/expected a whole number from 1 to 2\^32/)
})
