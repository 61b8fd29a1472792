/** Images with labels, bytes until they are used. */
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { BaseDataset, type Dataset, type FieldTypes } from './dataset.js'
import { imageRows, type ImageRowsInit, type LabelledImage, labelTypes } from './image-rows.js'
import { type Recipe, recipeKey, recipeOf } from './portable.js'
import { shared } from './shared.js'

/** What an ImageDataset is made of. */
export interface ImageDatasetInit {
  /** As it stands in messages. Default `images`. */
  name?: string
  /** All pixels, row-major [N, C, H, W], 0..255. */
  images: Uint8Array
  /** Class of each image: [N], below the number of classes. */
  labels: Uint8Array
  /** [C, H, W] of one image. */
  shape: readonly number[]
  /** Names of the classes, in the order of their labels. */
  classes: readonly string[]
  /** Subtracted from pixels in 0..1: one number, or one for each channel. Default 0. */
  mean?: number | readonly number[]
  /** Pixels are divided by it after that: one number, or one for each channel. Default 1. */
  std?: number | readonly number[]
}

/**
 * Images with a label each. Pixels stay bytes in one array (an eighth of what floats and their copies would take); a batch is
 * `[images float32 [N, C, H, W], labels int32 [N]]`, pixels in 0..1 or normalised by `(pixel / 255 - mean) / std`. A sample is
 * `[raster, label]`: a raster of bytes, or of floats if it is normalised.
 */
export class ImageDataset extends BaseDataset<LabelledImage> implements Dataset<[images: Tensor, labels: Tensor]> {
  /** As it stands in messages. */
  readonly name: string
  /** [C, H, W] of one image. */
  readonly shape: readonly number[]
  /** Names of the classes, in the order of their labels. */
  readonly classes: readonly string[]
  /** Number of images. */
  readonly length: number
  /** Subtracted from pixels in 0..1, for each channel. */
  readonly mean: readonly number[]
  /** What they are divided by after that, for each channel. */
  readonly std: readonly number[]
  private pixels: Uint8Array
  private targets: Uint8Array
  /** The float32 that each byte becomes, 256 for each channel. */
  private readonly table: Float32Array
  /** Whether more is done to pixels than to divide them by 255. */
  private readonly normalised: boolean
  /** Where a batch is put together before `tensor` copies it in; kept, so that an epoch makes no garbage. */
  private scratch = new Float32Array(0)

  constructor({ name = 'images', images, labels, shape, classes, mean = 0, std = 1 }: ImageDatasetInit) {
    super()
    const size = sizeOf(shape)
    const facts = { name, images: images.length, labels: labels.length, shape }
    if (images.length !== labels.length * size)
      throw new NablaError(
        'data',
        `[ImageDataset] ${name}: ${images.length} pixels are not ${labels.length} images of ${showShape(shape)} (${labels.length * size}, one label each)`,
        facts,
      )
    const bad = labels.findIndex((label) => label >= classes.length)
    if (bad >= 0)
      throw new NablaError(
        'data',
        `[ImageDataset] ${name}: label ${labels[bad]} of image ${bad} has no class: there are ${classes.length}`,
        facts,
      )
    this.name = name
    this.pixels = images
    this.targets = labels
    this.shape = shape
    this.classes = classes
    this.length = labels.length
    const channels = shape[0] ?? 1
    this.mean = perChannel('mean', mean, channels)
    this.std = perChannel('std', std, channels)
    if (!this.std.every((s) => s > 0 && Number.isFinite(s)) || !this.mean.every(Number.isFinite))
      throw new NablaError('argument', `[ImageDataset] mean ${mean} and std ${std}: expected finite numbers, std above 0`, {
        mean,
        std,
      })
    this.table = Float32Array.from({ length: 256 * channels }, (_, i) => {
      const channel = i >> 8
      return ((i & 255) / 255 - this.mean[channel]!) / this.std[channel]!
    })
    this.normalised = this.mean.some((m) => m !== 0) || this.std.some((s) => s !== 1)
  }

  /** All pixels, row-major [N, C, H, W], 0..255. */
  get images(): Uint8Array {
    return this.pixels
  }

  /** Class of each image: [N]. */
  get labels(): Uint8Array {
    return this.targets
  }

  /** Labels become int32. */
  override get dtypes(): FieldTypes {
    return labelTypes
  }

  private get rows(): ImageRowsInit {
    const { pixels: images, targets: labels, shape, table, normalised } = this
    return { images, labels, shape, table: normalised ? table : undefined }
  }

  /** `[raster, label]`. A raster of bytes shares them with `images`. */
  get(index: number): LabelledImage {
    return imageRows(this.rows).get(index)
  }

  /** Workers get the pixels in shared memory. They move there, so that they are not held twice. */
  get [recipeKey](): Recipe {
    this.pixels = shared(this.pixels)
    this.targets = shared(this.targets)
    return recipeOf(imageRows(this.rows))!
  }

  batch(rows: Uint32Array): [images: Tensor, labels: Tensor] {
    const { pixels: images, targets: labels, table } = this
    const size = sizeOf(this.shape)
    const plane = size / (this.shape[0] ?? 1)
    if (this.scratch.length < rows.length * size) this.scratch = new Float32Array(rows.length * size)
    const pixels = this.scratch.subarray(0, rows.length * size)
    const targets = new Int32Array(rows.length)
    let to = 0
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      let from = row * size
      for (let channel = 0; channel < table.length; channel += 256)
        for (const end = from + plane; from < end; from++) pixels[to++] = table[channel + images[from]!]!
      targets[i] = labels[row]!
    }
    return [
      tensor(pixels, { shape: [rows.length, ...this.shape], dtype: 'float32' }),
      tensor(targets, { shape: [rows.length], dtype: 'int32' }),
    ]
  }

  /** The first `count` images as a data set of their own; all of them when there are fewer. Shares the pixels. */
  override take(count: number): ImageDataset {
    const n = Math.min(count, this.length)
    return new ImageDataset({
      name: this.name,
      images: this.images.subarray(0, n * sizeOf(this.shape)),
      labels: this.labels.subarray(0, n),
      shape: this.shape,
      classes: this.classes,
      mean: this.mean,
      std: this.std,
    })
  }
}

function perChannel(what: string, given: number | readonly number[], channels: number): readonly number[] {
  if (typeof given === 'number') return Array<number>(channels).fill(given)
  if (given.length === channels) return given
  throw new NablaError(
    'argument',
    `[ImageDataset] ${given.length} numbers as ${what}: expected one, or one for each of ${channels} channels`,
    {
      [what]: given,
    },
  )
}
