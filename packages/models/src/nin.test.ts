import { manualSeed, noGrad, ones, randn, setDefaultDevice } from 'nabla'
import * as nn from 'nabla/nn'
import { beforeAll, expect, test } from 'vitest'
import { nin, ninBlock } from './nin.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(1)
})

test('the parameters of the four blocks, and only convolutions have any', () => {
  const net = nin({ numClasses: 10, inChannels: 1 })
  const block = (from: number, to: number, kernel: number): number => from * to * kernel ** 2 + to + 2 * (to * to + to)
  const expected = block(1, 96, 11) + block(96, 256, 5) + block(256, 384, 3) + block(384, 10, 3)
  expect(net.parameters().reduce((sum, { numel }) => sum + numel, 0)).toBe(expected)
  expect(net.modules().some((layer) => layer instanceof nn.Linear)).toBe(false)
})

test('1 x 1 convolutions are a perceptron at each pixel', async () => {
  const block = ninBlock(3, 4, 1)
  const x = randn([2, 3, 5, 6])
  const [first, second, third] = [0, 2, 4].map((i) => block.at(i) as nn.Conv2d) as [nn.Conv2d, nn.Conv2d, nn.Conv2d]
  let rows = x.permute(0, 2, 3, 1).reshape([-1, 3]) // a pixel a row
  for (const { weight, bias } of [first, second, third]) rows = nn.functional.linear(rows, weight.reshape([4, -1]), bias!).relu()
  const expected = rows.reshape([2, 5, 6, 4]).permute(0, 3, 1, 2)
  expect(await block.forward(x).sub(expected).abs().max().item()).toBeLessThan(1e-6)
})

test('sizes: the smallest images of both stems, and the signal lasts to the logits', async () => {
  const options = { numClasses: 10, inChannels: 1, width: 1 / 16 } as const
  const [plain, small] = [nin(options), nin({ ...options, stem: 'small' })]
  expect([plain.smallest, small.smallest]).toEqual([67, 15])
  expect(noGrad(() => small.forward(ones([1, 1, 15, 15]))).shape).toEqual([1, 10])
  expect(() => small.forward(ones([1, 1, 14, 15]))).toThrow(/\[NiN\] images of 14 x 15 are too small/)
  expect(
    await noGrad(() => plain.eval().forward(randn([4, 1, 70, 70])))
      .max()
      .item(),
  ).toBeGreaterThan(0)
})
