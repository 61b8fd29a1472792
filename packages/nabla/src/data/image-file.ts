/** Pictures in files: PNG and JPEG, told apart by their first bytes, not by the file's name. */
import { encode } from 'fast-png'
import { NablaError } from '../core/errors.js'
import { decodeJpeg, jpegFrame } from './jpeg.js'
import { decodePng, pngHeader } from './png.js'
import { type Raster, toInterleaved } from './raster.js'

/** How an image file is read. */
export interface DecodeOptions {
  /** The file, as errors name it. Default `the image`. */
  name?: string
  /**
   * `unchanged` (default): as many channels as the file has, 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. `grey`, `rgb` and `rgba` convert:
   * grey by 0.299 R + 0.587 G + 0.114 B; alpha is dropped, or 255 where there was none. `numbers`: for masks, one channel with the
   * entry numbers of a palette or the grey values as they stand in the file (1, 2 and 4 bits are not stretched).
   */
  mode?: 'unchanged' | 'grey' | 'rgb' | 'rgba' | 'numbers'
  /** Pixels of the largest image that is read. Default 2^27, 134 megapixels. */
  maxPixels?: number
}

/**
 * Pixels of a PNG (every kind of it; the first picture of an animated one) or JPEG (without turning it by its EXIF orientation), as bytes [C, H, W].
 *
 * Throws NablaError('data') with the file's name when it is neither, when it is damaged or cut off, and when its header asks for more than
 * `maxPixels`. In browsers the JPEG decoder is fetched when the first JPEG is read (`mozjpeg_dec.wasm`, beside the bundle's module).
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Raster> {
  const { name = 'the image', mode = 'unchanged', maxPixels = 2 ** 27 } = options
  const starts = (...first: number[]): boolean => first.every((byte, i) => bytes[i] === byte)
  const kind = starts(0x89, 0x50, 0x4e, 0x47) ? 'PNG' : starts(0xff, 0xd8, 0xff) ? 'JPEG' : undefined
  if (!kind)
    throw new NablaError(
      'data',
      `[image] ${name} is no image that can be read: expected a PNG or JPEG, it begins with ${firstBytes(bytes)}`,
      { name },
    )
  const fit = <Header extends { readonly width: number; readonly height: number }>(header: Header): Header => {
    const { width, height } = header
    if (!(width * height > 0)) throw new Error(`its header says ${width}x${height} pixels`)
    if (width * height > maxPixels) throw new Error(`its header says ${width}x${height} pixels, more than maxPixels ${maxPixels}`)
    return header
  }
  try {
    const raster =
      kind === 'PNG'
        ? decodePng(bytes, fit(pngHeader(bytes)), mode === 'numbers')
        : await decodeJpeg(bytes, fit(jpegFrame(bytes)))
    return convert(raster, mode)
  } catch (error) {
    throw new NablaError('data', `[image] ${name} is a damaged ${kind}: ${(error as Error).message}`, { name, kind })
  }
}

const firstBytes = (bytes: Uint8Array): string =>
  bytes.length
    ? Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    : 'nothing (it is empty)'

function convert(raster: Raster, mode: NonNullable<DecodeOptions['mode']>): Raster {
  const { data, channels, height, width } = raster
  const wanted = { unchanged: channels, grey: 1, rgb: 3, rgba: 4, numbers: 1 }[mode]
  if (wanted === channels) return raster
  const size = height * width
  const colour = channels >= 3
  if (wanted === 1) {
    if (!colour) return { data: data.slice(0, size), channels: 1, height, width }
    if (mode === 'numbers') throw new Error(`it has ${channels} channels, where numbers need one`)
    const grey = new Uint8Array(size)
    for (let i = 0; i < size; i++) grey[i] = Math.round(0.299 * data[i]! + 0.587 * data[size + i]! + 0.114 * data[2 * size + i]!)
    return { data: grey, channels: 1, height, width }
  }
  const out = new Uint8Array(wanted * size)
  for (let c = 0; c < 3; c++) out.set(data.subarray((colour ? c : 0) * size, (colour ? c + 1 : 1) * size), c * size)
  const alpha = channels === 2 || channels === 4 ? channels - 1 : undefined
  if (wanted === 4) {
    if (alpha === undefined) out.fill(255, 3 * size)
    else out.set(data.subarray(alpha * size, (alpha + 1) * size), 3 * size)
  }
  return { data: out, channels: wanted, height, width }
}

/** A raster as a PNG file of 8 bits a sample: 1 channel grey, 2 grey and alpha, 3 RGB, 4 RGBA. Throws NablaError('argument') for other rasters. */
export function encodePng(raster: Raster): Uint8Array {
  const { data, channels, height, width } = raster
  if (!(channels >= 1 && channels <= 4 && height > 0 && width > 0) || data.length !== channels * height * width)
    throw new NablaError(
      'argument',
      `[encodePng] ${data.length} values of ${channels} channels, ${height} rows, ${width} columns: expected 1 to 4 channels, all of them filled`,
      { channels, height, width, length: data.length },
    )
  return encode({ data: toInterleaved(raster), channels, height, width, depth: 8 })
}
