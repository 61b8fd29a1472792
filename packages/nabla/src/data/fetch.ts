/** Files of data sets, verified, on whatever platform this is: what the functions named after sets are made of. */
import { NablaError } from '../core/errors.js'
import type { DataFile, DataSetEntry } from './sets/entry.js'
import { addressSource } from './sources/address.js'
import { obtain, type Report } from './sources/source.js'

/** How a data set is fetched. */
export interface FetchOptions {
  /** A folder or archive (Node) or an address that has the files; asked before the usual sources. */
  from?: string
  /** Never opens a connection: what is neither in the cache nor in a folder is an error that says how to bring it. Default: whether NABLA_OFFLINE is 1. */
  offline?: boolean
  /** What to do with progress and notes. Default: lines on standard error in Node, nothing in browsers; `false` is silent. */
  report?: Report | false
}

const inNode = (): boolean => typeof process !== 'undefined' && Boolean(process.versions?.node)

/**
 * The contents of a set's files (or of those named), by their names. Each comes from the first of these that has it, and is checked by its SHA-256: the cache, `from`,
 * and the entry's places in turn. Throws NablaError('data') that lists every place with its reason when none has them.
 */
export async function fetchFiles(
  entry: DataSetEntry,
  files: readonly DataFile[] = entry.files,
  options: FetchOptions = {},
): Promise<Map<string, Uint8Array>> {
  return alone(entry.name, async () => {
    const { from, report } = options
    if (inNode()) {
      const { chainFor } = await import('./sources/chain.node.js')
      const chain = chainFor(entry, options)
      return obtain(entry, files, { ...chain, report: report === false ? () => {} : (report ?? chain.report) })
    }
    const addresses = entry.places.flatMap((place) => (place.kind === 'address' ? [addressSource(place)] : []))
    const given = from === undefined ? [] : [addressSource({ address: from })]
    const sources = options.offline ? [] : [...given, ...addresses]
    return obtain(entry, files, { sources, report: report || (() => {}) })
  })
}

/** The content of one file of a set. */
export async function fetchFile(entry: DataSetEntry, name: string, options?: FetchOptions): Promise<Uint8Array> {
  const file = entry.files.find((one) => one.name === name)
  if (!file) throw new NablaError('argument', `[${entry.name}] has no file ${name}`, { name })
  return (await fetchFiles(entry, [file], options)).get(name)!
}

/** The content of one text file of a set, UTF-8. */
export const fetchText = async (entry: DataSetEntry, name: string, options?: FetchOptions): Promise<string> =>
  new TextDecoder().decode(await fetchFile(entry, name, options))

/** One fetch at a time for each set: whoever asks for another part of it meanwhile waits, and finds it in the cache. */
const running = new Map<string, Promise<unknown>>()

async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const mine = (running.get(name) ?? Promise.resolve()).then(work, work)
  running.set(name, mine)
  try {
    return await mine
  } finally {
    if (running.get(name) === mine) running.delete(name)
  }
}
