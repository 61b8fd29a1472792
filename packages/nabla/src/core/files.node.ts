/** Where this library keeps files, and how it writes them so that a reader never sees half of one. Node only. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { NablaError } from './errors.js'

/** The library's cache folder: `NABLA_CACHE`, or `nabla` in the user's cache folder (`XDG_CACHE_HOME`, or `~/.cache`). */
export const cacheHome = (environment: NodeJS.ProcessEnv = process.env): string =>
  environment.NABLA_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nabla')

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Writes to a new file beside the target and renames it: whoever reads the target sees the old content or the new one, whole, also after
 * a crash. Makes the folder where there is none. Throws NablaError('io') with the path.
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomUUID().slice(0, 8)}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
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
