/**
 * Downloads that go on where an earlier one stopped. Node only.
 *
 * What has come so far lies in `<name>.<process id>.part` beside the cache's files. A later download claims the part of a process that
 * is gone by renaming it, and asks the server for the rest, on the condition that the resource is still the same.
 */
import { createHash } from 'node:crypto'
import { appendFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../core/files.node.js'
import type { Download } from './address.js'

/** Milliseconds without an answer, or without a byte, after which a server counts as unreachable. */
const patience = 20_000

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A download into `folder` that can be gone on with; without a writable folder it starts anew each time. */
export const resumable =
  (folder: string): Download =>
  async (address, tell) => {
    const name = createHash('sha256').update(address).digest('hex').slice(0, 16)
    const part = join(folder, `${name}.${process.pid}.part`)
    const keep = await claim(folder, name, part)

    let loaded = keep
      ? await stat(part).then(
          (s) => s.size,
          () => 0,
        )
      : 0
    const tag = loaded ? await readFile(`${part}.tag`, 'utf8').catch(() => '') : ''
    if (!tag) loaded = 0 // without a tag nobody knows whether the rest would fit

    const abort = new AbortController()
    let timer = setTimeout(() => {}, 0)
    const wait = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => abort.abort(new Error(`${address} sent nothing for ${patience / 1000} s`)), patience)
    }
    try {
      wait()
      const headers: Record<string, string> = loaded ? { range: `bytes=${loaded}-`, 'if-range': tag } : {}
      const response = await fetch(address, { headers, signal: abort.signal })
      if (!response.ok || !response.body) throw new Error(`${address} answered ${response.status} ${response.statusText}`)
      if (response.status !== 206) loaded = 0
      const length = Number(response.headers.get('content-length')) || undefined
      const encoded = response.headers.has('content-encoding') // then the length is not that of the bytes we see
      const total = length === undefined || encoded ? undefined : loaded + length

      const before = loaded && keep ? await readFile(part) : Buffer.alloc(0)
      const parts: Uint8Array[] = [before]
      if (keep && !loaded) {
        await writeFile(part, '')
        await writeFile(
          `${part}.tag`,
          encoded ? '' : (response.headers.get('etag') ?? response.headers.get('last-modified') ?? ''),
        )
      }
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        wait()
        parts.push(chunk)
        loaded += chunk.length
        if (keep) await appendFile(part, chunk)
        tell(loaded, total)
      }
      if (total !== undefined && loaded !== total) throw new Error(`${address} broke off after ${loaded} of ${total} bytes`)
      await drop(part)
      return Buffer.concat(parts)
    } catch (error) {
      throw abort.signal.aborted ? abort.signal.reason : error
    } finally {
      clearTimeout(timer)
    }
  }

const drop = async (part: string): Promise<void> => {
  await rm(part, { force: true })
  await rm(`${part}.tag`, { force: true })
}

/** Takes over the part of a process that has ended (or of this one). False when the folder cannot be written. */
async function claim(folder: string, name: string, part: string): Promise<boolean> {
  try {
    makeFolder(folder)
    const pattern = new RegExp(`^${name}\\.(\\d+)\\.part$`)
    for (const file of await readdir(folder)) {
      const pid = Number(pattern.exec(file)?.[1])
      if (!pid || pid === process.pid || alive(pid)) continue
      const old = join(folder, file)
      await rename(`${old}.tag`, `${part}.tag`).catch(() => {})
      await rename(old, part).catch(() => {}) // another process may have been quicker
      break
    }
    await appendFile(part, '')
    return true
  } catch {
    return false
  }
}
