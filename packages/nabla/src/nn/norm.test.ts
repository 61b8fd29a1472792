import { beforeAll, describe, expect, test } from 'vitest'
import { gradcheck, gradOf, manualSeed, ones, randn, setDefaultDevice, type Tensor, tensor, zeros } from '../index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))
const F = nn.functional

describe('norms', () => {
  const double = (...shape: number[]) => randn(shape, { dtype: 'float64', requiresGrad: true })
  const norms: [string, (x: Tensor) => Tensor][] = [
    ['instanceNorm', (x) => F.instanceNorm(x)],
    ['groupNorm', (x) => F.groupNorm(x, 2)],
    ['layerNorm', (x) => F.layerNorm(x, [3])],
    ['rmsNorm', (x) => F.rmsNorm(x, [3])],
    ['localResponseNorm', (x) => F.localResponseNorm(x, 3, { alpha: 0.5 })],
  ]
  test.each(norms)('%s: gradients of first and second order', async (_, f) => {
    manualSeed(3)
    const x = double(2, 4, 3)
    await gradcheck(f, [x])
    await gradcheck(
      gradOf((y) => f(y).pow(3).sum()),
      [x],
      { atol: 1e-4 },
    )
  })

  test('RMSNorm divides by the root of the mean square', async () => {
    const layer = new nn.RMSNorm(2, { eps: 0 })
    const y = (await layer.forward(tensor([[3, 4]])).data()) as Float32Array
    expect(y[0]).toBeCloseTo(3 / Math.sqrt(12.5))
    expect(layer.parameters().length).toBe(1)
  })

  test('an average over all batches so far, and empty batches', async () => {
    const layer = new nn.BatchNorm1d(1, { momentum: null })
    for (const mean of [1, 2, 6]) layer.forward(tensor([[mean - 1], [mean + 1]]))
    expect(await layer.runningMean!.item()).toBeCloseTo(3)
    expect(await layer.runningVar!.item()).toBeCloseTo(2)
    expect(await layer.numBatchesTracked!.item()).toBe(3)
    expect(layer.eval().forward(zeros([0, 1])).shape).toEqual([0, 1])
  })

  test('which parameters there are', () => {
    const names = (layer: nn.Module) => Object.keys(layer.stateDict())
    expect(names(new nn.InstanceNorm2d(3))).toEqual([])
    expect(names(new nn.InstanceNorm1d(3, { affine: true, trackRunningStats: true }))).toEqual([
      'weight',
      'bias',
      'runningMean',
      'runningVar',
      'numBatchesTracked',
    ])
    expect(names(new nn.LayerNorm(3, { bias: false }))).toEqual(['weight'])
    expect(names(new nn.GroupNorm(1, 3, { affine: false }))).toEqual([])
  })

  test('what does not fit is refused', () => {
    expect(() => new nn.GroupNorm(4, 6)).toThrow(/6 channels are not divisible into 4 groups/)
    expect(() => new nn.GroupNorm(2, 6).forward(ones([2, 4, 3]))).toThrow(/with C = 6/)
    expect(() => new nn.BatchNorm3d(2).forward(ones([2, 2, 3, 3]))).toThrow(/\[N, C, D, H, W\] with C = 2/)
    expect(() => new nn.BatchNorm1d(2).forward(ones([1, 2]))).toThrow(/more than one value per channel/)
    expect(() => new nn.InstanceNorm2d(2).forward(ones([3, 2, 1, 1]))).toThrow(/more than one value per channel of a sample/)
    expect(() => new nn.InstanceNorm1d(3).forward(ones([2, 4, 5]))).toThrow(/\[N, C, L\] or \[C, L\] with C = 3/)
    expect(() => new nn.LayerNorm([3, 4]).forward(ones([2, 3, 5]))).toThrow(/does not end in \[3, 4\]/)
    expect(() => new nn.BatchNorm2d(2, { momentum: 2 })).toThrow(/momentum is 2/)
    expect(() => F.layerNorm(ones([2, 3]), [3], { weight: ones([2]) })).toThrow(/weight has shape \[2\]; expected \[3\]/)
    expect(() => F.localResponseNorm(ones([2, 3]), 2)).toThrow(/rank 3 or more/)
  })
})

describe('dropout', () => {
  test('alpha dropout keeps mean and variance', async () => {
    manualSeed(0)
    for (const drop of [F.alphaDropout, F.featureAlphaDropout]) {
      const y = drop(randn([200, 200, 2]), { p: 0.3 })
      expect(Math.abs(await y.mean().item())).toBeLessThan(0.02)
      expect(await y.std().item()).toBeCloseTo(1, 1)
    }
  })

  test('channels fall together', async () => {
    manualSeed(1)
    const cases: [(x: Tensor) => Tensor, number[], number][] = [
      [F.dropout1d, [40, 3], 1],
      [F.dropout1d, [8, 5, 3], 2],
      [F.dropout2d, [8, 5, 2, 3], 2],
      [F.dropout3d, [20, 2, 1, 3], 1],
      [F.dropout3d, [4, 5, 2, 1, 3], 2],
    ]
    for (const [drop, shape, channels] of cases) {
      const sums = await drop(ones(shape)).flatten(channels).mean(-1).flatten().data()
      expect(new Set(sums)).toEqual(new Set([0, 2]))
    }
    expect(() => F.dropout2d(ones([2, 3]))).toThrow(/expected \[N, C, L\] or \[N, C, H, W\]/)
    expect(() => new nn.AlphaDropout(-0.1)).toThrow(/\[AlphaDropout\] the probability p is -0.1/)
  })
})
