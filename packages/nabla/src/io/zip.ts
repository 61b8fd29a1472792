/**
 * Zip archives, read entry by entry: npz files and PyTorch checkpoints are such. The directory at the end is all that is read at first.
 * Entries are stored or deflated; inflating is fflate's work, watching over it is ours:
 *
 *     names that lead out of the archive, doubles, encryption     refused
 *     entries that lie over each other or beyond the file         refused
 *     more bytes than the directory says, or another sum          refused
 *     more bytes in all than the archive may unfold to (`limit`)  refused before they are made
 *
 * Source: PKWARE's APPNOTE.TXT, sections 4.3 (headers) and 4.5.3 (Zip64).
 */
import crc from 'crc-32'
import { Inflate, type Zippable, zipSync } from 'fflate'
import { NablaError } from '../core/errors.js'
import type { ByteSource } from './source.js'

/** How much an archive may unfold to. */
export interface ZipOptions {
  /**
   * The most bytes that the archive may unfold to, over all that is read of it. Default: 100 times its size, and 256 MiB at least.
   * Stands between a small file and a full memory.
   */
  readonly maxBytes?: number
}

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string
  readonly size: number
  /** Its bytes, checked against the sum in the directory. */
  readonly read: () => Promise<Uint8Array>
  /** The first bytes only, as many as there are up to `count`. */
  readonly head: (count: number) => Promise<Uint8Array>
}

interface Record {
  readonly name: string
  readonly method: number
  readonly sum: number
  readonly packed: number
  readonly size: number
  readonly at: number
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50 }
/** The shortest of each kind; what follows is names and extras. */
const lengths = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 }
/** What stands in a 32-bit field whose value is in the Zip64 extra. */
const elsewhere = 0xffffffff
/** No directory of ours or PyTorch's comes near: a million entries. */
const directoryLimit = 100_000_000

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The entries of an archive by name, in the directory's order; folders are left out. `format` is named in messages. */
export async function openZip(source: ByteSource, format: string, options: ZipOptions = {}): Promise<Map<string, ZipEntry>> {
  const fail = (what: string): never => {
    throw new NablaError('io', `[${format}] ${source.name}: ${what}`, { name: source.name })
  }
  const { start, size, count } = await findDirectory(source, fail)
  if (size > directoryLimit || start + size > source.size)
    fail(`the directory has ${size} bytes at ${start}, the file ${source.size}`)
  const records = parseDirectory(await source.read(start, size), count, fail)
  checkPlaces(records, start, fail)

  let left = options.maxBytes ?? Math.max(2 ** 28, 100 * source.size)
  const limit = left
  const spend = (bytes: number, name: string): void => {
    if (bytes > left)
      fail(
        `"${name}" unfolds to ${bytes} bytes, with what was read before more than the ${limit} that are allowed: a zip bomb? { maxBytes } allows more`,
      )
    left -= bytes
  }
  const data = async (record: Record, length: number): Promise<Uint8Array> => {
    const header = viewOf(await source.read(record.at, lengths.local))
    if (header.getUint32(0, true) !== signatures.local) fail(`"${record.name}" is not where the directory says`)
    const from = record.at + lengths.local + header.getUint16(26, true) + header.getUint16(28, true)
    if (from + record.packed > start) fail(`"${record.name}" reaches into the directory`)
    return source.read(from, Math.min(length, record.packed))
  }
  const unfold = async (record: Record, count: number): Promise<Uint8Array> => {
    if (record.method === 0) return data(record, count)
    if (record.method !== 8) fail(`"${record.name}" is packed by method ${record.method}; stored (0) and deflated (8) are read`)
    // A byte of deflated data makes 1032 at most.
    if (record.size > 1032 * record.packed + 64)
      fail(`"${record.name}" cannot unfold from ${record.packed} to the ${record.size} bytes it claims`)
    // The beginning of the data is enough for the beginning of what it stands for: the blocks of a wide window, and some more.
    const whole = count >= record.size
    const packed = await data(record, whole ? record.packed : 2 * count + 65536)
    return inflate(packed, whole ? record.size : count, whole, (what) => fail(`"${record.name}" ${what}`))
  }
  return new Map(
    records
      .filter(({ name }) => !name.endsWith('/'))
      .map((record): [string, ZipEntry] => [
        record.name,
        {
          name: record.name,
          size: record.size,
          head: (count) => unfold(record, Math.min(count, record.size)),
          async read() {
            spend(record.size, record.name)
            const bytes = await unfold(record, record.size)
            if (crc.buf(bytes) >>> 0 !== record.sum) fail(`"${record.name}" is damaged: its sum differs from the directory's`)
            return bytes
          },
        },
      ]),
  )
}

type Fail = (what: string) => never

interface Directory {
  readonly start: number
  readonly size: number
  readonly count: number
}

/** The record at the file's end says where the directory lies; a comment of up to 64 KiB may follow it. */
async function findDirectory(source: ByteSource, fail: Fail): Promise<Directory> {
  const length = Math.min(source.size, lengths.end + 0xffff)
  const tail = viewOf(await source.read(source.size - length, length))
  let at = length - lengths.end
  while (at >= 0 && !(tail.getUint32(at, true) === signatures.end && tail.getUint16(at + 20, true) === length - at - lengths.end))
    at--
  if (at < 0) return fail('not a zip archive, or cut off: it has no directory at its end')
  const directory = {
    start: tail.getUint32(at + 16, true),
    size: tail.getUint32(at + 12, true),
    count: tail.getUint16(at + 10, true),
  }
  const locator = at - lengths.locator64
  if (locator < 0 || tail.getUint32(locator, true) !== signatures.locator64) return directory
  const place = Number(tail.getBigUint64(locator + 8, true))
  if (place + lengths.end64 > source.size) return fail(`the Zip64 directory record at ${place} is beyond the end`)
  const wide = viewOf(await source.read(place, lengths.end64))
  if (wide.getUint32(0, true) !== signatures.end64) return fail('the Zip64 directory record is not where the file says')
  const long = (offset: number): number => Number(wide.getBigUint64(offset, true))
  return { start: long(48), size: long(40), count: long(32) }
}

function parseDirectory(bytes: Uint8Array, count: number, fail: Fail): Record[] {
  const view = viewOf(bytes)
  const records: Record[] = []
  const names = new Set<string>()
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + lengths.central > bytes.length || view.getUint32(at, true) !== signatures.central)
      return fail(`the directory is damaged: entry ${i + 1} of ${count} is not there`)
    const nameLength = view.getUint16(at + 28, true)
    const extraLength = view.getUint16(at + 30, true)
    const extra = at + lengths.central + nameLength
    if (extra + extraLength > bytes.length) return fail(`the directory is damaged: entry ${i + 1} of ${count} is cut off`)
    const name = new TextDecoder().decode(bytes.subarray(at + lengths.central, extra))
    checkName(name, fail)
    if (names.has(name)) return fail(`"${name}" is there twice`)
    names.add(name)
    if (view.getUint16(at + 8, true) & 1) return fail(`"${name}" is encrypted`)
    const [size, packed, place] = wideFields(view, extra, extraLength, [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]) as [number, number, number]
    const method = view.getUint16(at + 10, true)
    if (method === 0 && size !== packed) return fail(`"${name}" is stored with ${packed} bytes and claims ${size}`)
    records.push({ name, method, sum: view.getUint32(at + 16, true), packed, size, at: place })
    at = extra + extraLength + view.getUint16(at + 32, true)
  }
  return records
}

/** Fields that say "elsewhere" take their values, in order, from the Zip64 extra (id 1). */
function wideFields(view: DataView, at: number, length: number, fields: readonly number[]): number[] {
  const end = at + length
  for (let next: number; at + 4 <= end; at = next) {
    next = at + 4 + view.getUint16(at + 2, true)
    if (view.getUint16(at, true) !== 1) continue
    let value = at + 4
    return fields.map((field) => {
      if (field !== elsewhere || value + 8 > Math.min(next, end)) return field
      value += 8
      return Number(view.getBigUint64(value - 8, true))
    })
  }
  return [...fields]
}

/** Nothing is ever written under an entry's name, but what looks like a way out of the archive was not made in good faith. */
function checkName(name: string, fail: Fail): void {
  if (/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\0/.test(name)) fail(`the name ${JSON.stringify(name)} leads out of the archive`)
}

/** Entries follow each other: where two share bytes, a small file could unfold to any size. */
function checkPlaces(records: readonly Record[], end: number, fail: Fail): void {
  let at = 0
  for (const { name, at: from, packed } of [...records].sort((a, b) => a.at - b.at)) {
    if (from < at) fail(`"${name}" lies over another entry`)
    at = from + lengths.local + packed
    if (!Number.isSafeInteger(at) || at > end) fail(`the file is cut off, or "${name}" reaches beyond its end`)
  }
}

/** The first `size` bytes that `packed` stands for; where it is `whole`, exactly as many must come out. */
function inflate(packed: Uint8Array, size: number, whole: boolean, fail: Fail): Uint8Array {
  const out = new Uint8Array(size)
  let filled = 0
  let more = false
  const stream = new Inflate((chunk) => {
    const room = size - filled
    if (chunk.length > room) more = true
    out.set(chunk.length > room ? chunk.subarray(0, room) : chunk, filled)
    filled += Math.min(chunk.length, room)
  })
  const step = 16384 // makes 16 MiB at most
  try {
    for (let at = 0; at < packed.length && !more; at += step) {
      const end = at + step >= packed.length
      stream.push(packed.subarray(at, at + step), end && whole)
      if (!whole && filled === size) return out
    }
  } catch (error) {
    return fail(`is damaged: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (more && !whole) return out
  if (more || filled < size) fail(`unfolds to ${more ? 'more' : 'less'} than the ${size} bytes that the directory says`)
  return out
}

/** A file to be written into an archive. */
export interface ZipFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** How an archive is written. */
export interface ZipWriteOptions {
  /** Deflate the entries. Default false: stored. */
  readonly compress?: boolean
  /** Where each entry's data begins: at a multiple of this many bytes. Default 1. */
  readonly align?: number
}

/** An extra field of this id is padding (as PyTorch writes it): two bytes that no reader looks for. */
const paddingId = 0x4246

/** The bytes of an archive; the same files give the same bytes. Throws NablaError('io') beyond 4 GiB, where this format ends. */
export function writeZip(
  format: string,
  files: readonly ZipFile[],
  { compress = false, align = 1 }: ZipWriteOptions = {},
): Uint8Array {
  const total = files.reduce((sum, { bytes }) => sum + bytes.length + 256, 0)
  if (total > 2 ** 32 - 2 ** 20)
    throw new NablaError('io', `[${format}] ${total} bytes are more than a zip archive of 4 GiB holds; write safetensors`, {
      total,
    })
  const entries: Zippable = {}
  let at = 0
  for (const { name, bytes } of files) {
    const plain = at + lengths.local + new TextEncoder().encode(name).length
    const padding = align > 1 ? (align - ((plain + 4) % align)) % align : 0
    const extra = align > 1 ? { extra: { [paddingId]: new Uint8Array(padding) } } : {}
    entries[name] = [bytes, { level: compress ? 6 : 0, mtime: new Date(1980, 0, 2), ...extra }]
    at = plain + (align > 1 ? 4 + padding : 0) + bytes.length
  }
  return zipSync(entries)
}
