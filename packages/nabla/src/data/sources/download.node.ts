/**
 * Downloads that go on where an earlier one stopped. Node only.
 *
 * What has come so far lies in `<name>.<process id>.part` beside the cache's files. A connection that breaks is taken up again at once, as long as
 * that brings more; a later download claims the part of a process that is gone by renaming it. Either way the server is asked for the rest
 * on the condition (If-Range) that the resource is still the same; one that cannot do that sends everything again.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder } from '../../core/files.node.js'
import type { Download } from './address.js'
import { join } from './archive.js'

export interface Patience {
  /** Milliseconds without an answer, or without a byte, after which a server counts as unreachable. Default 20,000. */
  readonly silence?: number
  /** Connections that break without bringing anything new before it is given up. Default 3. */
  readonly tries?: number
  /** Milliseconds before the second of these; twice as many before the third. Default 500. */
  readonly pause?: number
}

/** A download into `folder` that can be gone on with; without a writable folder it is kept in memory only. */
export const resumable =
  (folder: string, { silence = 20_000, tries = 3, pause = 500 }: Patience = {}): Download =>
  async (address, tell) => {
    const name = createHash('sha256').update(address).digest('hex').slice(0, 16)
    const part = await Part.open(folder, name)
    try {
      let [most, idle] = [part.loaded, 0]
      for (;;) {
        try {
          await receive(address, part, silence, tell)
          await part.drop()
          return join(part.parts, part.loaded)
        } catch (error) {
          const news = part.loaded > most
          most = Math.max(most, part.loaded)
          idle = news ? 0 : idle + 1
          if (error instanceof Refusal || !most || idle >= tries) throw error
          await sleep(idle ? pause * 2 ** (idle - 1) : 0)
        }
      }
    } finally {
      if (part.loaded && part.tag) await part.close()
      else await part.drop() // nobody could go on with it
    }
  }

/** An answer that asking again would not change. */
class Refusal extends Error {}

/** One connection: takes up where the part ends, to the resource's end. */
async function receive(address: string, part: Part, silence: number, tell: Parameters<Download>[1]): Promise<void> {
  const abort = new AbortController()
  let timer = setTimeout(() => {}, 0)
  const wait = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => abort.abort(new Error(`${address} sent nothing for ${silence / 1000} s`)), silence)
  }
  try {
    wait()
    const from = part.tag ? part.loaded : 0 // without a tag nobody knows whether the rest would fit
    const headers: Record<string, string> = from ? { range: `bytes=${from}-`, 'if-range': part.tag } : {}
    const response = await fetch(address, { headers, signal: abort.signal })
    if (response.status === 416) {
      await part.restart('') // what is here is no beginning of what is there
      throw new Error(`${address} has changed`)
    }
    if (!response.ok || !response.body) {
      const Kind = response.status >= 500 || response.status === 429 ? Error : Refusal
      throw new Kind(`${address} answered ${response.status} ${response.statusText}`)
    }
    const encoded = response.headers.has('content-encoding') // then the length is not that of the bytes we see
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
    const goesOn = response.status === 206 && from > 0 && !encoded
    if (goesOn && range && Number(range[1]) !== from) {
      await part.restart('')
      throw new Error(`${address} sent another range than was asked for`)
    }
    if (!goesOn) await part.restart(encoded ? '' : tagOf(response.headers))
    const length = Number(response.headers.get('content-length')) || undefined
    const total = length === undefined || encoded ? undefined : part.loaded + length
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      wait()
      await part.add(chunk)
      tell(part.loaded, total)
    }
    if (total !== undefined && part.loaded !== total)
      throw new Error(`${address} broke off after ${part.loaded} of ${total} bytes`)
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error
  } finally {
    clearTimeout(timer)
    abort.abort()
  }
}

/** What `If-Range` may hold: an ETag that is not weak, or a date. */
function tagOf(headers: Headers): string {
  const tag = headers.get('etag') ?? ''
  return tag && !tag.startsWith('W/') ? tag : (headers.get('last-modified') ?? '')
}

/** Parts that a download of this process is writing. */
const busy = new Set<string>()

/** What has come of a resource: in memory, and in a file for a later process, as long as that can be written. */
class Part {
  parts: Uint8Array[] = []
  loaded = 0
  tag = ''
  private file: FileHandle | undefined
  /** What is not yet in the file: it is written 64 chunks at a time. */
  private pending: Uint8Array[] = []
  private constructor(private readonly path: string) {}

  static async open(folder: string, name: string): Promise<Part> {
    const path = joinPath(folder, `${name}.${process.pid}.part`)
    const part = new Part(path)
    if (busy.has(path)) return part
    try {
      makeFolder(folder)
      await claim(folder, name, path)
      busy.add(path)
      part.file = await open(path, 'a')
      part.tag = await readFile(`${path}.tag`, 'utf8').catch(() => '')
      if (part.tag) part.parts = [await readFile(path)]
      part.loaded = part.parts[0]?.length ?? 0
    } catch {
      busy.delete(path)
      await part.close()
    }
    return part
  }

  async restart(tag: string): Promise<void> {
    this.parts = []
    this.loaded = 0
    this.tag = tag
    this.pending = []
    await this.keep(async (file) => {
      await file.truncate(0)
      await writeFile(`${this.path}.tag`, tag)
    })
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.parts.push(chunk)
    this.loaded += chunk.length
    this.pending.push(chunk)
    if (this.pending.length >= 64) await this.flush()
  }

  private async flush(): Promise<void> {
    const chunks = this.pending
    this.pending = []
    if (chunks.length) await this.keep((file) => file.appendFile(Buffer.concat(chunks)))
  }

  /** Writes, and gives up keeping where that cannot be done (a full disk). */
  private async keep(write: (file: FileHandle) => Promise<unknown>): Promise<void> {
    if (!this.file) return
    try {
      await write(this.file)
    } catch {
      await this.drop()
    }
  }

  async drop(): Promise<void> {
    this.pending = []
    if (!this.file) return
    await this.close()
    for (const path of [this.path, `${this.path}.tag`]) await rm(path, { force: true }).catch(() => {})
  }

  async close(): Promise<void> {
    await this.flush()
    if (!this.file) return
    await this.file.close().catch(() => {})
    this.file = undefined
    busy.delete(this.path)
  }
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Takes over the largest part of a process that has ended, and removes the others. */
async function claim(folder: string, name: string, part: string): Promise<void> {
  const pattern = new RegExp(`^${name}\\.(\\d+)\\.part$`)
  const left: { path: string; size: number }[] = []
  for (const file of await readdir(folder)) {
    const pid = Number(pattern.exec(file)?.[1])
    if (!pid || pid === process.pid || alive(pid)) continue
    const path = joinPath(folder, file)
    const size = await stat(path).then(
      (facts) => facts.size,
      () => 0,
    )
    left.push({ path, size })
  }
  const [largest, ...others] = left.sort((a, b) => b.size - a.size)
  if (!largest) return
  await rename(`${largest.path}.tag`, `${part}.tag`).catch(() => {})
  await rename(largest.path, part).catch(() => {}) // another process may have been quicker
  for (const { path } of others) for (const file of [path, `${path}.tag`]) await rm(file, { force: true }).catch(() => {})
}
