/** What the families of the zoo have beyond torchvision's form: small stems, scaled widths, classifiers in the middle. */
import { manualSeed, noGrad, ones, randn, setDefaultDevice, type Tensor } from 'nabla'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import {
  alexnet,
  DenseNet,
  densenetCifar,
  googlenet,
  SqueezeNet,
  squeezenet1_0,
  squeezenet1_1,
  VGG,
  vgg11,
  vgg11Bn,
  type ZooNetwork,
  type ZooOptions,
} from '../index.js'

// The layers' own first weights are drawn when they are asked for; the networks', drawn in place, would all be computed.
vi.mock('../../../nabla/src/nn/init.js', async (actual) =>
  Object.fromEntries(
    Object.entries(await actual<object>()).map(([name, value]) => [name, name.endsWith('_') ? (same: Tensor) => same : value]),
  ),
)
beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(1)
})

describe('GoogLeNet', () => {
  test('its classifiers in the middle see the same batch', async () => {
    const net = googlenet({ width: 1 / 16, numClasses: 3, stem: 'small' }).eval()
    const x = randn([2, 3, 12, 12])
    const { logits, aux1, aux2 } = noGrad(() => net.auxiliary(x))
    expect([aux1.shape, aux2.shape]).toEqual([
      [2, 3],
      [2, 3],
    ])
    expect(await logits.data()).toEqual(await noGrad(() => net.forward(x)).data())
  })

  test('without them it has fewer parameters and says so when they are asked for', () => {
    const count = (net: ZooNetwork): number => net.parameters().length
    const net = googlenet({ width: 1 / 16, auxLogits: false })
    expect(count(googlenet({ width: 1 / 16 })) - count(net)).toBe(2 * 7)
    expect(net.furtherHeads).toEqual([])
    expect(() => net.auxiliary(ones([1, 3, 32, 32]))).toThrow(/leave out auxLogits: false/)
  })
})

const builders: Record<string, (options: ZooOptions) => ZooNetwork> = {
  alexnet,
  vgg11,
  vgg11Bn,
  googlenet,
  squeezenet1_0,
  squeezenet1_1,
  densenet: (options) => new DenseNet({ ...options, blocks: [1, 1, 1, 1] }),
}

test.each(Object.entries(builders))('the small stem of %s takes its smallest images and none below', (_, build) => {
  const net = build({ stem: 'small', width: 1 / 16, inChannels: 1, numClasses: 4 }).eval()
  const { smallest } = net
  expect(smallest).toBeLessThanOrEqual(16)
  expect(noGrad(() => net.forward(ones([1, 1, smallest, smallest]))).shape).toEqual([1, 4])
  expect(noGrad(() => net.forward(ones([1, 1, 28, 28]))).shape).toEqual([1, 4])
  expect(() => net.forward(ones([1, 1, smallest - 1, smallest]))).toThrow(/are too small: the smallest are/)
})

test('layers have the same names with the small stem', () => {
  const names = (net: ZooNetwork): string[] => Object.keys(net.stateDict())
  for (const build of [alexnet, vgg11, googlenet, squeezenet1_0])
    expect(names(build({ stem: 'small', width: 1 / 16 }))).toEqual(names(build({ width: 1 / 16 })))
})

test('the CIFAR form of DenseNet has the 0.77 million parameters of the paper, and other depths', () => {
  const count = (net: ZooNetwork): number => net.parameters().reduce((sum, { numel }) => sum + numel, 0)
  expect(count(densenetCifar())).toBe(769_210)
  expect(densenetCifar().smallest).toBe(4)
  expect(count(densenetCifar({ layers: 40, inChannels: 1 }))).toBeLessThan(200_000)
  expect(() => densenetCifar({ layers: 50 })).toThrow(/layers must be 6 n \+ 4 \(40, 100, 190\), not 50/)
})

test('settings that do not exist', () => {
  expect(() => new VGG({ depth: 12 as 11 })).toThrow(/\[VGG\] depth is 11, 13, 16, 19, not 12/)
  expect(() => new SqueezeNet({ version: '1_2' as '1_1' })).toThrow(/unknown version of SqueezeNet "1_2"/)
  expect(() => new DenseNet({ growth: 0 })).toThrow(/growth, firstChannels, bottleneck and each of blocks must be 1 or more/)
  expect(() => googlenet({ transformInput: true, inChannels: 1 })).toThrow(/transformInput is for images of 3 channels/)
})
