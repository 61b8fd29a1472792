import { deflateSync } from 'node:zlib'
import { encode } from 'fast-png'
import { expect, test } from 'vitest'
import { imagesFromBatches, imagesFromSprites, labelsFromBatches, labelsFromJson } from './cifar10-decode.js'

/** Some images as planes, [N, 3, 32, 32]. */
const images = Uint8Array.from({ length: 5 * 3072 }, (_, i) => (i * 31 + (i >> 7)) & 255)
const pixel = (n: number, p: number, c: number): number => images[n * 3072 + c * 1024 + p]!
/** Rows of pixels, as a sprite has them. */
const rows = Array.from({ length: 5 }, (_, n) => Uint8Array.from({ length: 3072 }, (_, i) => pixel(n, Math.floor(i / 3), i % 3)))

const chunk = (type: string, data: Uint8Array): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length)
  head.write(type, 4)
  return Buffer.concat([head, data, Buffer.alloc(4)])
}
/** A sprite whose rows use PNG's filters in turn. */
function sprite(count = rows.length, { height = count, width = 1024, colour = 2 } = {}): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([8, colour, 0, 0, 0], 8)
  const paeth = (a: number, b: number, c: number): number => {
    const [pa, pb, pc] = [a, b, c].map((value) => Math.abs(a + b - c - value)) as [number, number, number]
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
  }
  const filtered = rows.slice(0, count).map((row, n) => {
    const filter = n % 5
    const at = (r: Uint8Array | undefined, i: number): number => (r && i >= 0 ? r[i]! : 0)
    const guess = (i: number): number => {
      const [a, b, c] = [at(row, i - 3), at(rows[n - 1], i), at(rows[n - 1], i - 3)]
      return [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter]!
    }
    return Buffer.concat([Buffer.of(filter), row.map((value, i) => value - guess(i))])
  })
  const packed = deflateSync(Buffer.concat(filtered))
  const halves = [packed.subarray(0, 1000), packed.subarray(1000)].map((part) => chunk('IDAT', part))
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), ...halves, chunk('IEND', Buffer.alloc(0))])
}

test('sprites, whatever the filters of their rows, become planes in order', async () => {
  expect(await imagesFromSprites([sprite()])).toEqual(images)
  expect(await imagesFromSprites([sprite(2), sprite()])).toEqual(Uint8Array.from([...images.subarray(0, 2 * 3072), ...images]))
  const other = encode({ width: 1024, height: 5, channels: 3, depth: 8, data: Buffer.concat(rows) })
  expect(await imagesFromSprites([other])).toEqual(images)
})

test('sprites that are none, or damaged, are told', async () => {
  await expect(imagesFromSprites([Buffer.from('nothing of the kind, but long enough')])).rejects.toThrowError(
    /no PNG: expected an RGB PNG/,
  )
  await expect(imagesFromSprites([sprite(2, { width: 32 })])).rejects.toThrowError(/32 wide/)
  await expect(imagesFromSprites([sprite(2, { colour: 6 })])).rejects.toThrowError(/colour type 6/)
  await expect(imagesFromSprites([sprite(2, { height: 3 })])).rejects.toThrowError(/cut off: 2 of 3 rows/)
  await expect(imagesFromSprites([sprite(3, { height: 2 })])).rejects.toThrowError(/more rows than its header says/)
})

test('the binary files: a label, then the planes', () => {
  const labels = Uint8Array.of(3, 8, 8, 0, 6)
  const batch = Buffer.concat([...labels].flatMap((label, n) => [Buffer.of(label), images.subarray(n * 3072, (n + 1) * 3072)]))
  expect(imagesFromBatches([batch.subarray(0, 2 * 3073), batch.subarray(2 * 3073)])).toEqual(images)
  expect(labelsFromBatches([batch])).toEqual(labels)
  expect(() => imagesFromBatches([batch.subarray(1)])).toThrowError(/no whole number of images/)
})

test('labels from JSON', () => {
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  expect(labelsFromJson([json([3, 8, 0])])).toEqual(Uint8Array.of(3, 8, 0))
  for (const bad of [{}, [1, 10], [1.5], ['1']])
    expect(() => labelsFromJson([json(bad)])).toThrowError(/no list of whole numbers/)
})
