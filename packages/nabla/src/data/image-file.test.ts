import { deflateSync } from 'node:zlib'
import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { decodeImage, encodePng } from './image-file.js'
import { fromInterleaved, rasterOf, toInterleaved, toTensor } from './raster.js'

/** An 8x8 grey and a 16x8 colour JPEG, written by another encoder (mozjpeg). */
const greyJpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMDAwMDAwQEBAQFBQUFBQcHBgYHBwsICQgJCAsRCwwLCwwLEQ8SDw4PEg8bFRMTFRsfGhkaHyYiIiYwLTA+PlT/wgALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACP/aAAgBAQAAAABgf//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAT8Af//Z',
  'base64',
)
const colourJpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wCEAAICAgICAgICAgIDAwIDAwQDAwMDBAYEBAQEBAYJBQYFBQYFCQgJBwcHCQgOCwkJCw4QDQwNEBMRERMYFxgfHyoBAgICAgICAgICAgMDAgMDBAMDAwMEBgQEBAQEBgkFBgUFBgUJCAkHBwcJCA4LCQkLDhANDA0QExERExgXGB8fKv/AABEIAAgAEAMBEQACEQEDEQH/xABiAAEBAAAAAAAAAAAAAAAAAAAGBxAAAgMAAwEAAAAAAAAAAAAAAwQBAgUAESIGAQEBAQAAAAAAAAAAAAAAAAAIAQURAAICAQMFAQAAAAAAAAAAAAIDAQQFABITBggRFCEy/9oADAMBAAIRAxEAPwCd6WTn5fzqFMyiIEKuGUWUQSKquCqt7xcYSFrEkmtrdGXnyqTuReCRy5O2G2vRqvKaBm20lKrC/VVtgEwARAid8oEYL3/wYlHj7MxCM7cbNV3WGcDFEoMcGLeDa2Orc1ZZhYXwutZFwwVpzlztTZrTw21BvMRMPpPmVpma/9k=',
  'base64',
)

describe('every kind of PNG, as it is and in every mode', () => {
  test.each([
    ['grey', 1, 8, Uint8Array.of(0, 255), [0, 255], [0, 255, 0, 255, 0, 255, 255, 255]],
    ['grey and alpha', 2, 8, Uint8Array.of(10, 0, 20, 128), [10, 20, 0, 128], [10, 20, 10, 20, 10, 20, 0, 128]],
    ['colour', 3, 8, Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 4, 2, 5, 3, 6], [1, 4, 2, 5, 3, 6, 255, 255]],
    ['colour and alpha', 4, 8, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), [1, 5, 2, 6, 3, 7, 4, 8], [1, 5, 2, 6, 3, 7, 4, 8]],
    ['16 bits', 1, 16, Uint16Array.of(0, 65535), [0, 255], [0, 255, 0, 255, 0, 255, 255, 255]],
    ['1 bit', 1, 1, Uint8Array.of(0b0100_0000), [0, 255], [0, 255, 0, 255, 0, 255, 255, 255]],
  ] as const)('%s', async (_, channels, depth, data, unchanged, rgba) => {
    const file = encode({ width: 2, height: 1, data, channels, depth })
    expect([...(await decodeImage(file)).data]).toEqual(unchanged)
    expect([...(await decodeImage(file, { mode: 'rgba' })).data]).toEqual(rgba)
    expect([...(await decodeImage(file, { mode: 'rgb' })).data]).toEqual(rgba.slice(0, 6))
    const grey = await decodeImage(file, { mode: 'grey' })
    expect([grey.channels, grey.data[0]]).toEqual([
      1,
      channels < 3 ? unchanged[0] : Math.round(0.299 * rgba[0] + 0.587 * rgba[2] + 0.114 * rgba[4]),
    ])
  })

  test('palette: its colours, or for a mask the numbers of its entries', async () => {
    const palette: [number, number, number][] = [
      [9, 8, 7],
      [0, 255, 0],
    ]
    const file = encode({ width: 2, height: 1, data: Uint8Array.of(1, 0), palette, channels: 1, depth: 8 })
    expect([...(await decodeImage(file)).data]).toEqual([0, 9, 255, 8, 0, 7])
    expect([...(await decodeImage(file, { mode: 'numbers' })).data]).toEqual([1, 0])
    const bits = encode({ width: 3, height: 1, data: Uint8Array.of(0b00_01_11_00), channels: 1, depth: 2 })
    expect([...(await decodeImage(bits, { mode: 'numbers' })).data]).toEqual([0, 1, 3])
    const colour = encode({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3), channels: 3, depth: 8 })
    await expect(decodeImage(colour, { mode: 'numbers', name: 'mask.png' })).rejects.toThrowError(/mask\.png .*numbers need one/)
  })

  test('what is written is read again', async () => {
    for (const channels of [1, 2, 3, 4]) {
      const raster = rasterOf(
        Uint8Array.from({ length: channels * 15 }, (_, i) => i * 4),
        [channels, 3, 5],
      )
      expect(await decodeImage(encodePng(raster))).toEqual(raster)
    }
    expect(() => encodePng(rasterOf(new Uint8Array(5), [5, 1, 1]))).toThrowError(/1 to 4 channels/)
  })
})

test('JPEG: grey has one channel, colour three', async () => {
  const grey = await decodeImage(greyJpeg, { name: 'picture.png' })
  expect([grey.channels, grey.height, grey.width]).toEqual([1, 8, 8])
  expect(Math.abs(grey.data[0]! - 200)).toBeLessThan(4)
  const colour = await decodeImage(colourJpeg)
  expect([colour.channels, colour.height, colour.width]).toEqual([3, 8, 16])
  for (const [plane, value] of [220, 40, 90].entries()) expect(Math.abs(colour.data[plane * 128 + 77]! - value)).toBeLessThan(6)
})

describe('what is no image, or damaged, is told with its name', () => {
  const png = encodePng(
    rasterOf(
      Uint8Array.from({ length: 400 }, (_, i) => i),
      [1, 20, 20],
    ),
  )
  const altered = png.slice()
  altered[60]! ^= 0xff
  const header = (width: number, height: number): Uint8Array => {
    const bytes = png.slice()
    new DataView(bytes.buffer).setUint32(16, width)
    new DataView(bytes.buffer).setUint32(20, height)
    return bytes
  }
  test.each([
    ['a.svg', new TextEncoder().encode('<svg/>'), /a\.svg is no image.*expected a PNG or JPEG, it begins with 3c 73 76 67/],
    ['empty', new Uint8Array(0), /it is empty/],
    ['cut.png', png.subarray(0, png.length - 30), /cut\.png is a damaged PNG: it is cut off/],
    ['head.png', png.subarray(0, 20), /head\.png is a damaged PNG: it ends before its header/],
    ['altered.png', altered, /altered\.png is a damaged PNG: CRC/],
    ['huge.png', header(2 ** 31, 2 ** 31), /huge\.png .*2147483648x2147483648 pixels, more than maxPixels/],
    ['none.png', header(0, 5), /none\.png .*0x5 pixels/],
    ['cut.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0), /cut\.jpg is a damaged JPEG: it ends before/],
    ['half.jpg', colourJpeg.subarray(0, colourJpeg.length - 40), /half\.jpg is a damaged JPEG: it is cut off/],
    [
      'short.jpg',
      Buffer.concat([greyJpeg.subarray(0, greyJpeg.length - 8), Buffer.of(0xff, 0xd9)]),
      /short\.jpg is a damaged JPEG/,
    ],
  ])('%s', async (name, bytes, message) => {
    await expect(decodeImage(bytes, { name })).rejects.toThrowError(message)
    await expect(decodeImage(bytes, { name })).rejects.toMatchObject({ kind: 'data', facts: { name } })
  })

  test('a file that ends the JPEG decoder does not end the next one', async () => {
    const bad = Uint8Array.from(greyJpeg)
    bad.fill(0x55, 22, 60)
    await expect(decodeImage(bad, { name: 'bad.jpg' })).rejects.toThrowError(/bad\.jpg is a damaged JPEG/)
    expect((await decodeImage(greyJpeg)).width).toBe(8)
  })

  test('pixels that unpack to gigabytes are refused before they do', async () => {
    const bomb = deflateSync(new Uint8Array(200 << 20))
    const small = encodePng(rasterOf(new Uint8Array(4), [1, 2, 2]))
    const chunk = (type: string, data: Uint8Array): Buffer => {
      const head = Buffer.alloc(8)
      head.writeUInt32BE(data.length)
      head.write(type, 4)
      return Buffer.concat([head, data, Buffer.alloc(4)])
    }
    const file = Buffer.concat([small.subarray(0, 33), chunk('IDAT', bomb), chunk('IEND', new Uint8Array(0))])
    await expect(decodeImage(file, { name: 'bomb.png' })).rejects.toThrowError(/bomb\.png .*unpack to more than the 2x2/)
  })

  test('altered files end in an error or in an image, never otherwise', async () => {
    let state = 1
    const random = (n: number): number => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) % n
    for (let i = 0; i < 2000; i++) {
      const bytes = Uint8Array.from([png, greyJpeg, colourJpeg][i % 3]!)
      for (let k = random(4); k >= 0; k--) bytes[3 + random(bytes.length - 3)] = random(256)
      const cut = bytes.subarray(0, bytes.length - random(3) * random(bytes.length))
      const result = await decodeImage(cut, { name: 'f', maxPixels: 1e6 }).catch((error: unknown) => error)
      if (result instanceof Error) expect(result).toMatchObject({ kind: 'data' })
    }
  })
})

test('rasters: planes and pixels, tensors, shapes that do not fit', async () => {
  const raster = fromInterleaved([1, 2, 3, 4, 5, 6], 3, 1, 2)
  expect([...raster.data]).toEqual([1, 4, 2, 5, 3, 6])
  expect([...toInterleaved(raster)]).toEqual([1, 2, 3, 4, 5, 6])
  const whole = toTensor(rasterOf(Uint8Array.of(0, 51, 255), [1, 3]))
  expect([whole.shape, [...(await whole.data())]]).toEqual([
    [1, 1, 3],
    [0, Math.fround(0.2), 1],
  ])
  expect(() => rasterOf(new Float32Array(5), [2, 3])).toThrowError(/5 values of shape \[2, 3\]/)
})
