import { encode as encodePng } from 'fast-png'
import jpeg from 'jpeg-js'
import { describe, expect, test } from 'vitest'
import { decodeImage, readImage } from './image.js'

const pixels = (image: { data: ArrayLike<number> }): number[] => Array.from(image.data)

describe('every kind of PNG becomes RGBA', () => {
  test.each([
    ['grey', 1, 8, Uint8Array.of(0, 255), [0, 0, 0, 255, 255, 255, 255, 255]],
    ['grey and alpha', 2, 8, Uint8Array.of(10, 0, 20, 128), [10, 10, 10, 0, 20, 20, 20, 128]],
    ['colour', 3, 8, Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3, 255, 4, 5, 6, 255]],
    ['colour and alpha', 4, 8, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), [1, 2, 3, 4, 5, 6, 7, 8]],
    ['16 bits', 1, 16, Uint16Array.of(0, 65535), [0, 0, 0, 255, 255, 255, 255, 255]],
    ['1 bit', 1, 1, Uint8Array.of(0b0100_0000), [0, 0, 0, 255, 255, 255, 255, 255]],
  ] as const)('%s', (_, channels, depth, data, expected) => {
    expect(pixels(decodeImage(encodePng({ width: 2, height: 1, data, channels, depth }), 'x.png'))).toEqual(expected)
  })

  test('palette', () => {
    const palette: [number, number, number][] = [
      [9, 8, 7],
      [0, 255, 0],
    ]
    const image = decodeImage(
      encodePng({ width: 2, height: 1, data: Uint8Array.of(1, 0), palette, channels: 1, depth: 8 }),
      'x.png',
    )
    expect(pixels(image)).toEqual([0, 255, 0, 255, 9, 8, 7, 255])
  })
})

test('JPEG, whatever the name says', () => {
  const data = new Uint8Array(16 * 8 * 4).fill(200)
  const image = decodeImage(jpeg.encode({ width: 16, height: 8, data }, 90).data, 'picture.png')
  expect([image.width, image.height]).toEqual([16, 8])
  expect(Math.abs(image.data[0]! - 200)).toBeLessThan(4)
})

test('what is no image, damaged, empty or not there is told', async () => {
  expect(() => decodeImage(new TextEncoder().encode('<svg/>'), 'a.svg')).toThrowError(
    /a\.svg is no image.*expected a PNG or JPEG, it begins with 3c 73 76 67/,
  )
  expect(() => decodeImage(new Uint8Array(0), 'e')).toThrowError(/it is empty/)
  const png = encodePng({ width: 20, height: 20, data: new Uint8Array(400).map((_, i) => i), channels: 1, depth: 8 })
  expect(() => decodeImage(png.subarray(0, png.length - 30), 'cut.png')).toThrowError(/cut\.png is a damaged PNG/)
  const altered = png.slice()
  altered[60]! ^= 0xff
  expect(() => decodeImage(altered, 'altered.png')).toThrowError(/altered\.png is a damaged PNG/)
  expect(() => decodeImage(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0), 'cut.jpg')).toThrowError(/cut\.jpg is a damaged JPEG/)
  await expect(readImage('/nowhere/x.png')).rejects.toThrowError(/cannot read \/nowhere\/x\.png/)
})
