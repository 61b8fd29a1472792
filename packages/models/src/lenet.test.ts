import { setDefaultDevice, tensor, zeros } from 'nabla'
import { beforeAll, expect, test } from 'vitest'
import { LeNet } from './lenet.js'

beforeAll(() => setDefaultDevice('js'))

test('61,706 parameters under the names of PyTorch, whatever the activation', () => {
  for (const activation of ['relu', 'sigmoid', 'mixed'] as const) {
    const net = new LeNet({ activation })
    expect(net.parameters().reduce((n, p) => n + p.numel, 0)).toBe(61_706)
    expect(Object.keys(net.stateDict())).toEqual(
      ['conv1', 'conv2', 'fc1', 'fc2', 'fc3'].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
    )
  }
})

test('images in, one number a class out', async () => {
  const net = new LeNet({ numClasses: 7 })
  expect((await net.forward(zeros([2, 1, 28, 28])).data()).length).toBe(14)
  expect(() => net.forward(zeros([2, 3, 28, 28]))).toThrow(/\[LeNet\] images \[2, 3, 28, 28\] have 3 channels/)
  expect(() => net.forward(zeros([2, 1, 20, 28]))).toThrow(/\[LeNet\] images of 20 x 28 are too small/)
  expect(() => net.forward(zeros([2, 1, 32, 32]))).toThrow(/\[LeNet\] takes images of 28 x 28 only, got \[2, 1, 32, 32\]/)
})

test('a state dict goes round: the same weights give the same outputs', async () => {
  const [a, b] = [new LeNet(), new LeNet()]
  const x = tensor(
    Float32Array.from({ length: 784 }, (_, i) => (i % 23) / 23),
    { shape: [1, 1, 28, 28] },
  )
  const before = await a.forward(x).data()
  expect(await b.forward(x).data()).not.toEqual(before)
  b.loadStateDict(a.stateDict())
  expect(await b.forward(x).data()).toEqual(before)
})

test('sigmoid networks begin with Glorot weights', async () => {
  const { fc1 } = new LeNet({ activation: 'sigmoid' })
  const bound = Math.sqrt(6 / (400 + 120))
  const largest = Math.max(...Array.from(await fc1.weight.data(), Math.abs))
  expect(largest).toBeLessThanOrEqual(bound)
  expect(largest).toBeGreaterThan(0.99 * bound)
})

test('images of other sizes and channels, by options', () => {
  const net = new LeNet({ size: 32, inChannels: 3, width: 2, activation: 'mixed' })
  expect(net.forward(zeros([1, 3, 32, 32])).shape).toEqual([1, 10])
  expect(net.fc1.weight.shape).toEqual([240, 32 * 36])
  expect(() => new LeNet({ size: 11 })).toThrow(/\[LeNet\] size must be a whole number of at least 12, not 11/)
  expect(() => new LeNet({ activation: 'tanh' as 'relu' })).toThrow(/unknown activation of LeNet "tanh"/)
})
