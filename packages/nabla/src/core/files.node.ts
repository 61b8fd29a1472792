/** Where this library keeps files, and how it writes them so that a reader never sees half of one. Node only. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { NablaError } from './errors.js'

/** The library's cache folder: `NABLA_CACHE`, or `nabla` in the user's cache folder (`XDG_CACHE_HOME`, or `~/.cache`). */
export const cacheHome = (environment: Readonly<Record<string, string | undefined>> = process.env): string =>
  environment.NABLA_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nabla')

/**
 * Makes a folder and those above it. Node's own way (`recursive: true`) never comes back where a folder exists and the system still
 * answers ENOENT to making one in it, as in /proc (the same fault elsewhere: https://github.com/oven-sh/bun/pull/40600). Can go when Node's throws.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const made = (): unknown => {
    try {
      mkdirSync(path, { mode })
    } catch (error) {
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return error
    }
    return undefined
  }
  let error = made()
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' && dirname(path) !== path) {
    makeFolder(dirname(path), mode)
    error = made()
  }
  if (error) throw error
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Writes to a new file beside the target and renames it: whoever reads the target sees the old content or the new one, whole, also after
 * a crash. Makes the folder where there is none. Throws NablaError('io') with the path.
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomUUID().slice(0, 8)}.tmp`
  try {
    makeFolder(dirname(path))
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw new NablaError('io', `[io] cannot write ${path}: ${reason(error)}`, { path })
  }
}

/** The bytes of a file. Throws NablaError('io') with the path. */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new NablaError('io', `[io] cannot read ${path}: ${reason(error)}`, { path })
  }
}

/** A file of which pieces are read, each in memory of its own. */
export interface OpenFile {
  readonly name: string
  readonly size: number
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** The most that is asked of the system at once: it takes less than 2 GiB. */
const piece = 2 ** 30

/** Opens a file for reading pieces. Throws NablaError('io') with the path, also where a piece is no longer there. */
export async function openFile(path: string): Promise<OpenFile> {
  const fail = (error: unknown): never => {
    throw new NablaError('io', `[io] cannot read ${path}: ${reason(error)}`, { path })
  }
  const file = await open(path, 'r').catch(fail)
  const found = await file.stat().catch(fail)
  if (!found.isFile()) {
    await file.close()
    return fail('it is not a file')
  }
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, Math.min(piece, length - done), offset + done).catch(fail)
      if (bytesRead === 0) return fail(`it ends at byte ${offset + done}`)
      done += bytesRead
    }
    return bytes
  }
  return { name: path, size: found.size, read, close: () => file.close() }
}
