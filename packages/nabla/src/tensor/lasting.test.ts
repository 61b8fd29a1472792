/** What a compiled function makes of weights alone (another layout, transformed filters) is made again only when the weights have changed. */
import { describe, expect, test } from 'vitest'
import { describeDevices } from '../compiler/devices.js'
import type { KernelTime } from '../device/device.js'
import { SGD } from '../optim/index.js'
import { conv2d } from '../nn/functional/conv.js'
import { compile } from './compile.js'
import { type Tensor, manualSeed, noGrad, randn } from './index.js'

const vectors = describeDevices().filter(({ name, available }) => name !== 'js' && available)

describe.each(vectors)('$name', ({ name: device }) => {
  const network = (): { weights: Tensor[]; forward: (x: Tensor) => Tensor; images: () => Tensor } => {
    manualSeed(9)
    const weights = [
      [16, 3, 1, 1],
      [16, 16, 3, 3],
      [4, 16, 1, 1],
    ].map((shape) => randn(shape).mul(0.2).to(device).detach())
    const forward = (x: Tensor): Tensor =>
      weights.reduce((y, weight) => conv2d(y, weight, undefined, { padding: weight.shape[2] === 3 ? 1 : 0 }), x)
    return { weights, forward, images: () => randn([16, 3, 8, 8]).to(device) }
  }
  const transforms = (times: KernelTime[]): number => times.find(({ name }) => name.startsWith('winogradFilter'))!.ms
  const expectSame = async (got: Tensor, expected: Tensor): Promise<void> => {
    const [a, b] = await Promise.all([got.data(), expected.data()])
    for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(Number(b[i]), 5)
  }

  test('nothing is made twice', async () => {
    const { forward, images } = network()
    const predict = compile(forward)
    expect(transforms(await predict.profile(images()))).toBeGreaterThan(0)
    expect(transforms(await predict.profile(images()))).toBe(0)
    const x = images()
    await expectSame(predict(x), forward(x))
  })

  test('weights that are written, replaced, trained or given to another program', async () => {
    const { weights, forward, images } = network()
    const predict = compile(forward)
    const check = async (again: boolean): Promise<void> => {
      expect(transforms(await predict.profile(images())) > 0).toBe(again)
      const x = images()
      await expectSame(predict(x), forward(x))
      await expectSame(predict(x), forward(x))
    }
    await check(true)
    await check(false)
    const filter = weights[1]!
    noGrad(() => filter.mul_(2))
    await check(true)
    noGrad(() => filter.copy_(randn(filter.shape).to(device)))
    await check(true)
    noGrad(() => weights[0]!.add_(1)) // no transform depends on it
    await check(false)
    for (const weight of weights) weight.requiresGrad = true
    const optimizer = new SGD(weights, { lr: 1e-3 })
    const step = compile((x: Tensor) => {
      const loss = forward(x).square().mean()
      loss.backward()
      optimizer.step()
      optimizer.zeroGrad()
      return loss
    })
    const predictAgain = compile((x: Tensor) => noGrad(() => forward(x)))
    for (let i = 0; i < 3; i++) {
      step(images())
      const x = images()
      // Queued behind the step, and read afterwards.
      const [first, second] = [predictAgain(x), predictAgain(x)]
      await expectSame(
        first,
        noGrad(() => forward(x)),
      )
      await expectSame(
        second,
        noGrad(() => forward(x)),
      )
    }
  })
})
