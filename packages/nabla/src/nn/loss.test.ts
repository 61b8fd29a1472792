import { describe, expect, test } from 'vitest'
import {
  compile,
  gradgradcheck,
  manualSeed,
  NablaError,
  rand,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
  zeros,
} from '../index.js'
import * as nn from './index.js'

setDefaultDevice('js')
manualSeed(3)
const f = nn.functional
const ints = (values: number[] | number[][]) => tensor(values, { dtype: 'int32' })
const f64 = (shape: number[]) => randn(shape, { dtype: 'float64' })
const signs = tensor([1, -1, 1])

/** Every module with what it is called with. */
const losses: readonly [() => nn.Module, readonly unknown[], (args: never[]) => Tensor][] = (() => {
  const x = randn([3, 4])
  const y = randn([3, 4])
  const z = randn([3, 4])
  const p = rand([3, 4])
  const labels = ints([1, 0, 3])
  const weight = rand([4])
  const call =
    (fn: (...args: never[]) => Tensor, ...more: unknown[]) =>
    (args: never[]) =>
      fn(...args, ...(more as never[]))
  return [
    [() => new nn.MSELoss({ reduction: 'sum' }), [x, y], call(f.mseLoss, { reduction: 'sum' })],
    [() => new nn.L1Loss(), [x, y], call(f.l1Loss)],
    [() => new nn.SmoothL1Loss({ beta: 0.3 }), [x, y], call(f.smoothL1Loss, { beta: 0.3 })],
    [() => new nn.HuberLoss({ delta: 0.3 }), [x, y], call(f.huberLoss, { delta: 0.3 })],
    [() => new nn.KLDivLoss({ reduction: 'batchmean' }), [x, p], call(f.klDiv, { reduction: 'batchmean' })],
    [() => new nn.PoissonNLLLoss({ full: true }), [x, p], call(f.poissonNllLoss, { full: true })],
    [() => new nn.GaussianNLLLoss(), [x, y, p], call(f.gaussianNllLoss)],
    [() => new nn.CrossEntropyLoss({ weight }), [x, labels], call(f.crossEntropy, { weight })],
    [() => new nn.NLLLoss({ weight }), [x, labels], call(f.nllLoss, { weight })],
    [() => new nn.BCELoss(), [p, p], call(f.binaryCrossEntropy)],
    [() => new nn.BCEWithLogitsLoss({ posWeight: weight }), [x, p], call(f.binaryCrossEntropyWithLogits, { posWeight: weight })],
    [() => new nn.MultiMarginLoss({ p: 2 }), [x, labels], call(f.multiMarginLoss, { p: 2 })],
    [() => new nn.MultiLabelMarginLoss(), [x, labels.unsqueeze(1).expand(3, 4)], call(f.multilabelMarginLoss)],
    [() => new nn.MultiLabelSoftMarginLoss({ weight }), [x, p], call(f.multilabelSoftMarginLoss, { weight })],
    [() => new nn.HingeEmbeddingLoss(), [p.select(1, 0), signs], call(f.hingeEmbeddingLoss)],
    [() => new nn.MarginRankingLoss(), [x.select(1, 0), x.select(1, 1), signs], call(f.marginRankingLoss)],
    [() => new nn.SoftMarginLoss(), [x.select(1, 0), signs], call(f.softMarginLoss)],
    [() => new nn.CosineEmbeddingLoss({ margin: 0.1 }), [x, y, signs], call(f.cosineEmbeddingLoss, { margin: 0.1 })],
    [() => new nn.TripletMarginLoss({ swap: true }), [x, y, z], call(f.tripletMarginLoss, { swap: true })],
    [
      () => new nn.TripletMarginWithDistanceLoss({ distanceFunction: (a, b) => a.sub(b).abs().amax(-1) }),
      [x, y, z],
      call(f.tripletMarginWithDistanceLoss, { distanceFunction: (a: Tensor, b: Tensor) => a.sub(b).abs().amax(-1) }),
    ],
  ]
})()

describe('modules', () => {
  test('are their functions', async () => {
    for (const [make, args, fn] of losses) {
      const module = make() as nn.Module & { forward(...args: unknown[]): Tensor }
      const [ours, theirs] = [module.forward(...args), fn(args as never[])]
      expect(await ours.item(), module.constructor.name).toBe(await theirs.item())
      expect(Number.isFinite(await ours.item()), module.constructor.name).toBe(true)
    }
  })

  test('weights belong to the state', () => {
    const loss = new nn.BCEWithLogitsLoss({ weight: rand([2]), posWeight: rand([2]) })
    expect(Object.keys(loss.stateDict())).toEqual(['weight', 'posWeight'])
    expect(Object.keys(new nn.CrossEntropyLoss().stateDict())).toEqual([])
    expect(String(new nn.HuberLoss({ delta: 2, reduction: 'sum' }))).toBe('HuberLoss({ delta: 2, reduction: sum })')
  })

  test('settings are checked when a loss is built, and when a function is called', () => {
    const wrong: readonly (() => unknown)[] = [
      () => new nn.MSELoss({ reduction: 'average' as 'mean' }),
      () => new nn.MSELoss({ reduction: 'batchmean' as 'mean' }),
      () => new nn.HuberLoss({ delta: 0 }),
      () => new nn.SmoothL1Loss({ beta: -1 }),
      () => new nn.CrossEntropyLoss({ labelSmoothing: 1.5 }),
      () => new nn.MultiMarginLoss({ p: 3 }),
      () => new nn.TripletMarginLoss({ p: 0 }),
      () => f.huberLoss(zeros([1]), zeros([1]), { delta: -2 }),
      () => f.multiMarginLoss(zeros([1, 2]), ints([0]), { p: 3 }),
    ]
    for (const make of wrong) expect(make).toThrow(NablaError)
    expect(() => new nn.HuberLoss({ delta: 0 })).toThrow('[HuberLoss] delta is 0; expected more than 0')
    expect(() => f.klDiv(zeros([1]), zeros([1]), { reduction: 'avg' as 'mean' })).toThrow(
      "reduction is 'avg'; expected 'mean', 'sum', 'none', 'batchmean'",
    )
  })
})

describe('what does not fit', () => {
  test('shapes and dtypes', () => {
    expect(() => f.mseLoss(zeros([3, 1]), zeros([3]))).toThrow('[mseLoss] input [3, 1] and target [3] must have the same shape')
    expect(() => f.crossEntropy(zeros([3, 4]), ints([0, 1]))).toThrow('expected class indices [3], or float probabilities [3, 4]')
    expect(() => f.crossEntropy(zeros([3, 4]), zeros([3]))).toThrow('class indices are integers, not float32')
    expect(() => f.crossEntropy(zeros([3, 4]), ints([0, 1, 2]), { weight: zeros([3]) })).toThrow('expected [4]')
    expect(() => f.crossEntropy(zeros([3, 4]), zeros([3, 4]), { ignoreIndex: 2 })).toThrow('probabilities')
    expect(() => f.gaussianNllLoss(zeros([3, 4]), zeros([3, 4]), zeros([4]))).toThrow('expected the input')
    expect(() => f.cosineEmbeddingLoss(zeros([3, 4]), zeros([3, 4]), zeros([]))).toThrow('[N, D], [N, D] and [N]')
    expect(() => f.tripletMarginLoss(zeros([3, 4]), zeros([4]), zeros([3, 4]))).toThrow('positive [4]')
    expect(() => f.multiMarginLoss(zeros([2, 3, 4]), ints([[0]]))).toThrow('[N, C] or [C]')
    expect(() => f.l1Loss(ints([1]), ints([2]))).toThrow('floating-point')
  })

  test('values at hand', () => {
    const target = ints([0, 1, 2, 12])
    for (const loss of [f.crossEntropy, f.nllLoss, f.multiMarginLoss])
      expect(() => loss(zeros([4, 10]), target)).toThrow('target 12 at [3] is outside of the classes 0..9')
    expect(() => f.crossEntropy(zeros([2, 3, 2]), ints([[0, 1], [2, -1]]))).toThrow('target -1 at [1, 1]') // biome-ignore format: rows
    f.crossEntropy(zeros([2, 3]), ints([0, -1]), { ignoreIndex: -1 })
    expect(() => f.multilabelMarginLoss(zeros([3]), ints([0, 3, -1]))).toThrow('target 3 at [1]')
    expect(() => f.binaryCrossEntropy(tensor([0.5, 1.5]), zeros([2]))).toThrow('probability 1.5 at [1] is outside of 0..1')
    expect(() => f.gaussianNllLoss(zeros([1]), zeros([1]), tensor([-1]))).toThrow('variance -1')
    const step = compile((scores: Tensor, t: Tensor) => f.crossEntropy(scores, t))
    step(zeros([2, 3]), ints([0, 2]))
    expect(() => step(zeros([2, 3]), ints([0, 3]))).toThrow('target 3 at [1] is outside of the classes 0..2')
  })

  test('values still to be computed give NaN', async () => {
    const late = ints([0, 1]).add(ints([0, 5]))
    expect(await f.crossEntropy(zeros([2, 3]), late).item()).toBeNaN()
    expect(
      await f
        .multiMarginLoss(zeros([2, 3]), late, { reduction: 'none' })
        .isnan()
        .toArray(),
    ).toEqual([false, true])
    expect(await f.binaryCrossEntropy(tensor([0.5]).add(1), zeros([1])).item()).toBeNaN()
  })
})

test('of nothing: the mean is NaN, the sum 0, and every loss by itself none', async () => {
  const x = zeros([0, 3])
  const none = ints([])
  for (const loss of [f.mseLoss, f.klDiv, f.crossEntropy, f.binaryCrossEntropy]) {
    expect(await loss(x, x).item()).toBeNaN()
    expect(await loss(x, x, { reduction: 'sum' }).item()).toBe(0)
  }
  expect(await f.crossEntropy(x, none).item()).toBeNaN()
  expect(f.crossEntropy(x, none, { reduction: 'none' }).shape).toEqual([0])
  expect(f.multilabelMarginLoss(x, zeros([0, 3], { dtype: 'int32' }), { reduction: 'none' }).shape).toEqual([0])
  expect(await f.nllLoss(zeros([2, 3]), ints([-100, -100])).item()).toBeNaN()
})

test('gradients of the second order', async () => {
  const [x, y, z] = [f64([2, 3]), f64([2, 3]), f64([2, 3])]
  const labels = ints([2, 0])
  const p = (t: Tensor) => t.sigmoid()
  const functions: readonly (readonly [(a: Tensor, b: Tensor) => Tensor, Tensor, Tensor])[] = [
    [(a, b) => f.huberLoss(a, b, { delta: 0.7 }), x, y],
    [(a, b) => f.binaryCrossEntropy(p(a), p(b)), x, y],
    [(a, b) => f.binaryCrossEntropyWithLogits(a, p(b), { posWeight: tensor([2, 3, 4]) }), x, y],
    [(a, b) => f.klDiv(a, p(b)), x, y],
    [(a, b) => f.crossEntropy(a, b.softmax(1), { labelSmoothing: 0.1 }), x, y],
    [(a) => f.crossEntropy(a, labels), x, y],
    [(a, b) => f.gaussianNllLoss(a, z, b.exp(), { full: true }), x, y],
    [(a, b) => f.poissonNllLoss(a, b.exp().add(1), { full: true }), x, y],
    [(a, b) => f.cosineEmbeddingLoss(a, b, tensor([1, -1])), x, y],
    [(a, b) => f.tripletMarginLoss(a, b, z, { p: 3, margin: 9 }), x, y],
    [(a) => f.multilabelMarginLoss(a, ints([[1, 2, -1], [0, -1, 1]])), x, y], // biome-ignore format: rows
  ]
  for (const [fn, a, b] of functions) {
    const own = (t: Tensor) => t.detach().requiresGrad_()
    await gradgradcheck((...t) => fn(t[0]!, t[1]!), [own(a), own(b)])
  }
})

describe('connectionist temporal classification', () => {
  /** -log of the sum over all paths that read `labels` once repeats and blanks (0) are taken out. */
  function byPaths(logs: number[][], labels: number[]): number {
    const classes = logs[0]!.length
    let total = 0
    const walk = (t: number, path: number[], log: number): void => {
      if (t < logs.length) for (let c = 0; c < classes; c++) walk(t + 1, [...path, c], log + logs[t]![c]!)
      else if (path.filter((c, i) => c !== 0 && c !== path[i - 1]).join() === labels.join()) total += Math.exp(log)
    }
    walk(0, [], 0)
    return -Math.log(total)
  }

  test('is the sum over all paths', async () => {
    const logs = f64([5, 3, 3]).logSoftmax(2)
    const array = (await logs.toArray()) as number[][][]
    const sequences = [[1, 2], [1, 1], []] // biome-ignore format: one line
    const frames = [5, 4, 3]
    const losses = f.ctcLoss(logs, ints([[1, 2], [1, 1], [2, 2]]), frames, [2, 2, 0], { reduction: 'none' }) // biome-ignore format: rows
    const found = await losses.data()
    sequences.forEach((labels, n) => {
      const own = array.slice(0, frames[n]).map((frame) => frame[n]!)
      expect(found[n]).toBeCloseTo(byPaths(own, labels), 9)
    })
    const flat = f.ctcLoss(logs, ints([1, 2, 1, 1]), ints(frames), ints([2, 2, 0]), { reduction: 'none' })
    expect([...(await flat.data())]).toEqual([...found])
  })

  test('what does not fit into its frames', async () => {
    const logs = randn([2, 1, 3]).logSoftmax(2).requiresGrad_()
    const target = ints([[1, 1]])
    expect(await f.ctcLoss(logs, target, [2], [2]).item()).toBe(Infinity)
    const zero = f.ctcLoss(logs, target, [2], [2], { zeroInfinity: true })
    zero.backward()
    expect(await zero.item()).toBe(0)
    expect([...(await logs.grad!.data())]).toEqual(new Array(6).fill(0))
    expect(() => f.ctcLoss(logs, target, [3], [2])).toThrow('inputLengths 3 at [0] is outside of 0..2')
    expect(() => f.ctcLoss(logs, target, [2, 2], [2])).toThrow('expected 1, one for each sequence')
    expect(() => new nn.CTCLoss({ blank: -1 })).toThrow(NablaError)
    expect(() => f.ctcLoss(logs, target, [2], [2], { blank: 3 })).toThrow('0..2')
  })
})
