/**
 * A picture in the host's memory, laid out as tensors have it: one plane a channel, [C, H, W]. What image files are read to, what transforms
 * take and give, what data sets of pictures hold.
 */
import { NablaError, showShape } from '../core/errors.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'

/** Pixels of one picture, plane by plane: `data[(c * height + y) * width + x]`. Bytes are 0..255; floats are 0..1 unless they have been normalised. */
export interface Raster<D extends Uint8Array | Float32Array = Uint8Array> {
  /** All pixels: channels * height * width of them. */
  readonly data: D
  /** 1 grey, 2 grey and alpha, 3 red, green, blue, 4 those and alpha; other numbers where a data set has them. */
  readonly channels: number
  /** Rows. */
  readonly height: number
  /** Columns. */
  readonly width: number
}

/** A raster over values that lie as a tensor of shape [C, H, W], or [H, W] for one channel. Shares them. Throws NablaError('shape') when they do not fill it. */
export function rasterOf<D extends Uint8Array | Float32Array>(data: D, shape: readonly number[]): Raster<D> {
  const [channels, height, width] = shape.length === 2 ? [1, ...shape] : shape
  if (
    channels === undefined ||
    height === undefined ||
    width === undefined ||
    shape.length > 3 ||
    data.length !== channels * height * width
  )
    throw new NablaError(
      'shape',
      `[rasterOf] ${data.length} values of shape ${showShape(shape)}: expected as many as [C, H, W] or [H, W] takes`,
      { shape, length: data.length },
    )
  return { data, channels, height, width }
}

/** A raster as a float32 tensor [C, H, W]: bytes become 0..1 (divided by 255), floats stay as they are. */
export function toTensor({ data, channels, height, width }: Raster<Uint8Array | Float32Array>): Tensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data, (byte) => byte / 255)
  return tensor(values, { shape: [channels, height, width], dtype: 'float32' })
}

/** Rows of pixels with their channels side by side ([H, W, C], as image files have them) as a raster. */
export function fromInterleaved(data: ArrayLike<number>, channels: number, height: number, width: number): Raster {
  const size = height * width
  const planes = new Uint8Array(channels * size)
  for (let c = 0; c < channels; c++) for (let i = 0, from = c; i < size; i++, from += channels) planes[c * size + i] = data[from]!
  return { data: planes, channels, height, width }
}

/** The pixels of a raster with their channels side by side, [H, W, C]. */
export function toInterleaved({ data, channels, height, width }: Raster): Uint8Array {
  const size = height * width
  const pixels = new Uint8Array(channels * size)
  for (let c = 0; c < channels; c++) for (let i = 0, to = c; i < size; i++, to += channels) pixels[to] = data[c * size + i]!
  return pixels
}
