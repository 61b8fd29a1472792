/**
 * PyTorch's files (.pt, .pth, .th, .bin), read without PyTorch and without running anything.
 *
 *     since 1.6    a zip archive: NAME/data.pkl says what there is, NAME/data/0, 1, ... are the storages
 *     before       pickles one after the other: a magic number, the version, the system, the object, the storages' keys; then the storages
 *     before 0.1   a tar archive: refused, PyTorch itself can turn it into one of the others
 *
 * Source: torch/serialization.py of PyTorch and its notes on serialization semantics.
 */
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { CutOff, type Resolver, type Unpickled, unpickle } from './pickle.js'
import { type ByteSource, openSource, type Readable } from './source.js'
import { type DecodeOptions, storedTypes, type TensorData } from './stored.js'
import { record, readTensors, type TensorFile, tensorFile } from './tensor-file.js'
import { type Bytes, findName, type StorageView, TypeName } from './torch-names.js'
import { entriesOf, type TorchValue, valueOf } from './torch-values.js'
import { tensorsFrom } from './weights.js'
import { openZip, type ZipOptions } from './zip.js'

/** How a PyTorch file is read. */
export interface TorchOptions extends DecodeOptions, ZipOptions {}

/** The magic number with which the older format begins, as a pickle. */
const magic = 0x1950a86a20f9469cfc6cn
const legacyStart = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean => start.every((byte, i) => bytes[i] === byte)

interface Opened {
  readonly value: unknown
  readonly source: ByteSource
  /** Bytes of the pickle: a measure for what it may contain. */
  readonly length: number
}

async function open(from: Readable, options: ZipOptions): Promise<Opened> {
  const source = await openSource(from, 'torch data')
  try {
    const head = await source.read(0, Math.min(512, source.size))
    if (startsWith(head, [0x50, 0x4b])) return await openArchive(source, options)
    if (startsWith(head, legacyStart)) return await openLegacy(source)
    const tar = new TextDecoder('latin1').decode(head.subarray(257, 262)) === 'ustar'
    return fail(
      source,
      tar
        ? "this is PyTorch's tar format from before 0.1.10: load it with PyTorch and save it again"
        : 'not a PyTorch file: neither a zip archive nor its older format',
    )
  } catch (error) {
    await source.close()
    throw error
  }
}

const fail = (source: ByteSource, what: string): never => {
  throw new NablaError('io', `[torch] ${source.name}: ${what}`, { name: source.name })
}

/** What `('storage', class, key, location, count)` refers to; `bytesOf` finds the memory of a key. */
const storages =
  (source: ByteSource, bytesOf: (key: string, width: number, count: number) => Bytes): Resolver['persistent'] =>
  (id) => {
    const [word, type, key, , count, view] = Array.isArray(id) ? (id as unknown[]) : []
    if (word !== 'storage' || !(type instanceof TypeName) || type.kind !== 'storage')
      return fail(
        source,
        word === 'module' ? 'it holds a whole module with its code; save its state_dict()' : 'an unknown outside reference',
      )
    if (typeof key !== 'string' || !Number.isSafeInteger(count) || (count as number) < 0)
      return fail(source, 'a storage without key or size')
    const width = type.code ? storedTypes[type.code].bytes : 1
    const found = { bytes: bytesOf(key, width, count as number), code: type.code, count: count as number, start: 0 }
    if (!Array.isArray(view)) return found
    const [, offset] = view as unknown[]
    if (!Number.isSafeInteger(offset) || (offset as number) < 0) return fail(source, 'a view of a storage without its offset')
    return { ...found, start: (offset as number) * width } satisfies StorageView
  }

async function openArchive(source: ByteSource, options: ZipOptions): Promise<Opened> {
  const entries = await openZip(source, 'torch', options)
  const main = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name))
  if (main === undefined) return fail(source, `not a PyTorch file: there is no data.pkl among its ${entries.size} entries`)
  const folder = main.slice(0, -'data.pkl'.length)
  if (entries.has(`${folder}constants.pkl`))
    return fail(source, 'it holds a TorchScript program; save the state_dict() of its module')
  const order = entries.get(`${folder}byteorder`)
  const bigEndian = order !== undefined && new TextDecoder().decode(await order.read()) === 'big'

  // The storage that was read last stays at hand: tensors that share it follow each other.
  let last: { key: string; bytes: Promise<Uint8Array> } | undefined
  const known = new Map<string, Bytes>()
  const bytesOf = (key: string, width: number, count: number): Bytes => {
    const found = known.get(key)
    if (found) return found
    const entry = entries.get(`${folder}data/${key}`)
    if (!entry) return fail(source, `there is no storage ${JSON.stringify(key.slice(0, 40))}`)
    if (entry.size !== width * count)
      return fail(source, `storage ${key} has ${entry.size} bytes where ${count} elements of ${width} are said to be`)
    const load = (): Promise<Uint8Array> => {
      if (last?.key !== key) last = { key, bytes: entry.read() }
      return last.bytes
    }
    const bytes = { length: entry.size, bigEndian, load }
    known.set(key, bytes)
    return bytes
  }
  const pickle = await entries.get(main)!.read()
  const { value } = unpickle(pickle, { find: findName, persistent: storages(source, bytesOf) }, label(source))
  return { value, source, length: pickle.length }
}

const label = (source: ByteSource): string => `[torch] ${source.name}`

/** Pickles first, then the storages in the order of their keys; how long the pickles are is seen when they have been read. */
async function openLegacy(source: ByteSource): Promise<Opened> {
  for (let length = 2 ** 20; ; length *= 4) {
    const bytes = await source.read(0, Math.min(length, source.size))
    try {
      return await parseLegacy(source, bytes)
    } catch (error) {
      if (!(error instanceof CutOff) || length >= source.size) throw error
    }
  }
}

async function parseLegacy(source: ByteSource, bytes: Uint8Array): Promise<Opened> {
  /** Key to where its elements lie; filled when the keys are known. */
  const places = new Map<string, { offset: number; length: number }>()
  const known = new Map<string, Bytes & { readonly width: number; readonly count: number }>()
  let bigEndian = false
  const bytesOf = (key: string, width: number, count: number): Bytes => {
    const found = known.get(key)
    if (found) return found
    const load = async (): Promise<Uint8Array> => {
      const { offset, length } = places.get(key)!
      return source.read(offset, length)
    }
    const made = { length: width * count, bigEndian, load, width, count }
    known.set(key, made)
    return made
  }
  const resolver: Resolver = { find: findName, persistent: storages(source, bytesOf) }
  let at = 0
  const next = (): unknown => {
    const found: Unpickled = unpickle(bytes, resolver, label(source), at)
    at = found.end
    return found.value
  }
  if (next() !== magic) return fail(source, 'not a PyTorch file: the magic number is another')
  const version = next()
  if (version !== 1001) return fail(source, `version ${String(version)} of the older format; 1001 is known`)
  const system = next()
  bigEndian = system instanceof Map && system.get('little_endian') === false
  const value = next()
  const keys = next()
  if (!Array.isArray(keys)) return fail(source, 'the list of storages is missing')
  for (const key of keys) {
    const storage = known.get(key as string)
    if (!storage || places.has(key as string)) return fail(source, 'the list of storages is damaged')
    const count = Number(new DataView((await source.read(at, 8)).buffer).getBigInt64(0, true))
    const length = storage.width * storage.count
    if (count !== storage.count)
      return fail(source, `storage ${String(key).slice(0, 40)} has ${count} elements where ${storage.count} are said to be`)
    places.set(key as string, { offset: at + 8, length })
    at += 8 + length
    if (at > source.size)
      return fail(source, `the file is cut off: storage ${String(key).slice(0, 40)} ends at byte ${at} of ${source.size}`)
  }
  if (known.size > places.size) return fail(source, 'there are tensors without a storage')
  return { value, source, length: bytes.length }
}

/**
 * Opens a PyTorch file: tensors, parameters and numpy arrays by their paths (`state_dict.conv1.weight`), read one by one when asked for;
 * numbers and texts beside them as `metadata`. Names of classes and functions that are not tensors' are refused by name.
 * Throws NablaError('io') where the file is damaged or would run code.
 */
export async function openTorch(from: Readable, options: TorchOptions = {}): Promise<TensorFile> {
  const { value, source, length } = await open(from, options)
  try {
    const { entries, metadata } = entriesOf(value, source.name, length)
    return tensorFile('torch', source.name, entries, metadata, source.close)
  } catch (error) {
    await source.close()
    throw error
  }
}

/**
 * What a PyTorch file holds, as it is nested: dicts as Maps, lists and tuples as arrays, sets, numbers, texts, None as null, dtypes as
 * their names, tensors and numpy arrays as plain data. Errors as `openTorch`.
 */
export async function readTorch(from: Readable, options: TorchOptions = {}): Promise<TorchValue> {
  const { value, source, length } = await open(from, options)
  try {
    return await valueOf(value, source.name, length, options)
  } finally {
    await source.close()
  }
}

/** Which of a file's tensors are wanted, and under which names. */
export interface LoadTorchOptions extends TorchOptions {
  /** Path of the dict that holds the tensors, `state_dict` for example. Default: the whole file. */
  readonly at?: string
  /** What is taken off the front of names that begin with it: `module.` for models saved by DataParallel. */
  readonly strip?: string
}

/**
 * The tensors of a PyTorch file by name: a state dict.
 *
 *     net.loadStateDict(await loadTorch('resnet20.th', { at: 'state_dict', strip: 'module.' }))
 *
 * Batch norms of files from before PyTorch 0.4.1 get the counter that they lack, as PyTorch does it.
 * Throws NablaError('io') as `openTorch`, and where there is nothing at `at`.
 */
export async function loadTorch(
  from: Readable,
  { at, strip, ...options }: LoadTorchOptions = {},
): Promise<Record<string, Tensor>> {
  const file = await openTorch(from, options)
  try {
    const prefix = at === undefined ? '' : `${at}.`
    const wanted = file.names.filter((name) => name.startsWith(prefix))
    if (at !== undefined && wanted.length === 0) {
      const tops = [...new Set(file.names.map((name) => name.split('.')[0]))]
      throw new NablaError(
        'io',
        `[torch] ${file.name} has nothing at "${at}"; at the top there are ${tops.slice(0, 20).join(', ')}`,
        {
          at,
        },
      )
    }
    const short = (name: string): string => {
      const rest = name.slice(prefix.length)
      return strip !== undefined && rest.startsWith(strip) ? rest.slice(strip.length) : rest
    }
    const found = await readTensors({ ...file, names: wanted }, options)
    const state = Object.entries(found).map(([name, data]) => [short(name), data] as const)
    return tensorsFrom(record([...state, ...counters(state.map(([name]) => name))]))
  } finally {
    await file.close()
  }
}

/** Counters of batch norms for a file that has none at all. */
function counters(names: readonly string[]): (readonly [string, TensorData])[] {
  if (names.some((name) => name.endsWith('num_batches_tracked'))) return []
  const norms = names.flatMap((name) => name.match(/^(.*\.|)running_mean$/)?.[1] ?? [])
  return norms.map((path) => [`${path}num_batches_tracked`, { dtype: 'int32', shape: [], data: new Int32Array(1) }])
}
