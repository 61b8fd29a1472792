/** Batches mixed in pairs. */
import { expect, it } from 'vitest'
import { tensor } from '../tensor/create.js'
import { cutMix, mixUp } from './mix.js'
import { draws } from './testing.js'

const images = Float32Array.from({ length: 3 * 2 * 8 * 8 }, (_, i) => Math.floor(i / 128))
const batch = [tensor(images, { shape: [3, 2, 8, 8] }), tensor(Int32Array.of(0, 2, 1)), 'kept'] as const

it('mixUp: pictures and labels in one proportion', () => {
  const [mixed, labels, rest] = mixUp({ numClasses: 4 })(batch, draws())
  expect(rest).toBe('kept')
  expect(labels.shape).toEqual([3, 4])
  const shares = labels.toArraySync() as number[][]
  const share = shares[0]![0]!
  expect(share).toBeGreaterThan(0)
  expect(share).toBeLessThan(1)
  // Picture 1 is full of 1 and mixed with picture 0, full of 0.
  expect(mixed.dataSync()[128]).toBeCloseTo(share, 6)
  expect(shares[1]![2]).toBeCloseTo(share, 6)
  expect(shares[1]![0]).toBeCloseTo(1 - share, 6)
  expect(mixed.dataSync()[0]).toBeCloseTo((1 - share) * 2, 6)
})

it('cutMix: labels follow the area', () => {
  for (let seed = 0; seed < 20; seed++) {
    const [mixed, labels] = cutMix({ numClasses: 3 })(batch, draws(seed))
    const values = mixed.dataSync()
    const own = values.subarray(128, 256).filter((v) => v === 1).length / 128
    expect((labels.toArraySync() as number[][])[1]![2]).toBeCloseTo(own, 6)
    expect(values.subarray(128, 256).every((v) => v === 0 || v === 1)).toBe(true)
  }
})

it('arrays as tensors; given shares as classes; alpha decides how even', () => {
  const rasters = [0, 1, 2].map((i) => ({ data: images.slice(i * 128, (i + 1) * 128), channels: 2, height: 8, width: 8 }))
  for (const mix of [mixUp({ numClasses: 3 }), cutMix({ numClasses: 3 })]) {
    const [asTensors, tensorLabels] = mix(batch, draws(4))
    const [asArrays, labels] = mix([rasters, [0, 2, 1]], draws(4))
    expect(asArrays.flatMap((raster) => [...raster.data])).toEqual([...asTensors.dataSync()])
    expect(labels.map((row) => [...row])).toEqual(tensorLabels.toArraySync())
    const [, again] = mix(
      [
        rasters,
        [
          [1, 0, 0],
          [0, 0, 1],
          [0, 1, 0],
        ],
      ],
      draws(4),
    )
    expect(again).toEqual(labels)
  }
  const spread = (alpha: number): number => {
    let sum = 0
    for (let seed = 0; seed < 300; seed++)
      sum += (mixUp({ alpha })([rasters, [[1], [0], [0]]], draws(seed))[1][0]![0]! - 0.5) ** 2
    return sum / 300
  }
  // The variance of Beta(a, a) is 1 / (4 (2 a + 1)).
  for (const alpha of [0.2, 1, 4]) expect(Math.abs(spread(alpha) * 4 * (2 * alpha + 1) - 1)).toBeLessThan(0.2)
})

it('says what does not fit', () => {
  expect(() => mixUp({ alpha: 0 })).toThrow('[mixUp] alpha 0: expected a number of')
  expect(() => mixUp()(batch, draws())).toThrow('[mixUp] numClasses undefined: expected how many classes there are')
  expect(() => cutMix({ numClasses: 2 })(batch, draws())).toThrow('[cutMix] label 2 of picture 1: expected a class from 0 to 1')
  expect(() => mixUp({ numClasses: 2 })([tensor([1, 2]), batch[1]], draws())).toThrow(
    'images are float32 [2]; expected float32 [N, C, H, W]',
  )
  expect(() => mixUp({ numClasses: 3 })([batch[0], tensor(Int32Array.of(1))], draws())).toThrow(
    'labels have shape [1]; expected [3] classes',
  )
})
