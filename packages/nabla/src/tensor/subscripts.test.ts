import { describe, expect, test } from 'vitest'
import {
  arange,
  compile,
  gradcheck,
  gradgradcheck,
  type Index,
  manualSeed,
  noGrad,
  rand,
  randint,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '../index.js'

setDefaultDevice('js') // before the tables of cases are made

const ints = (values: number[] | number[][]) => tensor(values, { dtype: 'int32' })
const grid = () => arange(24).reshape(2, 3, 4)
const doubles = (...shape: number[]) => randn(shape, { dtype: 'float64' }).realize().requiresGrad_()

describe('subscripts', () => {
  const cases: [string, readonly Index[], number[], number][] = [
    // indices, shape, first element
    ['an element', [1, -1, 0], [], 20],
    ['slices from the end', [null, [-2, null], [1, -1, 2]], [2, 2, 1], 5],
    [
      'beyond the end',
      [
        [1, 99],
        [2, 1],
      ],
      [1, 0, 4],
      NaN,
    ],
    ['new axes and dots', ['newaxis', '...', 0, 'newaxis'], [1, 2, 3, 1], 0],
    ['index tensors side by side stay in place', [null, ints([[0], [2]]), ints([1, 3, 1])], [2, 2, 3], 1],
    ['apart they come first', [ints([1, 0]), null, ints([3, 0])], [2, 3], 15],
    ['an element is taken before they are counted', [1, null, ints([3, 0])], [3, 2], 15],
    ['negative places', [ints([-1]), ints([-3, -1])], [2, 4], 12],
    ['a tensor without dimensions', [tensor(1, { dtype: 'int32' }), [0, 2]], [2, 4], 12],
  ]
  test.each(cases)('%s', async (_, indices, shape, first) => {
    const picked = grid().at(...indices)
    expect(picked.shape).toEqual(shape)
    const data = await picked.data()
    if (!Number.isNaN(first)) expect(data[0]).toBe(first)
  })

  test('masks, alone and with index tensors', async () => {
    const x = grid()
    const mask = x.remainder(5).eq(0)
    expect(await x.at(mask).toArray()).toEqual([0, 5, 10, 15, 20])
    expect(await x.at(1, tensor([true, false, true]), ints([0, 3])).toArray()).toEqual([12, 23])
    expect(x.at(zeros([2], { dtype: 'bool' })).shape).toEqual([0, 3, 4])
  })

  test('wrong ones say what is wrong', () => {
    expect(() => grid().at(2)).toThrow(/index 2 is out of range for dimension 0 with 2/)
    expect(() => grid().at(0, 0, 0, 0)).toThrow(/indices for 4 dimensions are too many/)
    expect(() => grid().at('...', '...')).toThrow(/twice/)
    expect(() => grid().at([0, 1, -1])).toThrow(/step in dimension 0 is -1/)
    expect(() => grid().at(zeros([2]))).toThrow(/int32 or bool, not float32/)
    expect(() => grid().at(zeros([3], { dtype: 'bool' }))).toThrow(/mask of shape \[3\] does not cover dimension 0/)
    expect(() => grid().at(ints([0, 5]))).toThrow(/5 at \[1\] is outside of dimension 0/)
    expect(() => grid().put([0], zeros([5]))).toThrow(/do not broadcast/)
  })

  test('a mask waits for its values: not inside of a compiled function', () => {
    const f = compile((x: Tensor) => x.at(x.gt(0)))
    expect(() => f(tensor([1, -1]))).toThrow(/being compiled/)
    const g = compile((x: Tensor) => x.put([x.gt(0)], 7))
    expect(g(tensor([1, -1])).toArraySync()).toEqual([7, -1])
  })
})

describe('writing', () => {
  /** What put does, with loops: `places` are flat. */
  function plainly(x: Float32Array, places: readonly number[], values: ArrayLike<number>, accumulate: boolean): number[] {
    const out = [...x]
    places.forEach((place, i) => (out[place] = accumulate ? out[place]! + values[i]! : values[i]!))
    return out
  }

  test.each([true, false])('index tensors with duplicates, as plain loops do (accumulate %s)', async (accumulate) => {
    manualSeed(4)
    for (const [rows, columns, count] of [
      [5, 4, 40],
      [1, 7, 9],
      [6, 1, 0],
    ] as const) {
      const x = rand([rows, columns])
      const [i, j] = [randint(-rows, rows, [count]), randint(0, columns, [count])]
      const values = rand([count])
      const [is, js] = [i.dataSync(), j.dataSync()]
      const places = Array.from(is, (row, k) => ((row + rows) % rows) * columns + js[k]!)
      const expected = plainly(x.dataSync() as Float32Array, places, values.dataSync(), accumulate)
      const written = await x.put([i, j], values, { accumulate }).data()
      expected.forEach((value, k) => expect(written[k]).toBeCloseTo(value, 5))
    }
  })

  test('slices with steps, elements, masks, tensors on a view', async () => {
    const x = zeros([3, 4])
    expect(await x.put([1], 5).at(1).toArray()).toEqual([5, 5, 5, 5])
    expect(
      await x
        .put([null, [1, null, 2]], tensor([[1, 2]]))
        .at(2)
        .toArray(),
    ).toEqual([0, 1, 0, 2])
    expect(await x.put([[0, 2], ints([3, 0])], tensor([1, 2])).toArray()).toEqual([
      [2, 0, 0, 1],
      [2, 0, 0, 1],
      [0, 0, 0, 0],
    ])
    expect(
      await x
        .put([ints([0, 2]), null, 'newaxis'], 1)
        .sum(1)
        .toArray(),
    ).toEqual([4, 0, 4])
    expect(
      await x
        .put([tensor([true, false, true])], tensor([[1], [2]]))
        .sum(1)
        .toArray(),
    ).toEqual([4, 0, 8])
    expect(
      await arange(4)
        .put([[2, 2]], 9)
        .toArray(),
    ).toEqual([0, 1, 2, 3])
    expect(await tensor([true, false]).put([1], 1).toArray()).toEqual([true, true])
  })

  test('in place: the handle moves, what was read before stays, gradients flow to the old value and to the new', async () => {
    const x = tensor([1, 2, 3], { requiresGrad: true })
    const y = tensor([5], { requiresGrad: true })
    const h = x.mul(2)
    const before = h.add(0)
    h.setAt([[1, 2]], y.mul(3))
    h.mul(h).sum().backward()
    expect(await before.toArray()).toEqual([2, 4, 6])
    expect(await h.toArray()).toEqual([2, 15, 6])
    expect(await x.grad!.toArray()).toEqual([8, 0, 24])
    expect(await y.grad!.toArray()).toEqual([90])
    expect(() => x.setAt([0], 1)).toThrow(/noGrad/)
    noGrad(() => x.setAt([0], 7))
    expect(await x.toArray()).toEqual([7, 2, 3])
  })

  test('a whole assignment does not tie two handles together', async () => {
    const value = tensor([1, 2]).add(1)
    const x = zeros([2]).setAt(['...'], value)
    x.add_(1)
    expect(await value.toArray()).toEqual([2, 3])
    expect(await x.toArray()).toEqual([3, 4])
  })

  test('scatter, index and mask forms in place', async () => {
    const at = ints([1, 1])
    expect(
      await zeros([3])
        .scatterAdd_(0, at, tensor([1, 2]))
        .toArray(),
    ).toEqual([0, 3, 0])
    expect(
      await zeros([3])
        .scatter_(0, at, tensor([1, 2]))
        .toArray(),
    ).toEqual([0, 2, 0])
    expect(
      await zeros([3])
        .indexAdd_(0, at, tensor([1, 2]), { alpha: 2 })
        .toArray(),
    ).toEqual([0, 6, 0])
    expect(await zeros([3]).indexFill_(0, at, 4).toArray()).toEqual([0, 4, 0])
    expect(
      await zeros([3])
        .indexPut_([at], tensor([1, 2]), { accumulate: true })
        .toArray(),
    ).toEqual([0, 3, 0])
    expect(
      await zeros([3])
        .maskedScatter_(tensor([true, false, true]), tensor([8, 9]))
        .toArray(),
    ).toEqual([8, 0, 9])
    expect(() => zeros([3]).scatterAdd(0, at, ints([1, 2]))).toThrow(/source is int32, but the tensor float32/)
    expect(() => zeros([3]).scatter(0, ints([3]), 1)).toThrow(/3 at \[0\] is outside/)
    expect(() => zeros([3, 2]).indexCopy(0, at, zeros([2, 3]))).toThrow(/expected a list, and a source of \[2, 2\]/)
  })
})

describe('gradients, of both orders', () => {
  const i = ints([2, 0, 2])
  const mask = tensor([true, false, true])
  const cases: Record<string, (x: Tensor, v: Tensor) => Tensor> = {
    at: (x) => x.at(i, [0, 3]).mul(x.at(mask).at(0, [1, 4])),
    'at, apart': (x) =>
      x
        .unsqueeze(1)
        .at(i, null, ints([3, 0, 1]))
        .exp(),
    put: (x, v) => x.put([i], v).mul(x),
    'put, accumulate': (x, v) => x.put([i], v, { accumulate: true }).exp(),
    'put by mask': (x, v) => x.put([mask], v.at([0, 2])).exp(),
    'put in slices': (x, v) =>
      x
        .put(
          [
            [0, 2],
            [0, 4, 3],
          ],
          v.at([0, 2], [1, 3]),
        )
        .sigmoid(),
    scatter: (x, v) =>
      x
        .scatter(
          0,
          ints([
            [0, 1, 1, 2],
            [2, 1, 0, 2],
          ]),
          v,
        )
        .exp(),
    prod: (x, v) =>
      x.scatterReduce(
        0,
        ints([
          [0, 1, 1, 2],
          [2, 1, 0, 2],
        ]),
        v,
        'prod',
        { includeSelf: false },
      ),
    mean: (x, v) =>
      x
        .scatterReduce(
          0,
          ints([
            [0, 1, 1, 2],
            [2, 1, 0, 2],
          ]),
          v,
          'mean',
        )
        .exp(),
    amax: (x, v) =>
      x
        .scatterReduce(
          0,
          ints([
            [0, 1, 1, 2],
            [2, 1, 0, 2],
          ]),
          v,
          'amax',
        )
        .exp(),
    maskedScatter: (x, v) => x.maskedScatter(mask.unsqueeze(1), v).exp(),
    takeAlongDim: (x) => x.takeAlongDim(ints([[0], [3], [3]]), 1).exp(),
  }
  test.each(Object.entries(cases))('%s', async (_, f) => {
    manualSeed(5)
    const inputs = [doubles(3, 4), doubles(3, 4)]
    expect(await gradcheck(f, inputs)).toBe(true)
    expect(await gradgradcheck(f, inputs)).toBe(true)
  })
})
