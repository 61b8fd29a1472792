import { manualSeed, noGrad, randn, setDefaultDevice } from 'nabla'
import { ImageDataset } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import { beforeAll, describe, expect, test } from 'vitest'
import { MovingBatches } from './batches.js'
import { SpeedNet } from './net.js'

beforeAll(() => setDefaultDevice('js'))

/** Images of 4 x 5 with two channels, all pixels different. */
const set = (count: number): ImageDataset =>
  new ImageDataset({
    images: Uint8Array.from({ length: count * 40 }, (_, i) => (i * 7) % 256),
    labels: Uint8Array.from({ length: count }, (_, i) => i),
    shape: [2, 4, 5],
    classes: Array.from({ length: count }, (_, i) => `image ${i}`),
  })

async function epochOf(batches: MovingBatches, epoch: number, start = 0): Promise<Map<number, number[]>> {
  const seen = new Map<number, number[]>()
  for await (const [pixels, labels] of batches.batches(epoch, start)) {
    expect(pixels.dtype).toBe('uint8')
    const [values, names] = [Array.from(await pixels.data()), Array.from(await labels.data())]
    names.forEach((label, i) => void seen.set(label, values.slice(40 * i, 40 * i + 40)))
  }
  return seen
}

const mirrored = (pixels: readonly number[]): number[] =>
  Array.from({ length: 8 }, (_, row) => pixels.slice(5 * row, 5 * row + 5).reverse()).flat()

describe('moving batches', () => {
  test('every image once an epoch, mirrored in exactly one of two', async () => {
    const data = set(12)
    const batches = new MovingBatches(data, { batchSize: 4, seed: 3, shift: 0, flip: 'alternate' })
    const [first, second] = [await epochOf(batches, 0), await epochOf(batches, 1)]
    expect([...first.keys()].sort((a, b) => a - b)).toEqual([...Array(12).keys()])
    expect([...first.keys()]).not.toEqual([...second.keys()])
    let plain = 0
    for (const [label, pixels] of first) {
      expect(second.get(label)).toEqual(mirrored(pixels))
      const own = Array.from(data.images.subarray(40 * label, 40 * label + 40))
      if (own.join() === pixels.join()) plain++
      else expect(pixels).toEqual(mirrored(own))
    }
    expect(plain).toBeGreaterThan(0)
    expect(plain).toBeLessThan(12)
  })

  test('shifts bring in the reflection, and an epoch that is gone on with is the same', async () => {
    const data = set(8)
    const batches = new MovingBatches(data, { batchSize: 2, seed: 1, shift: 2, flip: 'none' })
    const whole = await epochOf(batches, 5)
    for (const [label, pixels] of whole) {
      const own = data.images.subarray(40 * label, 40 * label + 40)
      const at = (i: number, n: number): number => (i < 0 ? -i : i < n ? i : 2 * n - 2 - i)
      const moved = (down: number, across: number): number[] =>
        Array.from(own, (_, i) => {
          const [c, y, x] = [Math.floor(i / 20), Math.floor(i / 5) % 4, i % 5]
          return own[c * 20 + at(y + down, 4) * 5 + at(x + across, 5)]!
        })
      const shifts = [-2, -1, 0, 1, 2].flatMap((down) => [-2, -1, 0, 1, 2].map((across) => moved(down, across).join()))
      expect(shifts).toContain(pixels.join())
    }
    for (const [label, pixels] of await epochOf(batches, 5, 2)) expect(pixels).toEqual(whole.get(label))
  })
})

describe('the network', () => {
  test('begins with white patches and identities', async () => {
    manualSeed(0)
    const net = new SpeedNet([4, 30, 6], 10)
    const noise = randn([8, 3, 9, 9])
    const images = noise.add(F.avgPool2d(noise, 3, { stride: 1, padding: 1 }).mul(3)).realize() // neighbours are alike
    net.whitenBy(images)
    const out = noGrad(() => net.whiten.forward(images).narrow(1, 0, 12).transpose(0, 1).reshape(12, -1))
    const covariance = await noGrad(() => out.matmul(out.t()).div(out.size(1))).data()
    covariance.forEach((value, i) => expect(value).toBeCloseTo(i % 13 === 0 ? 1 : 0, 1))
    expect(net.whiten.weight.requiresGrad).toBe(false)
    const { weight } = net.block2.conv1 // [30, 4, 3, 3]: four identities, then what is random
    const first = await weight.narrow(0, 0, 4).detach().data()
    first.forEach((value, i) => expect(value).toBe(i % 9 === 4 && Math.floor(i / 36) === Math.floor(i / 9) % 4 ? 1 : 0))
    expect(await net.forward(randn([2, 3, 32, 32])).data()).toHaveLength(20)
  })
})
