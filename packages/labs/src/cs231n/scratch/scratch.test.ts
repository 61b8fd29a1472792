import { manualSeed, type Tensor, randint, randn, setDefaultDevice, zeros, ones, tensor } from 'nabla'
import { TensorDataset } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import { Adagrad, Adam, RMSprop, SGD } from 'nabla/optim'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import * as s from './index.js'

beforeAll(() => setDefaultDevice('js'))
beforeEach(() => manualSeed(0))

const normal = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' }).realize()
const classes = (n: number, c: number): Tensor => randint(0, c, [n], { dtype: 'int32' }).realize()

/** The largest difference. */
async function apart(a: Tensor, b: Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape)
  const [left, right] = await Promise.all([a.data(), b.data()])
  return Array.from(left).reduce((worst, value, i) => Math.max(worst, Math.abs(value - right[i]!)), 0)
}

interface Layer {
  readonly inputs: Readonly<Record<string, Tensor>>
  /** What the layer gives, and its gradients by the inputs, named as they are. */
  readonly scratch: (inputs: Record<string, Tensor>) => { out: Tensor; back: (dout: Tensor) => Readonly<Record<string, Tensor>> }
  /** The library's own. */
  readonly library: (inputs: Record<string, Tensor>) => Tensor
}

/** d of every name: { dx, dw } as { x, w }. */
const plain = (gradients: object): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(gradients).map(([name, value]) => [name.slice(1), value as Tensor]))

const pair = <Cache>(
  [out, cache]: [Tensor, Cache],
  backward: (dout: Tensor, cache: Cache) => object,
): { out: Tensor; back: (dout: Tensor) => Record<string, Tensor> } => ({ out, back: (dout) => plain(backward(dout, cache)) })

const single =
  <Cache>(backward: (dout: Tensor, cache: Cache) => Tensor) =>
  (dout: Tensor, cache: Cache) => ({ dx: backward(dout, cache) })

const affine = () => ({ x: normal(4, 2, 3), w: normal(6, 5), b: normal(5) })
const rows = () => ({ x: normal(5, 4), gamma: normal(4), beta: normal(4) })
const images = () => ({ x: normal(2, 4, 3, 2), gamma: normal(4), beta: normal(4) })
const conv = () => ({ x: normal(2, 3, 6, 4), w: normal(3, 3, 2, 2), b: normal(3) })
const same = { stride: 1, pad: 1 }
const filters = () => ({ x: normal(2, 2, 4, 4), w: normal(3, 2, 3, 3), b: normal(3) })
const batchNorm = ({ x, gamma, beta }: Record<string, Tensor>): Tensor =>
  F.batchNorm(x!, null, null, { weight: gamma!, bias: beta!, training: true })
const mask = () => tensor([1, 0, 1, 1, 0, 1]).reshape([2, 3])
const stride2 = { stride: 2, pad: 1 }
const pool = { poolHeight: 2, poolWidth: 2, stride: 2 }
const overlapping = { poolHeight: 3, poolWidth: 2, stride: 1 }

const layers: Readonly<Record<string, () => Layer>> = {
  affine: () => ({
    inputs: affine(),
    scratch: ({ x, w, b }) => pair(s.affineForward(x!, w!, b!), s.affineBackward),
    library: ({ x, w, b }) => F.linear(x!.flatten(1), w!.t(), b!),
  }),
  relu: () => ({
    inputs: { x: normal(3, 4) },
    scratch: ({ x }) => pair(s.reluForward(x!), single(s.reluBackward)),
    library: ({ x }) => x!.relu(),
  }),
  'affine - relu': () => ({
    inputs: affine(),
    scratch: ({ x, w, b }) => pair(s.affineReluForward(x!, w!, b!), s.affineReluBackward),
    library: ({ x, w, b }) => F.linear(x!.flatten(1), w!.t(), b!).relu(),
  }),
  batchnorm: () => ({
    inputs: rows(),
    scratch: ({ x, gamma, beta }) => pair(s.batchnormForward(x!, gamma!, beta!), s.batchnormBackward),
    library: batchNorm,
  }),
  'batchnorm, on paper': () => ({
    inputs: rows(),
    scratch: ({ x, gamma, beta }) => pair(s.batchnormForward(x!, gamma!, beta!), s.batchnormBackwardAlt),
    library: batchNorm,
  }),
  layernorm: () => ({
    inputs: rows(),
    scratch: ({ x, gamma, beta }) => pair(s.layernormForward(x!, gamma!, beta!), s.layernormBackward),
    library: ({ x, gamma, beta }) => F.layerNorm(x!, [4], { weight: gamma!, bias: beta! }),
  }),
  'spatial batchnorm': () => ({
    inputs: images(),
    scratch: ({ x, gamma, beta }) => pair(s.spatialBatchnormForward(x!, gamma!, beta!), s.spatialBatchnormBackward),
    library: batchNorm,
  }),
  'group norm': () => ({
    inputs: images(),
    scratch: ({ x, gamma, beta }) => pair(s.spatialGroupnormForward(x!, gamma!, beta!, 2), s.spatialGroupnormBackward),
    library: ({ x, gamma, beta }) => F.groupNorm(x!, 2, { weight: gamma!, bias: beta! }),
  }),
  dropout: () => ({
    inputs: { x: normal(2, 3) },
    scratch: ({ x }) => pair(s.dropoutForward(x!, { keep: 0.6, mask: mask() }), single(s.dropoutBackward)),
    library: ({ x }) => x!.mul(mask().type('float64')).div(0.6),
  }),
  'convolution, naive': () => ({
    inputs: conv(),
    scratch: ({ x, w, b }) => pair(s.convForwardNaive(x!, w!, b!, stride2), s.convBackwardNaive),
    library: ({ x, w, b }) => F.conv2d(x!, w!, b!, { stride: 2, padding: 1 }),
  }),
  'convolution, im2col': () => ({
    inputs: conv(),
    scratch: ({ x, w, b }) => pair(s.convForwardIm2col(x!, w!, b!, stride2), s.convBackwardIm2col),
    library: ({ x, w, b }) => F.conv2d(x!, w!, b!, { stride: 2, padding: 1 }),
  }),
  'max pool, naive, overlapping': () => ({
    inputs: { x: normal(2, 3, 5, 4) },
    scratch: ({ x }) => pair(s.maxPoolForwardNaive(x!, overlapping), single(s.maxPoolBackwardNaive)),
    library: ({ x }) => F.maxPool2d(x!, [3, 2], { stride: 1 }),
  }),
  'max pool, naive': () => ({
    inputs: { x: normal(2, 3, 4, 6) },
    scratch: ({ x }) => pair(s.maxPoolForwardNaive(x!, pool), single(s.maxPoolBackwardNaive)),
    library: ({ x }) => F.maxPool2d(x!, 2),
  }),
  'max pool, fast': () => ({
    inputs: { x: normal(2, 3, 4, 6) },
    scratch: ({ x }) => pair(s.maxPoolForwardFast(x!, pool), single(s.maxPoolBackwardFast)),
    library: ({ x }) => F.maxPool2d(x!, 2),
  }),
  'conv - relu': () => ({
    inputs: filters(),
    scratch: ({ x, w, b }) => pair(s.convReluForward(x!, w!, b!, same), s.convReluBackward),
    library: ({ x, w, b }) => F.conv2d(x!, w!, b!, { padding: 1 }).relu(),
  }),
  'conv - relu - pool': () => ({
    inputs: filters(),
    scratch: ({ x, w, b }) => pair(s.convReluPoolForward(x!, w!, b!, same, pool), s.convReluPoolBackward),
    library: ({ x, w, b }) => F.maxPool2d(F.conv2d(x!, w!, b!, { padding: 1 }).relu(), 2),
  }),
  'conv - batchnorm - relu': () => ({
    inputs: { ...filters(), gamma: normal(3), beta: normal(3) },
    scratch: ({ x, w, b, gamma, beta }) => pair(s.convNormReluForward(x!, w!, b!, gamma!, beta!, same), s.convNormReluBackward),
    library: ({ x, w, b, gamma, beta }) =>
      batchNorm({ x: F.conv2d(x!, w!, b!, { padding: 1 }), gamma: gamma!, beta: beta! }).relu(),
  }),
}

test.each(Object.entries(layers))("%s: output and gradients are the library's and the differences'", async (_, make) => {
  const { inputs, scratch, library } = make()
  const { out, back } = scratch({ ...inputs })
  const dout = randn(out.shape, { dtype: 'float64' }).realize()
  const gradients = back(dout)
  const leaves = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.detach().clone().requiresGrad_()]))
  const expected = library(leaves)
  expected.backward(dout)
  expect(await apart(out, expected.detach())).toBeLessThan(1e-10)
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(inputs).sort())
  for (const [name, x] of Object.entries(inputs)) {
    expect(await apart(gradients[name]!, leaves[name]!.grad!)).toBeLessThan(1e-9)
    if (x.numel > 64) continue
    const numeric = s.numericalGradient((moved) => scratch({ ...inputs, [name]: moved }).out, x, dout)
    expect(await apart(gradients[name]!, numeric)).toBeLessThan(1e-6)
  }
})

test.each([
  ['softmax', s.softmaxLoss, (x: Tensor, y: Tensor) => F.crossEntropy(x, y)],
  ['svm', s.svmLoss, (x: Tensor, y: Tensor) => F.multiMarginLoss(x, y).mul(x.shape[1]!)],
] as const)("%s loss and its gradient are the library's", async (_, scratch, library) => {
  const [x, y] = [normal(6, 5).mul(3), classes(6, 5)]
  const { loss, dx } = scratch(x, y)
  const leaf = x.detach().clone().requiresGrad_()
  const expected = library(leaf, y)
  expected.backward()
  expect(await apart(loss, expected.detach())).toBeLessThan(1e-12)
  expect(await apart(dx, leaf.grad!)).toBeLessThan(1e-12)
})

test('softmax loss of huge scores does not overflow', async () => {
  const { loss, dx } = s.softmaxLoss(
    tensor([
      [1000, 0],
      [-1000, 0],
    ]),
    tensor([0, 1], { dtype: 'int32' }),
  )
  expect(await loss.item()).toBeCloseTo(0, 12)
  expect(await dx.abs().sum().item()).toBe(0)
})

const nets: Readonly<Record<string, Partial<s.FullyConnectedOptions>>> = {
  plain: {},
  penalised: { reg: 0.7 },
  batchnorm: { normalization: 'batchnorm', reg: 0.1 },
  layernorm: { normalization: 'layernorm' },
  dropout: { keep: 0.5 },
}

test.each(Object.entries(nets))("a fully connected network, %s: every gradient is the differences'", async (_, options) => {
  const net = new s.FullyConnectedNet({
    inputDim: 5,
    hiddenDims: [4, 3],
    numClasses: 3,
    weightScale: 0.5,
    dtype: 'float64',
    ...options,
  })
  const [x, y] = [normal(4, 5), classes(4, 3)]
  if (options.keep) net.masks = [tensor([1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1]).reshape([4, 4]), ones([4, 3])]
  const { grads } = net.loss(x, y)
  for (const [name, w] of Object.entries(net.params)) {
    const numeric = s.numericalGradient((moved) => {
      net.params[name] = moved
      return net.loss(x, y).loss
    }, w)
    net.params[name] = w
    expect(await apart(grads[name]!, numeric), name).toBeLessThan(1e-7)
  }
})

test("the three-layer convolutional network's gradients are the differences'", async () => {
  const net = new s.ThreeLayerConvNet({
    inputDim: [1, 4, 4],
    numFilters: 2,
    filterSize: 3,
    hiddenDim: 3,
    numClasses: 3,
    weightScale: 0.5,
    reg: 0.3,
    dtype: 'float64',
  })
  const [x, y] = [normal(2, 1, 4, 4), classes(2, 3)]
  const { grads } = net.loss(x, y)
  for (const [name, w] of Object.entries(net.params)) {
    const numeric = s.numericalGradient((moved) => {
      net.params[name] = moved
      return net.loss(x, y).loss
    }, w)
    net.params[name] = w
    expect(await apart(grads[name]!, numeric), name).toBeLessThan(1e-7)
  }
})

test('batch normalisation averages its statistics and uses them in test mode', async () => {
  const running = { mean: zeros([4], { dtype: 'float64' }), variance: zeros([4], { dtype: 'float64' }) }
  const { x, gamma, beta } = rows()
  s.batchnormForward(x, gamma, beta, { running, momentum: 0.75 })
  expect(await apart(running.mean, x.mean(0).mul(0.25))).toBeLessThan(1e-12)
  expect(await apart(running.variance, x.var(0, { correction: 0 }).mul(0.25))).toBeLessThan(1e-12)
  const [out] = s.batchnormForward(x, gamma, beta, { running, mode: 'test' })
  const expected = F.batchNorm(x, running.mean, running.variance, { weight: gamma, bias: beta, training: false })
  expect(await apart(out, expected)).toBeLessThan(1e-12)
})

test('dropout keeps the mean and drops the share it should', async () => {
  const x = randn([500, 500]).add(10)
  for (const keep of [0.25, 0.4, 0.7]) {
    const [out] = s.dropoutForward(x, { keep })
    expect(await out.mean().item()).toBeCloseTo(10, 0)
    expect((await out.eq(0).type('float32').mean().item()) - (1 - keep)).toBeCloseTo(0, 2)
    expect(s.dropoutForward(x, { keep, mode: 'test' })[0]).toBe(x)
  }
})

type Stepping = { step(): void }
const optimizers: Readonly<Record<s.RuleName, (params: Tensor[]) => Stepping>> = {
  sgd: (params) => new SGD(params, { lr: 0.1 }),
  sgdMomentum: (params) => new SGD(params, { lr: 0.1, momentum: 0.9 }),
  nesterov: (params) => new SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
  adagrad: (params) => new Adagrad(params, { lr: 0.1, eps: 1e-8 }),
  rmsprop: (params) => new RMSprop(params, { lr: 0.1 }),
  adam: (params) => new Adam(params, { lr: 0.1 }),
}

test.each(Object.entries(optimizers))("%s walks as the library's optimizer", async (name, make) => {
  const rule = s.updateRules[name as s.RuleName]
  const leaf = normal(3, 2).requiresGrad_()
  let w = leaf.detach().clone()
  let state = rule.start(w)
  const optimizer = make([leaf])
  for (let i = 0; i < 4; i++) {
    const dw = normal(3, 2)
    leaf.grad = dw.clone()
    optimizer.step()
    const next = rule.update(w, dw, state, { learningRate: 0.1 })
    w = next.w
    state = next.state
  }
  expect(await apart(w, leaf.detach())).toBeLessThan(1e-12)
})

test.each([
  ['adam', true],
  ['nesterov', false],
] as const)('the Solver overfits a few examples: %s, compiled: %s', async (updateRule, compile) => {
  const data = new TensorDataset(randn([20, 6]), classes(20, 3))
  const net = new s.FullyConnectedNet({
    inputDim: 6,
    hiddenDims: [30, 20],
    numClasses: 3,
    weightScale: 'kaiming',
    normalization: 'batchnorm',
  })
  const seen: number[] = []
  const solver = await new s.Solver(net, {
    train: data,
    validation: data,
    updateRule,
    compile,
    config: { learningRate: 0.02 },
    batchSize: 10,
    numEpochs: 60,
    checkEvery: 20,
    onStep: (step) => seen.push(step),
  }).train()
  expect(seen).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
  expect(solver.accuracies.map(({ epoch }) => epoch)).toEqual([0, 20, 40, 60])
  expect(solver.bestAccuracy).toBe(1)
  expect(await solver.accuracy(data)).toBe(1)
})

test('compiled and plain steps give the same losses; an aborted run ends after its step', async () => {
  const data = new TensorDataset(randn([20, 6]), classes(20, 3))
  const losses = async (compile: boolean, signal?: AbortSignal): Promise<s.Solver> => {
    manualSeed(7)
    const net = new s.FullyConnectedNet({ inputDim: 6, hiddenDims: [8], numClasses: 3, weightScale: 'kaiming' })
    return new s.Solver(net, { train: data, updateRule: 'adam', batchSize: 10, numEpochs: 3, compile, signal }).train()
  }
  const [plainly, compiled] = [await losses(false), await losses(true)]
  expect(plainly.lossHistory).toHaveLength(6)
  plainly.lossHistory.forEach((loss, i) => expect(compiled.lossHistory[i]).toBeCloseTo(loss, 5))
  const stopped = await losses(true, AbortSignal.abort())
  expect(stopped.stopped).toBe(true)
  expect(stopped.lossHistory).toEqual([])
})

test('what does not fit is refused with what would', () => {
  const x = zeros([1, 2, 5, 5])
  expect(() => s.convForwardIm2col(x, zeros([3, 1, 3, 3]), zeros([3]), same)).toThrowError(/channels must be equal/)
  expect(() => s.convForwardNaive(x, zeros([3, 2, 2, 2]), zeros([3]), stride2)).toThrowError(/windows end at the border/)
  expect(() => s.maxPoolForwardFast(x, pool)).toThrowError(/do not tile/)
  expect(() => s.spatialGroupnormForward(x, zeros([2]), zeros([2]), 3)).toThrowError(/2 channels do not make 3 groups/)
  expect(() => s.dropoutForward(x, { keep: 0 })).toThrowError(/keep is 0/)
  expect(() => s.batchnormForward(zeros([2, 2]), zeros([2]), zeros([2]), { mode: 'test' })).toThrowError(/running statistics/)
  expect(() => new s.FullyConnectedNet({ hiddenDims: [0] })).toThrowError(/whole numbers above 0/)
})
