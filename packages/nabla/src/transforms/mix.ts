/**
 * Pictures of a batch mixed in pairs, each with the one before it (the first with the last), and their labels in the same proportion. For
 * whole batches, after a loader has made them. All pairs of a batch are mixed alike.
 */
import { NablaError, showShape } from '../core/errors.js'
import type { SampleRandom } from '../data/random.js'
import { tensor } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { refuse, within, whole } from './check.js'
import { type AnyRaster, imageOf } from './transform.js'

/** How a batch is mixed. */
export interface MixOptions {
  /** The share of the first picture is drawn from Beta(alpha, alpha). Default 1: evenly. */
  readonly alpha?: number
  /** How many classes there are; needed where labels are numbers of classes. */
  readonly numClasses?: number
}

/** Float32 pictures [N, C, H, W] with labels: numbers of classes [N], or a share of each class [N, K]. Further items pass through. */
export type TensorBatch = readonly [images: Tensor, labels: Tensor, ...rest: unknown[]]
/** The same as arrays: rasters of one size, and numbers of classes or rows of shares. */
export type ArrayBatch = readonly [
  images: readonly AnyRaster[],
  labels: readonly number[] | readonly ArrayLike<number>[],
  ...rest: unknown[],
]

/** A transform of batches: pictures become float32, labels rows of shares, float32 [N, K] or a Float32Array each. */
export interface BatchTransform {
  <Rest extends unknown[]>(
    batch: readonly [Tensor, Tensor, ...Rest],
    random: SampleRandom,
  ): [images: Tensor, labels: Tensor, ...Rest]
  <Rest extends unknown[]>(
    batch: readonly [readonly AnyRaster[], readonly number[] | readonly ArrayLike<number>[], ...Rest],
    random: SampleRandom,
  ): [images: AnyRaster[], labels: Float32Array[], ...Rest]
}

/** All numbers of a batch: `count` rows of pictures, and of labels. */
interface Flat {
  readonly count: number
  readonly images: Float32Array
  readonly height: number
  readonly width: number
  readonly labels: Float32Array
  readonly classes: number
}

/** Numbers of classes as rows in which one is 1. */
function oneHot(name: string, numbers: ArrayLike<number>, classes: number | undefined): Float32Array {
  if (classes === undefined)
    refuse(name, 'numClasses', classes, 'how many classes there are, since labels are given as numbers of classes')
  const rows = new Float32Array(numbers.length * classes)
  for (let i = 0; i < numbers.length; i++) {
    const label = numbers[i]!
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new NablaError('index', `[${name}] label ${label} of picture ${i}: expected a class from 0 to ${classes - 1}`, {
        label,
        classes,
      })
    rows[i * classes + label] = 1
  }
  return rows
}

function flatTensors(name: string, images: Tensor, labels: Tensor, numClasses: number | undefined): Flat {
  const [count, , height, width] = images.shape
  if (images.shape.length !== 4 || images.dtype !== 'float32')
    throw new NablaError(
      'shape',
      `[${name}] images are ${images.dtype} ${showShape(images.shape)}; expected float32 [N, C, H, W]`,
      {
        shape: images.shape,
        dtype: images.dtype,
      },
    )
  const shares = labels.shape.length === 2
  if (labels.shape.length > 2 || labels.shape[0] !== count)
    throw new NablaError(
      'shape',
      `[${name}] labels have shape ${showShape(labels.shape)}; expected [${count}] classes or [${count}, K] shares`,
      {
        shape: labels.shape,
      },
    )
  const values = labels.dataSync()
  return {
    count: count!,
    images: images.dataSync() as Float32Array,
    height: height!,
    width: width!,
    labels: shares ? Float32Array.from(values) : oneHot(name, values, numClasses),
    classes: shares ? labels.shape[1]! : (numClasses ?? 0),
  }
}

function flatArrays(name: string, images: readonly AnyRaster[], labels: ArrayBatch[1], numClasses: number | undefined): Flat {
  if (images.length === 0 || labels.length !== images.length)
    throw new NablaError(
      'shape',
      `[${name}] ${images.length} pictures with ${labels.length} labels; expected as many, and at least one`,
    )
  const { channels, height, width } = imageOf(name, images[0])
  const size = channels * height * width
  const flat = new Float32Array(images.length * size)
  images.forEach((image, i) => {
    if (image.channels !== channels || image.height !== height || image.width !== width)
      throw new NablaError(
        'shape',
        `[${name}] picture ${i} is ${image.channels} x ${image.height} x ${image.width}, the first ${channels} x ${height} x ${width}; expected all alike`,
      )
    const scale = image.data instanceof Uint8Array ? 1 / 255 : 1
    for (let k = 0; k < size; k++) flat[i * size + k] = image.data[k]! * scale
  })
  const first = labels[0]!
  if (typeof first === 'number') {
    const rows = oneHot(name, labels as readonly number[], numClasses)
    return { count: images.length, images: flat, height, width, labels: rows, classes: rows.length / images.length }
  }
  const rows = labels as readonly ArrayLike<number>[]
  if (rows.some((row) => row.length !== first.length))
    refuse(name, 'labels', 'of several lengths', 'rows of shares that are all as long')
  return {
    count: images.length,
    images: flat,
    height,
    width,
    labels: Float32Array.from(rows.flatMap((row) => Array.from(row))),
    classes: first.length,
  }
}

/** A draw from Gamma(shape, 1) (Marsaglia and Tsang: A simple method for generating gamma variables, 2000). */
function gamma(shape: number, random: SampleRandom): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape)
  const d = shape - 1 / 3
  for (;;) {
    const x = random.normal()
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** A draw from Beta(alpha, alpha). */
function beta(alpha: number, random: SampleRandom): number {
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)]
  return a + b > 0 ? a / (a + b) : 0.5
}

/** rows[i] = share rows[i] + (1 - share) rows[i - 1]. */
function blended(rows: Float32Array, count: number, share: number): Float32Array {
  const size = rows.length / count
  const out = new Float32Array(rows.length)
  for (let i = 0; i < count; i++) {
    const [at, other] = [i * size, ((i + count - 1) % count) * size]
    for (let k = 0; k < size; k++) out[at + k] = share * rows[at + k]! + (1 - share) * rows[other + k]!
  }
  return out
}

/** Makes the pictures, and tells the share that remains of the first. */
type Mixing = (batch: Flat, share: number, random: SampleRandom) => { images: Float32Array; share: number }

function mixing(name: string, { alpha = 1, numClasses }: MixOptions, mix: Mixing): BatchTransform {
  within(name, 'alpha', alpha, Number.MIN_VALUE)
  if (numClasses !== undefined) whole(name, 'numClasses', numClasses, 1)
  const transform = ([images, labels, ...rest]: TensorBatch | ArrayBatch, random: SampleRandom): unknown => {
    const tensors = images instanceof Tensor
    const flat = tensors
      ? flatTensors(name, images, labels as Tensor, numClasses)
      : flatArrays(name, images, labels as ArrayBatch[1], numClasses)
    const mixed = mix(flat, beta(alpha, random), random)
    const { count, classes } = flat
    const shares = blended(flat.labels, count, mixed.share)
    if (tensors) {
      const { device, shape } = images
      return [tensor(mixed.images, { shape, device }), tensor(shares, { shape: [count, classes], device }), ...rest]
    }
    const size = mixed.images.length / count
    const rasters = images.map((image, i) => ({ ...image, data: mixed.images.slice(i * size, (i + 1) * size) }))
    return [rasters, rasters.map((_, i) => shares.slice(i * classes, (i + 1) * classes)), ...rest]
  }
  return transform as BatchTransform
}

/**
 * Every picture becomes a mixture of two (Zhang et al.: mixup, 2018):
 *
 *     const mix = mixUp({ alpha: 0.2, numClasses: 10 })
 *     const [images, labels] = mix(batch, random)
 *
 * Reads the tensors: waits for them.
 */
export const mixUp = (options: MixOptions = {}): BatchTransform =>
  mixing('mixUp', options, ({ images, count }, share) => ({ images: blended(images, count, share), share }))

/** A rectangle of every picture is cut out of another one (Yun et al.: CutMix, 2019). Labels follow its area. Reads the tensors: waits for them. */
export const cutMix = (options: MixOptions = {}): BatchTransform =>
  mixing('cutMix', options, ({ images, count, height, width }, share, random) => {
    const [x, y] = [random.integer(width), random.integer(height)]
    const half = 0.5 * Math.sqrt(1 - share)
    const [halfX, halfY] = [Math.floor(half * width), Math.floor(half * height)]
    const [left, right] = [Math.max(x - halfX, 0), Math.min(x + halfX, width)]
    const [top, bottom] = [Math.max(y - halfY, 0), Math.min(y + halfY, height)]
    const out = images.slice()
    const [plane, size] = [height * width, images.length / count]
    for (let at = 0; at < images.length; at += plane) {
      const other = at < size ? at + images.length - size : at - size
      for (let row = top; row < bottom; row++)
        out.set(images.subarray(other + row * width + left, other + row * width + right), at + row * width + left)
    }
    return { images: out, share: 1 - ((right - left) * (bottom - top)) / plane }
  })
