/**
 * CIFAR-10 as it is published, to planes of bytes. Two ways: PNG sprites, one image a row (1024 pixels: the 32x32 of the image, row by row); and the
 * original binary files, for each image its label and then its three planes.
 */
import { NablaError } from '../../core/errors.js'

const side = 32
const area = side * side
/** Bytes of an image. */
const size = 3 * area

/** What unpacks zlib's format; a stream of the Web's, which Node has too. */
async function* inflate(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const stream = new Blob(parts as Uint8Array<ArrayBuffer>[]).stream().pipeThrough(new DecompressionStream('deflate'))
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

/** The compressed pixels of an RGB PNG of 8 bits that is 1024 wide, and its height. */
function sprite(png: Uint8Array): { height: number; pixels: Uint8Array[] } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const fail = (what: string): never => {
    throw new NablaError('data', `[cifar10] the sprite is ${what}: expected an RGB PNG of 8 bits, not interlaced, ${area} wide`)
  }
  if (png.length < 33 || view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452) return fail('no PNG')
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  if (width !== area || png[24] !== 8 || png[25] !== 2 || png[28] !== 0)
    return fail(`${width} wide, ${png[24]} bits, colour type ${png[25]}`)
  const pixels: Uint8Array[] = []
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at)
    if (at + 12 + length > png.length) break
    if (view.getUint32(at + 4) === 0x49444154) pixels.push(png.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  return { height, pixels }
}

const paeth = (a: number, b: number, c: number): number => {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}

/** Undoes a row's filter in place: `row` is what the file has, `above` the finished row before it (zeros before the first). */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array): void {
  const n = row.length
  if (filter === 1) for (let i = 3; i < n; i++) row[i]! += row[i - 3]!
  else if (filter === 2) for (let i = 0; i < n; i++) row[i]! += above[i]!
  else if (filter === 3) for (let i = 0; i < n; i++) row[i]! += (above[i]! + (i < 3 ? 0 : row[i - 3]!)) >> 1
  else if (filter === 4) {
    for (let i = 0; i < 3; i++) row[i]! += above[i]!
    for (let i = 3; i < n; i++) row[i]! += paeth(row[i - 3]!, above[i]!, above[i - 3]!)
  } else if (filter !== 0) throw new NablaError('data', `[cifar10] the sprite is damaged: a row's filter is ${filter}`)
}

/** The images of PNG sprites, in order, as planes [N, 3, 32, 32]. */
export async function imagesFromSprites(pngs: readonly Uint8Array[]): Promise<Uint8Array> {
  const sprites = pngs.map(sprite)
  const images = new Uint8Array(sprites.reduce((sum, { height }) => sum + height, 0) * size)
  let to = 0
  for (const { height, pixels } of sprites) {
    let [line, above] = [new Uint8Array(1 + size), new Uint8Array(1 + size)] // each row begins with the number of its filter
    let [filled, rows] = [0, 0]
    for await (const chunk of inflate(pixels))
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + line.length - filled)
        line.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < line.length) break
        if (++rows > height)
          throw new NablaError('data', '[cifar10] the sprite is damaged: it has more rows than its header says')
        const row = line.subarray(1)
        unfilter(line[0]!, row, above.subarray(1))
        for (let pixel = 0, from = 0; pixel < area; pixel++, from += 3) {
          images[to + pixel] = row[from]!
          images[to + area + pixel] = row[from + 1]!
          images[to + 2 * area + pixel] = row[from + 2]!
        }
        to += size
        filled = 0
        ;[line, above] = [above, line]
      }
    if (rows !== height) throw new NablaError('data', `[cifar10] the sprite is cut off: ${rows} of ${height} rows`)
  }
  return images
}

/** Labels from a JSON list of numbers. */
export function labelsFromJson([json]: readonly Uint8Array[]): Uint8Array {
  const list: unknown = JSON.parse(new TextDecoder().decode(json))
  if (!Array.isArray(list) || list.some((label) => !(Number.isInteger(label) && label >= 0 && label < 10)))
    throw new NablaError('data', '[cifar10] the labels are no list of whole numbers from 0 to 9')
  return Uint8Array.from(list as number[])
}

const records = (batch: Uint8Array): number => {
  if (batch.length % (1 + size))
    throw new NablaError('data', `[cifar10] ${batch.length} bytes are no whole number of images of ${1 + size} bytes`)
  return batch.length / (1 + size)
}

/** The images of the original binary files, in order, as planes [N, 3, 32, 32]. */
export function imagesFromBatches(batches: readonly Uint8Array[]): Uint8Array {
  const images = new Uint8Array(batches.reduce((sum, batch) => sum + records(batch), 0) * size)
  let to = 0
  for (const batch of batches)
    for (let from = 1; from < batch.length; from += 1 + size, to += size) images.set(batch.subarray(from, from + size), to)
  return images
}

/** The labels of the original binary files, in order. */
export const labelsFromBatches = (batches: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(batches.flatMap((batch) => Array.from({ length: records(batch) }, (_, i) => batch[i * (1 + size)]!)))
