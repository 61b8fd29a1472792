import { describe, expect, test } from 'vitest'
import { setDefaultDevice, tensor } from '../index.js'
import { Bleu, MeanAbsoluteError, MeanAveragePrecision, MeanMetric, MeanSquaredError, Perplexity, R2Score } from './index.js'

setDefaultDevice('js')

describe('means', () => {
  test('of numbers, by weight', async () => {
    const mean = new MeanMetric()
    expect(mean.compute()).toBeNaN()
    await mean.update(tensor(2), 3)
    await mean.update([6, 10], [1, 0])
    expect(mean.compute()).toBe(3)
    const other = new MeanMetric()
    await other.update(7, 4)
    expect(mean.merge(other).compute()).toBe(5)
    await expect(mean.update([1, 2, 3], [1, 2])).rejects.toThrow('same shape')
  })

  test('of errors', async () => {
    const preds = [2.5, 0, 2, 8]
    const target = [3, -0.5, 2, 7]
    const metrics = [new MeanSquaredError(), new MeanSquaredError({ squared: false }), new MeanAbsoluteError(), new R2Score()]
    for (const metric of metrics) {
      expect(metric.compute()).toBeNaN()
      await metric.update(preds.slice(0, 1), target.slice(0, 1))
      await metric.update(preds.slice(1), target.slice(1))
    }
    expect(metrics.map((m) => m.compute().toFixed(6))).toEqual(['0.375000', '0.612372', '0.500000', '0.948608'])
  })
})

describe('language', () => {
  test('perplexity, without the padding', async () => {
    const scores = tensor(
      Float32Array.from({ length: 12 }, (_, i) => 2 * Math.sin(i)),
      { shape: [2, 2, 3] },
    )
    const metric = new Perplexity({ ignoreIndex: -1 })
    await metric.update(scores, tensor([[0, 2], [-1, 1]], { dtype: 'int32' })) // biome-ignore format: rows
    expect(metric.compute()).toBeCloseTo(10.57055, 4)
    await expect(metric.update(scores, [[0, 3], [0, 0]])).rejects.toThrow('token 3 at [1] is outside of the classes 0..2') // biome-ignore format: rows
    expect(new Perplexity().compute()).toBeNaN()
  })

  test('BLEU', async () => {
    const bleu = new Bleu()
    await bleu.update(['the cat is on the mat'], [['there is a cat on the mat', 'a cat is on the mat']])
    expect(bleu.compute()).toBeCloseTo(0.7598, 4)
    // Of 7 words 'the' two are in a reference: each counts as often as it is there.
    const clipped = new Bleu({ maxOrder: 1 })
    await clipped.update(['the the the the the the the'], [['the cat is on the mat', 'there is a cat on the mat']])
    expect(clipped.compute()).toBeCloseTo(2 / 7, 12)
    const short = new Bleu({ maxOrder: 1 })
    await short.update([['the', 'cat']], [[['the', 'cat', 'sat', 'down']]])
    expect(short.compute()).toBeCloseTo(Math.exp(-1), 12)
    const score = async (smoothing: 'none' | 'addOne' | 'exp') => {
      const metric = new Bleu({ smoothing, maxOrder: 3 })
      await metric.update(['a b x c'], [['a b y c']])
      return metric.compute()
    }
    expect(await score('none')).toBe(0)
    expect(await score('addOne')).toBeCloseTo(Math.cbrt((3 / 4) * (2 / 4) * (1 / 3)), 12)
    expect(await score('exp')).toBeCloseTo(Math.cbrt((3 / 4) * (1 / 3) * (1 / 4)), 12)
    expect(new Bleu().compute()).toBeNaN()
    await expect(bleu.update(['a'], [])).rejects.toThrow('1 candidates')
  })
})

describe('detection', () => {
  const box = (x: number, y: number, w: number, h: number) => [x, y, x + w, y + h]

  test('one box that overlaps by 0.777', async () => {
    const metric = new MeanAveragePrecision()
    await metric.update(
      [{ boxes: tensor([[258, 41, 606, 285]]), scores: [0.536], labels: [0] }],
      [{ boxes: [[214, 41, 562, 285]], labels: [0] }],
    )
    const { map, map50, map75, mar, perClass } = metric.compute()
    expect([map, map50, map75, mar].map((x) => Number(x.toFixed(6)))).toEqual([0.6, 1, 1, 0.6])
    expect([...perClass.keys()]).toEqual([0])
  })

  test('precision over recall, at 101 points, at 11, and everywhere', async () => {
    // By falling score: hit, miss, hit, miss, of 3 boxes: precision 1 up to recall 1/3, 2/3 up to 2/3, then 0.
    const truth = [box(0, 0, 10, 10), box(20, 0, 10, 10), box(40, 0, 10, 10)]
    const found = [box(0, 0, 10, 10), box(0, 0, 10, 10), box(20, 0, 10, 10), box(90, 90, 5, 5)]
    const at = async (points: 101 | 11 | 'all') => {
      const metric = new MeanAveragePrecision({ points, iouThresholds: [0.5] })
      await metric.update(
        [{ boxes: found, scores: [0.9, 0.8, 0.7, 0.6], labels: [1, 1, 1, 1] }],
        [{ boxes: truth, labels: [1, 1, 1] }],
      )
      return metric.compute().map
    }
    expect(await at('all')).toBeCloseTo(1 / 3 + 2 / 9, 12)
    expect(await at(11)).toBeCloseTo((4 * 1 + 3 * (2 / 3)) / 11, 12)
    expect(await at(101)).toBeCloseTo((34 * 1 + 33 * (2 / 3)) / 101, 12)
  })

  test('crowds and other sizes count neither way', async () => {
    const metric = new MeanAveragePrecision({ iouThresholds: [0.5], area: [50, 1000] })
    await metric.update(
      [{ boxes: [box(0, 0, 10, 10), box(51, 1, 8, 8), box(0, 0, 2, 2)], scores: [0.5, 0.9, 0.8], labels: [0, 0, 0] }],
      [{ boxes: [box(0, 0, 10, 10), box(50, 0, 30, 30), box(5, 5, 1, 1)], labels: [0, 0, 0], crowd: [0, 1, 0] }],
    )
    expect(metric.compute().map).toBe(1)
  })

  test('parts merged are the whole; nothing at all is NaN', async () => {
    const image = (shift: number) => ({
      found: { boxes: [box(0, 0, 10, 10), box(shift, 0, 10, 10)], scores: [0.9 - shift / 100, 0.5], labels: [0, 1] },
      truth: { boxes: [box(0, 0, 10, 10), box(0, 2, 10, 10)], labels: [0, 1] },
    })
    const images = [0, 1, 2, 3].map(image)
    const metric = async (part: typeof images) => {
      const made = new MeanAveragePrecision()
      await made.update(part.map((i) => i.found), part.map((i) => i.truth)) // biome-ignore format: pairs
      return made
    }
    const whole = await metric(images)
    const merged = (await metric(images.slice(0, 1))).merge(await metric(images.slice(1)))
    expect(merged.compute()).toEqual(whole.compute())
    const empty = new MeanAveragePrecision()
    await empty.update([{ boxes: [], scores: [], labels: [] }], [{ boxes: [], labels: [] }])
    expect(empty.compute().map).toBeNaN()
    await expect(empty.update([{ boxes: [[1, 2, 3]], scores: [1], labels: [0] }], [{ boxes: [], labels: [] }])).rejects.toThrow(
      'expected [N, 4]',
    )
  })
})
