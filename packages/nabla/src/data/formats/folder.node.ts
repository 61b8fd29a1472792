/** Files of this machine, and folders with all that lies in them. Node only. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NablaError } from '../../core/errors.js'
import { readFileBytes } from '../../core/files.node.js'
import { type Files, noFile } from './files.js'

/** Lists a folder; hidden files and folders (a dot first) are passed over, links are followed. Rejects with NablaError('io') when it cannot be listed. */
export async function folderFiles(folder: string): Promise<Files> {
  const found: string[] = []
  const walk = async (inside: string, depth: number): Promise<void> => {
    if (depth > 32) throw new Error(`${inside} lies more than 32 folders deep: does a link lead in a circle?`)
    const entries = await readdir(join(folder, inside), { withFileTypes: true })
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      const path = inside ? `${inside}/${entry.name}` : entry.name
      const kind = entry.isSymbolicLink() ? await stat(join(folder, path)).catch(() => undefined) : entry
      if (kind?.isDirectory()) await walk(path, depth + 1)
      else if (kind?.isFile()) found.push(path)
    }
  }
  await walk('', 0).catch((error: unknown) => {
    throw new NablaError('io', `[io] cannot list ${folder}: ${(error as Error).message}`, { path: folder })
  })
  const paths = found.sort((a, b) => (a < b ? -1 : 1))
  const known = new Set(paths)
  return {
    name: folder,
    paths,
    async read(path) {
      if (!known.has(path)) throw noFile(folder, path, paths)
      return readFileBytes(join(folder, path))
    },
  }
}

/** The bytes of a file, by its path or its `file:` address. */
export const readPlace = (place: string): Promise<Uint8Array> =>
  readFileBytes(place.startsWith('file:') ? fileURLToPath(place) : place)
