import { manualSeed, noGrad, ones, randn, setDefaultDevice, tensor } from 'nabla'
import { functional as f } from 'nabla/nn'
import { Adam } from 'nabla/optim'
import { beforeAll, expect, test } from 'vitest'
import { Conv3dNet, conv3dNet } from './conv3d-net.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(1)
})

test('parameters, and clips of any length', () => {
  const net = conv3dNet()
  const stage = (from: number, to: number): number => from * to * 27 + 2 * to
  const expected = stage(1, 16) + stage(16, 32) + stage(32, 64) + 64 * 10 + 10
  expect(net.parameters().reduce((sum, { numel }) => sum + numel, 0)).toBe(expected)
  net.eval()
  for (const frames of [1, 2, 3, 8]) expect(noGrad(() => net.forward(ones([2, 1, frames, 8, 9]))).shape).toEqual([2, 10])
})

test('windows of one frame cannot tell a clip from the same clip backwards; longer ones can', async () => {
  const x = randn([1, 1, 4, 8, 8])
  const difference = async (frames: number): Promise<number> => {
    const net = new Conv3dNet({ channels: [4, 4], frames, numClasses: 3 }).eval()
    return noGrad(() =>
      net
        .forward(x)
        .sub(net.forward(x.flip([2])))
        .abs()
        .max()
        .item(),
    ) as Promise<number>
  }
  expect(await difference(1)).toBeLessThan(1e-6)
  expect(await difference(3)).toBeGreaterThan(1e-3)
})

test('learns which way a point goes', async () => {
  const net = new Conv3dNet({ channels: [4, 8], numClasses: 2 })
  const optimizer = new Adam(net.parameters(), { lr: 0.02 })
  const clips = Array.from({ length: 8 }, (_, n) =>
    Array.from({ length: 4 }, (_, t) =>
      Array.from({ length: 8 }, (_, y) =>
        Array.from({ length: 8 }, (_, x) => Number(y === n && x === (n % 2 ? 7 - 2 * t : 2 * t))),
      ),
    ),
  )
  const x = tensor(clips.map((clip) => [clip]))
  const target = tensor([0, 1, 0, 1, 0, 1, 0, 1], { dtype: 'int32' })
  let loss = Infinity
  for (let step = 0; step < 15; step++) {
    optimizer.zeroGrad()
    const value = f.crossEntropy(net.forward(x), target)
    value.backward()
    optimizer.step()
    loss = (await value.item()) as number
  }
  expect(loss).toBeLessThan(0.2)
})

test('clips and settings that do not fit', () => {
  const net = conv3dNet({ inChannels: 3 })
  const message = /expected clips \[N, 3, T, H, W\] of 1 or more frames of at least 8 x 8, got/
  expect(() => net.forward(ones([1, 1, 4, 8, 8]))).toThrow(message)
  expect(() => net.forward(ones([1, 3, 4, 7, 8]))).toThrow(message)
  expect(() => net.forward(ones([3, 4, 8, 8]))).toThrow(message)
  expect(() => conv3dNet({ frames: 2 })).toThrow(/frames must be odd, not 2/)
  expect(() => conv3dNet({ channels: [] })).toThrow(/channels are one or more/)
})
