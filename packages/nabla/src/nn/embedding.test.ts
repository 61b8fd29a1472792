import { beforeAll, describe, expect, test } from 'vitest'
import { gradcheck, gradOf, ones, randn, setDefaultDevice, tensor, zeros } from '../index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))
const F = nn.functional
const ids = (values: number[] | number[][]) => tensor(values, { dtype: 'int32' })

describe('embedding', () => {
  test('padding starts at 0 and gets no gradient', async () => {
    const layer = new nn.Embedding(4, 2, { paddingIdx: -1 })
    expect(layer.paddingIdx).toBe(3)
    const table = (await layer.weight.toArray()) as number[][]
    expect(table[3]).toEqual([0, 0])
    expect(table[0]).not.toEqual([0, 0])
    layer
      .forward(ids([0, 3, 3, 0]))
      .sum()
      .backward()
    expect(await layer.weight.grad!.toArray()).toEqual([
      [2, 2],
      [0, 0],
      [0, 0],
      [0, 0],
    ])
  })

  test('gradients of second order, with padding too', async () => {
    const weight = randn([4, 2], { dtype: 'float64', requiresGrad: true })
    for (const options of [{}, { paddingIdx: 1 }]) {
      await gradcheck(
        gradOf((w) =>
          F.embedding(ids([0, 1, 1, 2]), w, options)
            .pow(3)
            .sum(),
        ),
        [weight],
      )
    }
  })

  test('maxNorm scales the vectors that are looked up, in place', async () => {
    const layer = new nn.Embedding(3, 2, {
      weight: tensor([
        [3, 4],
        [6, 8],
        [0.3, 0.4],
      ]),
      maxNorm: 1,
    })
    const found = (await layer.forward(ids([0, 2])).toArray()) as number[][]
    expect(found[0]![0]).toBeCloseTo(0.6)
    expect(found[1]![0]).toBeCloseTo(0.3)
    expect(((await layer.weight.toArray()) as number[][])[1]).toEqual([6, 8])
  })

  test('from a table: frozen unless told', () => {
    expect(nn.Embedding.fromPretrained(ones([3, 2])).weight.requiresGrad).toBe(false)
    expect(nn.EmbeddingBag.fromPretrained(ones([3, 2]), { freeze: false, mode: 'sum' }).weight.requiresGrad).toBe(true)
    expect(() => nn.Embedding.fromPretrained(ones([3]))).toThrow(/expected \[vectors, size\]/)
  })

  test('empty bags are zero, for every mode', async () => {
    for (const mode of ['sum', 'mean', 'max'] as const) {
      const bags = F.embeddingBag(ids([1, 0]), ones([2, 2]), { mode, offsets: ids([0, 2]) })
      expect(((await bags.toArray()) as number[][])[1]).toEqual([0, 0])
      expect(F.embeddingBag(ids([]), ones([2, 2]), { mode, offsets: ids([0, 0]) }).shape).toEqual([2, 2])
    }
  })

  test('what does not fit is refused', () => {
    expect(() => new nn.Embedding(3, 2, { paddingIdx: 3 })).toThrow(/paddingIdx is 3; expected an index of the table, -3 to 2/)
    expect(() => new nn.Embedding(3, 2, { weight: ones([2, 3]) })).toThrow(/expected \[3, 2\]/)
    const layer = new nn.Embedding(3, 2)
    expect(() => layer.forward(ids([[0, 3]]))).toThrow(/index 3 at \[0, 1\] is outside of the rows of the table/)
    expect(() => layer.forward(zeros([2]))).toThrow(/integers, not float32/)
    const bag = new nn.EmbeddingBag(3, 2)
    expect(() => bag.forward(ids([0, 1]))).toThrow(/needs offsets/)
    expect(() => bag.forward(ids([[0, 1]]), ids([0]))).toThrow(/not with bags/)
    expect(() => bag.forward(ids([[0, 1]]), null, { perSampleWeights: ones([1, 2]) })).toThrow(/mode "sum", not "mean"/)
    expect(() => F.embeddingBag(ids([[0]]), ones([2, 2]), { mode: 'min' as 'max' })).toThrow(/known: sum, mean, max/)
  })
})
