import { manualSeed, randn, setDefaultDevice, tensor } from 'nabla'
import { functional as F } from 'nabla/nn'
import { beforeAll, expect, test } from 'vitest'
import { TwoLayerNet } from './net.js'

beforeAll(() => setDefaultDevice('js'))

test("the two-layer net's gradients by hand equal autograd's", async () => {
  manualSeed(1)
  const strength = 0.3
  const net = new TwoLayerNet({ inputs: 6, hidden: 5, classes: 3, strength, weightScale: 'kaiming', dtype: 'float64' })
  const x = randn([4, 6], { dtype: 'float64' })
  const y = tensor([0, 2, 1, 2], { dtype: 'int32' })
  const { loss, grads } = net.loss(x, y)

  const own = Object.fromEntries(Object.entries(net.params).map(([name, w]) => [name, w.detach().clone().requiresGrad_()]))
  const { W1, b1, W2, b2 } = own
  const scores = x.matmul(W1!).add(b1!).relu().matmul(W2!).add(b2!)
  const penalty = W1!
    .square()
    .sum()
    .add(W2!.square().sum())
    .mul(strength / 2)
  const judged = F.crossEntropy(scores, y).add(penalty)
  judged.backward()
  expect(await loss.item()).toBeCloseTo(await judged.item(), 12)
  for (const [name, w] of Object.entries(own)) {
    const expected = await w.grad!.data()
    ;(await grads[name]!.data()).forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 12))
  }
})
