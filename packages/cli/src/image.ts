/** Pictures from disk: PNG and JPEG, told apart by their first bytes, not by the file's name. */
import { readFile } from 'node:fs/promises'
import type { RgbaImage } from '@nabla/labs'
import { convertIndexedToRgb, type DecodedPng, decode as decodePng } from 'fast-png'
import jpeg from 'jpeg-js'
import { NablaError } from 'nabla'

/** Reads a picture of any size. Throws NablaError('data') when there is no file, or it is no PNG or JPEG, or it is damaged. */
export async function readImage(path: string): Promise<RgbaImage> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new NablaError('data', `[image] cannot read ${path}: ${(error as Error).message}`, { path })
  }
  return decodeImage(bytes, path)
}

/** The pixels of a PNG or JPEG file's bytes. `name` is used in errors. */
export function decodeImage(bytes: Uint8Array, name: string): RgbaImage {
  const starts = (...first: number[]): boolean => first.every((byte, i) => bytes[i] === byte)
  const kind = starts(0x89, 0x50, 0x4e, 0x47) ? 'PNG' : starts(0xff, 0xd8, 0xff) ? 'JPEG' : undefined
  if (!kind)
    throw new NablaError(
      'data',
      `[image] ${name} is no image that can be read: expected a PNG or JPEG, it begins with ${firstBytes(bytes)}`,
      { name },
    )
  try {
    return kind === 'PNG'
      ? rgba(decodePng(bytes, { checkCrc: true }))
      : jpeg.decode(bytes, { useTArray: true, maxMemoryUsageInMB: 1024 })
  } catch (error) {
    throw new NablaError('data', `[image] ${name} is a damaged ${kind}: ${(error as Error).message}`, { name, kind })
  }
}

const firstBytes = (bytes: Uint8Array): string =>
  bytes.length
    ? Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    : 'nothing (it is empty)'

/** Any kind of PNG (grey, palette, 1 to 16 bits, with or without alpha) as 8-bit RGBA. */
function rgba(png: DecodedPng): RgbaImage {
  const { width, height } = png
  const indexed = png.palette !== undefined
  const paletteAlpha = png.palette?.[0]?.length === 4
  const channels = indexed ? (paletteAlpha ? 4 : 3) : png.channels
  const depth = indexed ? 8 : png.depth
  const source: ArrayLike<number> = indexed ? convertIndexedToRgb(png) : png.data
  const scale = 255 / (2 ** depth - 1)
  const rowBytes = Math.ceil((width * depth) / 8)
  const sample = (pixel: number, channel: number): number => {
    if (depth >= 8) return source[pixel * channels + channel]! * scale
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    const byte = source[y * rowBytes + ((x * depth) >> 3)]!
    return ((byte >> (8 - depth - ((x * depth) & 7))) & (2 ** depth - 1)) * scale
  }
  const colour = channels >= 3
  const alpha = channels === 2 || channels === 4 ? channels - 1 : undefined
  const data = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < width * height; i++) {
    data[4 * i] = sample(i, 0)
    data[4 * i + 1] = sample(i, colour ? 1 : 0)
    data[4 * i + 2] = sample(i, colour ? 2 : 0)
    data[4 * i + 3] = alpha === undefined ? 255 : sample(i, alpha)
  }
  return { width, height, data }
}
