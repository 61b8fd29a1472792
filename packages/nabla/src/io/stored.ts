/**
 * Types of elements as files have them, and how they become ours. One rule for every format:
 *
 *     F64 F32 F16 I32 U32 U8 BOOL    as they are
 *     BF16                           float32, exactly
 *     I64 U64                        int32 where every value fits, else an error that names the tensor (or float64, if asked for)
 *     I16 U16 I8                     int32
 *     F8_*, complex, quantised       refused by name
 *
 * The names are those of safetensors. A tensor that was read remembers its type in the file (`stored`), so that it can be written back
 * as it was.
 */
import { type DType, dtypes, type TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'

/** A tensor as plain data. float16 values are their bits, in a Uint16Array. */
export interface TensorData {
  /** The type of the elements. */
  readonly dtype: DType
  /** Extents; `[]` for a single number. */
  readonly shape: readonly number[]
  /** The elements, row-major. */
  readonly data: TypedArray
  /** The type in the file that these values were read from, where it is one that we do not have: `I64`, `BF16`, ... */
  readonly stored?: string
}

/** How a file is read. */
export interface DecodeOptions {
  /** What becomes of 64-bit integers of which one does not fit int32: an error (default), or float64 (an error beyond 2^53). */
  readonly wideIntegers?: 'error' | 'float64'
}

/** How a file is written. */
export interface EncodeOptions {
  /** Write tensors that were read from a file in their type there (`stored`), where the format has it. Default false: in ours. */
  readonly keepStored?: boolean
}

/** Types of elements that can be read, by safetensors' names. */
export type StoredCode = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'U64' | 'I32' | 'U32' | 'I16' | 'U16' | 'I8' | 'U8' | 'BOOL'

interface StoredType {
  readonly bytes: number
  /** What it becomes. */
  readonly dtype: DType
  /** From little-endian bytes, aligned. Absent where the memory is ours already. */
  readonly decode?: (bytes: Uint8Array, what: string, options: DecodeOptions) => TypedArray
  /** The way back. */
  readonly encode?: (data: TypedArray) => TypedArray | BigInt64Array | BigUint64Array | Int16Array | Int8Array
}

const same = (dtype: DType): StoredType => ({ bytes: dtypes[dtype].bytes, dtype })
const view = <T>(Type: new (buffer: ArrayBufferLike, at: number, length: number) => T, bytes: Uint8Array, width: number): T =>
  new Type(bytes.buffer, bytes.byteOffset, bytes.length / width)

/** 64-bit integers from their halves. */
const wide = (signed: boolean): StoredType => ({
  bytes: 8,
  dtype: 'int32',
  decode(bytes, what, { wideIntegers = 'error' }) {
    const words = view(Int32Array, bytes, 4)
    const narrow = new Int32Array(words.length / 2)
    let odd = -1
    for (let i = 0; i < narrow.length; i++) {
      const low = words[2 * i]!
      const high = words[2 * i + 1]!
      narrow[i] = low
      if (high !== (signed ? low >> 31 : 0) || (!signed && low < 0)) {
        odd = i
        break
      }
    }
    if (odd < 0) return narrow
    if (wideIntegers === 'float64') {
      const exact = Float64Array.from(
        narrow,
        (_, i) => (signed ? words[2 * i + 1]! : words[2 * i + 1]! >>> 0) * 2 ** 32 + (words[2 * i]! >>> 0),
      )
      odd = exact.findIndex((value) => !Number.isSafeInteger(value))
      if (odd < 0) return exact
    }
    const all = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const value = signed ? all.getBigInt64(8 * odd, true) : all.getBigUint64(8 * odd, true)
    throw new NablaError(
      'io',
      `${what} holds ${value}, stored as ${signed ? 'I64' : 'U64'}, which does not fit ${wideIntegers === 'float64' ? 'float64 exactly' : "int32; { wideIntegers: 'float64' } reads up to 2^53"}`,
      { tensor: what },
    )
  },
  encode: (data) =>
    signed
      ? BigInt64Array.from(data as ArrayLike<number>, (v) => BigInt(Math.trunc(v)))
      : BigUint64Array.from(data as ArrayLike<number>, (v) => BigInt(Math.trunc(v))),
})

/** Brain floats: the upper half of a float32. */
const brain: StoredType = {
  bytes: 2,
  dtype: 'float32',
  decode: (bytes) => new Float32Array(Uint32Array.from(view(Uint16Array, bytes, 2), (bits) => bits << 16).buffer),
  encode(data) {
    const bits = new Uint32Array(Float32Array.from(data as ArrayLike<number>).buffer)
    return Uint16Array.from(bits, (x) =>
      (x & 0x7fffffff) > 0x7f800000 ? (x >>> 16) | 64 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16,
    )
  },
}

const small = (Type: typeof Int16Array | typeof Uint16Array | typeof Int8Array): StoredType => ({
  bytes: Type.BYTES_PER_ELEMENT,
  dtype: 'int32',
  decode: (bytes) => Int32Array.from(view<Int16Array | Uint16Array | Int8Array>(Type, bytes, Type.BYTES_PER_ELEMENT)),
  encode: (data) => Type.from(data as ArrayLike<number>),
})

/** Every type that is read. */
export const storedTypes: Readonly<Record<StoredCode, StoredType>> = {
  F64: same('float64'),
  F32: same('float32'),
  F16: same('float16'),
  BF16: brain,
  I64: wide(true),
  U64: wide(false),
  I32: same('int32'),
  U32: same('uint32'),
  I16: small(Int16Array),
  U16: small(Uint16Array),
  I8: small(Int8Array),
  U8: same('uint8'),
  // Any byte but 0 is true; ours are 0 and 1.
  BOOL: { bytes: 1, dtype: 'bool', decode: (bytes) => Uint8Array.from(bytes, (v) => (v ? 1 : 0)), encode: (data) => data },
}

/** Our types under the files' names. */
export const codeOf: Readonly<Record<DType, StoredCode>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  int32: 'I32',
  uint32: 'U32',
  uint8: 'U8',
  bool: 'BOOL',
}

/** The type of that name, if there is one. */
export const storedType = (code: string): StoredType | undefined =>
  Object.hasOwn(storedTypes, code) ? storedTypes[code as StoredCode] : undefined

/**
 * Elements from a file's bytes. `bytes` are not copied where they can be used as they are, so hand in memory of your own.
 * Throws NablaError('io') beginning with `what` where 64-bit integers do not fit.
 */
export function decodeStored(
  code: StoredCode,
  bytes: Uint8Array,
  shape: readonly number[],
  what: string,
  { bigEndian = false, ...options }: DecodeOptions & { readonly bigEndian?: boolean } = {},
): TensorData {
  const type = storedTypes[code]
  const aligned = bytes.byteOffset % type.bytes === 0 ? bytes : Uint8Array.prototype.slice.call(bytes)
  if (bigEndian) swapBytes(aligned, type.bytes)
  const data = type.decode ? type.decode(aligned, what, options) : view(dtypes[type.dtype].array, aligned, type.bytes)
  const own = codeOf[type.dtype] === code
  return { dtype: data instanceof Float64Array ? 'float64' : type.dtype, shape, data, ...(!own && { stored: code }) }
}

/** Turns the order of bytes in each group of `width`, in place. */
function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width)
    for (let i = at, j = at + width - 1; i < j; i++, j--) {
      const kept = bytes[i]!
      bytes[i] = bytes[j]!
      bytes[j] = kept
    }
}

/** The type to write a tensor in: ours, or the one it was read from, if the format is among those that have it. */
export function codeFor(tensor: TensorData, options: EncodeOptions, has: (code: StoredCode) => boolean): StoredCode {
  const type = options.keepStored && tensor.stored ? storedType(tensor.stored) : undefined
  const fits = type && (type.dtype === tensor.dtype || (type.bytes === 8 && tensor.dtype === 'float64'))
  return fits && has(tensor.stored as StoredCode) ? (tensor.stored as StoredCode) : codeOf[tensor.dtype]
}

/** A tensor's bytes in a file, little-endian: a view where nothing has to be converted. Throws NablaError('io') where data and shape differ. */
export function encodeStored(format: string, name: string, { dtype, shape, data }: TensorData, code: StoredCode): Uint8Array {
  if (data.length !== sizeOf(shape) || data.BYTES_PER_ELEMENT !== dtypes[dtype].bytes)
    throw new NablaError(
      'io',
      `[${format}] ${name}: ${data.length} elements of ${data.BYTES_PER_ELEMENT} bytes are not ${dtype} ${showShape(shape)}`,
      { name, dtype, shape },
    )
  const out = code === codeOf[dtype] ? data : storedTypes[code].encode!(data)
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength)
}

/** The most dimensions that are read, as numpy and PyTorch have it. */
const rankLimit = 64

/** Whether a value read from a file can be a shape. */
export const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= rankLimit && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)

/**
 * Row-major elements of a strided view: strides and offset in elements, all places inside of `data` (the caller has checked).
 * Where the view is the memory itself, so is the result.
 */
export function contiguous(data: TypedArray, shape: readonly number[], strides: readonly number[], offset = 0): TypedArray {
  const size = sizeOf(shape)
  let expected = 1
  let plain = true
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== expected) plain = false
    expected *= shape[d]!
  }
  if (plain || size === 0) return offset === 0 && data.length === size ? data : data.slice(offset, offset + size)
  const out = new (data.constructor as new (size: number) => TypedArray)(size)
  const at = new Array<number>(shape.length).fill(0)
  let from = offset
  for (let i = 0; i < size; i++) {
    out[i] = data[from]!
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d]!
      if (++at[d]! < shape[d]!) break
      from -= strides[d]! * shape[d]!
      at[d] = 0
    }
  }
  return out
}
