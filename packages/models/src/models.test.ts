import { compile, manualSeed, ones, randn, setDefaultDevice, tensor, type Tensor } from 'nabla'
import type * as nn from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { beforeAll, describe, expect, test } from 'vitest'
import { DenseBlock, FCN, GPT, LeNet5, LSTMLanguageModel, MLP, TinyResNet, TinyVGG, UNet, ViT } from './index.js'

beforeAll(() => setDefaultDevice('js'))

interface Net extends nn.Module {
  forward(x: Tensor): Tensor | readonly Tensor[]
}

const ids = (...shape: number[]) =>
  tensor(
    Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 5),
    { dtype: 'int32' },
  ).reshape(shape)

const models: Record<string, { make: () => Net; input: () => Tensor; output: number[]; parameters: number }> = {
  LeNet5: { make: () => new LeNet5(), input: () => randn([2, 1, 28, 28]), output: [2, 10], parameters: 61_706 },
  MLP: { make: () => new MLP({ sizes: [4, 8, 3], dropout: 0 }), input: () => randn([5, 4]), output: [5, 3], parameters: 83 },
  TinyResNet: {
    make: () =>
      new TinyResNet({
        inChannels: 1,
        width: 4,
        blocks: [
          ['basic', 4, 1],
          ['bottleneck', 2, 2],
        ],
        numClasses: 3,
      }),
    input: () => randn([2, 1, 9, 12]),
    output: [2, 3],
    parameters: 36 + 8 + (288 + 16) + (8 + 36 + 16 + 4 + 4 + 16 + 32 + 16) + 27,
  },
  TinyVGG: {
    make: () => new TinyVGG({ inChannels: 1, config: [2, 'M'], pooled: [2, 1], hidden: 4, numClasses: 3, dropout: 0 }),
    input: () => randn([2, 1, 8, 6]),
    output: [2, 3],
    parameters: 20 + 20 + 15,
  },
  DenseBlock: {
    make: () => new DenseBlock({ inChannels: 2, growth: 2, layers: 2 }),
    input: () => randn([2, 2, 6, 6]),
    output: [2, 3, 3, 3],
    parameters: 4 + 8 + 8 + 72 + (8 + 16 + 8 + 72) + 12 + 18,
  },
  UNet: {
    make: () => new UNet({ inChannels: 1, channels: [2, 3], numClasses: 2 }),
    input: () => randn([1, 1, 4, 6]),
    output: [1, 2, 4, 6],
    parameters: 20 + 38 + 57 + 84 + 26 + (74 + 38) + 6,
  },
  FCN: {
    make: () => new FCN({ inChannels: 1, width: 2, numClasses: 3 }),
    input: () => randn([1, 1, 8, 4]),
    output: [1, 3, 8, 4],
    parameters: 20 + 76 + 9 + 15 + 2 * 144,
  },
  ViT: {
    make: () =>
      new ViT({
        imageSize: [4, 6],
        patchSize: 2,
        inChannels: 1,
        embedDim: 4,
        numHeads: 2,
        numLayers: 1,
        mlpDim: 8,
        numClasses: 3,
      }),
    input: () => randn([2, 1, 4, 6]),
    output: [2, 3],
    parameters: 4 + 28 + 20 + (60 + 20 + 40 + 36 + 16) + 8 + 15,
  },
  LSTMLanguageModel: {
    make: () => new LSTMLanguageModel({ vocabSize: 5, embedDim: 4, hiddenSize: 4, numLayers: 1, tied: true }),
    input: () => ids(2, 3),
    output: [2, 3, 5],
    parameters: 20 + 2 * 64 + 2 * 16 + 5,
  },
  GPT: {
    make: () => new GPT({ vocabSize: 5, blockSize: 4, embedDim: 4, numHeads: 2, numLayers: 1 }),
    input: () => ids(2, 4),
    output: [2, 4, 5],
    parameters: 20 + 16 + (8 + 60 + 20 + 8 + 80 + 68) + 8,
  },
}

const logits = (result: Tensor | readonly Tensor[]): Tensor => ('shape' in result ? result : result[0]!)

describe.each(Object.entries(models))('%s', (_, { make, input, output, parameters }) => {
  test('shape and parameters; a state goes round; a step makes the loss smaller', async () => {
    manualSeed(1)
    const [net, other] = [make(), make()]
    const x = input().realize()
    expect(logits(net.forward(x)).shape).toEqual(output)
    expect(net.parameters().reduce((n, p) => n + p.numel, 0)).toBe(parameters)
    other.loadStateDict(net.stateDict())
    expect(await logits(other.eval().forward(x)).data()).toEqual(await logits(net.eval().forward(x)).data())
    const optimizer = new SGD(net.train().parameters(), { lr: 0.0003 })
    const step = compile((images: Tensor) => {
      optimizer.zeroGrad()
      const loss = logits(net.forward(images)).sub(1).square().mean()
      loss.backward()
      optimizer.step()
      return loss
    })
    const first = await step(x).item()
    expect(await step(x).item()).toBeLessThan(first)
  })
})

test('what does not fit is refused', () => {
  expect(() => new LeNet5().forward(ones([1, 1, 32, 32]))).toThrow(/\[LeNet5\] expected images \[N, C, 28, 28\]/)
  expect(() => new MLP({ sizes: [3] })).toThrow(/\[MLP\] sizes is \[3\]/)
  expect(() => new TinyResNet({ inChannels: 1, width: 2, blocks: [['basik' as 'basic', 2, 1]], numClasses: 2 })).toThrow(
    /"basik"; did you mean "basic"/,
  )
  expect(() => new UNet({ inChannels: 1, channels: [2, 2, 2], numClasses: 2 }).forward(ones([1, 1, 8, 6]))).toThrow(
    /divisible by 4/,
  )
  expect(() => new LSTMLanguageModel({ vocabSize: 3, embedDim: 2, hiddenSize: 4, tied: true })).toThrow(
    /embedDim \(2\) = hiddenSize \(4\)/,
  )
  const gpt = { vocabSize: 5, blockSize: 4, embedDim: 4, numHeads: 2, numLayers: 1 }
  expect(() => new GPT(gpt).forward(ids(1, 5))).toThrow(/T up to 4, got \[1, 5\]/)
  expect(() => new GPT({ ...gpt, numHeads: 3 })).toThrow(/embedDim 4 is not divisible into 3 heads/)
  const vit = {
    imageSize: [4, 4],
    patchSize: 2,
    inChannels: 1,
    embedDim: 4,
    numHeads: 2,
    numLayers: 1,
    mlpDim: 8,
    numClasses: 3,
  } as const
  expect(() => new ViT({ ...vit, patchSize: 8 })).toThrow(/patches of 8 do not fit images of 4 x 4/)
  expect(() => new ViT(vit).forward(ones([1, 1, 6, 4]))).toThrow(/give 6 patches, but the model has positions for 4/)
})
