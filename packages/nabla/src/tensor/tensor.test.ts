import { beforeAll, describe, expect, test } from 'vitest'
import {
  arange,
  bernoulli,
  cat,
  einsum,
  eye,
  full,
  linspace,
  manualSeed,
  NablaError,
  ones,
  rand,
  randint,
  randn,
  randperm,
  setDefaultDevice,
  stack,
  tensor,
  type Tensor,
  where,
  zeros,
} from '../index.js'

beforeAll(() => setDefaultDevice('js'))

const close = async (actual: Tensor, expected: readonly number[], digits = 5) => {
  const data = await actual.data()
  expect(data.length).toBe(expected.length)
  expected.forEach((value, i) => expect(data[i]!).toBeCloseTo(value, digits))
}

describe('making tensors', () => {
  test('from nested arrays, typed arrays, numbers and booleans', async () => {
    expect(
      await tensor([
        [1, 2],
        [3, 4],
      ]).toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(tensor(new Int32Array([1, 2, 3])).dtype).toBe('int32')
    expect(tensor(new Float64Array(6), { shape: [2, 3] }).shape).toEqual([2, 3])
    expect(tensor(5).shape).toEqual([])
    expect(tensor([[true, false]]).dtype).toBe('bool')
    expect(await tensor([[true, false]]).toArray()).toEqual([[true, false]])
    expect(tensor([[], []]).shape).toEqual([2, 0])
    expect(await tensor([1.5, -2, 0.1], { dtype: 'float16' }).toArray()).toEqual([1.5, -2, 0.0999755859375])
  })

  test('ragged and wrong data are named', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(/not rectangular.*\[2, 2\].*\[1\]/s)
    expect(() => tensor(new Float32Array(5), { shape: [2, 3] })).toThrow(/5 values do not fill \[2, 3\]/)
    expect(() => tensor([1], { device: 'gpu' })).toThrow(NablaError)
  })

  test('filled, counted, identity', async () => {
    expect(await zeros([2]).toArray()).toEqual([0, 0])
    expect(await ones([1, 2], { dtype: 'int32' }).toArray()).toEqual([[1, 1]])
    expect(await full([2], 2.5).toArray()).toEqual([2.5, 2.5])
    expect(await arange(5).toArray()).toEqual([0, 1, 2, 3, 4])
    expect(arange(5).dtype).toBe('int32')
    expect(await arange(5, -4, -3).toArray()).toEqual([5, 2, -1])
    expect(await arange(1, 2.5, 0.5).toArray()).toEqual([1, 1.5, 2])
    expect(await linspace(-1, 2, 7).toArray()).toEqual([-1, -0.5, 0, 0.5, 1, 1.5, 2])
    expect(await linspace(3, 9, 1).toArray()).toEqual([3])
    expect(await eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ])
    expect(() => arange(1, 5, -1)).toThrow(/leads away/)
  })
})

describe('random numbers', () => {
  test('the same seed gives the same numbers, the next draw others', async () => {
    manualSeed(7)
    const a = await rand([8]).data()
    const b = await rand([8]).data()
    manualSeed(7)
    expect(await rand([8]).data()).toEqual(a)
    expect(b).not.toEqual(a)
    manualSeed(8)
    expect(await rand([8]).data()).not.toEqual(a)
  })

  test('distributions', async () => {
    manualSeed(1)
    const n = 20_000
    const u = await rand([n]).data()
    const mean = (xs: ArrayLike<number>) => Array.from(xs).reduce((s, x) => s + x, 0) / xs.length
    expect(Math.min(...u)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...u)).toBeLessThan(1)
    expect(mean(u)).toBeCloseTo(0.5, 1)
    const z = await randn([n], { dtype: 'float64' }).data()
    expect(mean(z)).toBeCloseTo(0, 1)
    expect(mean(Array.from(z, (x) => x * x))).toBeCloseTo(1, 1)
    const k = await randint(-2, 3, [n]).data()
    expect([...new Set(k)].sort((x, y) => x - y)).toEqual([-2, -1, 0, 1, 2])
    expect(mean(await bernoulli(0.2, [n]).data())).toBeCloseTo(0.2, 1)
    expect([...(await randperm(50).data())].sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })
})

describe('values', () => {
  test('everything pending is computed together and the past is dropped', async () => {
    const counter = zeros([])
    for (let i = 0; i < 100; i++) counter.add_(1)
    const other = tensor([1, 2]).mul(2)
    expect(await other.toArray()).toEqual([2, 4])
    expect(counter.node.storage).toBeDefined()
    expect(counter.node.inputs).toEqual([])
    expect(await counter.item()).toBe(100)
  })

  test('reading in order, synchronously, and one element only', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    expect(x.toArraySync()).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(x.sum().itemSync()).toBe(10)
    await expect(x.item()).rejects.toThrow(/4 elements, not one/)
  })

  test('printing', () => {
    expect(
      String(
        tensor([
          [1, 2.5],
          [-3, 4],
        ]),
      ),
    ).toBe('tensor([[ 1.0000,  2.5000],\n        [-3.0000,  4.0000]])')
    expect(String(tensor([1, 2], { dtype: 'int32' }))).toBe('tensor([1, 2], dtype: int32)')
    expect(String(tensor(3).add(1))).toMatch(/not computed yet/)
    expect(String(tensor([NaN, Infinity, 1]))).toBe('tensor([nan, inf,  1.])')
    expect(String(arange(2000).realize())).toMatch(/\.\.\./)
  })
})

describe('operations', () => {
  test('broadcasting, numbers, promotion', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(await x.add(tensor([10, 20, 30])).toArray()).toEqual([
      [11, 22, 33],
      [14, 25, 36],
    ])
    expect(tensor([1], { dtype: 'int32' }).add(1).dtype).toBe('int32')
    expect(tensor([1], { dtype: 'int32' }).add(1.5).dtype).toBe('float32')
    expect(tensor([1], { dtype: 'int32' }).div(2).dtype).toBe('float32')
    expect(await tensor([7, -7], { dtype: 'int32' }).floorDivide(2).toArray()).toEqual([3, -4])
    expect(await tensor([7, -7]).remainder(3).toArray()).toEqual([1, 2])
    expect(() => x.add(tensor([1, 2]))).toThrow(/\[add\].*\[2, 3\].*\[2\]/)
  })

  test('views', async () => {
    const x = arange(24).reshape(2, 3, 4)
    expect(x.reshape(-1, 8).shape).toEqual([3, 8])
    expect(() => x.reshape(5, -1)).toThrow(/24 elements/)
    expect(await x.permute(2, 0, 1).select(0, 1).toArray()).toEqual([
      [1, 5, 9],
      [13, 17, 21],
    ])
    expect(await x.at(1, null, [1, 3]).toArray()).toEqual([
      [13, 14],
      [17, 18],
      [21, 22],
    ])
    expect(await x.at('...', -1).toArray()).toEqual([
      [3, 7, 11],
      [15, 19, 23],
    ])
    expect(x.at('newaxis', 0).shape).toEqual([1, 3, 4])
    expect(x.flatten(1).shape).toEqual([2, 12])
    expect(x.unsqueeze(-1).squeeze().shape).toEqual([2, 3, 4])
    expect(await arange(3).expand(2, -1).toArray()).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ])
    expect(x.split([1, 2], 1).map((part) => part.shape)).toEqual([
      [2, 1, 4],
      [2, 2, 4],
    ])
    expect(await arange(5).roll(2, 0).toArray()).toEqual([3, 4, 0, 1, 2])
    expect(await arange(4).flip(0).toArray()).toEqual([3, 2, 1, 0])
    expect(await arange(3).repeat(2).toArray()).toEqual([0, 1, 2, 0, 1, 2])
    expect(await arange(6).unfold(0, 3, 2).toArray()).toEqual([
      [0, 1, 2],
      [2, 3, 4],
    ])
    expect(() => x.select(0, 2)).toThrow(/index 2 is out of range.*\[2, 3, 4\]/)
    expect(() => x.permute(0, 0, 1)).toThrow(/once/)
  })

  test('reductions', async () => {
    const x = tensor([
      [1, 5, 2],
      [4, 5, -6],
    ])
    expect(await x.sum(1).toArray()).toEqual([8, 3])
    expect(x.sum([0, 1], { keepdim: true }).shape).toEqual([1, 1])
    await close(x.var(1), [4.333333, 37])
    await close(x.std(), [4.167333])
    await close(x.var(0, { unbiased: false }), [2.25, 0, 16])
    const { values, indices } = x.max(0)
    expect(await values.toArray()).toEqual([4, 5, 2])
    expect(await indices.toArray()).toEqual([1, 0, 0])
    expect(await x.argmin().item()).toBe(5)
    expect(await x.gt(0).all(0).toArray()).toEqual([true, true, false])
    expect(await x.gt(4).any(1).toArray()).toEqual([true, true])
    await close(x.logsumexp(1), [5.065884, 5.313274])
    await close(
      tensor([
        [1e4, 1e4],
        [-Infinity, -Infinity],
      ]).logsumexp(1),
      [10000.693147, -Infinity],
      2,
    )
    await close(x.norm(), [10.34408])
    expect(await tensor([true, true, false]).sum().item()).toBe(2)
    expect(
      await tensor([
        [1, NaN],
        [3, 2],
      ])
        .amax(1)
        .toArray(),
    ).toEqual([NaN, 3])
    expect(() => zeros([0]).amax()).toThrow(/empty/)
    expect(() => arange(3).mean()).toThrow(/float/)
    expect(await zeros([0]).sum().item()).toBe(0)
  })

  test('softmax', async () => {
    await close(tensor([1, 2, 3]).softmax(0), [0.090031, 0.244728, 0.665241])
    await close(tensor([1, 2, 3]).logSoftmax(-1), [-2.407606, -1.407606, -0.407606])
    await close(tensor([1000, 0]).softmax(0), [1, 0])
    await close(tensor([-Infinity, 0]).softmax(0), [0, 1])
  })

  test('products', async () => {
    const a = tensor([
      [1, 2],
      [3, 4],
    ])
    expect(await a.matmul(tensor([5, 6])).toArray()).toEqual([17, 39])
    expect(await tensor([5, 6]).matmul(a).toArray()).toEqual([23, 34])
    expect(
      await tensor([1, 2])
        .dot(tensor([3, 4]))
        .item(),
    ).toBe(11)
    expect(ones([5, 1, 2, 3]).matmul(ones([4, 3, 6])).shape).toEqual([5, 4, 2, 6])
    expect(await einsum('ij,kj->ik', a, a).toArray()).toEqual([
      [5, 11],
      [11, 25],
    ])
    expect(await einsum('ii', a).item()).toBe(5)
    expect(await einsum('...j->...', a).toArray()).toEqual([3, 7])
    expect(() => a.matmul(ones([3, 2]))).toThrow(/\[matmul\] \[2, 2\] and \[3, 2\]/)
    expect(() => einsum('ij,jk->ik', a, ones([3, 3]))).toThrow(/label "j"/)
  })

  test('choosing', async () => {
    const x = tensor([
      [3, 1, 2],
      [6, 5, 4],
    ])
    expect(await x.gather(1, tensor([[0], [2]], { dtype: 'int32' })).toArray()).toEqual([[3], [4]])
    expect(
      await zeros([3])
        .scatterAdd(0, tensor([0, 2, 0], { dtype: 'int32' }), tensor([1, 2, 3]))
        .toArray(),
    ).toEqual([4, 0, 2])
    expect(await x.indexSelect(1, tensor([2, 0], { dtype: 'int32' })).toArray()).toEqual([
      [2, 3],
      [4, 6],
    ])
    expect(await tensor([0, 2], { dtype: 'int32' }).oneHot(3).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ])
    expect(await x.sort().values.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(await x.topk(2).indices.toArray()).toEqual([
      [0, 2],
      [0, 1],
    ])
    expect(await x.tril().toArray()).toEqual([
      [3, 0, 0],
      [6, 5, 0],
    ])
    expect(await x.triu(1).toArray()).toEqual([
      [0, 1, 2],
      [0, 0, 4],
    ])
    expect(await x.maskedFill(x.gt(3), -1).toArray()).toEqual([
      [3, 1, 2],
      [-1, -1, -1],
    ])
    expect(await where(x.gt(2), x, 0).toArray()).toEqual([
      [3, 0, 0],
      [6, 5, 4],
    ])
    expect(await x.cumsum(1).toArray()).toEqual([
      [3, 4, 6],
      [6, 11, 15],
    ])
    expect(await x.clamp(2, 4).toArray()).toEqual([
      [3, 2, 2],
      [4, 4, 4],
    ])
    expect(() => x.maskedFill(x, 0)).toThrow(/bool/)
  })

  test('joining', async () => {
    const a = tensor([[1, 2]])
    expect(await cat([a, a], 1).toArray()).toEqual([[1, 2, 1, 2]])
    expect(await stack([tensor([1, 2]), tensor([3, 4])], 1).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ])
    expect(() => cat([a, ones([1, 3])], 0)).toThrow(/\[cat\]/)
  })

  test('casts', async () => {
    expect(await tensor([1.7, -1.7, 0]).int().toArray()).toEqual([1, -1, 0])
    expect(await tensor([0, 0.1]).bool().toArray()).toEqual([false, true])
    expect(tensor([1]).to('float64').dtype).toBe('float64')
  })
})

describe('in place', () => {
  test('the handle moves, other tensors keep their values', async () => {
    const x = tensor([1, 2])
    const same = x.reshape(2)
    const y = x.mul(10)
    x.add_(1).mul_(2)
    expect(await x.toArray()).toEqual([4, 6])
    expect(await y.toArray()).toEqual([10, 20])
    expect(await same.toArray()).toEqual([1, 2])
    x.copy_(tensor(9, { dtype: 'int32' }))
    expect(await x.toArray()).toEqual([9, 9])
    x.fill_(3).zero_()
    expect(await x.toArray()).toEqual([0, 0])
  })

  test('assign checks shape and dtype', () => {
    const x = zeros([2])
    expect(() => x.assign(zeros([3]))).toThrow(/\[assign\].*\[3\].*\[2\]/)
    expect(() => x.assign(zeros([2], { dtype: 'int32' }))).toThrow(/int32/)
    expect(() => tensor([1, 2], { dtype: 'int32' }).add_(1.5)).toThrow(/does not fit into int32/)
    expect(() => zeros([2]).add_(ones([3, 2]))).toThrow(/\[3, 2\]/)
  })

  test('assigned tensors do not share what comes after', async () => {
    const a = tensor([1, 2])
    const b = zeros([2]).assign(a)
    a.add_(1)
    expect(await b.toArray()).toEqual([1, 2])
  })
})
