import { beforeAll, describe, expect, test } from 'vitest'
import {
  arange,
  compile,
  gradcheck,
  manualSeed,
  ones,
  rand,
  randint,
  randn,
  searchsorted,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '../index.js'

beforeAll(() => setDefaultDevice('js'))

/** Stable, NaN last: by JavaScript's own sort. */
function plainly(values: ArrayLike<number>, descending: boolean): number[] {
  const rank = (x: number): number => (Number.isNaN(x) ? Infinity : x)
  const order = Array.from(values, (_, i) => i)
  const compare = (i: number, j: number): number => {
    const [x, y] = [values[i]!, values[j]!]
    return Number.isNaN(x) || Number.isNaN(y) ? Number(Number.isNaN(x)) - Number(Number.isNaN(y)) : rank(x) - rank(y)
  }
  return order.sort((i, j) => (descending ? -1 : 1) * compare(i, j) || i - j)
}

describe('sorting', () => {
  test.each([false, true])('as JavaScript does, with ties and NaN (descending %s)', async (descending) => {
    manualSeed(6)
    for (const n of [1, 2, 33, 200]) {
      const x = randint(0, 20, [n])
        .float()
        .div(4)
        .put([[0, null, 17]], NaN)
      const values = x.dataSync()
      const { values: sorted, indices } = x.sort(0, { descending })
      const order = plainly(values, descending)
      expect([...(await indices.data())]).toEqual(order)
      expect([...(await sorted.data())]).toEqual(order.map((i) => values[i]))
      const k = Math.min(n, 5)
      expect([...(await x.topk(k, 0, { largest: descending }).indices.data())]).toEqual(order.slice(0, k))
    }
  })

  test('median, kthvalue and quantile agree with the sorted list', async () => {
    manualSeed(7)
    const x = rand([3, 9])
    const sorted = x.sort(1).values
    expect(await x.median(1).values.toArray()).toEqual(await sorted.at(null, 4).toArray())
    expect(await x.kthvalue(3, 1).values.toArray()).toEqual(await sorted.at(null, 2).toArray())
    expect(await x.quantile(0.25, 1).toArray()).toEqual(await sorted.at(null, 2).toArray())
    expect(x.quantile(tensor([0.1, 0.9]), 0, { keepdim: true }).shape).toEqual([2, 1, 9])
  })

  test('NaN in medians', async () => {
    const x = tensor([
      [3, NaN, 1],
      [NaN, NaN, NaN],
      [2, 0, 1],
    ])
    expect(await x.median(1).values.toArray()).toEqual([NaN, NaN, 1])
    expect(await x.median(1).indices.toArray()).toEqual([1, 0, 2])
    expect(await x.nanmedian(1).values.toArray()).toEqual([1, NaN, 1])
    expect(await x.nanquantile(1, 1).toArray()).toEqual([3, NaN, 2])
  })

  test('mode: the most frequent, the smallest of several', async () => {
    const { values, indices } = tensor([
      [3, 1, 3, 1, 2],
      [5, 5, 4, 4, 4],
    ]).mode(1)
    expect(await values.toArray()).toEqual([1, 4])
    expect(await indices.toArray()).toEqual([3, 4])
  })

  test('errors say what fits', () => {
    expect(() => zeros([3]).topk(4)).toThrow(/k is 4, but dimension -1 of \[3\] has 3/)
    expect(() => zeros([3]).kthvalue(0)).toThrow(/expected 1 to 3/)
    expect(() => zeros([0]).median(0)).toThrow(/no median of no elements/)
    expect(() => zeros([3]).quantile(2)).toThrow(/q is 2; expected 0 to 1/)
    expect(() => zeros([3], { dtype: 'int32' }).quantile(0.5)).toThrow(/cast it first/)
  })

  const cases: Record<string, (x: Tensor) => Tensor> = {
    sort: (x) => x.sort(1).values.exp(),
    topk: (x) => x.topk(2, 0, { largest: false }).values.exp(),
    median: (x) => x.median(1).values,
    'median of all': (x) => x.median(),
    kthvalue: (x) => x.kthvalue(2, 0).values,
    quantile: (x) => x.quantile(0.3, 1),
    cummax: (x) => x.cummax(1).values,
    cumprod: (x) => x.cumprod(1),
    logcumsumexp: (x) => x.logcumsumexp(1),
  }
  test.each(Object.entries(cases))('gradient of %s', async (_, f) => {
    manualSeed(8)
    expect(await gradcheck(f, [randn([4, 5], { dtype: 'float64' }).realize().requiresGrad_()])).toBe(true)
  })
})

describe('distinct values and places', () => {
  test('unique puts the tensor together again', async () => {
    const x = tensor([
      [3, 1],
      [3, 2],
    ])
    const { values, inverse, counts } = x.unique()
    expect(await values.toArray()).toEqual([1, 2, 3])
    expect(await counts.toArray()).toEqual([1, 1, 2])
    expect(await values.at(inverse).toArray()).toEqual(await x.toArray())
    expect(
      await x
        .at(ints([0, 1, 0]))
        .unique({ dim: 0 })
        .counts.toArray(),
    ).toEqual([2, 1])
    expect(await ints([1, 1, 2, 1]).uniqueConsecutive().values.toArray()).toEqual([1, 2, 1])
    expect(zeros([0]).unique().values.shape).toEqual([0])
    expect(() => compile((y: Tensor) => y.unique().values)(x)).toThrow(/being compiled/)
  })

  const ints = (values: number[]) => tensor(values, { dtype: 'int32' })

  test('searchsorted and bucketize', async () => {
    const list = tensor([1, 3, 3, 7])
    expect(await searchsorted(list, tensor([0, 3, 9, NaN])).toArray()).toEqual([0, 1, 4, 4])
    expect(await searchsorted(list, tensor([0, 3, 9, NaN]), { right: true }).toArray()).toEqual([0, 3, 4, 4])
    expect(await searchsorted(list, 3, { side: 'right' }).toArray()).toBe(3)
    expect(await ones([2]).bucketize(list).toArray()).toEqual([0, 0])
    expect(() => searchsorted(zeros([2, 3]), zeros([3, 1]))).toThrow(/cannot be looked up/)
  })

  test('bincount, repeatInterleave and oneHot read what they need', async () => {
    expect(await ints([1, 3, 1]).bincount().toArray()).toEqual([0, 2, 0, 1])
    expect(
      await ints([1, 3, 1])
        .bincount(tensor([0.5, 1, 2]))
        .toArray(),
    ).toEqual([0, 2.5, 0, 1])
    expect(() => ints([-1]).bincount()).toThrow(/-1 at \[0\] is negative/)
    expect(
      await arange(3)
        .repeatInterleave(ints([2, 0, 1]), 0)
        .toArray(),
    ).toEqual([0, 0, 2])
    expect(ints([0, 4]).oneHot().shape).toEqual([2, 5])
    expect(await tensor([0, 2, 0, 3]).nonzero().toArray()).toEqual([[1], [3]])
    expect(tensor(5).nonzero().shape).toEqual([1, 0])
  })
})
