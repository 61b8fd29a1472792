/**
 * What a transform is, and how one reaches everything that belongs to a picture.
 *
 * A transform takes a sample and the sample's own random numbers, and gives a new sample: typed arrays in, typed arrays out, on the host.
 * The same numbers give the same result on every platform and in every worker.
 *
 * Those of pictures take a raster, a record that has one as `image`, or a tuple that begins with either (`[image, label]`). What moves pixels
 * (`geometric`) also moves the record's boxes, masks and keypoints, or those of the records that follow in the tuple; what changes colours
 * (`coloured`) leaves them alone.
 */
import { NablaError } from '../core/errors.js'
import { type Recipe, recipeKey } from '../data/portable.js'
import type { SampleRandom } from '../data/random.js'
import type { Raster } from '../data/raster.js'
import type { Tensor } from '../tensor/tensor.js'

/** A function of a sample and its random numbers; a transform that draws nothing may be called without them. */
export type Transform<In, Out = In> = (input: In, random: SampleRandom) => Out

/** Bytes 0..255, or floats: 0..1 until they are normalised. */
export type Pixels = Uint8Array | Float32Array

/** A raster of either. */
export type AnyRaster = Raster<Pixels>

/** Rows of numbers: one after the other in a typed array, or an array a row. */
export type Rows = Float32Array | readonly (readonly number[])[]

/**
 * What may belong to a picture, in its pixels: the picture's left edge is x = 0, its right edge x = width, so the middle of its first
 * pixel is at (0.5, 0.5).
 */
export interface Annotations {
  /** Corners x1, y1, x2, y2 of each box. They are clipped to the picture; `sanitizeBoxes` drops those that have left it. */
  readonly boxes?: Rows
  /** A class for every pixel: one channel, as large as the picture. Moved pixel by pixel, nothing is mixed. */
  readonly mask?: AnyRaster
  /** A mask for each object: one raster with a channel each, or a raster each. */
  readonly masks?: AnyRaster | readonly AnyRaster[]
  /** x, y of each point (in rows of numbers, further numbers stay as they are: COCO's visibility). Not clipped. */
  readonly keypoints?: Rows
}

/** A picture with what belongs to it. Fields of other names pass through. */
export interface PictureSample extends Annotations {
  /** The picture. */
  readonly image: AnyRaster
}

/** What a transform of pictures takes: a raster, a record with one, or a tuple that begins with either. */
export type Picture = AnyRaster | PictureSample | readonly [AnyRaster | PictureSample, ...unknown[]]

/** `T` with its raster replaced by `I`. */
export type WithImage<T, I> = T extends AnyRaster
  ? I
  : T extends { readonly image: AnyRaster }
    ? Omit<T, 'image'> & { readonly image: I }
    : T extends readonly [infer First, ...infer Rest]
      ? [WithImage<First, I>, ...Rest]
      : never

/** A transform that gives what it was given, with other pixels. */
export type PictureTransform = <T extends Picture>(input: T, random?: SampleRandom) => T

/** A transform whose pictures are floats, whatever they were. */
export type FloatTransform = <T extends Picture>(input: T, random?: SampleRandom) => WithImage<T, Raster<Float32Array>>

/** A transform whose pictures are bytes, whatever they were. */
export type ByteTransform = <T extends Picture>(input: T, random?: SampleRandom) => WithImage<T, Raster>

/** A transform whose pictures are tensors, float32 [C, H, W]. */
export type TensorTransform = <T extends Picture>(input: T, random?: SampleRandom) => WithImage<T, Tensor>

/** One movement of one picture's pixels, with its random choices made. */
export interface Move {
  /** Rows and columns of the result. */
  readonly height: number
  readonly width: number
  /** Moves pixels; those of a mask are picked, never mixed. */
  readonly pixels: <D extends Pixels>(raster: Raster<D>, mask: boolean) => Raster<D>
  /** Where a point goes. */
  readonly point: (x: number, y: number) => readonly [number, number]
}

/** Throws at the first draw: a transform was called without random numbers. */
export const withoutRandom = (name: string): SampleRandom => {
  const missing = (): never => {
    throw new NablaError(
      'argument',
      `[${name}] draws random numbers but was given none; call it as transform(picture, new SampleRandom(seed, epoch, index)), or let a loader do so`,
    )
  }
  return { uniform: missing, integer: missing, normal: missing, chance: missing } as unknown as SampleRandom
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

/** Whether a value is a raster. */
export const isRaster = (value: unknown): value is AnyRaster =>
  isRecord(value) && 'channels' in value && 'height' in value && 'width' in value && ArrayBuffer.isView(value.data)

/** The raster of a picture; throws if there is none. */
export function imageOf(name: string, input: unknown): AnyRaster {
  const first = Array.isArray(input) ? input[0] : input
  const image = isRaster(first) ? first : isRecord(first) ? first.image : undefined
  if (!isRaster(image))
    throw new NablaError(
      'argument',
      `[${name}] found no picture in ${describe(input)}; expected a raster { data, channels, height, width }, a record with one as "image", or a tuple that begins with either`,
    )
  const { data, channels, height, width } = image
  if (data.length !== channels * height * width || data.length === 0)
    throw new NablaError(
      'shape',
      `[${name}] the picture has ${data.length} values for ${channels} channels of ${height} x ${width}; expected ${channels * height * width}, and at least one`,
      { channels, height, width, length: data.length },
    )
  return image
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a tuple of ${value.length}`
  if (isRecord(value)) return `a record with ${Object.keys(value).join(', ') || 'no fields'}`
  return typeof value
}

/** A picture with its raster replaced. */
export function withImage<T, I>(input: T, image: I): WithImage<T, I> {
  const put = (value: unknown): unknown => (isRaster(value) ? image : { ...(value as object), image })
  return (Array.isArray(input) ? [put(input[0]), ...input.slice(1)] : put(input)) as WithImage<T, I>
}

/** A transform with its recipe, by which a loader's workers make it too. */
export const carried = <F extends (...args: never[]) => unknown>(recipe: Recipe, transform: F): F =>
  Object.assign(transform, { [recipeKey]: recipe })

/** A transform of colours alone. Giving the same raster back means that nothing changes. */
export function coloured(recipe: Recipe, change: (image: AnyRaster, random: SampleRandom) => AnyRaster): PictureTransform {
  const { name } = recipe
  const none = withoutRandom(name)
  return carried(recipe, <T extends Picture>(input: T, random: SampleRandom = none): T => {
    const image = imageOf(name, input)
    const changed = change(image, random)
    return changed === image ? input : (withImage(input, changed) as unknown as T)
  })
}

/** A transform that moves pixels, and all that belongs to them. `plan` makes the random choices; undefined means that nothing moves. */
export function geometric(
  recipe: Recipe,
  plan: (height: number, width: number, random: SampleRandom) => Move | undefined,
): PictureTransform {
  const { name } = recipe
  const none = withoutRandom(name)
  return carried(recipe, <T extends Picture>(input: T, random: SampleRandom = none): T => {
    const image = imageOf(name, input)
    const move = plan(image.height, image.width, random)
    if (!move) return input
    if (isRaster(input)) return move.pixels(input, false) as AnyRaster as T
    const record = (value: Record<string, unknown>): Record<string, unknown> => movedRecord(name, value, image, move)
    if (!Array.isArray(input)) return record(input as unknown as Record<string, unknown>) as T
    return input.map((item: unknown, i) => {
      if (isRaster(item))
        return i === 0 ? move.pixels(item, false) : movedMask(name, 'raster after the picture', item, image, move)
      return isRecord(item) ? record(item) : item
    }) as unknown as T
  })
}

function movedRecord(name: string, sample: Record<string, unknown>, image: AnyRaster, move: Move): Record<string, unknown> {
  const moved = { ...sample }
  const { mask, masks, boxes, keypoints } = sample
  if (isRaster(sample.image)) moved.image = move.pixels(sample.image, false)
  if (isRaster(mask)) moved.mask = movedMask(name, 'mask', mask, image, move)
  if (isRaster(masks)) moved.masks = movedMask(name, 'masks', masks, image, move)
  else if (Array.isArray(masks)) moved.masks = masks.map((one: AnyRaster, i) => movedMask(name, `masks[${i}]`, one, image, move))
  if (boxes !== undefined) moved.boxes = movedRows(name, 'boxes', boxes as Rows, 4, (row) => moveBox(row, move))
  if (keypoints !== undefined)
    moved.keypoints = movedRows(name, 'keypoints', keypoints as Rows, 2, (row) => {
      ;[row[0], row[1]] = move.point(row[0]!, row[1]!)
    })
  return moved
}

function movedMask(name: string, what: string, mask: AnyRaster, image: AnyRaster, move: Move): AnyRaster {
  if (mask.height !== image.height || mask.width !== image.width)
    throw new NablaError(
      'shape',
      `[${name}] ${what} is ${mask.height} x ${mask.width}, the picture ${image.height} x ${image.width}; expected both alike`,
      { mask: [mask.height, mask.width], image: [image.height, image.width] },
    )
  return move.pixels(mask, true)
}

/** The box around where the four corners go, clipped to the picture. */
function moveBox(box: number[], { point, width, height }: Move): void {
  const [x1, y1, x2, y2] = box as [number, number, number, number]
  const corners = [point(x1, y1), point(x2, y1), point(x1, y2), point(x2, y2)]
  const ends = (side: 0 | 1, most: number): [number, number] => {
    const values = corners.map((corner) => Math.min(Math.max(corner[side], 0), most))
    return [Math.min(...values), Math.max(...values)]
  }
  ;[box[0], box[2]] = ends(0, width)
  ;[box[1], box[3]] = ends(1, height)
}

/** Rows of numbers, each changed in a copy. */
function movedRows(name: string, what: string, rows: Rows, columns: number, change: (row: number[]) => void): Rows {
  if (rows instanceof Float32Array && rows.length % columns === 0) {
    const moved = new Float32Array(rows.length)
    for (let i = 0; i < rows.length; i += columns) {
      const row = Array.from(rows.subarray(i, i + columns))
      change(row)
      moved.set(row, i)
    }
    return moved
  }
  if (Array.isArray(rows) && rows.every((row) => Array.isArray(row) && row.length >= columns))
    return (rows as number[][]).map((row) => {
      const copy = [...row]
      change(copy)
      return copy
    })
  throw new NablaError(
    'shape',
    `[${name}] ${what} are ${rows instanceof Float32Array ? `${rows.length} numbers` : 'not rows of numbers'}; expected ${columns} numbers a row: a Float32Array of them, or an array a row`,
    { what },
  )
}
