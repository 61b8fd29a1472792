import { describe, expect, test } from 'vitest'
import { gradcheck, manualSeed, NablaError, randn, setDefaultDevice, tensor, type Tensor, zeros } from '../index.js'
import * as nn from './index.js'

setDefaultDevice('js')
manualSeed(5)
const f = nn.functional

/** Every module without parameters, and its function. */
const pairs: readonly (readonly [nn.Layer, (x: Tensor) => Tensor])[] = [
  [new nn.ReLU(), f.relu],
  [new nn.ReLU6(), f.relu6],
  [new nn.LeakyReLU(0.2), (x) => f.leakyRelu(x, 0.2)],
  [new nn.RReLU(0.1, 0.3).eval(), (x) => f.leakyRelu(x, 0.2)],
  [new nn.Threshold(0.1, -7), (x) => f.threshold(x, 0.1, -7)],
  [new nn.ELU(0.5), (x) => f.elu(x, 0.5)],
  [new nn.CELU(0.5), (x) => f.celu(x, 0.5)],
  [new nn.SELU(), f.selu],
  [new nn.GELU(), (x) => f.gelu(x)],
  [new nn.GELU({ approximate: 'tanh' }), (x) => f.gelu(x, { approximate: 'tanh' })],
  [new nn.SiLU(), f.silu],
  [new nn.Mish(), f.mish],
  [new nn.Softplus(2, 3), (x) => f.softplus(x, 2, 3)],
  [new nn.Softsign(), f.softsign],
  [new nn.Softshrink(0.3), (x) => f.softshrink(x, 0.3)],
  [new nn.Hardshrink(0.3), (x) => f.hardshrink(x, 0.3)],
  [new nn.Tanhshrink(), f.tanhshrink],
  [new nn.Sigmoid(), f.sigmoid],
  [new nn.Tanh(), f.tanh],
  [new nn.LogSigmoid(), f.logSigmoid],
  [new nn.Hardtanh(-0.5, 0.7), (x) => f.hardtanh(x, -0.5, 0.7)],
  [new nn.Hardsigmoid(), f.hardsigmoid],
  [new nn.Hardswish(), f.hardswish],
  [new nn.Softmax(1), (x) => f.softmax(x, 1)],
  [new nn.Softmin(1), (x) => f.softmin(x, 1)],
  [new nn.LogSoftmax(-1), (x) => f.logSoftmax(x, -1)],
  [new nn.Softmax2d(), (x) => f.softmax(x, 1)],
  [new nn.GLU(1), (x) => f.glu(x, 1)],
]

describe('activations', () => {
  test('modules are their functions', async () => {
    const x = randn([2, 4, 3, 2])
    for (const [module, fn] of pairs) {
      const [ours, theirs] = [module.forward(x), fn(x)]
      expect(ours.shape, String(module)).toEqual(theirs.shape)
      expect([...(await ours.data())], String(module)).toEqual([...(await theirs.data())])
      expect(module.parameters()).toEqual([])
    }
  })

  test('a learned slope for each channel', async () => {
    const layer = new nn.PReLU(3, { init: 0.5 })
    const x = tensor([[-2, -4, 6]], { requiresGrad: true }) // biome-ignore format: rows
    layer.forward(x).sum().backward()
    expect([...(await layer.weight.grad!.data())]).toEqual([-2, -4, 0])
    expect([...(await x.grad!.data())]).toEqual([0.5, 0.5, 1])
    expect(Object.keys(layer.stateDict())).toEqual(['weight'])
    expect(() => layer.forward(zeros([2, 4]))).toThrow('[prelu]')
    expect(() => new nn.PReLU(0)).toThrow(NablaError)
  })

  test('random slopes while training', async () => {
    const slopes = await new nn.RReLU(0.25, 0.5)
      .forward(zeros([1000]).sub(1))
      .neg()
      .data()
    expect(Math.min(...slopes)).toBeGreaterThanOrEqual(0.25)
    expect(Math.max(...slopes)).toBeLessThanOrEqual(0.5)
    expect(new Set(slopes).size).toBeGreaterThan(900)
  })

  test('a random choice, one-hot, with the gradient of the soft one', async () => {
    const logits = tensor([0, Math.log(3)])
      .expand(2000, 2)
      .clone()
      .requiresGrad_()
    const choice = f.gumbelSoftmax(logits, { hard: true })
    const share = await choice.detach().mean(0).data()
    expect(share[1]).toBeCloseTo(0.75, 1)
    expect(share[0]! + share[1]!).toBeCloseTo(1, 5)
    choice.select(1, 0).sum().backward()
    expect(await logits.grad!.abs().sum().item()).toBeGreaterThan(0)
    expect(() => f.gumbelSoftmax(logits, { tau: 0 })).toThrow('tau')
  })

  test('settings are checked when a layer is built', () => {
    const wrong: readonly (() => unknown)[] = [
      () => new nn.Hardtanh(1, -1),
      () => new nn.RReLU(0.5, 0.1),
      () => new nn.CELU(0),
      () => new nn.Softshrink(-1),
      () => new nn.GELU({ approximate: 'erf' as 'tanh' }),
      () => new nn.Softmax2d().forward(zeros([2, 2])),
      () => new nn.GLU().forward(zeros([2, 3])),
    ]
    for (const make of wrong) expect(make).toThrow(NablaError)
  })

  test('are printed with their settings', () => {
    expect([new nn.ReLU(), new nn.LeakyReLU(0.2), new nn.Hardtanh(), new nn.GELU(), new nn.PReLU(4)].map(String)).toEqual([
      'ReLU()',
      'LeakyReLU(0.2)',
      'Hardtanh(-1, 1)',
      'GELU(none)',
      'PReLU(4)',
    ])
  })

  test('gradients', async () => {
    const x = randn([3, 4], { dtype: 'float64', requiresGrad: true })
    for (const fn of [f.mish, f.silu, f.glu, (t: Tensor) => f.celu(t, 1.3), (t: Tensor) => f.softmin(t, 0), f.tanhshrink])
      await gradcheck((...t) => fn(t[0]!), [x])
  })
})
