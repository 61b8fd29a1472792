import { afterEach, describe, expect, test } from 'vitest'
import { Tensor } from '../tensor/tensor.js'
import { type BaseDataset, ListDataset } from './dataset.js'
import { ImageDataset } from './dataset-images.js'
import { TensorDataset } from './dataset-tensors.js'
import { tensor } from '../tensor/create.js'
import { DataLoader } from './loader.js'
import type { DataLoaderOptions, LoaderSource } from './loader-options.js'
import * as make from './loading/testing.js'

/** Everything in a batch as plain numbers and strings. */
async function plain(value: unknown): Promise<unknown> {
  if (value instanceof Tensor) return { dtype: value.dtype, values: await value.toArray() }
  if (Array.isArray(value)) return Promise.all(value.map(plain))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, entry]) => [key, await plain(entry)])))
}

const loaders: DataLoader<LoaderSource, unknown>[] = []
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close()
})

function loaderOf(
  dataset: LoaderSource,
  options: DataLoaderOptions & { collate?: (rows: unknown[]) => unknown },
): DataLoader<LoaderSource, unknown> {
  const loader: DataLoader<LoaderSource, unknown> = new DataLoader(dataset, options)
  loaders.push(loader)
  return loader
}

async function drawn(batches: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const batch of batches) all.push(await plain(batch))
  return all
}

const padded = { padValue: { words: -1 }, dtypes: { index: 'int32' } } as const

describe('the number of workers changes nothing', () => {
  test('records with random numbers, padding and strings; slow samples; any epoch; from any batch on', async () => {
    const set = make.rows(23).map(make.slow(3)).map(make.noisy(0.5), 'noise')
    const options = { batchSize: 4, shuffle: true, seed: 5, ...padded }
    const alone = loaderOf(set, options)
    const whole = [await drawn(alone), await drawn(alone)]
    expect(whole[0]).toHaveLength(6)
    for (const workers of [1, 2, 3]) {
      const loader = loaderOf(set, { ...options, workers })
      expect([await drawn(loader), await drawn(loader)]).toEqual(whole)
      expect(await drawn(loader.batches(1, 4))).toEqual(whole[1]!.slice(4))
    }
  })
  test('images, with and without a transform', async () => {
    const images = new ImageDataset({
      images: Uint8Array.from({ length: 10 * 12 }, (_, i) => i),
      labels: Uint8Array.from({ length: 10 }, (_, i) => i % 3),
      shape: [3, 2, 2],
      classes: ['a', 'b', 'c'],
      mean: [0.5, 0.4, 0.3],
      std: 0.25,
    })
    const expected = await drawn(loaderOf(images, { batchSize: 4, shuffle: true }))
    expect(await drawn(loaderOf(images, { batchSize: 4, shuffle: true, workers: 2 }))).toEqual(expected)
    expect(images.images.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(await drawn(loaderOf(images, { batchSize: 4, shuffle: true }))).toEqual(expected)
  })
  test('tensors, lists, parts and sums of data sets', async () => {
    const tensors = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tensor([true, false, true]),
    )
    const list = new ListDataset([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ])
    for (const set of [tensors, list.concat(list.subset([1, 0]))] as unknown as BaseDataset<unknown>[])
      expect(await drawn(loaderOf(set, { batchSize: 2, workers: 2 }))).toEqual(await drawn(loaderOf(set, { batchSize: 2 })))
  })
  test('streams: the length known only at the end, dropLast, the middle of an epoch', async () => {
    const set = make.numbers(17).map(make.noisy(1), 'value')
    for (const dropLast of [false, true]) {
      const alone = loaderOf(set, { batchSize: 3, dropLast })
      const whole = [await drawn(alone), await drawn(alone)]
      expect(whole[0]).toHaveLength(dropLast ? 5 : 6)
      for (const workers of [1, 2, 4]) {
        const loader = loaderOf(set, { batchSize: 3, dropLast, workers })
        expect([await drawn(loader), await drawn(loader)]).toEqual(whole)
        expect(await drawn(loader.batches(1, 2))).toEqual(whole[1]!.slice(2))
      }
    }
  })
  test("a collate of one's own runs here, on samples from there", async () => {
    const set = make.rows(6).map(make.inWorker(), 'name')
    const collate = (rows: unknown[]): unknown => rows
    const [batch] = await drawn(loaderOf(set, { batchSize: 3, workers: 2, collate }))
    expect(batch).toMatchObject([
      { index: 0, name: true },
      { index: 1, name: true },
      { index: 2, name: true },
    ])
  })
})

describe('errors', () => {
  test.each([0, 2])('with %i workers: the sample, the stack; the batches before it come', async (workers) => {
    const loader = loaderOf(make.rows(20).map(make.failing(9)), { batchSize: 4, workers, ...padded })
    const batches: unknown[] = []
    const error = await (async () => {
      for await (const batch of loader) batches.push(batch)
    })().then(
      () => undefined,
      (e: unknown) => e as Error & { facts: object; cause: Error },
    )
    expect(batches).toHaveLength(2)
    expect(error!.message).toBe('[DataLoader] sample 9 (batch 2 of epoch 0): row 9 is bad')
    expect(error).toMatchObject({ name: 'NablaError', facts: { index: 9, batch: 2, epoch: 0 }, cause: { name: 'RangeError' } })
    expect(error!.cause.stack).toMatch(/testing\.ts/)
  })
  test('samples that do not fit together', async () => {
    const loader = loaderOf(make.rows(4), { batchSize: 2, workers: 1 })
    await expect(drawn(loader)).rejects.toThrowError(
      /batch 0 of epoch 0: \[collate\] words: sample 0 has \[1\], sample 1 has \[2\]; give padValue/,
    )
  })
  test('a worker that ends, and a loader that works again after it', async () => {
    const loader = loaderOf(make.rows(4).map(make.deadly()), { workers: 2 })
    await expect(drawn(loader)).rejects.toThrowError(/worker \d has ended: it ended with exit code 3/)
    await expect(drawn(loader)).rejects.toThrowError(/worker \d has ended/)
  })
  test('what cannot be sent is named', async () => {
    const closure = make.rows(4).map((row) => row)
    await expect(drawn(loaderOf(closure, { workers: 1 }))).rejects.toThrowError(
      /workers cannot be given the data set > MapDataset\(argument 2\), a function: make it by a function that its own module exports/,
    )
    await expect(drawn(loaderOf({ length: 3, get: (i: number) => i }, { workers: 1 }))).rejects.toThrowError(
      /an object with functions/,
    )
    await expect(drawn(loaderOf(make.rows(4).map(make.misnamed()), { workers: 1 }))).rejects.toThrowError(
      /testing\.ts exports no function "otherwise": .* it exports .*misnamed/,
    )
  })
  test('a data set that makes its own batches has no samples for workers', () => {
    expect(() => loaderOf({ length: 1, batch: () => [] }, { workers: 1 })).toThrowError(
      /workers: the data set puts its batches together/,
    )
  })
})

describe('lives', () => {
  test('workers stay for the next epoch, and end when a loop is left early', async () => {
    const loader = loaderOf(make.rows(40), { batchSize: 2, workers: 2, ...padded })
    await drawn(loader)
    const { pool } = loader as unknown as { pool: Promise<{ ended: boolean }> }
    await drawn(loader)
    expect((loader as unknown as { pool: unknown }).pool).toBe(pool)
    expect((await pool).ended).toBe(false)
    for await (const _ of loader) break
    expect((await pool).ended).toBe(true)
    expect(await drawn(loader.batches(0))).toHaveLength(20)
  })
  test('two loops at once', async () => {
    const loader = loaderOf(make.rows(9), { batchSize: 2, workers: 2, shuffle: true, ...padded })
    const expected = [await drawn(loader.batches(0)), await drawn(loader.batches(1))]
    expect(await Promise.all([drawn(loader.batches(0)), drawn(loader.batches(1))])).toEqual(expected)
    const first = loader.batches(0)
    await first.next()
    for await (const _ of loader.batches(1)) break
    expect(await drawn(first)).toEqual(expected[0]!.slice(1))
  })
})
