/**
 * PNG files: the chunks that hold pixels are handed to a decoder, after a look at what they would take. Everything else (profiles, texts,
 * animations) is left out, and pixels that unpack to more than the header says are refused before they fill the memory.
 */
import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png'
import { Unzlib } from 'fflate'
import { fromInterleaved, type Raster } from './raster.js'

/** What a PNG's header says. */
export interface PngHeader {
  readonly width: number
  readonly height: number
  /** Bits of a sample. */
  readonly depth: number
  /** 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha. */
  readonly colour: number
}

const kept = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** The header. Throws when the file does not begin with one. */
export function pngHeader(bytes: Uint8Array): PngHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) throw new Error('it ends before its header does')
  const header = { width: view.getUint32(16), height: view.getUint32(20), depth: bytes[24]!, colour: bytes[25]! }
  if (!(header.colour in samples)) throw new Error(`its colour type ${header.colour} is none of PNG's`)
  return header
}

/** Bytes of compressed pixels up to which nobody minds what they unpack to. */
const harmless = 1 << 16

/** The file without the chunks that say nothing of its pixels. Throws where a chunk ends behind the file, or the pixels are too many. */
function essence(bytes: Uint8Array, { width, height, depth, colour }: PngHeader): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const chunks: Uint8Array[] = []
  let [compressed, pixels] = [0, [] as Uint8Array[]]
  for (let at = 8, type = ''; type !== 'IEND'; ) {
    if (at + 12 > bytes.length) throw new Error('it is cut off')
    const length = view.getUint32(at)
    if (at + 12 + length > bytes.length) throw new Error('it is cut off')
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (kept.has(type)) chunks.push(bytes.subarray(at, at + 12 + length))
    if (type === 'IDAT') {
      compressed += length
      pixels.push(bytes.subarray(at + 8, at + 8 + length))
    }
    at += 12 + length
  }
  // Interlaced files have a filter byte for each row of each of seven passes: never more than two more a row and eight.
  const most = height * (Math.ceil((width * samples[colour]! * depth) / 8) + 3) + 8 * 8
  if (compressed > harmless) {
    let unpacked = 0
    const count = new Unzlib((part) => {
      unpacked += part.length
      if (unpacked > most) throw new Error(`its pixels unpack to more than the ${width}x${height} that its header says`)
    })
    for (const part of pixels)
      for (let from = 0; from < part.length; from += harmless) count.push(part.subarray(from, from + harmless))
  }
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 8)
  if (size === bytes.length) return bytes
  const out = new Uint8Array(size)
  out.set(bytes.subarray(0, 8))
  let to = 8
  for (const chunk of chunks) {
    out.set(chunk, to)
    to += chunk.length
  }
  return out
}

/**
 * The pixels as bytes: 1 (grey), 2 (grey, alpha), 3 or 4 channels; 16 bits are reduced to 8, a palette gives its colours. With `numbers`
 * a palette gives the numbers of its entries instead, and grey of less than 8 bits is not stretched to 0..255.
 */
export function decodePng(bytes: Uint8Array, header: PngHeader, numbers = false): Raster {
  const png = decode(essence(bytes, header), { checkCrc: true })
  const { width, height } = png
  const indexed = png.palette !== undefined
  if (indexed && !numbers) {
    const channels = png.palette?.[0]?.length === 4 ? 4 : 3
    return fromInterleaved(convertIndexedToRgb(png), channels, height, width)
  }
  if (png.depth === 8) return fromInterleaved(png.data, png.channels, height, width)
  if (png.depth === 16) {
    const data = Uint8Array.from(png.data, (sample) => Math.round(sample / 257))
    return fromInterleaved(data, png.channels, height, width)
  }
  return { data: unpackBits(png, numbers ? 1 : 255 / (2 ** png.depth - 1)), channels: 1, height, width }
}

/** One channel of 1, 2 or 4 bits; rows begin with a byte of their own. */
function unpackBits({ width, height, depth, data }: DecodedPng, scale: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8)
  const out = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = data[y * rowBytes + ((x * depth) >> 3)]!
      out[y * width + x] = ((byte >> (8 - depth - ((x * depth) & 7))) & (2 ** depth - 1)) * scale
    }
  return out
}
