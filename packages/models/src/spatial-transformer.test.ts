import { manualSeed, noGrad, ones, randn, setDefaultDevice, tensor } from 'nabla'
import { functional as f } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { beforeAll, expect, test } from 'vitest'
import { SpatialTransformer } from './spatial-transformer.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(1)
})

test('at the start the transformed image is the image, of any size', async () => {
  for (const size of [28, 33]) {
    const net = new SpatialTransformer()
    const x = randn([2, 1, size, size])
    expect(await net.theta(x).data()).toEqual(Float32Array.from([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0]))
    expect(await net.transform(x).sub(x).abs().max().item()).toBeLessThan(1e-5)
  }
})

test('the names of the tutorial network load', () => {
  const net = new SpatialTransformer()
  const names = ['localization.0', 'localization.3', 'fc_loc.0', 'fc_loc.2', 'conv1', 'conv2', 'fc1', 'fc2']
  const own = net.stateDict()
  const state = Object.fromEntries(
    names.flatMap((name) =>
      ['weight', 'bias'].map((kind) => [`${name}.${kind}`, own[`${name.replace('fc_loc', 'fcLoc')}.${kind}`]!]),
    ),
  )
  expect(net.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] })
})

test('a map that is given is applied: half a turn, and a look at one quarter', async () => {
  const net = new SpatialTransformer()
  const x = randn([1, 1, 20, 20])
  const turned = net.transform(x, tensor([-1, 0, 0, 0, -1, 0]).reshape([1, 2, 3]))
  expect(
    await turned
      .sub(x.flip([2, 3]))
      .abs()
      .max()
      .item(),
  ).toBeLessThan(1e-5)
  const near = new SpatialTransformer({ lookSize: 16 })
  const image = randn([1, 1, 32, 32])
  const quarter = near.transform(image, tensor([0.5, 0, -0.5, 0, 0.5, -0.5]).reshape([1, 2, 3])) // upper left, pixel by pixel
  expect(
    await quarter
      .sub(image.slice(2, 0, 16).slice(3, 0, 16))
      .abs()
      .max()
      .item(),
  ).toBeLessThan(1e-5)
  expect(quarter.shape).toEqual([1, 1, 16, 16])
})

test('gradients reach the localization through the image, and a step changes the map', async () => {
  const net = new SpatialTransformer({ dropout: 0 })
  const optimizer = new SGD(net.parameters(), { lr: 0.5 })
  const [x, target] = [randn([4, 1, 28, 28]), tensor([0, 1, 2, 3], { dtype: 'int32' })]
  for (let step = 0; step < 2; step++) {
    optimizer.zeroGrad()
    f.crossEntropy(net.forward(x), target).backward()
    // The last layer's weights are 0 at the start: what lies before it gets gradients from the second step on.
    const path = step ? 'localization.0.weight' : 'fcLoc.2.bias'
    expect(await net.getParameter(path).grad!.abs().max().item()).toBeGreaterThan(0)
    optimizer.step()
  }
  const theta = await net.theta(x).data()
  expect(theta[0]).not.toBe(1)
})

test('sizes and settings that do not fit', () => {
  const net = new SpatialTransformer()
  expect(noGrad(() => net.forward(ones([1, 1, 18, 18]))).shape).toEqual([1, 10])
  expect(() => net.forward(ones([1, 1, 17, 20]))).toThrow(/\[SpatialTransformer\] images of 17 x 20 are too small/)
  expect(() => new SpatialTransformer({ lookSize: 15 })).toThrow(/lookSize must be a whole number of at least 16, not 15/)
})
