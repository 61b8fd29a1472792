/** Where data is kept on this machine, and folders as sources. Node only. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheHome, writeFileAtomic } from '../../core/files.node.js'
import { gunzipInPieces } from './pieces.node.js'
import type { Cache, Source } from './source.js'

/** The folder for data sets. */
export const dataFolder = (): string => join(cacheHome(), 'data')

const absent = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

const readIfThere = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error: unknown) => (absent(error) ? undefined : Promise.reject(error)))

export function diskCache(folder = dataFolder()): Cache {
  return {
    name: `cache ${folder}`,
    read: (entry, file) => readIfThere(join(folder, entry.name, file.name)),
    write: (entry, file, bytes) => writeFileAtomic(join(folder, entry.name, file.name), bytes),
  }
}

/** A folder that holds the files, plain or as `<name>.gz`. `hint` is added to the reason when they are not there. */
export function folderSource(folder: string, name = `folder ${folder}`, hint = ''): Source {
  return {
    name,
    async fetch(_entry, files) {
      const got = new Map<string, Uint8Array>()
      for (const file of files) {
        const packed = await readIfThere(join(folder, `${file.name}.gz`))
        const bytes = packed ? await gunzipInPieces(packed) : await readIfThere(join(folder, file.name))
        if (!bytes) throw new Error(`${folder} has no ${file.name}.gz${hint}`)
        got.set(file.name, bytes)
      }
      return got
    },
  }
}
