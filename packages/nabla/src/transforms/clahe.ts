/**
 * Contrast limited adaptive histogram equalisation (Zuiderveld: Graphics Gems IV, 1994), as OpenCV computes it, in single precision.
 *
 * The picture is cut into tiles. Each tile's histogram, with its peaks cut off and spread over all levels, gives a table that levels it. A
 * pixel is mapped by the tables of the four tiles whose middles are around it, each by its nearness.
 */
import type { Recipe } from '../data/portable.js'
import type { Raster } from '../data/raster.js'
import { checkBytes, refuse, sizeOf } from './check.js'
import { insideLine } from './gather.js'
import { coloured, type PictureTransform } from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

const { fround } = Math

/** One tile's table, into `table`: the running sum of its clipped histogram, as levels. */
function tableOf(counts: Int32Array, pixels: number, clipLimit: number, table: Uint8ClampedArray): void {
  if (clipLimit > 0) {
    const limit = Math.max(Math.floor((clipLimit * pixels) / 256), 1)
    let clipped = 0
    for (let i = 0; i < 256; i++) {
      if (counts[i]! <= limit) continue
      clipped += counts[i]! - limit
      counts[i] = limit
    }
    const share = Math.floor(clipped / 256)
    let rest = clipped - share * 256
    for (let i = 0; i < 256; i++) counts[i]! += share
    const step = Math.max(Math.floor(256 / Math.max(rest, 1)), 1)
    for (let i = 0; i < 256 && rest > 0; i += step, rest--) counts[i]!++
  }
  const scale = fround(255 / pixels)
  for (let i = 0, sum = 0; i < 256; i++) table[i] = fround((sum += counts[i]!) * scale)
}

/** For each pixel of a line: the tile before and after it, and how near it is to the latter. */
function neighbours(length: number, tile: number, tiles: number): { before: Int32Array; after: Int32Array; share: Float32Array } {
  const inverse = fround(1 / tile)
  const places = Float32Array.from({ length }, (_, i) => fround(i * inverse) - 0.5)
  return {
    before: Int32Array.from(places, (place) => Math.max(Math.floor(place), 0)),
    after: Int32Array.from(places, (place) => Math.min(Math.floor(place) + 1, tiles - 1)),
    share: Float32Array.from(places, (place) => place - Math.floor(place)),
  }
}

/** One plane of bytes, [height, width]. */
function equalized(
  plane: Uint8Array,
  height: number,
  width: number,
  clipLimit: number,
  [down, across]: readonly [number, number],
): Uint8ClampedArray {
  // A picture that the tiles do not divide is continued by its mirror image, on both sides if on one.
  const even = height % down === 0 && width % across === 0
  const rows = even ? height / down : Math.floor(height / down) + 1
  const columns = even ? width / across : Math.floor(width / across) + 1
  const sourceX = Int32Array.from({ length: columns * across }, (_, x) => insideLine(x, width, 'reflect'))
  const tables = new Uint8ClampedArray(down * across * 256)
  for (let tile = 0; tile < down * across; tile++) {
    const [top, left] = [Math.floor(tile / across) * rows, (tile % across) * columns]
    const counts = new Int32Array(256)
    for (let y = top; y < top + rows; y++) {
      const line = insideLine(y, height, 'reflect') * width
      for (let x = left; x < left + columns; x++) counts[plane[line + sourceX[x]!]!]!++
    }
    tableOf(counts, rows * columns, clipLimit, tables.subarray(tile * 256, tile * 256 + 256))
  }
  const [vertical, horizontal] = [neighbours(height, rows, down), neighbours(width, columns, across)]
  const out = new Uint8ClampedArray(plane.length)
  for (let y = 0, at = 0; y < height; y++) {
    const [above, below, low] = [vertical.before[y]! * across, vertical.after[y]! * across, vertical.share[y]!]
    const high = fround(1 - low)
    for (let x = 0; x < width; x++, at++) {
      const value = plane[at]!
      const [left, right, far] = [horizontal.before[x]!, horizontal.after[x]!, horizontal.share[x]!]
      const near = fround(1 - far)
      const upper = fround(
        fround(tables[(above + left) * 256 + value]! * near) + fround(tables[(above + right) * 256 + value]! * far),
      )
      const lower = fround(
        fround(tables[(below + left) * 256 + value]! * near) + fround(tables[(below + right) * 256 + value]! * far),
      )
      out[at] = fround(fround(upper * high) + fround(lower * low))
    }
  }
  return out
}

/** The brightness 0.299 red + 0.587 green + 0.114 blue, rounded. */
function lumaOf({ data, height, width }: Raster): Uint8Array {
  const size = height * width
  const luma = new Uint8ClampedArray(size)
  for (let i = 0; i < size; i++) luma[i] = 0.299 * data[i]! + 0.587 * data[size + i]! + 0.114 * data[2 * size + i]!
  return new Uint8Array(luma.buffer)
}

/**
 * Levels the brightness of each region of a picture. `clipLimit`: how many times its even share a level's count may be, 0 for no limit; `tileGridSize`: tiles down and
 * across. Of colours the brightness is levelled and the differences between the channels stay. Bytes only.
 */
export function clahe(clipLimit = 40, tileGridSize: readonly [number, number] = [8, 8]): PictureTransform {
  const name = 'clahe'
  if (!(clipLimit >= 0 && Number.isFinite(clipLimit))) refuse(name, 'clipLimit', clipLimit, 'a number of 0 or more')
  const tiles = sizeOf(name, tileGridSize, 'tileGridSize')
  return coloured(made(name, clipLimit, tileGridSize), (image) => {
    checkBytes(name, image)
    const { data, channels, height, width } = image
    const luma = channels === 1 ? data : lumaOf(image as Raster)
    const level = equalized(luma, height, width, clipLimit, tiles)
    if (channels === 1) return { ...image, data: new Uint8Array(level.buffer) }
    const out = new Uint8ClampedArray(data.length)
    for (let c = 0, at = 0; c < channels; c++)
      for (let i = 0; i < luma.length; i++, at++) out[at] = data[at]! + level[i]! - luma[i]!
    return { ...image, data: new Uint8Array(out.buffer) }
  })
}
