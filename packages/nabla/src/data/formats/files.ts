/** Files by path, wherever they lie: in a folder, in an archive, in memory. What readers of data sets read from. */
import { NablaError, nearest } from '../../core/errors.js'
import { portable } from '../portable.js'
import { download } from '../sources/address.js'
import { isGzip, membersOf, webGunzip } from '../sources/archive.js'

/** A tree of files. */
export interface Files {
  /** As it stands in messages: a folder's or an archive's path. */
  readonly name: string
  /** Paths of all files, with `/` between folders, in the order of their code units. */
  readonly paths: readonly string[]
  /** A file's bytes. Rejects with NablaError('data') that names the file when it is not there, with NablaError('io') when it cannot be read. */
  read(path: string): Promise<Uint8Array>
}

/** A folder's path (Node), the path or address of an archive (tar, tar.gz or zip), or files that are open already. */
export type FileSource = string | Files

const inOrder = (paths: Iterable<string>): string[] => [...paths].sort((a, b) => (a < b ? -1 : 1))

/** Files that are in memory, by path. */
export const memoryFiles: (files: Readonly<Record<string, Uint8Array>>, name?: string) => Files = portable(
  import.meta.url,
  'memoryFiles',
  (files: Readonly<Record<string, Uint8Array>>, name = 'memory'): Files => {
    const paths = inOrder(Object.keys(files))
    return {
      name,
      paths,
      async read(path) {
        if (!Object.hasOwn(files, path)) throw noFile(name, path, paths)
        return files[path]!
      },
    }
  },
)

/** What an archive, or a compressed text, may unpack to: as much as an array of bytes can hold. */
const most = 2 ** 32

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The files of an archive: tar, tar.gz or zip, told apart by content. Rejects with NablaError('data') for one that is damaged or has paths that lead out of it. */
export const archiveFiles: (bytes: Uint8Array, name?: string) => Promise<Files> = portable(
  import.meta.url,
  'archiveFiles',
  async (bytes: Uint8Array, name = 'archive'): Promise<Files> => {
    const members = await membersOf(bytes, name, (path) => !path.endsWith('/'), most).catch((error: unknown) => {
      throw error instanceof NablaError
        ? error
        : new NablaError('data', `[archive] ${name} cannot be unpacked: ${message(error)}`, { name })
    })
    return memoryFiles(Object.fromEntries(members), name)
  },
)

/** Opens a folder, an archive, or what is open already. Rejects with NablaError('data' or 'io') when there is no such thing. */
export const openFiles = async (source: FileSource): Promise<Files> => (typeof source === 'string' ? filesAt(source) : source)

/** The files of a folder or an archive, by its path or address. */
export const filesAt: (place: string) => Promise<Files> = portable(
  import.meta.url,
  'filesAt',
  async (place: string): Promise<Files> => {
    if (/\.(?:tar|tar\.gz|tgz|zip)$/i.test(place)) return archiveFiles(await readBytes(place), place)
    const { folderFiles } = await import('./folder.node.js')
    return folderFiles(place)
  },
)

/** The bytes of a file (Node) or of what an address answers. Rejects with NablaError('io') that names it. */
export async function readBytes(pathOrAddress: string | URL): Promise<Uint8Array> {
  const place = String(pathOrAddress)
  if (/^https?:\/\//i.test(place))
    return download(place, () => {}).catch((error: unknown) => {
      const { cause } = error as Error
      const reason = cause instanceof Error ? `${message(error)}: ${cause.message}` : message(error)
      throw new NablaError('io', `[io] cannot read ${place}: ${reason}`, { path: place })
    })
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new NablaError('io', `[io] cannot read ${place}: there are no files here, only addresses`, { path: place })
  return (await import('./folder.node.js')).readPlace(place)
}

/** The error of a path that is not among these. */
export function noFile(name: string, path: string, paths: readonly string[]): NablaError {
  const near = nearest(path, paths.length <= 1000 ? paths : [])
  return new NablaError('data', `[data] ${name} has no file ${path}${near === undefined ? '' : `; did you mean ${near}?`}`, {
    name,
    path,
    nearest: near,
  })
}

/** Bytes as they are, or unpacked when they begin as gzip does. */
export async function unpacked(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes
  return webGunzip(bytes, most).catch((error: unknown) => {
    throw new NablaError('data', `[gzip] ${name} cannot be unpacked: ${message(error)}`, { name })
  })
}
