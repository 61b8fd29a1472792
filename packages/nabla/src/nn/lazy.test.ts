import { beforeAll, expect, test } from 'vitest'
import { compile, ones, randn, setDefaultDevice, type Tensor, zeros } from '../index.js'
import { SGD } from '../optim/index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))

const cases: [nn.Layer, number[], string[]][] = [
  [new nn.LazyLinear(4), [2, 3, 5], ['Linear(5, 4)', '4,5', '4']],
  [new nn.LazyConv1d(4, 3), [2, 6, 8], ['Conv1d(6, 4, [3])', '4,6,3', '4']],
  [new nn.LazyConv1d(4, 3, { groups: 2 }), [6, 8], ['Conv1d(6, 4, [3], {"groups":2})', '4,3,3', '4']],
  [new nn.LazyConv2d(4, 3, { bias: false }), [2, 6, 8, 8], ['Conv2d(6, 4, [3, 3], {"bias":false})', '4,6,3,3']],
  [new nn.LazyConv3d(4, 1), [1, 2, 3, 3, 3], ['Conv3d(2, 4, [1, 1, 1])', '4,2,1,1,1', '4']],
  [new nn.LazyConvTranspose1d(4, 3), [2, 6, 8], ['ConvTranspose1d(6, 4, [3])', '6,4,3', '4']],
  [new nn.LazyConvTranspose2d(4, 3), [2, 6, 8, 8], ['ConvTranspose2d(6, 4, [3, 3])', '6,4,3,3', '4']],
  [new nn.LazyConvTranspose3d(4, 1), [2, 3, 3, 3], ['ConvTranspose3d(2, 4, [1, 1, 1])', '2,4,1,1,1', '4']],
  [new nn.LazyBatchNorm1d(), [2, 6], ['BatchNorm1d(6)', '6', '6']],
  [new nn.LazyBatchNorm2d(), [2, 6, 2, 2], ['BatchNorm2d(6)', '6', '6']],
  [new nn.LazyBatchNorm3d(), [2, 6, 2, 2, 1], ['BatchNorm3d(6)', '6', '6']],
  [new nn.LazyInstanceNorm1d({ affine: true }), [6, 4], ['InstanceNorm1d(6)', '6', '6']],
  [new nn.LazyInstanceNorm2d({ affine: true }), [2, 6, 4, 4], ['InstanceNorm2d(6)', '6', '6']],
  [new nn.LazyInstanceNorm3d({ affine: true }), [2, 6, 4, 4, 2], ['InstanceNorm3d(6)', '6', '6']],
]
test.each(cases)('%s becomes the layer', (layer, shape, [name, ...weights]) => {
  expect(() => layer.parameters()).toThrow(/no parameters before its first input/)
  layer.forward(ones(shape))
  expect(String(layer)).toBe(name)
  expect(layer.parameters().map((p) => String(p.shape))).toEqual(weights)
})

class Net extends nn.Module {
  readonly body = new nn.Sequential(new nn.LazyLinear(3), new nn.LazyBatchNorm1d(), new nn.ReLU(), new nn.LazyLinear(1))
  forward(x: Tensor): Tensor {
    return this.body.forward(x)
  }
}

test('too early is an error that says where', () => {
  const net = new Net()
  const too = /\[LazyLinear\] the layer "body.0" has no parameters before its first input: call forward once/
  expect(() => new SGD(net.parameters(), { lr: 1 })).toThrow(too)
  expect(() => net.stateDict()).toThrow(too)
  expect(() => net.requiresGrad_(false)).toThrow(too)
  expect(() => (net.body.at(0) as nn.LazyLinear).weight).toThrow(/no parameters before/)
  expect(String(net)).toContain('(0): LazyLinear(?, 3)')
  expect(() => new nn.LazyConv2d(4, 3, { groups: 3 })).toThrow(/groups/)
  expect(() => new nn.LazyLinear(0)).toThrow(/outFeatures/)
  expect(() => new nn.LazyConv2d(4, 3).forward(ones([3, 3]))).toThrow(
    /\[LazyConv2d\] the input has shape \[3, 3\]; expected \[N, C, H, W\]/,
  )
})

test('mode, hooks, dtype and device set before stay, and training goes on as usual', async () => {
  const net = new Net().eval().to('float64')
  const seen: string[] = []
  const handle = net.body.at(0).registerForwardHook((module, _, y) => void seen.push(`${module.constructor.name} ${y.shape}`))
  const x = randn([4, 2], { dtype: 'float64' })
  net.forward(x)
  net.forward(x)
  expect(seen).toEqual(['Linear 4,3', 'Linear 4,3'])
  handle.remove()
  expect(net.body.at(0)).toBeInstanceOf(nn.Linear)
  expect(net.body.at(1).training).toBe(false)
  expect(net.parameters().every((p) => p.dtype === 'float64')).toBe(true)
  const optimizer = new SGD(net.train().parameters(), { lr: 0.1 })
  const step = compile((input: Tensor) => {
    optimizer.zeroGrad()
    const loss = net.forward(input).square().mean()
    loss.backward()
    optimizer.step()
    return loss
  })
  const first = await step(x).item()
  for (let i = 0; i < 5; i++) step(x)
  expect(await step(x).item()).toBeLessThan(first)
})

test('a state tells the sizes; what it lacks is listed with the rest', async () => {
  const filled = new Net()
  filled.forward(ones([2, 5]))
  const net = new Net()
  net.loadStateDict(filled.stateDict())
  expect(net.getParameter('body.0.weight').shape).toEqual([3, 5])
  expect(
    await net
      .eval()
      .forward(ones([1, 5]))
      .item(),
  ).toBe(
    await filled
      .eval()
      .forward(ones([1, 5]))
      .item(),
  )
  const { 'body.0.weight': _, ...partial } = filled.stateDict()
  expect(() => new Net().loadStateDict({ ...partial, 'body.3.bias': zeros([2]) })).toThrow(
    /missing: body.0.weight\n {2}of another shape: body.3.bias is \[2\]/,
  )
  expect(new Net().loadStateDict({}, { strict: false }).missingKeys.length).toBe(9)
})
