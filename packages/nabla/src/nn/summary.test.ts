import { beforeAll, expect, test } from 'vitest'
import { ones, setDefaultDevice, type Tensor } from '../index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))

test('shapes, parameters and multiply-adds of convolutions', () => {
  const net = new nn.Sequential({
    conv: new nn.Conv2d(3, 8, 3, { padding: 1 }),
    norm: new nn.BatchNorm2d(8),
    relu: new nn.ReLU(),
    grouped: new nn.Conv2d(8, 8, 3, { groups: 4, stride: 2, padding: 1, bias: false }),
    up: new nn.ConvTranspose2d(8, 2, 2, { stride: 2 }),
    flat: new nn.Flatten(),
    head: new nn.LazyLinear(10),
  })
  net.at('norm').eval()
  const { rows, ...all } = nn.summary(net, [4, 3, 16, 16])
  const shown = Object.fromEntries(rows.map((row) => [row.name, [row.outputShapes.join(), row.parameters, row.multiplyAdds]]))
  expect(shown).toEqual({
    '': ['4,10', 224 + 16 + 144 + 66 + 5130, 4 * (256 * 8 * 27 + 64 * 8 * 18 + 64 * 8 * 8 + 5120)],
    conv: ['4,8,16,16', 224, 4 * 256 * 8 * 27],
    norm: ['4,8,16,16', 16, 0],
    relu: ['4,8,16,16', 0, 0],
    grouped: ['4,8,8,8', 144, 4 * 64 * 8 * 18],
    up: ['4,2,16,16', 66, 4 * 64 * 8 * 8],
    flat: ['4,512', 0, 0],
    head: ['4,10', 5130, 4 * 5120],
  })
  expect(all.parameters).toBe(all.trainable)
  expect(all.multiplyAdds).toBe(rows[0]!.multiplyAdds)
  const floats = { weights: 5580, statistics: 17, images: 4 * 768 }
  const constant = 4 * (floats.weights + floats.statistics + floats.images)
  // The first map, with its bias; after norm and ReLU, as the next convolution reads it; the halved, the upsampled, the result.
  const activations = 4 * (2 * 8192 + 2048 + 2048 + 40)
  expect(all.memory).toEqual({
    parameters: 4 * floats.weights,
    buffers: 4 * floats.statistics,
    inputs: 4 * floats.images,
    activations,
    prediction: constant + 4 * (8192 + 2048), // the grouped convolution
    training: constant + 3 * 4 * floats.weights + activations,
  })
  expect(net.at('norm').training).toBe(false)
  expect(net.at('conv').training).toBe(true)
  expect(Object.hasOwn(net, 'forward')).toBe(false)
})

test('functional calls, several inputs, shared modules, uncalled ones, several results', () => {
  class Net extends nn.Module {
    readonly shared = new nn.Linear(4, 4, { bias: false })
    readonly unused = new nn.Linear(2, 2).requiresGrad_(false)
    forward(a: Tensor, b: Tensor): [Tensor, { both: Tensor }] {
      const [x, y] = [this.shared.forward(a), this.shared.forward(b)]
      return [x, { both: x.matmul(y.t()) }]
    }
  }
  const account = nn.summary(new Net(), [ones([3, 4]), [5, 4]], { optimizerTensors: 0 })
  expect(account.multiplyAdds).toBe(3 * 16 + 5 * 16 + 3 * 5 * 4)
  expect(account.rows.map(({ name, calls }) => [name, calls])).toEqual([
    ['', 1],
    ['shared', 2],
    ['unused', 0],
  ])
  expect([account.parameters, account.trainable]).toEqual([22, 16])
  expect(String(account)).toMatchInlineSnapshot(`
    "module            output          parameters  multiply-adds
    ----------------  --------------  ----------  -------------
    Net               [3, 4], [3, 5]          22            188
      shared: Linear  [5, 4]                  16            128
      unused: Linear  -                        6              -

    parameters     22, 6 of them frozen
    multiply-adds  188
    memory         prediction 404 B, training 468 B (activations 188 B)"
  `)
  expect(() => nn.summary(new Net(), ['x' as never])).toThrow(/a tensor or a shape/)
})
