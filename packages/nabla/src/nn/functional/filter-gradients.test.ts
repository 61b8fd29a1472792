/**
 * Gradients of filters over images that are too large for a first-level cache: vector devices sum them in parts (compiler/arrange.ts). The js device
 * knows no lanes and sums in one go.
 */
import { describe, expect, test } from 'vitest'
import { describeDevices } from '../../compiler/devices.js'
import { manualSeed, randn } from '../../tensor/index.js'
import { conv2d } from './conv.js'

const cases = [
  { what: 'a border of zeros', images: [16, 5, 32, 32], filters: [7, 5, 3, 3], options: { padding: 1 } },
  { what: 'strides', images: [16, 5, 48, 48], filters: [7, 5, 3, 3], options: { padding: 1, stride: 2 } },
  { what: '5 x 5 filters', images: [16, 4, 36, 36], filters: [8, 4, 5, 5], options: {} },
  { what: '7 x 7 filters', images: [16, 2, 38, 38], filters: [6, 2, 7, 7], options: {} },
  { what: 'rows that no cache size divides', images: [16, 3, 33, 47], filters: [6, 3, 3, 3], options: {} },
  { what: 'groups', images: [16, 4, 32, 32], filters: [8, 2, 3, 3], options: { padding: 1, groups: 2 } },
] as const

async function gradient(device: string, { images, filters, options }: (typeof cases)[number]): Promise<ArrayLike<number>> {
  manualSeed(3)
  const x = randn(images).relu().to(device)
  const weight = randn(filters).to(device).detach()
  weight.requiresGrad = true
  conv2d(x.mul(0.5), weight, undefined, options).square().mean().backward()
  return weight.grad!.data()
}

const vectors = describeDevices().filter(({ name, available }) => name !== 'js' && available)

describe.each(vectors)('$name', ({ name: device }) => {
  test.each(cases)('$what', async (given) => {
    const [own, expected] = await Promise.all([gradient(device, given), gradient('js', given)])
    const scale = Math.max(...Array.from(expected, Math.abs))
    const error = Math.max(...Array.from(expected, (e, i) => Math.abs(e - own[i]!)))
    expect(error / scale).toBeLessThan(3e-5)
  })
})
