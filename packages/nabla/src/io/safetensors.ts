/**
 * The safetensors format, on bytes: no files here, so it works in browsers too.
 *
 *     8 bytes   little-endian length n of the header
 *     n bytes   JSON { name: { dtype, shape, data_offsets: [begin, end] }, ..., "__metadata__": { key: text } }, padded with spaces
 *     rest      the tensors' bytes, little-endian, row-major, one after the other without gaps
 *
 * Source: the format section of the safetensors project's README.
 */
import { dtypes } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { type ByteSource, openSource, type Readable } from './source.js'
import {
  codeFor,
  type DecodeOptions,
  decodeStored,
  type EncodeOptions,
  encodeStored,
  isShape,
  type StoredCode,
  storedType,
  storedTypes,
  type TensorData,
} from './stored.js'
import { record, type TensorFile, tensorFile } from './tensor-file.js'

export type { DecodeOptions, EncodeOptions, TensorData }

/** What a file holds: its tensors by name, and texts about them. */
export interface SafetensorsContent {
  /** The tensors by name. */
  readonly tensors: Record<string, TensorData>
  /** Texts by key, as the writer of the file wished. */
  readonly metadata: Record<string, string>
}

/**
 * The bytes of a file with these tensors and with `metadata` (texts only, as the format has it). The header is padded so that the data
 * begins at a multiple of 8, and tensors of wide types come first, so every tensor is aligned.
 * Throws NablaError('io') when a tensor's data does not fit its shape and type.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
  options: EncodeOptions = {},
): Uint8Array {
  const entries = Object.entries(tensors).sort(([, a], [, b]) => dtypes[b.dtype].bytes - dtypes[a.dtype].bytes)
  const parts = entries.map(([name, tensor]) => {
    if (name === '__metadata__') throw new NablaError('io', '[safetensors] "__metadata__" cannot be the name of a tensor')
    const code = codeFor(tensor, options, () => true)
    return { name, code, shape: tensor.shape, bytes: encodeStored('safetensors', name, tensor, code) }
  })
  parts.sort((a, b) => storedTypes[b.code].bytes - storedTypes[a.code].bytes)
  const header: Record<string, unknown> = Object.create(null)
  if (Object.keys(metadata).length) header.__metadata__ = metadata
  let end = 0
  for (const { name, code, shape, bytes } of parts) {
    header[name] = { dtype: code, shape, data_offsets: [end, end + bytes.length] }
    end += bytes.length
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
  for (const part of parts) {
    bytes.set(part.bytes, at)
    at += part.bytes.length
  }
  return bytes
}

/** The largest header that is read: the format's own limit. */
const headerLimit = 100_000_000

/** Where a tensor lies, in bytes of the file. */
interface Place {
  readonly code: StoredCode
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
}

interface Header {
  readonly metadata: Record<string, string>
  readonly places: ReadonlyMap<string, Place>
}

type Fail = (what: string, facts?: Record<string, unknown>) => never

const failing =
  (name: string, size: number): Fail =>
  (what, facts = {}) => {
    throw new NablaError('io', `[safetensors] ${name}: ${what}`, { name, bytes: size, ...facts })
  }

/** The length that the first 8 bytes tell, if the file can have a header that long. */
function headerLength(first: Uint8Array, size: number, fail: Fail): number {
  if (size < 8) fail(`the file is cut off: ${size} bytes, the header's length alone takes 8`)
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true))
  if (length > headerLimit) fail(`not a safetensors file: the first 8 bytes say that the header has ${length} bytes`)
  if (8 + length > size) fail(`the file is cut off: its header has ${length} bytes, ${size - 8} are there`)
  return length
}

/** The header's JSON, checked against the file's size: nothing in it is trusted. */
function parseHeader(text: Uint8Array, size: number, fail: Fail): Header {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
  } catch {
    return fail('not a safetensors file: the header is not JSON')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return fail('the header is not a JSON object')

  const { __metadata__: meta = {}, ...rest } = header as Record<string, unknown>
  if (typeof meta !== 'object' || meta === null) return fail('__metadata__ is not an object of texts')
  for (const [key, value] of Object.entries(meta)) if (typeof value !== 'string') return fail(`metadata "${key}" is not a text`)

  const start = 8 + text.length
  const available = size - start
  const places = new Map<string, Place>()
  for (const [key, value] of Object.entries(rest)) {
    const entry = value as { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null
    const shape = entry?.shape
    const offsets = entry?.data_offsets
    if (!isShape(shape) || !isShape(offsets) || offsets.length !== 2 || typeof entry?.dtype !== 'string')
      return fail(`the entry of "${key}" is not { dtype, shape, data_offsets }`, { tensor: key })
    const type = storedType(entry.dtype)
    if (!type)
      return fail(`"${key}" has type ${entry.dtype}; known are ${Object.keys(storedTypes).join(', ')}`, {
        tensor: key,
        dtype: entry.dtype,
      })
    const [from, to] = offsets as [number, number]
    const length = sizeOf(shape) * type.bytes
    if (to - from !== length)
      return fail(
        `"${key}" is ${entry.dtype} ${showShape(shape)}, ${length} bytes, but its offsets ${from} to ${to} span ${to - from}`,
        { tensor: key },
      )
    if (to > available)
      return fail(`the file is cut off: "${key}" ends at byte ${to} of the data, ${available} are there`, { tensor: key })
    places.set(key, { code: entry.dtype as StoredCode, shape, offset: start + from, length })
  }

  let at = start
  for (const [key, { offset, length }] of [...places].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length)) {
    if (offset !== at)
      return fail(
        `"${key}" begins at byte ${offset - start} of the data, expected ${at - start}: the tensors ${offset < at ? 'overlap' : 'leave a gap'}`,
        { tensor: key },
      )
    at = offset + length
  }
  if (at !== size) return fail(`${size - at} bytes follow the last tensor`)
  return { metadata: record(Object.entries(meta as Record<string, string>)), places }
}

const label = (key: string, name: string): string => `[safetensors] "${key}" of ${name}`

/**
 * The tensors in a file's bytes, each in memory of its own. BF16 becomes float32; I64, U64, I16, U16 and I8 become int32.
 * Throws NablaError('io') naming `name` and what is wrong when the bytes are not a whole safetensors file.
 */
export function decodeSafetensors(bytes: Uint8Array, name = 'safetensors data', options: DecodeOptions = {}): SafetensorsContent {
  const fail = failing(name, bytes.length)
  const length = headerLength(bytes, bytes.length, fail)
  const { metadata, places } = parseHeader(bytes.subarray(8, 8 + length), bytes.length, fail)
  const tensors = record(
    [...places].map(([key, { code, shape, offset, length }]) => {
      const own = Uint8Array.prototype.slice.call(bytes, offset, offset + length) // a Buffer's own slice would not copy
      return [key, decodeStored(code, own, shape, label(key, name), options)] as const
    }),
  )
  return { tensors, metadata }
}

/**
 * Opens a file and reads its header only; tensors are read one by one, each from its place.
 *
 *     const file = await openSafetensors('gpt2.safetensors')
 *     file.info('wte.weight')             // { dtype: 'float32', stored: 'BF16', shape: [50257, 768] }
 *     const data = await file.read('wpe.weight')
 *     await file.close()
 *
 * Throws NablaError('io') as `decodeSafetensors` does.
 */
export async function openSafetensors(from: Readable): Promise<TensorFile> {
  const source = await openSource(from, 'safetensors data')
  try {
    return await tensorsIn(source)
  } catch (error) {
    await source.close()
    throw error
  }
}

async function tensorsIn(source: ByteSource): Promise<TensorFile> {
  const fail = failing(source.name, source.size)
  const length = headerLength(await source.read(0, Math.min(8, source.size)), source.size, fail)
  const { metadata, places } = parseHeader(await source.read(8, length), source.size, fail)
  const entries = [...places].map(([key, { code, shape, offset, length }]) => {
    const read = async (options: DecodeOptions): Promise<TensorData> =>
      decodeStored(code, await source.read(offset, length), shape, label(key, source.name), options)
    return [key, { dtype: storedTypes[code].dtype, stored: code, shape, read }] as const
  })
  return tensorFile('safetensors', source.name, new Map(entries), metadata, source.close)
}
