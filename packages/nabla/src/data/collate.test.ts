import { describe, expect, test } from 'vitest'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { collate } from './collate.js'
import { collateHost } from './collate-host.js'

const values = async (x: unknown): Promise<unknown> => (x as Tensor).toArray()

describe('kinds of fields', () => {
  test('numbers, booleans, strings, typed arrays, nested records and tuples', async () => {
    const sample = (i: number) => ({
      x: Float32Array.of(i, i + 1),
      y: i,
      ok: i > 1,
      name: `n${i}`,
      deep: { pair: [Int32Array.of(i), i / 2] as const },
    })
    const batch = collate([sample(1), sample(2)], { dtypes: { y: 'int32' } })
    expect([batch.x.shape, batch.x.dtype, batch.y.dtype, batch.ok.dtype]).toEqual([[2, 2], 'float32', 'int32', 'bool'])
    expect(batch.name).toEqual(['n1', 'n2'])
    expect(await values(batch.ok)).toEqual([false, true])
    expect([batch.deep.pair[0].dtype, batch.deep.pair[1].dtype]).toEqual(['int32', 'float32'])
    expect(await values(batch.deep.pair[1])).toEqual([0.5, 1])
  })
  test('rasters: bytes in 0..1, masks as they are, floats untouched', async () => {
    const raster = (...data: number[]) => ({ data: Uint8Array.from(data), channels: 1, height: 1, width: 2 })
    const batch = collate([{ image: raster(0, 255), mask: raster(3, 7) }], { dtypes: { mask: 'int32' } })
    expect([batch.image.shape, batch.image.dtype, batch.mask.dtype]).toEqual([[1, 1, 1, 2], 'float32', 'int32'])
    expect([await values(batch.image), await values(batch.mask)]).toEqual([[[[[0, 1]]]], [[[[3, 7]]]]])
    const float = { data: Float32Array.of(-1, 2), channels: 1, height: 1, width: 2 }
    expect(await values(collate([float]))).toEqual([[[[-1, 2]]]])
  })
  test('tensors and { data, shape }; rows of numbers where they are asked for', async () => {
    expect(collate([tensor([[1, 2]]), tensor([[3, 4]])]).shape).toEqual([2, 1, 2])
    expect(collate([{ data: new Float64Array(6), shape: [2, 3] }])).toMatchObject({ shape: [1, 2, 3], dtype: 'float64' })
    expect(await values((collate([{ v: [1, 2] }, { v: [3, 4] }], { dtypes: { v: 'int32' } }) as { v: unknown }).v)).toEqual([
      [1, 2],
      [3, 4],
    ])
  })
})

describe('padding', () => {
  test('lengths stand beside, also when all are equal', async () => {
    const samples = [{ words: Int32Array.of(1, 2) }, { words: Int32Array.of(3) }]
    const batch = collate(samples, { padValue: { words: -1 } }) as unknown as { words: Tensor; wordsLengths: Tensor }
    expect([await values(batch.words), await values(batch.wordsLengths)]).toEqual([
      [
        [1, 2],
        [3, -1],
      ],
      [2, 1],
    ])
    expect(Object.keys(collate(samples.slice(0, 1), { padValue: { words: -1 } }))).toEqual(['words', 'wordsLengths'])
  })
  test('tuples, vectors alone, several dimensions, empty ones', async () => {
    const pairs = collate(
      [
        [Int32Array.of(1, 2), 0],
        [Int32Array.of(), 1],
      ] as [Int32Array, number][],
      { padValue: { 0: 9 } },
    ) as unknown as Tensor[]
    expect(await Promise.all(pairs.map(values))).toEqual([
      [
        [1, 2],
        [9, 9],
      ],
      [0, 1],
      [2, 0],
    ])
    const alone = collate([Float32Array.of(1), Float32Array.of(2, 3)], { padValue: 0 }) as unknown as Tensor[]
    expect(await Promise.all(alone.map(values))).toEqual([
      [
        [1, 0],
        [2, 3],
      ],
      [1, 2],
    ])
    const boxes = collate(
      [
        {
          boxes: [
            [1, 2],
            [3, 4],
          ],
        },
        { boxes: [[5, 6]] },
      ],
      { padValue: { boxes: 0 } },
    ) as unknown as Record<string, Tensor>
    expect(await values(boxes['boxes'])).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [0, 0],
      ],
    ])
    expect(await values(boxes['boxesLengths'])).toEqual([
      [2, 2],
      [1, 2],
    ])
    const block = (rows: number, columns: number) => ({
      data: Float32Array.from({ length: rows * columns }, (_, i) => i + 1),
      shape: [rows, columns],
    })
    const [both] = collate([block(2, 1), block(1, 3)], { padValue: -1 }) as unknown as Tensor[]
    expect(await values(both)).toEqual([
      [
        [1, -1, -1],
        [2, -1, -1],
      ],
      [
        [1, 2, 3],
        [-1, -1, -1],
      ],
    ])
  })
  test('lists are handed on', () => {
    expect(collate([{ boxes: [[1]] }, { boxes: [] }], { lists: ['boxes'] })).toEqual({ boxes: [[[1]], []] })
  })
})

describe('what does not fit is told with the path of the field, the samples and both shapes', () => {
  const bad =
    (samples: readonly unknown[], options = {}) =>
    () =>
      collateHost(
        samples,
        samples.map((_, i) => 10 + i),
        options,
      )
  test.each([
    [
      [{ a: { b: Float32Array.of(1) } }, { a: { b: Float32Array.of(1, 2) } }],
      {},
      /a\.b: sample 10 has \[1\], sample 11 has \[2\]; give padValue: \{ 'a\.b': 0 \}/,
    ],
    [
      [
        [1, Int32Array.of(1)],
        [1, 2],
      ],
      {},
      /1: sample 10 has an array of numbers, sample 11 has a number/,
    ],
    [[{ a: 1 }, { b: 1 }], {}, /sample 10 has the fields a, sample 11 has b/],
    [[{ v: [1, 2] }, { v: [1] }], {}, /v: sample 10 has an array of 2, sample 11 has an array of 1; arrays are tuples/],
    [[{ v: undefined }], {}, /v of sample 10 is undefined: expected a number/],
    [[{ when: new Date() }], {}, /when of sample 10 is a Date/],
    [[{ n: 1 }, { n: 1.5 }], { dtypes: { n: 'int32' } }, /n of sample 11 is 1\.5: the field's dtype is int32/],
    [[{ n: 1 }], { dtypes: { m: 'int32' } }, /name the field "m", which samples do not have; they have n/],
    [[{ data: new Float32Array(3), shape: [2, 2] }], {}, /3 values do not fill \[2, 2\]/],
    [[{ x: Float32Array.of(1) }, { x: Float64Array.of(1) }], {}, /x: sample 10 has .*\[1\], sample 11 has float64 \[1\]/],
    [[{ w: Int32Array.of(1), wLengths: 1 }], { padValue: { w: 0 } }, /belong into "wLengths", but samples have that field/],
  ])('%#', (samples, options, message) => {
    expect(bad(samples, options)).toThrowError(message)
  })
  test('no samples', () => {
    expect(() => collate([])).toThrowError(/expected at least one/)
  })
})
