/** What a loader draws from: a length, and batches of rows. Two kinds: images with labels (bytes until they are used), and tensors. */
import type { DType, TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * A data set. To write one, say how many rows there are and how a batch of some of them looks; `batch` may be asynchronous.
 * Every batch is a tuple of tensors whose first dimension is the number of rows.
 */
export interface Dataset<Batch extends readonly Tensor[] = readonly Tensor[]> {
  /** Number of rows. */
  readonly length: number
  /** The rows with these numbers, in this order, put together. */
  batch(rows: Uint32Array): Batch | Promise<Batch>
}

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
  /** Subtracted from pixels in 0..1. Default 0. */
  mean?: number
  /** Pixels are divided by it after that. Default 1. */
  std?: number
}

/**
 * Images with a label each. Pixels stay bytes in one array (an eighth of what floats and their copies would take); a batch is
 * `[images float32 [N, C, H, W], labels int32 [N]]`, pixels in 0..1 or normalised by `(pixel / 255 - mean) / std`.
 */
export class ImageDataset implements Dataset<[images: Tensor, labels: Tensor]> {
  /** As it stands in messages. */
  readonly name: string
  /** All pixels, row-major [N, C, H, W], 0..255. */
  readonly images: Uint8Array
  /** Class of each image: [N]. */
  readonly labels: Uint8Array
  /** [C, H, W] of one image. */
  readonly shape: readonly number[]
  /** Names of the classes, in the order of their labels. */
  readonly classes: readonly string[]
  /** Number of images. */
  readonly length: number
  /** The float32 that each byte becomes. */
  private readonly table: Float32Array
  /** Where a batch is put together before `tensor` copies it in; kept, so that an epoch makes no garbage. */
  private scratch = new Float32Array(0)

  constructor({ name = 'images', images, labels, shape, classes, mean = 0, std = 1 }: ImageDatasetInit) {
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
    if (!(std > 0) || !Number.isFinite(std) || !Number.isFinite(mean))
      throw new NablaError('argument', `[ImageDataset] mean ${mean} and std ${std}: expected finite numbers, std above 0`, {
        mean,
        std,
      })
    this.name = name
    this.images = images
    this.labels = labels
    this.shape = shape
    this.classes = classes
    this.length = labels.length
    this.table = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / std)
  }

  batch(rows: Uint32Array): [images: Tensor, labels: Tensor] {
    const { images, labels, table } = this
    const size = sizeOf(this.shape)
    if (this.scratch.length < rows.length * size) this.scratch = new Float32Array(rows.length * size)
    const pixels = this.scratch.subarray(0, rows.length * size)
    const targets = new Int32Array(rows.length)
    let to = 0
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!
      const end = (row + 1) * size
      for (let from = row * size; from < end; from++) pixels[to++] = table[images[from]!]!
      targets[i] = labels[row]!
    }
    return [
      tensor(pixels, { shape: [rows.length, ...this.shape], dtype: 'float32' }),
      tensor(targets, { shape: [rows.length], dtype: 'int32' }),
    ]
  }

  /** The first `count` images as a data set of their own; all of them when there are fewer. Shares the pixels. */
  take(count: number): ImageDataset {
    const n = Math.min(count, this.length)
    const part = new ImageDataset({
      name: this.name,
      images: this.images.subarray(0, n * sizeOf(this.shape)),
      labels: this.labels.subarray(0, n),
      shape: this.shape,
      classes: this.classes,
    })
    part.table.set(this.table)
    return part
  }
}

interface Column {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: TypedArray
}

/** Tensors that share their first dimension; row i is the i-th slice of each. Their values are read once, at the first batch. */
export class TensorDataset implements Dataset<Tensor[]> {
  /** Number of rows: the first extent of every tensor. */
  readonly length: number
  private readonly tensors: readonly Tensor[]
  private columns: Promise<Column[]> | undefined

  constructor(...tensors: Tensor[]) {
    const shapes = tensors.map((t) => t.shape)
    const length = shapes[0]?.[0]
    if (length === undefined || shapes.some((shape) => shape[0] !== length))
      throw new NablaError(
        'shape',
        `[TensorDataset] expected one or more tensors with the same first dimension, got ${shapes.map(showShape).join(' and ') || 'none'}`,
        { shapes },
      )
    this.length = length
    this.tensors = tensors
  }

  async batch(rows: Uint32Array): Promise<Tensor[]> {
    this.columns ??= Promise.all(
      this.tensors.map(async (t) => ({ dtype: t.dtype, shape: t.shape.slice(1), data: (await t.data()) as TypedArray })),
    )
    return (await this.columns).map(({ dtype, shape, data }) => {
      const size = sizeOf(shape)
      const out = data.slice(0, 0).constructor as new (length: number) => TypedArray
      const gathered = new out(rows.length * size)
      for (let i = 0; i < rows.length; i++) gathered.set(data.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size)
      return tensor(gathered, { shape: [rows.length, ...shape], dtype })
    })
  }
}
