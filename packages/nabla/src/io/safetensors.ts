/**
 * The safetensors format, on bytes: no files here, so it works in browsers too.
 *
 *     8 bytes   little-endian length n of the header
 *     n bytes   JSON { name: { dtype, shape, data_offsets: [begin, end] }, ..., "__metadata__": { key: text } }, padded with spaces
 *     rest      the tensors' bytes, little-endian, row-major, one after the other without gaps
 *
 * Source: the format section of the safetensors project's README.
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
  /** What becomes of an I64 tensor with a value that does not fit int32: an error (default), or float64, exact up to 2^53. */
  readonly wideIntegers?: 'error' | 'float64'
}

/** What a file holds: its tensors by name, and texts about them. */
export interface SafetensorsContent {
  /** The tensors by name. */
  readonly tensors: Record<string, TensorData>
  /** Texts by key, as the writer of the file wished. */
  readonly metadata: Record<string, string>
}

const codes: Readonly<Record<DType, string>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  int32: 'I32',
  uint32: 'U32',
  uint8: 'U8',
  bool: 'BOOL',
}

/** How a stored type is read: its width, the type it becomes, and the conversion where we have no such type of our own. */
interface Reader {
  readonly bytes: number
  readonly dtype: DType
  readonly convert?: (view: DataView, size: number, name: string, options: DecodeOptions) => TypedArray
}

const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    Object.entries(codes).map(([dtype, code]) => [code, { bytes: dtypes[dtype as DType].bytes, dtype: dtype as DType }]),
  ),
  /** The upper half of a float32. */
  BF16: {
    bytes: 2,
    dtype: 'float32',
    convert: (view, size) =>
      new Float32Array(Uint32Array.from({ length: size }, (_, i) => view.getUint16(2 * i, true) << 16).buffer),
  },
  I64: {
    bytes: 8,
    dtype: 'int32',
    convert: (view, size, name, { wideIntegers = 'error' }) => {
      const values = Float64Array.from({ length: size }, (_, i) => Number(view.getBigInt64(8 * i, true)))
      const wide = values.find((value) => value !== (value | 0))
      if (wide === undefined) return Int32Array.from(values)
      if (wideIntegers === 'float64') return values
      throw new NablaError('io', `[safetensors] ${name} holds ${wide}, stored as I64, which does not fit int32`, { name })
    },
  },
  I16: {
    bytes: 2,
    dtype: 'int32',
    convert: (view, size) => Int32Array.from({ length: size }, (_, i) => view.getInt16(2 * i, true)),
  },
  U16: {
    bytes: 2,
    dtype: 'int32',
    convert: (view, size) => Int32Array.from({ length: size }, (_, i) => view.getUint16(2 * i, true)),
  },
  I8: { bytes: 1, dtype: 'int32', convert: (view, size) => Int32Array.from({ length: size }, (_, i) => view.getInt8(i)) },
}

/**
 * The bytes of a file with these tensors and with `metadata` (texts only, as the format has it). The header is padded so that the data
 * begins at a multiple of 8, and tensors of wide types come first, so every tensor is aligned.
 * Throws NablaError('io') when a tensor's data does not fit its shape and type.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = Object.entries(tensors).sort(([, a], [, b]) => dtypes[b.dtype].bytes - dtypes[a.dtype].bytes)
  const header: Record<string, unknown> = Object.create(null)
  if (Object.keys(metadata).length) header.__metadata__ = metadata
  let end = 0
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === '__metadata__') throw new NablaError('io', '[safetensors] "__metadata__" cannot be the name of a tensor')
    const size = sizeOf(shape)
    if (data.length !== size || data.BYTES_PER_ELEMENT !== dtypes[dtype].bytes)
      throw new NablaError(
        'io',
        `[safetensors] ${name}: ${data.length} elements of ${data.BYTES_PER_ELEMENT} bytes are not ${dtype} ${showShape(shape)}`,
        { name, dtype, shape },
      )
    header[name] = { dtype: codes[dtype], shape, data_offsets: [end, end + data.byteLength] }
    end += data.byteLength
  }
  let text = new TextEncoder().encode(JSON.stringify(header))
  const padded = Math.ceil(text.length / 8) * 8
  if (padded > text.length) {
    const wider = new Uint8Array(padded).fill(0x20)
    wider.set(text)
    text = wider
  }
  const bytes = new Uint8Array(8 + padded + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(text, 8)
  let at = 8 + padded
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** The largest header that is read: the format's own limit. */
const headerLimit = 100_000_000

interface Entry {
  dtype: string
  shape: number[]
  data_offsets: [number, number]
}

/**
 * The tensors in a file's bytes, each in memory of its own. BF16 becomes float32; I64, I16, U16 and I8 become int32.
 * Throws NablaError('io') naming `name` and what is wrong when the bytes are not a whole safetensors file: nothing in it is trusted.
 */
export function decodeSafetensors(bytes: Uint8Array, name = 'safetensors data', options: DecodeOptions = {}): SafetensorsContent {
  const fail = (what: string, facts: Record<string, unknown> = {}): never => {
    throw new NablaError('io', `[safetensors] ${name}: ${what}`, { name, bytes: bytes.length, ...facts })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 8) return fail(`the file is cut off: ${bytes.length} bytes, the header's length alone takes 8`)
  const length = Number(view.getBigUint64(0, true))
  if (length > headerLimit) return fail(`not a safetensors file: the first 8 bytes say that the header has ${length} bytes`)
  if (8 + length > bytes.length) return fail(`the file is cut off: its header has ${length} bytes, ${bytes.length - 8} are there`)
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)))
  } catch {
    return fail('not a safetensors file: the header is not JSON')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return fail('the header is not a JSON object')

  const { __metadata__: meta = {}, ...rest } = header as Record<string, unknown>
  const metadata: Record<string, string> = {}
  for (const [key, value] of Object.entries(meta as object)) {
    if (typeof value !== 'string') return fail(`metadata "${key}" is not a text`)
    metadata[key] = value
  }

  const start = 8 + length
  const available = bytes.length - start
  const tensors: Record<string, TensorData> = {}
  const taken: [number, number, string][] = []
  for (const [key, value] of Object.entries(rest)) {
    const entry = value as Partial<Entry> | null
    const shape = entry?.shape
    const offsets = entry?.data_offsets
    if (!whole(shape) || !whole(offsets) || offsets.length !== 2 || typeof entry?.dtype !== 'string')
      return fail(`the entry of "${key}" is not { dtype, shape, data_offsets }`, { tensor: key })
    const reader = Object.hasOwn(readers, entry.dtype) ? readers[entry.dtype] : undefined
    if (!reader) return fail(`"${key}" has type ${entry.dtype}; known are ${Object.keys(readers).join(', ')}`, { tensor: key })
    const [from, to] = offsets as [number, number]
    const size = sizeOf(shape)
    if (to - from !== size * reader.bytes)
      return fail(
        `"${key}" is ${entry.dtype} ${showShape(shape)}, ${size * reader.bytes} bytes, but its offsets ${from} to ${to} span ${to - from}`,
        { tensor: key },
      )
    if (to > available)
      return fail(`the file is cut off: "${key}" ends at byte ${to} of the data, ${available} are there`, { tensor: key })
    taken.push([from, to, key])
    const slice = Uint8Array.prototype.slice.call(bytes, start + from, start + to) // a Buffer's own slice would not copy
    const data = reader.convert
      ? reader.convert(new DataView(slice.buffer), size, `"${key}" of ${name}`, options)
      : new dtypes[reader.dtype].array(slice.buffer as ArrayBuffer, 0, size)
    Object.defineProperty(tensors, key, {
      value: {
        dtype: data instanceof Float64Array ? 'float64' : reader.dtype,
        shape,
        data,
        ...(reader.convert && { stored: entry.dtype }),
      },
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }

  taken.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  let at = 0
  for (const [from, to, key] of taken) {
    if (from !== at)
      return fail(
        `"${key}" begins at byte ${from} of the data, expected ${at}: the tensors ${from < at ? 'overlap' : 'leave a gap'}`,
      )
    at = to
  }
  if (at !== available) return fail(`${available - at} bytes follow the last tensor`)
  return { tensors, metadata }
}

const whole = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)
