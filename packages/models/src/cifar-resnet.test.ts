/** Shapes, names of weights, and agreement of the padded shortcut with what it stands for. */
import { manualSeed, noGrad, randn, zeros } from 'nabla'
import { expect, test } from 'vitest'
import { CifarResNet } from './cifar-resnet.js'

test('ResNet-20 has the parameters and names of the published checkpoint', () => {
  const net = new CifarResNet()
  const parameters = net.namedParameters()
  expect(parameters.reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(269_722)
  const names = parameters.map(([name]) => name)
  for (const name of ['conv1.weight', 'bn1.bias', 'layer1.0.conv1.weight', 'layer3.2.bn2.weight', 'linear.bias'])
    expect(names).toContain(name)
  expect(
    new CifarResNet({ layers: 56 }).namedParameters().reduce((sum, [, p]) => sum + p.shape.reduce((a, b) => a * b, 1), 0),
  ).toBe(853_018)
})

test('where a stage begins, the shortcut is every other pixel with zeros around its channels', async () => {
  manualSeed(1)
  const net = new CifarResNet({ layers: 8, numClasses: 4 }).eval()
  const block = net.layer2.at(0)
  for (const name of ['conv2.weight']) block.loadStateDict({ [name]: zeros([32, 32, 3, 3]) }, { strict: false })
  const x = randn([1, 16, 4, 4]).abs()
  const out = await noGrad(() => block.forward(x)).data()
  const pixels = await x.data()
  // Behind the convolutions there is nothing left but the shift of the norm, which is 0.
  for (let c = 0; c < 32; c++)
    for (let i = 0; i < 4; i++) {
      const [y, z] = [2 * (i >> 1), 2 * (i & 1)]
      expect(out[c * 4 + i]).toBeCloseTo(c < 8 || c >= 24 ? 0 : pixels[(c - 8) * 16 + y * 4 + z]!, 6)
    }
  expect(noGrad(() => net.forward(randn([2, 3, 32, 32]))).shape).toEqual([2, 4])
})

test('depths that are no 6 n + 2 are refused', () => {
  expect(() => new CifarResNet({ layers: 18 })).toThrow(/6 n \+ 2/)
})
