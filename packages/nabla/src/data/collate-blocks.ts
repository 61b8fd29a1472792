/** Blocks of numbers: what one sample has at one field, and how it gets into a batch. */
import { type DType, dtypes, type TypedArray } from '../core/dtype.js'
import type { Nested } from '../tensor/values.js'
import type { ShapedArray } from './column-rows.js'
import type { Raster } from './raster.js'
import { isNumbers, type NumberArray } from './shared.js'

/** Numbers with a shape, of one sample. */
export interface Block {
  readonly data: ArrayLike<number>
  readonly shape: readonly number[]
  readonly dtype: DType
  /** Bytes of a picture, which become 0..1. */
  readonly pixels?: boolean
}

/** The class of a typed array. */
export type ViewOf = new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray

/** What holds values of a dtype here; half precision comes and goes as float32. */
export const viewOf = (dtype: DType): ViewOf => (dtype === 'float16' ? Float32Array : dtypes[dtype].array) as ViewOf

/** Whether a dtype has no fractions. */
export const isWhole = (dtype: DType): boolean => dtypes[dtype].category < 2

/** The dtype of an array's numbers; small integers become int32. */
export function dtypeOf(data: NumberArray): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Uint32Array) return 'uint32'
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray ? 'uint8' : 'int32'
}

/** A tensor, as far as collation needs to know it: workers have no engine. */
interface TensorLike {
  readonly shape: readonly number[]
  readonly dtype: DType
  dataSync(): TypedArray
}

const has = (value: object, ...keys: readonly string[]): boolean => keys.every((key) => key in value)

/** Whether a value is a picture. */
export const isRaster = (value: object): value is Raster<Uint8Array | Float32Array> =>
  has(value, 'data', 'channels', 'height', 'width') && isNumbers((value as { data: unknown }).data)

/** Whether a value is `{ data, shape }`. */
export const isShaped = (value: object): value is ShapedArray =>
  has(value, 'data', 'shape') && isNumbers((value as { data: unknown }).data)

/** Whether a value is a tensor. */
export const isTensor = (value: object): value is TensorLike =>
  has(value, 'shape', 'dtype', 'dataSync') && typeof (value as TensorLike).dataSync === 'function'

/** Whether an array holds numbers alone, to any depth. */
export const isRows = (value: readonly unknown[]): value is readonly Nested[] =>
  value.every((entry) => typeof entry === 'number' || (Array.isArray(entry) && isRows(entry)))

/** The float32 that each byte of a picture becomes. */
const unit = /* @__PURE__ */ Float32Array.from({ length: 256 }, (_, byte) => byte / 255)

/** Writes `count` values of a block, from `from` on, to `to` in a batch. */
function copy({ data, pixels }: Block, batch: TypedArray, to: number, from: number, count: number): void {
  if (pixels) for (let i = 0; i < count; i++) batch[to + i] = unit[data[from + i]!]!
  else if (count === data.length) batch.set(data, to)
  else for (let i = 0; i < count; i++) batch[to + i] = data[from + i]!
}

/** Writes a block to its place in a batch: at `offset`, where `shape` has room for it. What it does not fill becomes `pad`. */
export function place(
  block: Block,
  batch: TypedArray,
  offset: number,
  shape: readonly number[],
  size: number,
  pad: number,
): void {
  if (block.data.length === size) return copy(block, batch, offset, 0, size)
  batch.fill(pad, offset, offset + size)
  const rank = shape.length
  const run = block.shape[rank - 1]!
  const walk = (d: number, to: number, from: number, room: number, own: number): void => {
    if (d === rank - 1) return copy(block, batch, to, from, run)
    const [step, stride] = [room / shape[d]!, own / block.shape[d]!]
    for (let i = 0; i < block.shape[d]!; i++) walk(d + 1, to + i * step, from + i * stride, step, stride)
  }
  if (block.data.length > 0) walk(0, offset, 0, size, block.data.length)
}
