import { describe, expect, test } from 'vitest'
import { NablaError, setDefaultDevice, tensor } from '../index.js'
import {
  Accuracy,
  AveragePrecision,
  ConfusionMatrix,
  F1,
  FBeta,
  MeanIoU,
  Precision,
  Recall,
  RocAuc,
  TopKAccuracy,
} from './index.js'

setDefaultDevice('js')

const target = [0, 1, 2, 2, 1, 0, 2, 1, 0, 2, 2, 1]
const preds = [0, 2, 2, 1, 1, 0, 2, 0, 0, 2, 0, 1]
const matrix = [
  [3, 0, 0],
  [1, 2, 1],
  [1, 1, 3],
]

/** A metric that has seen the two lists. */
async function after<M extends { update(p: number[], t: number[]): Promise<void> }>(metric: M): Promise<M> {
  await metric.update(preds, target)
  return metric
}

describe('classes', () => {
  test('counts, and shares of them', async () => {
    const metric = await after(new ConfusionMatrix(3))
    expect(metric.compute()).toEqual(matrix)
    expect((await after(new ConfusionMatrix(3, { normalize: 'true' }))).compute()[1]).toEqual([0.25, 0.5, 0.25])
    expect((await after(new ConfusionMatrix(3, { normalize: 'pred' }))).compute()[0]).toEqual([0.6, 0, 0])
    expect((await after(new ConfusionMatrix(3, { normalize: 'all' }))).compute()[2]![2]).toBe(3 / 12)
    metric.reset()
    expect(metric.compute().flat()).toEqual(new Array(9).fill(0))
  })

  test('accuracy', async () => {
    expect((await after(new Accuracy())).compute()).toBeCloseTo(8 / 12, 12)
    expect((await after(new Accuracy({ numClasses: 3, average: 'none' }))).compute()).toEqual([1, 0.5, 0.6])
    expect((await after(new Accuracy({ numClasses: 3, average: 'macro' }))).compute()).toBeCloseTo(0.7, 12)
    expect((await after(new Accuracy({ ignoreIndex: 1 }))).compute()).toBeCloseTo(6 / 8, 12)
    expect(new Accuracy().compute()).toBeNaN()
  })

  test('precision, recall and F-scores in every average', async () => {
    expect((await after(new Precision(3))).compute()).toBeCloseTo(0.6722222222, 9)
    expect((await after(new Recall(3))).compute()).toBeCloseTo(0.7, 12)
    expect((await after(new F1(3))).compute()).toBeCloseTo(0.6626984127, 9)
    expect((await after(new FBeta(3, 2))).compute()).toBeCloseTo(0.6778895769, 9)
    expect((await after(new F1(3, { average: 'weighted' }))).compute()).toBeCloseTo(0.655753968, 9)
    expect((await after(new F1(3, { average: 'micro' }))).compute()).toBeCloseTo(8 / 12, 12)
    const each: number[] = (await after(new Precision(3, { average: 'none' }))).compute()
    expect(each.map((x) => x.toFixed(6))).toEqual(['0.600000', '0.666667', '0.750000'])
    // A class that occurs nowhere is no part of the mean.
    expect((await after(new Recall(4))).compute()).toBeCloseTo(0.7, 12)
    expect(new F1(3).compute()).toBeNaN()
  })

  test('two classes by probability', async () => {
    const metric = new Precision(2, { average: 'binary' })
    await metric.update([0.2, 0.7, 0.5, 0.9], [0, 1, 1, 0])
    expect(metric.compute()).toBe(0.5)
    const strict = new Recall(2, { average: 'binary', threshold: 0.4 })
    await strict.update([0.2, 0.7, 0.5, 0.9], [0, 1, 1, 0])
    expect(strict.compute()).toBe(1)
  })

  test('scores: the best class, or the k best, at every place', async () => {
    const scores = tensor([[0.1, 0.5, 0.4], [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]]) // biome-ignore format: rows
    const labels = tensor([2, 0, 0], { dtype: 'int32' })
    const one = new Accuracy()
    const two = new TopKAccuracy(2)
    await Promise.all([one.update(scores, labels), two.update(scores, labels)])
    expect(one.compute()).toBeCloseTo(1 / 3, 12)
    expect(two.compute()).toBeCloseTo(2 / 3, 12)
    // [N, C, W] for [N, W]
    const places = tensor([[[0.9, 0.2], [0.05, 0.3], [0.05, 0.5]]]) // biome-ignore format: rows
    const wide = new TopKAccuracy(2)
    await wide.update(places, [[1, 1]])
    expect(wide.compute()).toBe(1)
    const iou = new MeanIoU(3)
    await iou.update(places, [[0, 1]])
    expect(iou.perClass()).toEqual([1, 0, 0])
  })

  test('overlap of regions', async () => {
    const metric = await after(new MeanIoU(4))
    expect(metric.perClass()).toEqual([0.6, 0.4, 0.5, Number.NaN])
    expect(metric.compute()).toBeCloseTo(0.5, 12)
    const part = await after(new MeanIoU(3, { ignoreIndex: 0 }))
    expect(part.perClass()[1]).toBeCloseTo(2 / 5, 12)
    expect(new MeanIoU(3).compute()).toBeNaN()
  })

  test('what does not fit is named', async () => {
    const metric = new ConfusionMatrix(3)
    await expect(metric.update([0, 1], [0, 7])).rejects.toThrow(
      '[ConfusionMatrix] target 7 at [1] is outside of the classes 0..2',
    )
    await expect(metric.update([0, -1], [0, 1])).rejects.toThrow('prediction -1 at [1]')
    await expect(metric.update([0, 1, 2], [0, 1])).rejects.toThrow('predictions [3] do not fit targets [2]')
    expect(
      metric
        .compute()
        .flat()
        .every((n) => n === 0),
    ).toBe(true) // nothing of a bad batch is counted
    expect(() => new Accuracy({ average: 'macro' })).toThrow('numClasses')
    expect(() => new Precision(3, { average: 'binary' })).toThrow('2 classes')
    expect(() => new F1(1)).toThrow(NablaError)
    expect(() => new MeanIoU(3).merge(new MeanIoU(4))).toThrow('other settings')
  })
})

describe('ranks', () => {
  test('area under the curve, ties counting half', async () => {
    const known = new RocAuc()
    await known.update([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    expect(known.compute()).toBe(0.75)
    const ties = new RocAuc()
    await ties.update([0.2, 0.8, 0.5, 0.5, 0.9, 0.9, 0.1, 0.2], [0, 1, 0, 1, 1, 0, 0, 1])
    expect(ties.compute()).toBe(0.65625)
    const alone = new RocAuc()
    await alone.update([0.1, 0.2], [1, 1])
    expect(alone.compute()).toBeNaN()
    await expect(alone.update([Number.NaN], [1])).rejects.toThrow('NaN')
  })

  test('average precision', async () => {
    const known = new AveragePrecision()
    await known.update([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    expect(known.compute()).toBeCloseTo(5 / 6, 12)
    const ties = new AveragePrecision()
    await ties.update([0.2, 0.8, 0.5, 0.5, 0.9, 0.9, 0.1, 0.2], [0, 1, 0, 1, 1, 0, 0, 1])
    expect(ties.compute()).toBeCloseTo(0.5845238095, 9)
    expect(new AveragePrecision().compute()).toBeNaN()
  })

  test('each class against the rest', async () => {
    const scores = [[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.1, 0.6, 0.3], [0.2, 0.5, 0.3], [0.5, 0.1, 0.4], [0.2, 0.2, 0.6]] // biome-ignore format: rows
    const classes = [0, 1, 1, 2, 0, 2]
    const auc = new RocAuc({ numClasses: 3 })
    await auc.update(scores, classes)
    expect(auc.perClass()).toEqual([1, 0.875, 0.6875])
    expect(auc.compute()).toBeCloseTo(0.8541666667, 9)
    const ap = new AveragePrecision({ numClasses: 3, average: 'weighted' })
    await ap.update(scores, classes)
    expect(ap.perClass().map((x) => x.toFixed(6))).toEqual(['1.000000', '0.833333', '0.700000'])
  })
})

test('parts merged are the whole', async () => {
  const scores = preds.map((p, i) => ((p * 7 + i * 3) % 11) / 11)
  const binary = target.map((t) => Math.min(t, 1))
  const pairs = [
    [() => new Accuracy(), preds, target],
    [() => new ConfusionMatrix(3), preds, target],
    [() => new F1(3), preds, target],
    [() => new RocAuc(), scores, binary],
    [() => new AveragePrecision(), scores, binary],
  ] as const
  for (const [make, p, t] of pairs) {
    const [whole, left, right] = [make(), make(), make()]
    await whole.update([...p], [...t])
    await left.update(p.slice(0, 5), t.slice(0, 5))
    await right.update(p.slice(5), t.slice(5))
    expect(left.merge(right as never).compute()).toEqual(whole.compute())
  }
})
