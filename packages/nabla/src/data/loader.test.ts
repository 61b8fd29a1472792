import { describe, expect, test } from 'vitest'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Dataset, ImageDataset, TensorDataset } from './dataset.js'
import { DataLoader, type DataLoaderOptions } from './loader.js'

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
