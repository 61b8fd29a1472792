import { describe, expect, test } from 'vitest'
import { backwards, directions, movingShapes, opposite } from './clips.js'

const clips = movingShapes({ count: 64, frames: 4, size: 12, noise: 0, seed: 5 })

/** Where the light of a frame is, as an angle around the picture for each axis: sides are joined. */
function middle(images: Uint8Array, from: number, size: number): readonly [number, number] {
  const sums = [0, 0, 0, 0]
  for (let i = 0; i < size * size; i++) {
    const [x, y] = [(2 * Math.PI * (i % size)) / size, (2 * Math.PI * Math.floor(i / size)) / size]
    const parts = [Math.cos(x), Math.sin(x), Math.cos(y), Math.sin(y)]
    parts.forEach((part, k) => {
      sums[k]! += part * images[from + i]!
    })
  }
  return [Math.atan2(sums[1]!, sums[0]!), Math.atan2(sums[3]!, sums[2]!)]
}

const turn = (a: number): number => Math.atan2(Math.sin(a), Math.cos(a))

describe('moving shapes', () => {
  test('move the way that their label says, over the edges too', () => {
    for (let n = 0; n < clips.length; n++) {
      const at = (t: number) => middle(clips.images, (n * 4 + t) * 144, 12)
      const way = (clips.labels[n]! * Math.PI) / 4
      const [x, y] = [0, 1].map((axis) => turn(at(1)[axis]! - at(0)[axis]!)) as [number, number]
      expect(Math.hypot(x, y)).toBeGreaterThan(0.1)
      expect(Math.abs(turn(Math.atan2(y, x) - way)), directions[clips.labels[n]!]).toBeLessThan(0.3)
    }
  })

  test('follow from the seed, and backwards twice is the same', () => {
    expect(movingShapes({ count: 64, frames: 4, size: 12, noise: 0, seed: 5 }).images).toEqual(clips.images)
    const back = backwards(clips)
    expect(back.labels[0]).toBe(opposite(clips.labels[0]!))
    expect(back.images.subarray(0, 144)).toEqual(clips.images.subarray(3 * 144, 4 * 144))
    const again = backwards(back)
    expect(again.images.every((value, i) => value === clips.images[i])).toBe(true)
    expect(again.labels).toEqual(clips.labels)
  })
})
