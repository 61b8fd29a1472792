/** What is done with data sets in the cache: looked at, taken in, verified, removed. Node only. */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NablaError } from '../../core/errors.js'
import { type FetchOptions, fetchFiles } from '../fetch.js'
import type { DataFile, DataSetEntry } from '../sets/entry.js'
import { dataFolder, diskCache, givenSource } from './disk.node.js'
import { digestInPieces } from './pieces.node.js'
import { fault, messageOf } from './source.js'

/** A file of a set in the cache. `damaged`: its size is wrong or, where sums were looked at, its sum. */
export interface FileStatus extends DataFile {
  /** Whether it is there and, as far as was looked, right. */
  readonly state: 'here' | 'missing' | 'damaged'
  /** What is wrong with it. */
  readonly problem?: string
}

/** What of a data set is in the cache. */
export interface DataSetStatus {
  /** The set's name. */
  readonly name: string
  /** Where its files lie, or would. */
  readonly folder: string
  /** All files are here and nothing is wrong with them; some are; none is. */
  readonly state: 'here' | 'partly' | 'missing' | 'damaged'
  /** Each of its files. */
  readonly files: readonly FileStatus[]
}

/** What `importDataSet` took. */
export interface ImportedFiles {
  /** Names of the files that are now in the cache. */
  readonly taken: readonly string[]
  /** Names of the set's files that were not there. */
  readonly missing: readonly string[]
}

const digest = (bytes: Uint8Array): Promise<string> => digestInPieces('sha256', bytes, 'hex')

async function look(entry: DataSetEntry, sums: boolean): Promise<DataSetStatus> {
  const folder = join(dataFolder(), entry.name)
  const files: FileStatus[] = []
  for (const file of entry.files) {
    const path = join(folder, file.name)
    const bytes = await stat(path).then(
      (facts) => facts.size,
      () => undefined,
    )
    if (bytes === undefined) files.push({ ...file, state: 'missing' })
    else {
      const wrongSize = bytes === file.bytes ? undefined : `it has ${bytes} bytes instead of ${file.bytes}`
      const problem = wrongSize ?? (sums ? await readFile(path).then((data) => fault(file, data, digest), messageOf) : undefined)
      files.push(problem ? { ...file, state: 'damaged', problem } : { ...file, state: 'here' })
    }
  }
  const count = (state: FileStatus['state']): number => files.filter((file) => file.state === state).length
  const state = count('damaged') ? 'damaged' : !count('missing') ? 'here' : count('here') ? 'partly' : 'missing'
  return { name: entry.name, folder, state, files }
}

export const statusOf = (entry: DataSetEntry): Promise<DataSetStatus> => look(entry, false)
export const verify = (entry: DataSetEntry): Promise<DataSetStatus> => look(entry, true)

export async function pathOf(entry: DataSetEntry, options: FetchOptions): Promise<string> {
  await fetchFiles(entry, undefined, options)
  const { folder, state, files } = await look(entry, false)
  if (state === 'here') return folder
  const bad = files.filter((file) => file.state !== 'here').map((file) => file.name)
  throw new NablaError('data', `[data] ${entry.name}: ${bad.join(', ')} could not be kept in ${folder}`, { folder, files: bad })
}

export async function importFrom(entry: DataSetEntry, path: string): Promise<ImportedFiles> {
  const fail = (reason: string): NablaError =>
    new NablaError('data', `[data] ${entry.name} cannot be imported from ${path}: ${reason}`, { dataSet: entry.name, path })
  const found = await givenSource(path)
    .fetch(entry, entry.files, () => {})
    .catch((error: unknown) => {
      throw fail(messageOf(error))
    })
  const faults: string[] = []
  for (const file of entry.files) {
    const bytes = found.get(file.name)
    const wrong = bytes && (await fault(file, bytes, digest))
    if (wrong) faults.push(wrong)
  }
  if (faults.length) throw fail(faults.join('; '))
  const cache = diskCache()
  const taken = entry.files.filter((file) => found.has(file.name))
  for (const file of taken) await cache.write(entry, file, found.get(file.name)!)
  const status = await look(entry, false)
  return {
    taken: taken.map((file) => file.name),
    missing: status.files.filter((file) => file.state !== 'here').map((file) => file.name),
  }
}

export async function remove(entry: DataSetEntry): Promise<number> {
  const folder = join(dataFolder(), entry.name)
  let freed = 0
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    freed += await stat(join(folder, name)).then(
      (facts) => facts.size,
      () => 0,
    )
  }
  await rm(folder, { recursive: true, force: true })
  return freed
}
