/** Where this library keeps files, and how it writes them so that a reader never sees half of one. Node only. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { NablaError } from './errors.js'

/** The library's cache folder: `NABLA_CACHE`, or `nabla` in the user's cache folder (`XDG_CACHE_HOME`, or `~/.cache`). */
export const cacheHome = (environment: NodeJS.ProcessEnv = process.env): string =>
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
