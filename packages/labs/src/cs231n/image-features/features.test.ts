import { expect, test } from 'vitest'
import { colourHistogram, hsv } from './colour.js'
import { cellHistograms, greyOf, hog, hogLength } from './hog.js'

const options = { cell: 8, orientations: 9 }
const side = 32

/** A grey picture by brightness 0..255 of each pixel. */
const picture = (of: (x: number, y: number) => number): Uint8Array => {
  const plane = Uint8Array.from({ length: side * side }, (_, i) => of(i % side, Math.floor(i / side)))
  return Uint8Array.of(...plane, ...plane, ...plane)
}

const features = (pixels: Uint8Array): Float32Array => {
  const out = new Float32Array(hogLength(side, side, options))
  hog(pixels, side, side, options, out, 0)
  return out
}

test('hue, saturation and value of known colours', () => {
  expect(hsv(255, 0, 0)).toEqual([0, 1, 1])
  expect(hsv(0, 255, 0)).toEqual([1 / 3, 1, 1])
  expect(hsv(0, 0, 51)).toEqual([2 / 3, 1, 0.2])
  expect(hsv(255, 0, 255)[0]).toBeCloseTo(5 / 6, 12)
  expect(hsv(128, 128, 128)).toEqual([0, 0, 128 / 255])
  expect(hsv(0, 0, 0)).toEqual([0, 0, 0])
})

test('a histogram of colours counts every pixel once, for its hue as much as it is coloured', () => {
  const pixels = Uint8Array.of(255, 128, /* green */ 0, 128, /* blue */ 0, 128) // red and grey
  const out = new Float32Array(1 + 3 * 4)
  colourHistogram(pixels, 4, out, 1)
  expect([...out.subarray(1, 5)]).toEqual([0.5, 0, 0, 0])
  expect([...out.subarray(5, 9)]).toEqual([0.5, 0, 0, 0.5])
  expect([...out.subarray(9, 13)]).toEqual([0, 0, 0.5, 0.5])
  expect(out[0]).toBe(0)
})

test('324 numbers of a picture of 32 x 32; a plain one has no gradients', () => {
  const plain = features(picture(() => 90))
  expect(plain).toHaveLength(324)
  expect(Math.max(...plain)).toBe(0)
})

test('brightness that grows to the right votes for orientation 0, downwards for a quarter turn', () => {
  const strongest = (pixels: Uint8Array): number[] => {
    const cells = cellHistograms(greyOf(pixels), side, side, options)
    const own = [...cells.subarray(5 * 9, 6 * 9)] // a cell inside
    const most = Math.max(...own)
    return own.flatMap((votes, o) => (votes > 0.99 * most ? [o] : []))
  }
  expect(strongest(picture((x) => 8 * x))).toEqual([0, 8]) // 0 lies between the first and the last bin
  expect(strongest(picture((_, y) => 8 * y))).toEqual([4])
  expect(strongest(picture((_, y) => 255 - 8 * y))).toEqual([4]) // the same line the other way round
})

test('light and contrast do not matter', () => {
  const wave = (x: number, y: number): number => 50 * Math.sin(x / 3 + y / 5)
  const [dark, light] = [
    features(picture((x, y) => 100 + Math.round(wave(x, y)))),
    features(picture((x, y) => 120 + 2 * Math.round(wave(x, y)))),
  ]
  dark.forEach((value, k) => expect(value).toBeCloseTo(light[k]!, 3))
  for (let block = 0; block < 9; block++) {
    const length = Math.hypot(...dark.subarray(block * 36, (block + 1) * 36))
    expect(length).toBeCloseTo(1, 3)
  }
})
