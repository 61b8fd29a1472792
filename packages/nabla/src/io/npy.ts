/**
 * NumPy's formats: npy for one array, npz for several of them in a zip archive.
 *
 *     6 bytes    \x93NUMPY
 *     2 bytes    version 1.0, 2.0 or 3.0
 *     2 or 4     little-endian length of the header
 *     header     a Python dict: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
 *     rest       the elements
 *
 * Either byte order and either order of elements is read; little-endian and C order are written. Structured types, texts, objects and
 * complex numbers are refused by name. Source: NumPy Enhancement Proposal 1, and numpy.lib.format's documentation.
 */
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { type Literal, parseLiteral } from './literal.js'
import { type ByteSource, openSource, type Readable } from './source.js'
import {
  codeFor,
  contiguous,
  type DecodeOptions,
  decodeStored,
  type EncodeOptions,
  encodeStored,
  isShape,
  type StoredCode,
  storedTypes,
  type TensorData,
} from './stored.js'
import { type TensorEntry, type TensorFile, tensorFile } from './tensor-file.js'
import { openZip, writeZip, type ZipOptions } from './zip.js'

/** numpy's letters for our files' types, with the width that follows them. */
const letters: Readonly<Record<string, StoredCode>> = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  u8: 'U64',
  i4: 'I32',
  u4: 'U32',
  i2: 'I16',
  u2: 'U16',
  i1: 'I8',
  u1: 'U8',
  b1: 'BOOL',
}
const letterOf = /* @__PURE__ */ Object.fromEntries(Object.entries(letters).map(([letter, code]) => [code, letter])) as Partial<
  Record<StoredCode, string>
>
const refused: Readonly<Record<string, string>> = {
  c: 'complex numbers',
  U: 'texts',
  S: 'byte texts',
  a: 'byte texts',
  O: 'Python objects, which are pickles: running code would be needed to read them',
  V: 'raw records',
  M: 'dates',
  m: 'spans of time',
}

/** numpy's description of a type, or what is wrong with it. */
export function typeOfDescr(descr: Literal): { code: StoredCode; bigEndian: boolean } | string {
  if (Array.isArray(descr)) return `a structured type (${JSON.stringify(descr)}): save its fields as arrays of their own`
  const [, order, letter] = (typeof descr === 'string' && descr.match(/^([<>|=]?)(\w+)/)) || []
  if (letter !== undefined && Object.hasOwn(letters, letter)) return { code: letters[letter]!, bigEndian: order === '>' }
  return `type ${JSON.stringify(descr)}${letter && Object.hasOwn(refused, letter[0]!) ? ` (${refused[letter[0]!]})` : ''}; known are ${Object.keys(letters).join(', ')}`
}

interface Header {
  readonly code: StoredCode
  readonly bigEndian: boolean
  readonly fortran: boolean
  readonly shape: readonly number[]
  /** Where the elements begin. */
  readonly start: number
}

/** What is read of an entry to know its header; longer headers are of structured types. */
const headRoom = 65536 + 12
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** The header at the beginning of `bytes`, of a file with `size` bytes in all. */
function parseHeader(bytes: Uint8Array, size: number, name: string): Header {
  const fail = (what: string): never => {
    throw new NablaError('io', `[npy] ${name}: ${what}`, { name })
  }
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    return fail('not an npy file: it does not begin with \\x93NUMPY')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes[6]!
  if (version < 1 || version > 3) return fail(`version ${version}.${bytes[7]} of the format; 1.0 to 3.0 are known`)
  const from = version === 1 ? 10 : 12
  if (bytes.length < from) return fail('the file is cut off in its header')
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > headRoom - 12) return fail(`the header has ${length} bytes; those of single arrays are short`)
  if (from + length > bytes.length) return fail(`the header has ${length} bytes, ${bytes.length - from} are there`)
  const header = parseLiteral(
    new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(from, from + length)),
    fail,
  )
  if (!(header instanceof Map)) return fail('the header is not a dict')
  const type = typeOfDescr(header.get('descr') ?? null)
  if (typeof type === 'string') return fail(`the array has ${type}`)
  const shape = header.get('shape')
  const fortran = header.get('fortran_order')
  if (!isShape(shape) || typeof fortran !== 'boolean') return fail("the header lacks 'shape' or 'fortran_order'")
  const start = from + length
  const wanted = sizeOf(shape) * storedTypes[type.code].bytes
  if (wanted !== size - start)
    return fail(`an array of shape ${showShape(shape)} and type ${type.code} has ${wanted} bytes, ${size - start} are there`)
  return { ...type, fortran, shape, start }
}

function decodeElements(header: Header, bytes: Uint8Array, name: string, options: DecodeOptions): TensorData {
  const { code, bigEndian, fortran, shape } = header
  const found = decodeStored(code, bytes, shape, `[npy] ${name}`, { ...options, bigEndian })
  if (!fortran || shape.length < 2) return found
  let step = 1
  const strides = shape.map((n) => {
    step *= n
    return step / (n || 1)
  })
  return { ...found, data: contiguous(found.data, shape, strides) }
}

/** The array in an npy file's bytes. Throws NablaError('io') naming `name` where it is damaged, or of a type that is not read. */
export function decodeNpy(bytes: Uint8Array, name = 'npy data', options: DecodeOptions = {}): TensorData {
  const header = parseHeader(bytes, bytes.length, name)
  return decodeElements(header, Uint8Array.prototype.slice.call(bytes, header.start), name, options)
}

/** An array as the bytes of an npy file. Throws NablaError('io') when the data does not fit its shape and type. */
export function encodeNpy(tensor: TensorData, options: EncodeOptions = {}): Uint8Array {
  const code = codeFor(tensor, options, (code) => code in letterOf)
  const data = encodeStored('npy', 'the array', tensor, code)
  const shape = `(${tensor.shape.join(', ')}${tensor.shape.length === 1 ? ',' : ''})`
  const letter = letterOf[code]!
  const dict = `{'descr': '${storedTypes[code].bytes === 1 ? '|' : '<'}${letter}', 'fortran_order': False, 'shape': ${shape}, }`
  const start = Math.ceil((10 + dict.length + 1) / 64) * 64
  const bytes = new Uint8Array(start + data.length)
  bytes.set([...magic, 1, 0])
  new DataView(bytes.buffer).setUint16(8, start - 10, true)
  bytes.set(new TextEncoder().encode(`${dict.padEnd(start - 11)}\n`), 10)
  bytes.set(data, start)
  return bytes
}

/** Opens an npy file: one tensor, named `array`. */
export async function openNpy(from: Readable): Promise<TensorFile> {
  const source = await openSource(from, 'npy data')
  try {
    const header = parseHeader(await source.read(0, Math.min(headRoom, source.size)), source.size, source.name)
    const read = async (options: DecodeOptions): Promise<TensorData> =>
      decodeElements(header, await source.read(header.start, source.size - header.start), source.name, options)
    return tensorFile('npy', source.name, new Map([['array', entryOf(header, read)]]), {}, source.close)
  } catch (error) {
    await source.close()
    throw error
  }
}

const entryOf = ({ code, shape }: Header, read: TensorEntry['read']): TensorEntry => ({
  dtype: storedTypes[code].dtype,
  stored: code,
  shape,
  read,
})

/**
 * Opens an npz file: headers are read, arrays one by one when asked for, named as in `np.load`. Throws NablaError('io') where the archive
 * or an array's header is damaged, or an array has a type that is not read (by name).
 */
export async function openNpz(from: Readable, options: ZipOptions = {}): Promise<TensorFile> {
  const source = await openSource(from, 'npz data')
  try {
    return await arraysIn(source, options)
  } catch (error) {
    await source.close()
    throw error
  }
}

async function arraysIn(source: ByteSource, options: ZipOptions): Promise<TensorFile> {
  const entries = new Map<string, TensorEntry>()
  for (const [path, file] of await openZip(source, 'npz', options)) {
    if (!path.endsWith('.npy'))
      throw new NablaError('io', `[npz] ${source.name}: "${path}" is not an array`, { name: source.name })
    const name = path.slice(0, -4)
    const label = `"${name}" of ${source.name}`
    const header = parseHeader(await file.head(headRoom), file.size, label)
    entries.set(
      name,
      entryOf(header, async (options) => decodeElements(header, (await file.read()).slice(header.start), label, options)),
    )
  }
  return tensorFile('npz', source.name, entries, {}, source.close)
}

/** How an npz file is written. */
export interface NpzOptions extends EncodeOptions {
  /** Deflate the arrays, as `np.savez_compressed`. Default false. */
  readonly compress?: boolean
}

/** Arrays as the bytes of an npz file, which `np.load` reads. Throws NablaError('io') when data and shape do not fit, or beyond 4 GiB. */
export const encodeNpz = (tensors: Readonly<Record<string, TensorData>>, options: NpzOptions = {}): Uint8Array =>
  writeZip(
    'npz',
    Object.entries(tensors).map(([name, tensor]) => ({ name: `${name}.npy`, bytes: encodeNpy(tensor, options) })),
    options,
  )
