import { beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  gradcheck,
  gradOf,
  manualSeed,
  noGrad,
  ones,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
  zeros,
} from '../index.js'
import { Adam, SGD } from '../optim/index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))
const F = nn.functional

const close = async (actual: Tensor, expected: readonly number[], digits = 4) => {
  const data = await actual.data()
  expect(data.length).toBe(expected.length)
  expected.forEach((value, i) => expect(data[i]!).toBeCloseTo(value, digits))
}
/** Numbers 0, 1, 2, ... times `by`, through a function. */
const series = (shape: number[], by: number, f: (x: number) => number) => {
  const size = shape.reduce((a, b) => a * b, 1)
  return tensor(
    Float32Array.from({ length: size }, (_, i) => f(Math.fround(i * by))),
    { shape },
  )
}

describe('modules', () => {
  class Block extends nn.Module {
    readonly lin = new nn.Linear(4, 4)
    readonly norm = new nn.BatchNorm1d(4)
    readonly scale = new nn.Parameter(ones([4]))
    forward(x: Tensor): Tensor {
      return this.norm.forward(this.lin.forward(x)).mul(this.scale)
    }
  }
  class Net extends nn.Module {
    readonly body = new nn.Sequential(new Block(), new nn.ReLU(), new nn.Linear(4, 2, { bias: false }))
    readonly shared: nn.Linear
    constructor() {
      super()
      this.shared = this.body.at(2) as nn.Linear
    }
    forward(x: Tensor): Tensor {
      return this.body.forward(x)
    }
  }

  test('parameters, buffers and modules by name', () => {
    const net = new Net()
    expect(net.namedParameters().map(([name]) => name)).toEqual([
      'body.0.scale',
      'body.0.lin.weight',
      'body.0.lin.bias',
      'body.0.norm.weight',
      'body.0.norm.bias',
      'body.2.weight',
    ])
    expect(net.namedBuffers().map(([name]) => name)).toEqual([
      'body.0.norm.runningMean',
      'body.0.norm.runningVar',
      'body.0.norm.numBatchesTracked',
    ])
    expect(net.namedModules().map(([name]) => name)).toEqual([
      '',
      'body',
      'body.0',
      'body.0.lin',
      'body.0.norm',
      'body.1',
      'body.2',
    ])
    expect(Object.keys(net.stateDict())).toContain('shared.weight')
    expect(String(net)).toMatch(/Net\(\n {2}\(body\): Sequential\(\n {4}\(0\): Block\(/)
    expect(net.parameters().every((p) => p.requiresGrad && p.isLeaf)).toBe(true)
  })

  test('modes, freezing, applying', () => {
    const net = new Net()
    net.eval()
    expect(net.modules().some((m) => m.training)).toBe(false)
    net.train()
    net.requiresGrad_(false)
    expect(net.parameters().some((p) => p.requiresGrad)).toBe(false)
    const seen: string[] = []
    net.body.apply((m) => seen.push(m.constructor.name))
    expect(seen).toEqual(['Linear', 'BatchNorm1d', 'Block', 'ReLU', 'Linear', 'Sequential'])
  })

  test('states load by name, snake case too, and the tensors stay', async () => {
    manualSeed(0)
    const a = new Net()
    const b = new Net()
    const weight = b.parameters()[1]!
    const state = Object.fromEntries(
      Object.entries(a.stateDict()).map(([name, value]) => [
        name.replace('runningMean', 'running_mean').replace('numBatchesTracked', 'num_batches_tracked'),
        value,
      ]),
    )
    b.loadStateDict(state)
    expect(b.parameters()[1]).toBe(weight)
    const x = randn([3, 4])
    await close(b.eval().forward(x), [...(await a.eval().forward(x).data())])
    noGrad(() => a.parameters().forEach((p) => p.zero_()))
    expect(await weight.abs().sum().item()).toBeGreaterThan(0)
  })

  test('everything that does not fit is listed at once, and nothing is loaded', async () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1))
    const before = await net.parameters()[1]!.toArray()
    const wrong = { '0.weight': zeros([3, 5]), '0.bias': zeros([3]), '1.weigth': zeros([1, 3]), extra: zeros([1]) }
    const error = (() => {
      try {
        net.loadStateDict(wrong)
      } catch (e) {
        return (e as Error).message
      }
      return ''
    })()
    expect(error).toContain('missing: 1.weight, 1.bias')
    expect(error).toContain('unexpected: 1.weigth (did you mean 1.weight?), extra')
    expect(error).toContain('0.weight is [3, 5], expected [3, 2]')
    expect(await net.parameters()[1]!.toArray()).toEqual(before)
    expect(net.loadStateDict({ '0.bias': zeros([3]) }, { strict: false }).missingKeys).toEqual(['0.weight', '1.weight', '1.bias'])
    expect(await net.parameters()[1]!.toArray()).toEqual([0, 0, 0])
  })

  test('to another dtype', async () => {
    const net = new nn.Linear(2, 2).to('float64')
    expect(net.weight.dtype).toBe('float64')
    net
      .forward(ones([1, 2], { dtype: 'float64' }))
      .sum()
      .backward()
    expect(net.weight.grad!.dtype).toBe('float64')
    expect(() => net.to('int32')).toThrow(/float dtype/)
  })

  test('default initialisation is uniform within 1 / sqrt(fan in)', async () => {
    manualSeed(0)
    for (const layer of [new nn.Linear(100, 50), new nn.Conv2d(4, 20, 5)]) {
      const w = await layer.weight.data()
      expect(Math.max(...w)).toBeLessThan(0.1)
      expect(Math.min(...w)).toBeGreaterThanOrEqual(-0.1)
      expect(Math.max(...w)).toBeGreaterThan(0.098)
    }
    const w = zeros([200, 100])
    const std = async () => await w.std().item()
    nn.init.xavierUniform_(w)
    expect(await std()).toBeCloseTo(Math.sqrt(2 / 300), 2)
    nn.init.kaimingNormal_(w, { nonlinearity: 'relu' })
    expect(await std()).toBeCloseTo(Math.sqrt(2 / 100), 2)
    expect(nn.init.calculateGain('tanh')).toBeCloseTo(5 / 3)
  })

  test('impossible settings are refused', () => {
    expect(() => new nn.Linear(0, 3)).toThrow(/inFeatures is 0/)
    expect(() => new nn.Conv2d(3, 4, 3, { groups: 2 })).toThrow(/groups/)
    expect(() => new nn.Conv2d(3, 4, [3, 3, 3])).toThrow(/kernelSize/)
    expect(() => new nn.Dropout(1.5)).toThrow(/0 to 1/)
    expect(() => new nn.Linear(3, 2).forward(ones([2, 4]))).toThrow(/\[linear\] input \[2, 4\] does not fit weight \[2, 3\]/)
    expect(() => new nn.Conv2d(3, 4, 3).forward(ones([1, 2, 8, 8]))).toThrow(/has 2 channels/)
    expect(() => new nn.Conv2d(3, 4, 9).forward(ones([1, 3, 8, 8]))).toThrow(/larger than the padded input/)
    expect(() => new nn.BatchNorm2d(3).forward(ones([1, 4, 2, 2]))).toThrow(/\[N, C, H, W\] with C = 3/)
    expect(() => new nn.MaxPool2d(3, { padding: 2 }).forward(ones([1, 1, 8, 8]))).toThrow(/half the kernel/)
  })
})

// Values in this block: PyTorch 1.13.
describe('layers against PyTorch', () => {
  test('conv2d: stride 2, padding 1', async () => {
    const x = series([1, 2, 5, 5], 0.37, Math.sin).requiresGrad_()
    const w = series([3, 2, 3, 3], 0.71, (v) => 0.3 * Math.cos(v)).requiresGrad_()
    const b = tensor([0.1, -0.2, 0.3], { requiresGrad: true })
    const y = F.conv2d(x, w, b, { stride: 2, padding: 1 })
    await close(
      y,
      [
        -0.070833, -0.086074, 0.104252, 0.302568, 0.135715, -0.076024, 0.058973, 0.247592, 0.277619, -0.364219, -0.419334,
        -0.232083, 0.025664, -0.089145, -0.334998, -0.271262, -0.096691, -0.028193, 0.14986, 0.057378, 0.23304, 0.5385, 0.480955,
        0.212165, 0.201742, 0.354329, 0.458185,
      ],
    )
    y.backward(series([1, 3, 3, 3], 0.9, Math.cos))
    await close(
      x.grad!.flatten().slice(0, 0, 10),
      [0.048648, 0.097785, 0.147138, 0.143945, 0.134277, -0.238967, -0.135701, -0.123949, -0.009701, 0.084872],
    )
    await close(
      w.grad!.flatten().slice(0, 0, 9),
      [-0.88375, -1.304214, -0.739672, 2.427485, 3.568658, 3.959512, 0.695133, 1.785315, 0.900029],
    )
    await close(b.grad!, [1.625684, -1.173992, -1.053845])
  })

  test('max pooling gives the gradient to the first of equals, padding never wins', async () => {
    const x = tensor(
      [
        [
          [
            [1, 1, 0],
            [1, 1, 2],
            [2, 2, 2],
          ],
        ],
      ],
      { requiresGrad: true },
    )
    F.maxPool2d(x, 2, { stride: 1 }).backward(
      tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
    )
    await close(x.grad!, [1, 0, 0, 0, 0, 6, 3, 0, 0])
    await close(
      F.maxPool2d(
        tensor([
          [
            [
              [-5, -6],
              [-7, -8],
            ],
          ],
        ]),
        2,
        { stride: 1, padding: 1 },
      ),
      [-5, -5, -6, -5, -5, -6, -7, -7, -8],
    )
  })

  test('batch norm: training, running statistics, evaluation', async () => {
    const bn = new nn.BatchNorm1d(2)
    bn.loadStateDict({ weight: tensor([1.5, -0.5]), bias: tensor([0.1, 0.2]) }, { strict: false })
    const x = tensor(
      [
        [1, 2],
        [3, 5],
        [-1, 0.5],
      ],
      { requiresGrad: true },
    )
    const y = bn.forward(x)
    y.mul(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    )
      .sum()
      .backward()
    await close(y, [0.1, 0.33363, 1.937114, -0.468152, -1.737114, 0.734522])
    await close(x.grad!, [-1.837114, 0.572702, 0.918553, -0.1909, 0.91856, -0.381802])
    await close(bn.weight!.grad!, [-2.449485, -1.603565])
    await close(bn.bias!.grad!, [9, 12])
    await close(bn.runningMean!, [0.1, 0.25])
    await close(bn.runningVar!, [1.3, 1.425])
    bn.eval()
    await close(bn.forward(tensor([[0.1, 0.25]])), [0.1, 0.2])
    expect(() => bn.train().forward(ones([1, 2]))).toThrow(/more than one value/)
  })

  test.each([
    ['plain', {}, 0.70345, [0.03001, 0.081576, -0.111586, -0.15115, 0.040651, 0.1105, 0.111111, -0.222222, 0.111111]],
    [
      'smoothed',
      { labelSmoothing: 0.1 },
      0.759005,
      [0.018899, 0.070465, -0.089364, -0.128928, 0.029539, 0.099389, 0.1, -0.2, 0.1],
    ],
    [
      'weighted',
      { weight: [1, 2, 3] },
      0.670696,
      [0.045015, 0.122364, -0.167379, -0.075575, 0.020325, 0.05525, 0.111111, -0.222222, 0.111111],
    ],
    ['ignoring', { ignoreIndex: 2 }, 0.851371, [0, 0, 0, -0.226725, 0.060976, 0.165749, 0.166667, -0.333333, 0.166667]],
  ])(
    'cross entropy, %s',
    async (_, { weight, ...options }: { weight?: number[]; labelSmoothing?: number; ignoreIndex?: number }, loss, gradient) => {
      const x = tensor(
        [
          [1, 2, 3],
          [0.5, -1, 0],
          [2, 2, 2],
        ],
        { requiresGrad: true },
      )
      const criterion = new nn.CrossEntropyLoss({ ...options, ...(weight ? { weight: tensor(weight) } : {}) })
      const y = criterion.forward(x, tensor([2, 0, 1], { dtype: 'int32' }))
      y.backward()
      expect(await y.item()).toBeCloseTo(loss, 5)
      await close(x.grad!, gradient)
    },
  )

  test('cross entropy: bytes, probabilities, extreme scores, wrong targets', async () => {
    const x = tensor([[1e4, 0, -1e4]])
    expect(await F.crossEntropy(x, tensor([2], { dtype: 'uint8' })).item()).toBe(20_000)
    expect(await F.crossEntropy(x, tensor([0], { dtype: 'int32' })).item()).toBe(0)
    expect(() => F.crossEntropy(x, tensor([9], { dtype: 'int32' }))).toThrow('target 9 at [0] is outside of the classes 0..2')
    expect(await F.crossEntropy(tensor([[0, 0]]), tensor([[0.5, 0.5]])).item()).toBeCloseTo(Math.log(2))
    expect(() => F.crossEntropy(x, tensor([0, 1], { dtype: 'int32' }))).toThrow(
      /\[2\] does not fit input \[1, 3\].*\[1\].*\[1, 3\]/,
    )
    expect(() => F.crossEntropy(x, tensor([0]))).toThrow(/integers, not float32/)
  })
})

describe('layers', () => {
  test('average pooling leaves or counts padding', async () => {
    const x = ones([1, 1, 3, 3])
    await close(F.avgPool2d(x, 2, { stride: 2, padding: 1 }), [0.25, 0.5, 0.5, 1])
    await close(F.avgPool2d(x, 2, { stride: 2, padding: 1, countIncludePad: false }), [1, 1, 1, 1])
    expect(F.avgPool2d(ones([1, 7, 5]), 2, { ceilMode: true }).shape).toEqual([1, 4, 3])
    await close(
      F.adaptiveAvgPool2d(
        series([1, 1, 1, 5], 1, (v) => v),
        [1, 2],
      ),
      [1, 3],
    )
  })

  test('padding "same" keeps the extent, groups split channels', () => {
    expect(new nn.Conv2d(4, 6, [3, 4], { padding: 'same', groups: 2 }).forward(ones([2, 4, 7, 8])).shape).toEqual([2, 6, 7, 8])
    expect(() => new nn.Conv1d(1, 1, 3, { padding: 'same', stride: 2 }).forward(ones([1, 1, 9]))).toThrow(/stride 1/)
    expect(new nn.Conv2d(3, 5, 3).forward(ones([3, 8, 8])).shape).toEqual([5, 6, 6])
    expect(new nn.ConvTranspose2d(3, 5, 4, { stride: 2, padding: 1 }).forward(ones([1, 3, 8, 8])).shape).toEqual([1, 5, 16, 16])
  })

  test('dropout keeps the mean in training and is transparent in evaluation', async () => {
    manualSeed(2)
    const layer = new nn.Dropout(0.3)
    const y = layer.forward(ones([10_000]))
    expect(await y.mean().item()).toBeCloseTo(1, 1)
    const values = new Set(await y.data())
    expect(values.size).toBe(2)
    expect([...values].some((v) => Math.abs(v - 1 / 0.7) < 1e-6)).toBe(true)
    const x = ones([4])
    expect(layer.eval().forward(x)).toBe(x)
    const channels = await new nn.Dropout2d(0.5)
      .forward(ones([1, 8, 2, 2]))
      .mean([2, 3])
      .data()
    expect([...channels].every((v) => v === 0 || v === 2)).toBe(true)
  })

  test('the mask of the backward pass is that of the forward pass', async () => {
    const x = ones([64], { requiresGrad: true })
    const y = F.dropout(x, { p: 0.5 })
    y.sum().backward()
    expect(await x.grad!.data()).toEqual(await y.data())
  })

  const numeric: Record<string, [number[], (x: Tensor) => Tensor]> = {
    conv: [[1, 2, 4, 4], (x) => F.conv2d(x, x.slice(2, 0, 2).slice(3, 0, 2), null, { stride: 2, padding: 1 })],
    groups: [[1, 4, 5], (x) => F.conv1d(x, x.slice(2, 0, 3).reshape(4, 1, 3), null, { groups: 4, dilation: 2, padding: 2 })],
    transposed: [
      [1, 2, 3, 3],
      (x) => F.convTranspose2d(x, x.slice(2, 0, 2).reshape(2, 1, 2, 3), null, { stride: 2, outputPadding: 1 }),
    ],
    maxPool: [[1, 1, 5, 5], (x) => F.maxPool2d(x, 3, { stride: 2, padding: 1 })],
    avgPool: [[1, 1, 5, 5], (x) => F.avgPool2d(x, 2, { ceilMode: true })],
    batchNorm: [[4, 2, 3], (x) => F.batchNorm(x, null, null, { training: true }).pow(3)],
    layerNorm: [[3, 4], (x) => F.layerNorm(x, [4]).exp()],
    gelu: [[5], (x) => F.gelu(x)],
    elu: [[5], (x) => F.elu(x, 0.7)],
    softplus: [[5], (x) => F.softplus(x, 2)],
    crossEntropy: [[3, 4], (x) => F.crossEntropy(x, tensor([1, 0, 3], { dtype: 'int32' }))],
  }
  test.each(Object.entries(numeric))('%s has the gradient of its values', async (_, [shape, f]) => {
    manualSeed(4)
    const x = randn(shape, { dtype: 'float64' }).realize()
    expect(await gradcheck(f, [x.requiresGrad_()])).toBe(true)
  })

  test.each(
    Object.entries({ batchNorm: numeric['batchNorm']!, crossEntropy: numeric['crossEntropy']!, maxPool: numeric['maxPool']! }),
  )('%s has second gradients', async (_, [shape, f]) => {
    manualSeed(4)
    const x = randn(shape, { dtype: 'float64' }).realize()
    expect(
      await gradcheck(
        gradOf((v) => f(v).pow(2).sum()),
        [x.requiresGrad_()],
        { atol: 1e-4 },
      ),
    ).toBe(true)
  })
})

describe('training', () => {
  test.each([
    ['SGD', (p: Tensor[]) => new SGD(p, { lr: 0.1, momentum: 0.9 })],
    ['Adam', (p: Tensor[]) => new Adam(p, { lr: 0.02 })],
  ])('a small convolutional net learns by %s', async (_, optimizerOf) => {
    manualSeed(3)
    const net = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(16, 2),
    )
    const optimizer = optimizerOf(net.parameters())
    const criterion = new nn.CrossEntropyLoss()
    const images = randn([16, 1, 4, 4]).realize()
    const labels = images.mean([1, 2, 3]).gt(0).int().realize()
    const step = compile((x: Tensor, t: Tensor) => {
      optimizer.zeroGrad()
      const loss = criterion.forward(net.forward(x), t)
      loss.backward()
      optimizer.step()
      return loss
    })
    const first = await step(images, labels).item()
    for (let i = 0; i < 40; i++) step(images, labels)
    const last = await step(images, labels).item()
    expect(last).toBeLessThan(first / 4)
  })
})
