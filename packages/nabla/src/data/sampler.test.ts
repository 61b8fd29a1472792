import { describe, expect, test } from 'vitest'
import { ListDataset } from './dataset.js'
import { DataLoader } from './loader.js'
import { randomBelow, randomBits } from './permutation.js'
import { BatchSampler, LengthSampler, RandomSampler, SequentialSampler, SubsetSampler, WeightedSampler } from './sampler.js'
import { kFold, randomSplit, stratifiedKFold, stratifiedSplit } from './split.js'

const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b)
const upTo = (n: number): number[] => [...Array(n).keys()]
const tally = (numbers: Iterable<number>): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const n of numbers) counts.set(n, (counts.get(n) ?? 0) + 1)
  return counts
}

describe('samplers', () => {
  test('a permutation, several of them, or draws with replacement', () => {
    expect(sorted(new RandomSampler(20).order(3, 1))).toEqual(upTo(20))
    expect(new RandomSampler(20).order(3, 1)).not.toEqual(new RandomSampler(20).order(4, 1))
    expect(new Set(new RandomSampler(20, { samples: 7 }).order(0, 0)).size).toBe(7)
    const twice = new RandomSampler(20, { samples: 50 }).order(0, 0)
    expect([...tally(twice).values()].every((count) => count === 2 || count === 3)).toBe(true)
    expect(twice.slice(0, 20)).not.toEqual(twice.slice(20, 40))
    const drawn = new RandomSampler(4, { replacement: true, samples: 8000 }).order(0, 0)
    for (const count of tally(drawn).values()) expect(count / 2000).toBeCloseTo(1, 0)
    expect([...new SequentialSampler(3).order()]).toEqual([0, 1, 2])
    expect([...new SubsetSampler([5, 3], false).order(0, 0)]).toEqual([5, 3])
    expect(sorted(new SubsetSampler([5, 3, 9]).order(0, 0))).toEqual([3, 5, 9])
    expect(() => new RandomSampler(0, { samples: 1 })).toThrowError(/nothing to draw/)
  })
  test('weights: in proportion, never 0, each at most once without replacement', () => {
    const counts = tally(new WeightedSampler([1, 0, 3, 6], { samples: 20_000 }).order(0, 1))
    expect(counts.get(1)).toBeUndefined()
    for (const [index, share] of [
      [0, 0.1],
      [2, 0.3],
      [3, 0.6],
    ] as const)
      expect(counts.get(index)! / 20_000).toBeCloseTo(share, 1)
    expect(sorted(new WeightedSampler([1, 0, 3, 6], { replacement: false }).order(0, 1))).toEqual([0, 2, 3])
    const first = tally(
      Array.from({ length: 3000 }, (_, e) => new WeightedSampler([1, 9], { replacement: false, samples: 1 }).order(e, 0)[0]!),
    )
    expect(first.get(1)! / 3000).toBeCloseTo(0.9, 1)
    expect(() => new WeightedSampler([1, -1])).toThrowError(/weight -1 of sample 1/)
    expect(() => new WeightedSampler([0, 0])).toThrowError(/nothing to draw/)
    expect(() => new WeightedSampler([1, 0], { replacement: false, samples: 2 })).toThrowError(/only 1 weights are above 0/)
  })
  test('batches of like lengths have every sample once', () => {
    const lengths = Array.from({ length: 103 }, (_, i) => (i * 37) % 50)
    const batches = new LengthSampler(lengths, 8, 5).batches(2, 1)
    expect(sorted(batches.flatMap((batch) => [...batch]))).toEqual(upTo(103))
    expect(new BatchSampler(new SequentialSampler(5), 2, true).batches(0, 0)).toHaveLength(2)
  })
  test('in a loader', async () => {
    const set = new ListDataset(upTo(10))
    const drawn = async (loader: DataLoader<typeof set>): Promise<number[][]> => {
      const all: number[][] = []
      for await (const batch of loader) all.push((await batch.toArray()) as number[])
      return all
    }
    expect(await drawn(new DataLoader(set, { sampler: new SubsetSampler([7, 1, 2], false), batchSize: 2 }))).toEqual([
      [7, 1],
      [2],
    ])
    const lengths = new LengthSampler([3, 1, 2, 3, 1, 2, 3, 1, 2, 9], 3, 10)
    const loader = new DataLoader(set, { batchSampler: lengths })
    expect(loader.length).toBe(4)
    expect(sorted((await drawn(loader)).flat())).toEqual(upTo(10))
    expect(() => new DataLoader(set, { sampler: lengths as never, shuffle: true })).toThrowError(/expected one of them/)
    expect(() => new DataLoader(set, { batchSampler: lengths, batchSize: 2 })).toThrowError(/leave out batchSize/)
  })
})

describe('splits, whatever the sizes', () => {
  const next = randomBits(11)
  const below = (n: number): number => randomBelow(next, n)
  const share = (part: Iterable<number>, labels: readonly number[], c: number): number =>
    [...part].filter((i) => labels[i] === c).length

  test.each(Array.from({ length: 12 }, (_, i) => [i]))('%i', (seed) => {
    const n = 20 + below(200)
    const k = 2 + below(4)
    const labels = Array.from({ length: n }, (_, i) => (i < 3 * k ? i % 3 : below(3)))
    for (const shuffle of [true, false])
      for (const folds of [kFold(n, k, { seed, shuffle }), stratifiedKFold(labels, k, { seed, shuffle })]) {
        expect(folds).toHaveLength(k)
        expect(sorted(folds.flatMap(({ test }) => [...test]))).toEqual(upTo(n))
        for (const { train, test } of folds) expect(sorted([...train, ...test])).toEqual(upTo(n))
      }
    for (const { test } of kFold(n, k)) expect(Math.abs(test.length - n / k)).toBeLessThan(1)
    for (const { test } of stratifiedKFold(labels, k, { seed }))
      for (const c of [0, 1, 2]) expect(Math.abs(share(test, labels, c) - share(upTo(n), labels, c) / k)).toBeLessThanOrEqual(1)
    const parts = stratifiedSplit(labels, [0.7, 0.2, 0.1], { seed })
    expect(sorted(parts.flatMap((part) => [...part]))).toEqual(upTo(n))
    for (const [p, fraction] of [0.7, 0.2, 0.1].entries())
      for (const c of [0, 1, 2])
        expect(Math.abs(share(parts[p]!, labels, c) - share(upTo(n), labels, c) * fraction)).toBeLessThan(2)
    expect(stratifiedSplit(labels, [0.7, 0.2, 0.1], { seed })).toEqual(parts)
  })
  test('random parts by number and by fraction', () => {
    const set = new ListDataset(upTo(11))
    expect(randomSplit(set, [8, 3]).map(({ length }) => length)).toEqual([8, 3])
    const parts = randomSplit(set, [0.5, 0.3, 0.2], { seed: 3 })
    expect(parts.map(({ length }) => length)).toEqual([6, 3, 2])
    expect(sorted(parts.flatMap((part) => [...part.indices]))).toEqual(upTo(11))
    expect(() => randomSplit(set, [8, 4])).toThrowError(/8, 4 add up to 12: expected the 11 samples there are, or 1/)
    expect(() => kFold(3, 4)).toThrowError(/4 folds of 3 samples/)
    expect(() => stratifiedKFold([0, 0, 1], 2)).toThrowError(/class 1 has 1 samples: too few for 2 folds/)
  })
})
