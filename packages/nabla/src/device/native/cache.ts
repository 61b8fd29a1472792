/**
 * The disk cache of compiled objects. Code from here is executed, so the folder must belong to the user and be writable by
 * nobody else; entries are named by everything they depend on, appear atomically, and are checked against a digest when
 * read. Whatever is wrong with the folder costs time, never a run: we then work in a private temporary folder.
 *
 *     KEY.so      the object
 *     KEY.sum     its SHA-256
 *     KEY.plan    a program made of kernels in objects: the SHA-256 of the text, then the text
 *     work-*      files of a compilation that is going on
 */
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheHome, makeFolder } from '../../core/files.node.js'

const limit = 1 << 30
const day = 86_400_000

/** The folder of compiled kernels. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheHome(environment), 'kernels')
}

export class ObjectCache {
  /** Where objects and the files of running compilations lie. */
  folder: string
  private temporary = false
  private pruned = false
  private kept = false
  private works = 0

  /** `notice` hears, once, why there is no disk cache. */
  constructor(
    folder: string,
    private readonly notice: (text: string) => void,
  ) {
    this.folder = folder
    try {
      makeFolder(folder, 0o700)
      this.folder = realpathSync(folder)
      const { uid, mode } = statSync(this.folder)
      if (uid !== process.getuid!()) throw new Error(`it belongs to user ${uid}, not to you`)
      if (mode & 0o022) throw new Error(`others may write to it (mode ${(mode & 0o777).toString(8)}); chmod go-w would do`)
      accessSync(this.folder, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (error) {
      this.giveUp(error)
    }
  }

  /** False where the objects are kept for this process only. */
  get lasting(): boolean {
    return !this.temporary
  }

  /** The path of a sound object, if there is one. */
  find(key: string): string | undefined {
    const path = join(this.folder, `${key}.so`)
    try {
      const sum = readFileSync(join(this.folder, `${key}.sum`), 'utf8')
      if (digest(path) !== sum) return undefined
      this.touch(path)
      return path
    } catch {
      return undefined
    }
  }

  /** Writes a source where it is to be compiled; gives its path without the ending. Moves away from a folder that fails. */
  source(text: string): string {
    const path = join(this.folder, `work-${process.pid}-${Date.now().toString(36)}-${this.works++}`)
    try {
      writeFileSync(`${path}.c`, text, { mode: 0o600 })
      return path
    } catch (error) {
      if (this.temporary) throw error
      this.giveUp(error)
      return this.source(text)
    }
  }

  /** Takes over the object at `path`. */
  store(key: string, path: string): string {
    const final = join(this.folder, `${key}.so`)
    try {
      writeFileSync(`${path}.sum`, digest(path), { mode: 0o600 })
      renameSync(`${path}.sum`, join(this.folder, `${key}.sum`))
      renameSync(path, final)
    } catch {
      return path
    }
    if (!this.pruned && !this.temporary) void this.prune()
    this.pruned = true
    return final
  }

  /** A sound text that was kept under `key`, if there is one. */
  text(key: string): string | undefined {
    const path = join(this.folder, `${key}.plan`)
    try {
      const [sum, text = ''] = readFileSync(path, 'utf8').split('\n', 2)
      if (sha256(text) !== sum) return undefined
      this.touch(path)
      return text
    } catch {
      return undefined
    }
  }

  /** Keeps a text of one line, if it can. */
  keepText(key: string, text: string): void {
    if (this.temporary) return
    const path = join(this.folder, `work-${process.pid}-${Date.now().toString(36)}-${this.works++}.plan`)
    try {
      writeFileSync(path, `${sha256(text)}\n${text}`, { mode: 0o600 })
      renameSync(path, join(this.folder, `${key}.plan`))
    } catch {
      rmSync(path, { force: true })
    }
  }

  /** Notes, once a day, that a file is in use. */
  private touch(path: string): void {
    const used = new Date()
    if (used.getTime() - statSync(path).mtimeMs > day) utimesSync(path, used, used)
  }

  /** There is something in the folder that the user may want to see: it stays there even if the folder is temporary. */
  keep(): void {
    this.kept = true
  }

  /** Removes what compilations that died left behind, and the least recently used objects above the limit. */
  async prune(most = limit): Promise<void> {
    try {
      const names = await readdir(this.folder)
      const files = await Promise.all(
        names.map(async (name) => {
          const { size, mtimeMs } = await stat(join(this.folder, name)).catch(() => ({ size: 0, mtimeMs: Date.now() }))
          return { name, size, mtimeMs }
        }),
      )
      const old = files.filter((f) => f.name.startsWith('work-') && Date.now() - f.mtimeMs > day).map((f) => f.name)
      const objects = files
        .filter((f) => /\.(so|plan)$/.test(f.name) && !f.name.startsWith('work-'))
        .sort((a, b) => a.mtimeMs - b.mtimeMs)
      let total = objects.reduce((sum, f) => sum + f.size, 0)
      for (const { name, size } of total > most ? objects : []) {
        if (total <= most * 0.8) break
        old.push(name, name.replace(/so$/, 'sum'))
        total -= size
      }
      await Promise.all(old.map((name) => rm(join(this.folder, name), { force: true })))
    } catch {
      // Another process may be tidying up too.
    }
  }

  private giveUp(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.notice(
      `compiled kernels are not kept on disk: ${this.folder}: ${reason}. Set NABLA_CACHE to a folder of your own to save compile time.`,
    )
    const folder = (this.folder = mkdtempSync(join(tmpdir(), 'nabla-')))
    this.temporary = true
    process.on('exit', () => {
      if (!this.kept) rmSync(folder, { recursive: true, force: true })
    })
  }
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
const digest = (path: string): string => sha256(readFileSync(path))
