/** Where data is kept on this machine, and folders and archives as sources. Node only. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheHome, writeFileAtomic } from '../../core/files.node.js'
import type { DataFile, DataSetEntry, Form } from '../sets/entry.js'
import { isGzip, membersOf } from './archive.js'
import { digestInPieces, gunzipInPieces } from './pieces.node.js'
import { build, type Cache, mostOf, type Source } from './source.js'

/** The folder for data sets. */
export const dataFolder = (): string => join(cacheHome(), 'data')

const absent = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

const readIfThere = (path: string): Promise<Uint8Array | undefined> =>
  readFile(path).catch((error: unknown) => (absent(error) ? undefined : Promise.reject(error)))

export function diskCache(folder = dataFolder()): Cache {
  return {
    name: `cache ${folder}`,
    read: (entry, file) => readIfThere(join(folder, entry.name, file.name)),
    write: (entry, file, bytes) => writeFileAtomic(join(folder, entry.name, file.name), bytes),
  }
}

/** A folder that holds the files, plain or as `<name>.gz`. `hint` is added to the reason when they are not there. */
export function folderSource(folder: string, name = `folder ${folder}`, hint = '', form?: Form): Source {
  return {
    name,
    async fetch(_entry, files) {
      return build(files, form, async (path, file) => {
        const packed = form ? undefined : await readIfThere(join(folder, `${path}.gz`))
        const bytes = packed ? await gunzipInPieces(packed, file.bytes) : await readIfThere(join(folder, path))
        if (!bytes) throw new Error(`${folder} has no ${path}${form ? '' : ' or '.concat(`${path}.gz`)}${hint}`)
        return bytes
      })
    },
  }
}

/** Files below a folder that are looked at, at most. */
const manyFiles = 100_000

/** All files below a folder, by their last names; those nearest to the folder win. Links are not followed. */
async function filesBelow(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let seen = 0
  for (let level = [folder]; level.length; ) {
    const next: string[] = []
    for (const one of level)
      for (const item of await readdir(one, { withFileTypes: true })) {
        if (++seen > manyFiles) throw new Error(`${folder} has more than ${manyFiles} files: name the folder that has the set's`)
        const path = join(one, item.name)
        if (item.isDirectory()) next.push(path)
        else if (item.isFile() && !found.has(item.name)) found.set(item.name, path)
      }
    level = next
  }
  return found
}

/** The forms in which a set is published anywhere, and the plain one. */
const formsOf = (entry: DataSetEntry): (Form | undefined)[] => [
  undefined,
  ...entry.places.flatMap((place) => (place.form ? [place.form] : [])),
]

/**
 * What a user has: a folder with the files (or with any form in which they are published, at any depth), an archive of such, or one of the files under whatever
 * name. Files are known by their last names here, and by their sums in the end.
 */
export function givenSource(path: string): Source {
  return {
    name: path,
    async fetch(entry) {
      const facts = await stat(path).catch((error: unknown) => {
        throw absent(error) ? new Error('there is no such file or folder') : error
      })
      if (facts.isDirectory()) {
        const files = await filesBelow(path)
        return fromAnyForm(entry, async (name) => {
          const at = files.get(name)
          return at === undefined ? undefined : readFile(at)
        })
      }
      const bytes = await readFile(path)
      const single = await ownFile(entry, bytes)
      if (single) return single
      if (entry.files.some((file) => file.name === basename(path))) return new Map([[basename(path), bytes]]) // altered: its sum will tell
      const wanted = new Set(formsOf(entry).flatMap((form) => entry.files.flatMap((file) => namesFor(file, form))))
      const members = new Map<string, Uint8Array>()
      const all = await membersOf(bytes, basename(path), (name) => wanted.has(basename(name)), mostOf(entry), gunzipInPieces)
      for (const [name, data] of all) if (!members.has(basename(name))) members.set(basename(name), data)
      return fromAnyForm(entry, (name) => members.get(name))
    },
  }
}

const namesFor = (file: DataFile, form: Form | undefined): string[] =>
  form ? (form[file.name]?.from ?? []).map((path) => basename(path)) : [file.name, `${file.name}.gz`]

/** The one file of the set that these bytes are, plain or compressed; undefined when they are none. */
async function ownFile(entry: DataSetEntry, bytes: Uint8Array): Promise<Map<string, Uint8Array> | undefined> {
  for (const packed of [false, true]) {
    const sizes = new Set(entry.files.map((file) => file.bytes))
    if (packed && !isGzip(bytes)) break
    const plain = packed ? await gunzipInPieces(bytes, Math.max(...sizes)).catch(() => undefined) : bytes
    if (!plain || !sizes.has(plain.length)) continue
    const sum = await digestInPieces('sha256', plain, 'hex')
    const file = entry.files.find((one) => one.sha256 === sum)
    if (file) return new Map([[file.name, plain]])
  }
  return undefined
}

/** The kept files, in whatever forms they are there. */
async function fromAnyForm(
  entry: DataSetEntry,
  read: (name: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  for (const form of formsOf(entry)) {
    const left = entry.files.filter((file) => !found.has(file.name))
    if (!left.length) break
    const made = await build(left, form, async (path, file) => {
      const bytes = await read(basename(path))
      if (bytes || form) return bytes
      const packed = await read(`${basename(path)}.gz`)
      return packed && gunzipInPieces(packed, file.bytes)
    }).catch((error: unknown) => (/^it has no /.test((error as Error).message) ? undefined : Promise.reject(error)))
    for (const [name, bytes] of made ?? []) found.set(name, bytes)
  }
  if (!found.size) throw new Error(`it has none of ${entry.files.map((file) => file.name).join(', ')}`)
  return found
}
