/** Pictures for tests. */
import { SampleRandom } from '../data/random.js'
import type { Raster } from '../data/raster.js'
import { toFloat } from './values.js'

/** Random numbers that follow from one. */
export const draws = (seed = 1): SampleRandom => new SampleRandom(seed, 0, 0)

/** Bytes without a pattern. */
export function noise(channels: number, height: number, width: number, seed = 7): Raster {
  const random = draws(seed)
  return { data: Uint8Array.from({ length: channels * height * width }, () => random.integer(256)), channels, height, width }
}

/** The same as floats. */
export const floats = (raster: Raster): Raster<Float32Array> => toFloat()(raster)

/** An empty picture with a white box from corner to corner. */
export function withBox(height: number, width: number, [x1, y1, x2, y2]: readonly [number, number, number, number]): Raster {
  const data = new Uint8Array(height * width)
  for (let y = y1; y < y2; y++) data.fill(255, y * width + x1, y * width + x2)
  return { data, channels: 1, height, width }
}

/** The box around all pixels of the first channel that are at least half white. */
export function foundBox({ data, height, width }: Raster<Uint8Array | Float32Array>): number[] {
  const box = [Infinity, Infinity, -Infinity, -Infinity]
  const half = data instanceof Uint8Array ? 128 : 0.5
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (data[y * width + x]! >= half) {
        box[0] = Math.min(box[0]!, x)
        box[1] = Math.min(box[1]!, y)
        box[2] = Math.max(box[2]!, x + 1)
        box[3] = Math.max(box[3]!, y + 1)
      }
  return box
}
