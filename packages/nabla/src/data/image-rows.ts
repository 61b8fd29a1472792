/** Images with a label each, by number: what ImageDataset gives one at a time, here and in workers, which need no tensors for that. */
import type { FieldTypes } from './dataset.js'
import { portable } from './portable.js'
import type { Raster } from './raster.js'

/** All pixels of all images, and a class for each image. */
export interface ImageRowsInit {
  readonly images: Uint8Array
  readonly labels: Uint8Array
  /** [C, H, W]. */
  readonly shape: readonly number[]
  /** The float that each byte becomes, 256 for each channel; absent where samples stay bytes. */
  readonly table?: Float32Array | undefined
}

/** A raster and the number of its class. */
export type LabelledImage = [image: Raster<Uint8Array | Float32Array>, label: number]

/** What plain numbers in a labelled image become. */
export const labelTypes: FieldTypes = { 1: 'int32' }

/** The images by number; bytes are shared with the whole, floats are new. */
export const imageRows = /* @__PURE__ */ portable(
  import.meta.url,
  'imageRows',
  ({ images, labels, shape, table }: ImageRowsInit) => {
    const [channels, height, width] = shape as readonly [number, number, number]
    const plane = height * width
    const size = channels * plane
    return {
      length: labels.length,
      dtypes: labelTypes,
      get(index: number): LabelledImage {
        const bytes = images.subarray(index * size, (index + 1) * size)
        const data = table ? floats(bytes, table, plane) : bytes
        return [{ data, channels, height, width }, labels[index]!]
      },
    }
  },
)

function floats(bytes: Uint8Array, table: Float32Array, plane: number): Float32Array {
  const data = new Float32Array(bytes.length)
  for (let from = 0, first = 0; from < bytes.length; from += plane, first += 256)
    for (let i = from; i < from + plane; i++) data[i] = table[first + bytes[i]!]!
  return data
}
