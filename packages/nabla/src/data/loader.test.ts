import { describe, expect, test } from 'vitest'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Dataset, ListDataset, type MapStyleDataset } from './dataset.js'
import { ImageDataset } from './dataset-images.js'
import { TensorDataset } from './dataset-tensors.js'
import { DataLoader } from './loader.js'
import type { DataLoaderOptions } from './loader-options.js'
import { randomBelow, randomBits } from './permutation.js'
import { ChainDataset, StreamDataset } from './stream.js'

/** A data set whose rows are their own numbers. */
const numbers = (length: number): Dataset<[Tensor]> => ({
  length,
  batch: (rows) => [tensor(Int32Array.from(rows), { dtype: 'int32', shape: [rows.length] })],
})

async function drawn(loader: AsyncIterable<readonly Tensor[]>): Promise<number[][]> {
  const all: number[][] = []
  for await (const [rows] of loader) all.push(Array.from(await rows!.data()))
  return all
}
const load = (length: number, options: DataLoaderOptions): Promise<number[][]> => drawn(new DataLoader(numbers(length), options))

test('in order, with a smaller last batch unless it is dropped; one row a batch by default', async () => {
  expect(await load(5, { batchSize: 2 })).toEqual([[0, 1], [2, 3], [4]])
  expect(await load(5, { batchSize: 2, dropLast: true })).toEqual([
    [0, 1],
    [2, 3],
  ])
  expect(await load(2, {})).toEqual([[0], [1]])
  expect(await load(0, { batchSize: 4 })).toEqual([])
  expect(await load(3, { batchSize: 4, dropLast: true })).toEqual([])
  expect(new DataLoader(numbers(5), { batchSize: 2 }).length).toBe(3)
  expect(new DataLoader(numbers(5), { batchSize: 2, dropLast: true }).length).toBe(2)
})

test('shuffled: every row once, another order each epoch, the same for the same seed', async () => {
  const loader = new DataLoader(numbers(100), { batchSize: 8, shuffle: true, seed: 4 })
  const [first, second] = [await drawn(loader), await drawn(loader)]
  expect(first.flat().sort((a, b) => a - b)).toEqual([...Array(100).keys()])
  expect(second).not.toEqual(first)
  const again = new DataLoader(numbers(100), { batchSize: 8, shuffle: true, seed: 4 })
  expect([await drawn(again), await drawn(again)]).toEqual([first, second])
  expect(await load(100, { batchSize: 8, shuffle: true, seed: 4, epoch: 1 })).toEqual(second)
  expect(await load(100, { batchSize: 8, shuffle: true, seed: 5 })).not.toEqual(first)
})

test('an epoch can be gone on with in the middle; leaving a loop early harms nothing', async () => {
  const loader = new DataLoader(numbers(20), { batchSize: 3, shuffle: true })
  for await (const _ of loader) break
  const whole = await drawn(loader.batches(7))
  expect(await drawn(loader.batches(7, 4))).toEqual(whole.slice(4))
  expect(await drawn(loader)).toEqual(await drawn(loader.batches(1)))
})

test('the event loop turns while a long epoch is drawn', async () => {
  const slow: Dataset<[Tensor]> = {
    length: 30,
    batch: (rows) => {
      const end = performance.now() + 3
      while (performance.now() < end);
      return numbers(30).batch(rows) as [Tensor]
    },
  }
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  for await (const _ of new DataLoader(slow)) {
    /* nothing: only the loader works */
  }
  clearInterval(timer)
  expect(turns).toBeGreaterThan(3)
})

describe('whatever the sizes', () => {
  const next = randomBits(5)
  const below = (n: number): number => randomBelow(next, n)
  /** Rows by number, each with something random. */
  const samples = (length: number): MapStyleDataset<{ row: number; noise: number }> => ({
    length,
    get: (row, random) => ({ row, noise: random!.uniform() }),
  })
  const records = async (batches: AsyncIterable<{ row: Tensor; noise: Tensor }>): Promise<[number[], number[]][]> => {
    const all: [number[], number[]][] = []
    for await (const { row, noise } of batches) all.push([[...(await row.data())], [...(await noise.data())]])
    return all
  }

  test.each(Array.from({ length: 15 }, (_, i) => [i]))(
    'every row once an epoch, and the same rest from anywhere: %i',
    async (seed) => {
      const [length, batchSize, dropLast] = [below(60), 1 + below(12), below(3) === 0]
      const options = { batchSize, dropLast, shuffle: below(4) > 0, seed }
      const loader = new DataLoader(samples(length), options)
      const whole = [await records(loader), await records(loader)]
      for (const epoch of whole) {
        expect(epoch).toHaveLength(loader.length)
        const rows = epoch.flatMap(([row]) => row)
        expect(new Set(rows).size).toBe(dropLast ? length - (length % batchSize) : length)
        expect(rows).toHaveLength(new Set(rows).size)
      }
      if (length > 0 && loader.length > 0)
        expect(whole[0]!.map(([, noise]) => noise)).not.toEqual(whole[1]!.map(([, noise]) => noise))
      const start = below(loader.length + 1)
      expect(await records(loader.batches(1, start))).toEqual(whole[1]!.slice(start))

      const first = new DataLoader(samples(length), options)
      let seen = 0
      const stop = 1 + below(2 * loader.length + 1)
      let state = first.state()
      while (seen < stop && loader.length > 0)
        for await (const _ of first) {
          state = JSON.parse(JSON.stringify(first.state()))
          if (++seen === stop) break
        }
      const later = new DataLoader(samples(length), options)
      later.load(state)
      const rest = [...(await records(later)), ...(await records(later))]
      const both = [...whole.flat(), ...(await records(loader)), ...(await records(loader))]
      expect(rest).toEqual(both.slice(seen, seen + rest.length))
    },
  )

  test('a state of other batches is refused', () => {
    const state = new DataLoader(samples(10), { batchSize: 2 }).state()
    expect(() => new DataLoader(samples(10), { batchSize: 3 }).load(state)).toThrowError(
      /batchSize is 3 here, but 2 where the state comes from/,
    )
    expect(() => new DataLoader(samples(30), { batchSize: 2 }).load(state)).toThrowError(/batches is 15 here, but 5/)
    const loader = new DataLoader(samples(10), { batchSize: 2 })
    expect(() => loader.load({ ...state, batch: 6 })).toThrowError(/batch 6: expected a whole number from 0 to 5/)
    expect(() => (loader.epoch = -1)).toThrowError(/epoch -1/)
  })
})

describe('streams', () => {
  const values = async (loader: AsyncIterable<Tensor>): Promise<number[][]> => {
    const all: number[][] = []
    for await (const batch of loader) all.push([...(await batch.data())])
    return all
  }
  test('anything that can be looped over; chains; what is open is closed', async () => {
    expect(await values(new DataLoader([1, 2, 3], { batchSize: 2 }))).toEqual([[1, 2], [3]])
    let closed = 0
    const count = (n: number) =>
      new StreamDataset(function* () {
        try {
          for (let i = 0; i < n; i++) yield i
        } finally {
          closed++
        }
      }, n)
    const loader = new DataLoader(new ChainDataset([count(2), count(3).map((x) => 10 * x)]), { batchSize: 2 })
    expect(loader.length).toBe(3)
    expect(await values(loader)).toEqual([[0, 1], [0, 10], [20]])
    expect(closed).toBe(2)
    for await (const _ of loader) break
    expect(closed).toBe(3)
    expect(await values(new ChainDataset([count(1)]).map((x) => tensor([x])))).toEqual([[0]])
  })
  test('a generator that has run out says so', async () => {
    const loader = new DataLoader(
      (function* () {
        yield 1
      })(),
    )
    expect(loader.length).toBe(Infinity)
    expect(await values(loader)).toEqual([[1]])
    await expect(values(loader)).rejects.toThrowError(/a generator that has run out: wrap its function/)
  })
  test('has no rows to shuffle', () => {
    expect(() => new DataLoader([1, 2][Symbol.iterator](), { shuffle: true })).toThrowError(
      /shuffle: a stream comes in its own order/,
    )
  })
})

describe('data sets of data sets', () => {
  const list = new ListDataset([
    { x: 1, name: 'a' },
    { x: 2, name: 'b' },
    { x: 3, name: 'c' },
  ])
  test('parts, sums and maps, of one field or all', async () => {
    const doubled = list.map((x) => 2 * x, 'x').concat(list.subset([2]).map(({ x, name }) => ({ x, name: name + '!' })))
    expect([0, 1, 2, 3].map((i) => doubled.get(i))).toEqual([
      { x: 2, name: 'a' },
      { x: 4, name: 'b' },
      { x: 6, name: 'c' },
      { x: 3, name: 'c!' },
    ])
    expect(list.take(2).length).toBe(2)
    expect(() => list.subset([3])).toThrowError(/no sample 3 \(entry 0\): the data set has 3/)
    expect(() => list.map((x: number) => x, 'y' as 'x').get(0)).toThrowError(/no field "y"; it has x, name/)
    const pairs = new ListDataset<[number, string]>([[1, 'a']]).map((x) => x + 1, 0)
    expect(pairs.get(0)).toEqual([2, 'a'])
  })
})

describe('settings that make no sense', () => {
  test.each([
    [{ batchSize: 0 }, /batchSize 0: expected a whole number of 1 or more/],
    [{ batchSize: 2.5 }, /batchSize 2.5/],
    [{ batchSize: Number.NaN }, /batchSize NaN/],
    [{ seed: -1 }, /seed -1/],
    [{ epoch: 0.5 }, /epoch 0.5/],
  ])('%o', (options, message) => {
    expect(() => new DataLoader(numbers(3), options)).toThrowError(message)
  })
})

describe('images', () => {
  const init = {
    images: Uint8Array.of(0, 51, 255, 102, 1, 2, 3, 4),
    labels: Uint8Array.of(1, 0),
    shape: [1, 2, 2],
    classes: ['a', 'b'],
  }
  const batch = async (set: ImageDataset, ...rows: number[]): Promise<[number[], number[]]> => {
    const [images, labels] = set.batch(Uint32Array.from(rows))
    expect(images.shape).toEqual([rows.length, 1, 2, 2])
    expect([images.dtype, labels.dtype]).toEqual(['float32', 'int32'])
    return [Array.from(await images.data()), Array.from(await labels.data())]
  }
  test('pixels in 0..1, rows in the order asked for', async () => {
    const [pixels, labels] = await batch(new ImageDataset(init), 1, 0, 1)
    expect(labels).toEqual([0, 1, 0])
    expect(pixels.slice(4, 8)).toEqual([0, Math.fround(0.2), 1, Math.fround(0.4)])
  })
  test('normalised on request, also in a part of the set', async () => {
    const set = new ImageDataset({ ...init, mean: 0.5, std: 0.25 }).take(1)
    expect(set.length).toBe(1)
    expect((await batch(set, 0))[0]).toEqual([-2, -1.2, 2, -0.4].map(Math.fround))
    expect(set.take(10).length).toBe(1)
  })
  test('what does not fit together is told', () => {
    expect(() => new ImageDataset({ ...init, labels: Uint8Array.of(1) })).toThrowError(/8 pixels are not 1 images of \[1, 2, 2\]/)
    expect(() => new ImageDataset({ ...init, labels: Uint8Array.of(1, 2) })).toThrowError(
      /label 2 of image 1 has no class: there are 2/,
    )
    expect(() => new ImageDataset({ ...init, std: 0 })).toThrowError(/std above 0/)
  })
})

describe('tensors', () => {
  test('rows of all of them, types kept', async () => {
    const set = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tensor(Int32Array.of(7, 8, 9), { dtype: 'int32', shape: [3] }),
    )
    const [x, y] = (await new DataLoader(set, { batchSize: 2, shuffle: true }).batches(0).next()).value as [Tensor, Tensor]
    expect([x.shape, y.shape, y.dtype]).toEqual([[2, 2], [2], 'int32'])
    const [pairs, tags] = [await x.data(), await y.data()]
    for (let i = 0; i < 2; i++) expect(pairs[2 * i]).toBe(2 * (tags[i]! - 7) + 1)
  })
  test('lengths must agree', () => {
    expect(() => new TensorDataset(tensor([1, 2]), tensor([1, 2, 3]))).toThrowError(/\[2\] and \[3\]/)
    expect(() => new TensorDataset()).toThrowError(/got none/)
  })
})
