/** From bytes to the numbers that a network takes, and back. Channel by channel; of bytes there are only 256, so a table has the results. */
import type { Recipe } from '../data/portable.js'
import type { Raster } from '../data/raster.js'
import { finite, perChannel, refuse } from './check.js'
import {
  type AnyRaster,
  type ByteTransform,
  carried,
  coloured,
  type FloatTransform,
  imageOf,
  type PictureTransform,
  withImage,
} from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** The floats that the 256 bytes become, channel by channel, in single precision as PyTorch has it. */
function tableOf(mean: readonly number[], std: readonly number[]): Float32Array {
  const table = new Float32Array(256 * mean.length)
  mean.forEach((middle, c) => {
    const [m, s] = [Math.fround(middle), Math.fround(std[c]!)]
    for (let v = 0; v < 256; v++) table[256 * c + v] = Math.fround(Math.fround(v / 255) - m) / s
  })
  return table
}

/** Bytes by a table. */
function looked({ data, channels, height, width }: Raster, table: Float32Array): Raster<Float32Array> {
  const size = height * width
  const out = new Float32Array(data.length)
  for (let c = 0, i = 0; c < channels; c++) {
    const own = table.subarray(256 * c, 256 * c + 256)
    for (const end = (c + 1) * size; i < end; i++) out[i] = own[data[i]!]!
  }
  return { data: out, channels, height, width }
}

/** Floats by arithmetic. */
function standardized(
  { data, channels, height, width }: Raster<Float32Array>,
  mean: readonly number[],
  std: readonly number[],
): Raster<Float32Array> {
  const size = height * width
  const out = new Float32Array(data.length)
  for (let c = 0, i = 0; c < channels; c++) {
    const [m, s] = [Math.fround(mean[c]!), Math.fround(std[c]!)]
    for (const end = (c + 1) * size; i < end; i++) out[i] = Math.fround(data[i]! - m) / s
  }
  return { data: out, channels, height, width }
}

const isBytes = (image: AnyRaster): image is Raster => image.data instanceof Uint8Array

/** Bytes as floats 0..1; floats stay as they are. */
export function toFloat(): FloatTransform {
  return carried(made('toFloat'), (input) => {
    const image = imageOf('toFloat', input)
    if (!isBytes(image)) return withImage(input, image as Raster<Float32Array>)
    const all = (value: number): number[] => new Array<number>(image.channels).fill(value)
    return withImage(input, looked(image, tableOf(all(0), all(1))))
  })
}

/** Floats 0..1 as bytes, by 256 intervals of one length (torchvision's convert_image_dtype); what is outside becomes 0 or 255. Bytes stay. */
export function toBytes(): ByteTransform {
  return carried(made('toBytes'), (input) => {
    const { data, ...size } = imageOf('toBytes', input)
    if (data instanceof Uint8Array) return withImage(input, { ...size, data })
    const out = new Uint8Array(data.length)
    for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(data[i]!, 0), 1) * 255.999
    return withImage(input, { ...size, data: out })
  })
}

/**
 * (value - mean) / std, channel by channel, as floats. Bytes are brought to 0..1 first, so that `toFloat` before it is not needed.
 *
 *     normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
 *
 * `mean`, `std`: one value, or one for each channel; std must not be 0.
 */
export function normalize(mean: number | readonly number[], std: number | readonly number[]): FloatTransform {
  finite('normalize', 'mean', mean)
  finite('normalize', 'std', std)
  if ([std].flat().includes(0))
    refuse('normalize', 'std', std, 'no 0, since every value is divided by it: leave a channel as it is with 1')
  let table: Float32Array = new Float32Array(0)
  return carried(made('normalize', mean, std), (input) => {
    const image = imageOf('normalize', input)
    const [middle, spread] = [
      perChannel('normalize', 'mean', mean, image.channels),
      perChannel('normalize', 'std', std, image.channels),
    ]
    if (!isBytes(image)) return withImage(input, standardized(image as Raster<Float32Array>, middle, spread))
    if (table.length !== 256 * image.channels) table = tableOf(middle, spread)
    return withImage(input, looked(image, table))
  })
}

/** Every value of a picture replaced by a function of it, which must be pure: for bytes it is called once for each of the 256. */
export function lut(image: AnyRaster, of: (value: number) => number): AnyRaster {
  const { data, ...size } = image
  if (data instanceof Uint8Array) {
    const table = Uint8Array.from({ length: 256 }, (_, value) => of(value))
    const out = new Uint8Array(data.length)
    for (let i = 0; i < out.length; i++) out[i] = table[data[i]!]!
    return { ...size, data: out }
  }
  const out = new Float32Array(data.length)
  for (let i = 0; i < out.length; i++) out[i] = of(data[i]!)
  return { ...size, data: out }
}

/** The largest value of a picture that has not been normalised: 255 or 1. */
export const mostOf = ({ data }: AnyRaster): number => (data instanceof Uint8Array ? 255 : 1)

/** A transform of colours that a loader applies with probability `p`. */
export const sometimes = (recipe: Recipe, p: number, change: (image: AnyRaster) => AnyRaster): PictureTransform =>
  coloured(recipe, (image, random) => (p === 1 || random.chance(p) ? change(image) : image))
