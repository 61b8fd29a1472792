/** The weights in an ONNX file: names, shapes, values. The operators are passed over; nothing is run. */
import { PbfReader } from 'pbf'
import { NablaError, showShape } from '../../core/errors.js'
import { sizeOf } from '../../core/shape.js'
import { openSource, type Readable } from '../source.js'
import { decodeStored, isShape, type StoredCode, storedTypes } from '../stored.js'
import { record, type TensorEntry, type TensorFile, tensorFile } from '../tensor-file.js'
import { elementCodes } from './proto.js'

/** A piece of the file: fields are read by hand, so that no length reaches beyond the piece it is in. */
type Read = (tag: number, pbf: PbfReader, end: number) => void

const wireBytes = 2

/**
 * The fields of a message that ends at `end`: a length that reaches beyond is refused before anything is read by it.
 * pbf skips what `read` leaves alone.
 */
function fields(pbf: PbfReader, end: number, read: Read, fail: (what: string) => never): void {
  while (pbf.pos < end) {
    const key = pbf.readVarint()
    const [tag, type] = [key >>> 3, key & 7]
    const begin = pbf.pos
    pbf.type = type
    let stop = end
    if (type === wireBytes) {
      const length = pbf.readVarint()
      stop = pbf.pos + length
      if (stop > end) fail('the file is cut off, or damaged: a field reaches beyond what it is part of')
      pbf.pos = begin
    }
    if (tag === 0) fail('damaged: a field without a number')
    read(tag, pbf, stop)
    if (pbf.pos === begin) pbf.skip(key)
    if (pbf.pos > end) fail('the file is cut off, or damaged: a field reaches beyond what it is part of')
  }
}

interface Tensor {
  name: string
  dims: number[]
  type: number
  raw: Uint8Array | undefined
  /** Values that are not raw bytes, as numbers. */
  values: number[]
  elsewhere: boolean
}

/** Fields of values that are not raw: how one is read. Half floats come as the integers of their bits. */
const lists: Readonly<Record<number, (pbf: PbfReader) => number>> = {
  4: (pbf) => pbf.readFloat(),
  5: (pbf) => pbf.readVarint(true),
  7: (pbf) => pbf.readVarint(true),
  10: (pbf) => pbf.readDouble(),
  11: (pbf) => pbf.readVarint(),
}

/** A number, or several packed into one field. */
function repeated(pbf: PbfReader, end: number, read: (pbf: PbfReader) => number, into: number[]): void {
  if (pbf.type !== wireBytes) {
    into.push(read(pbf))
    return
  }
  pbf.readVarint()
  while (pbf.pos < end) into.push(read(pbf))
}

function tensorOf(pbf: PbfReader, end: number, fail: (what: string) => never): Tensor {
  const found: Tensor = { name: '', dims: [], type: 0, raw: undefined, values: [], elsewhere: false }
  fields(
    pbf,
    end,
    (tag, pbf, end) => {
      if (tag === 1) repeated(pbf, end, (pbf) => pbf.readVarint(true), found.dims)
      else if (tag === 2) found.type = pbf.readVarint()
      else if (tag === 8) found.name = pbf.readString()
      else if (tag === 9) found.raw = pbf.readBytes()
      else if (tag === 13 || (tag === 14 && pbf.readVarint() !== 0)) found.elsewhere = true
      else if (Object.hasOwn(lists, tag)) repeated(pbf, end, lists[tag]!, found.values)
    },
    fail,
  )
  return found
}

const typedList: Partial<Record<StoredCode, (values: readonly number[]) => ArrayBufferView>> = {
  F32: (values) => Float32Array.from(values),
  F64: (values) => Float64Array.from(values),
  I32: (values) => Int32Array.from(values),
  I16: (values) => Int16Array.from(values),
  U16: (values) => Uint16Array.from(values),
  F16: (values) => Uint16Array.from(values),
  BF16: (values) => Uint16Array.from(values),
  I8: (values) => Int8Array.from(values),
  U8: (values) => Uint8Array.from(values),
  BOOL: (values) => Uint8Array.from(values),
  U32: (values) => Uint32Array.from(values),
  I64: (values) => BigInt64Array.from(values, (value) => BigInt(value)),
  U64: (values) => BigUint64Array.from(values, (value) => BigInt(value)),
}

/** Opens an ONNX file: its initializers by name. Throws NablaError('io') where it is damaged, or keeps its weights in other files. */
export async function openOnnx(from: Readable): Promise<TensorFile> {
  const source = await openSource(from, 'onnx data')
  const fail = (what: string): never => {
    throw new NablaError('io', `[onnx] ${source.name}: ${what}`, { name: source.name })
  }
  let bytes: Uint8Array
  try {
    bytes = await source.read(0, source.size)
  } finally {
    await source.close()
  }
  const tensors: Tensor[] = []
  const metadata: [string, string][] = []
  let version = 0
  let graphs = 0
  const graph = (pbf: PbfReader, end: number): void =>
    fields(
      pbf,
      end,
      (tag, pbf, end) => {
        if (tag !== 5 || pbf.type !== wireBytes) return
        pbf.readVarint()
        tensors.push(tensorOf(pbf, end, fail))
      },
      fail,
    )
  const readModel: Read = (tag, pbf, end) => {
    if (tag === 1) version = pbf.readVarint()
    if (tag === 2) metadata.push(['producer', pbf.readString()])
    if (pbf.type !== wireBytes) return
    if (tag === 7) {
      pbf.readVarint()
      graphs++
      graph(pbf, end)
    }
    if (tag === 14) {
      pbf.readVarint()
      const pair = ['', ''] as [string, string]
      fields(
        pbf,
        end,
        (tag, pbf) => {
          if (tag === 1 || tag === 2) pair[tag - 1] = pbf.readString()
        },
        fail,
      )
      metadata.push(pair)
    }
  }
  try {
    fields(new PbfReader(bytes), bytes.length, readModel, fail)
  } catch (error) {
    if (error instanceof NablaError) throw error
    return fail(`damaged: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (graphs !== 1 || version < 1) return fail('not an ONNX model: it has no graph')
  const entries = new Map(tensors.map((tensor) => [tensor.name, entryOf(tensor, source.name, fail)] as const))
  if (entries.size < tensors.length) return fail('two of its tensors have one name')
  return tensorFile('onnx', source.name, entries, record(metadata), async () => {})
}

function entryOf({ name, dims, type, raw, values, elsewhere }: Tensor, file: string, fail: (what: string) => never): TensorEntry {
  const label = `"${name}" of ${file}`
  if (elsewhere) return fail(`${label} lies in another file, which is not read`)
  const code = Object.hasOwn(elementCodes, type) ? elementCodes[type]! : fail(`${label} has type ${type}, which is not read`)
  if (!isShape(dims)) return fail(`${label} has shape ${showShape(dims)}`)
  const size = sizeOf(dims)
  const held = raw ? raw.length / storedTypes[code].bytes : values.length
  if (held !== size) return fail(`${label} of shape ${showShape(dims)} has ${size} elements, ${held} are there`)
  const bytes = (): Uint8Array => {
    if (raw) return raw.slice()
    const made = typedList[code]!(values)
    return new Uint8Array(made.buffer, made.byteOffset, made.byteLength)
  }
  return {
    dtype: storedTypes[code].dtype,
    stored: code,
    shape: dims,
    read: async (options) => decodeStored(code, bytes(), dims, `[onnx] ${label}`, options),
  }
}
