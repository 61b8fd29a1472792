/** The files of any data set that is known by name: their bytes on every platform, and in Node also where they lie. */
import { NablaError } from '../core/errors.js'
import { dataSetEntry } from './catalog.js'
import { type FetchOptions, fetchFiles } from './fetch.js'
import type { DataSetStatus, ImportedFiles } from './sources/manage.node.js'

/** How files are asked for. */
export interface DataFilesOptions extends FetchOptions {
  /** Only these of the set's files. Default all. */
  files?: readonly string[]
}

/**
 * The contents of a data set's files by their names, fetched where they are not in the cache, and verified: `(await dataFiles('squeezenet1.1')).get('squeezenet1.1.safetensors')`.
 * Throws NablaError('data') for an unknown set, an unknown file, and when no source has a file.
 */
export async function dataFiles(name: string, options: DataFilesOptions = {}): Promise<Map<string, Uint8Array>> {
  const entry = dataSetEntry(name)
  const wanted = options.files?.map((file) => {
    const found = entry.files.find((one) => one.name === file)
    if (!found)
      throw new NablaError(
        'data',
        `[data] ${name} has no file "${file}": it has ${entry.files.map((one) => one.name).join(', ')}`,
      )
    return found
  })
  return fetchFiles(entry, wanted, options)
}

const manage = () => {
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new NablaError('data', '[data] there is no cache of data sets in a browser: this works in Node only')
  return import('./sources/manage.node.js')
}

/** The folder in the cache with a data set's files, all of them there and verified. Node only. Errors as `dataFiles`. */
export async function dataPath(name: string, options: FetchOptions = {}): Promise<string> {
  return (await manage()).pathOf(dataSetEntry(name), options)
}

/** What of a data set is in the cache, by the files' sizes; `verifyDataSet` looks at their sums as well. Node only. */
export async function dataSetStatus(name: string): Promise<DataSetStatus> {
  return (await manage()).statusOf(dataSetEntry(name))
}

/** What of a data set is in the cache and whether its sums are right. Node only. */
export async function verifyDataSet(name: string): Promise<DataSetStatus> {
  return (await manage()).verify(dataSetEntry(name))
}

/**
 * Takes files of a data set that are on this machine into the cache: from a folder (at any depth), from an archive (tar, tar.gz, zip), or one file under
 * whatever name; also in a form in which the set is published elsewhere. Their sums are checked, and each appears whole. Node only.
 * Throws NablaError('data') when nothing there is of the set, or something is damaged.
 */
export async function importDataSet(name: string, path: string): Promise<ImportedFiles> {
  return (await manage()).importFrom(dataSetEntry(name), path)
}

/** Removes a data set, and what is left of broken downloads of it, from the cache; gives the bytes that this frees. Node only. */
export async function removeDataSet(name: string): Promise<number> {
  return (await manage()).remove(dataSetEntry(name))
}
