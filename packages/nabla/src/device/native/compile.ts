/**
 * Compiling C files to shared objects, as many at a time as there are cores. A compilation is a child process that leaves
 * its exit status in a file, so that it can be awaited in both ways: by its exit event, or by looking at the file while
 * the event loop stands still (`readSync` on a program that is still being compiled).
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { NablaError } from '../../core/errors.js'
import type { ObjectCache } from './cache.js'
import type { Compiler } from './toolchain.js'

/** One object on its way. */
export interface Compilation {
  /** Names the object, in this process and the next. */
  readonly key: string
  /** How it ended, once it has. */
  readonly settled: object | undefined
  /** The object's path; rejects with a NablaError of kind `compile`. */
  readonly ready: Promise<string>
  /** The same, holding up the event loop meanwhile. */
  wait(): string
}

/** Runs the compiler ("$@"), with its messages in BASE.err and its status, last, in BASE.status. */
const script = 'nice -n 10 "$@" 2>"$0.err"; echo $? >"$0.part"; mv "$0.part" "$0.status"'
const patience = 600_000

export class CompileQueue {
  private readonly jobs = new Map<string, Job>()
  private readonly waiting: Job[] = []
  private readonly running = new Set<Job>()

  constructor(
    private readonly compiler: Compiler,
    private readonly cache: ObjectCache,
    private readonly atOnce = availableParallelism(),
  ) {}

  /** Starts at once, or takes the object from the cache. The same source is compiled once. */
  compile(source: string): Compilation {
    const key = createHash('sha256').update(this.compiler.identity).update('\0').update(source).digest('hex')
    const known = this.find(key)
    if (known) return known
    const job = this.add(key, source)
    this.waiting.push(job)
    this.pump()
    return job
  }

  /** The object of a source that has been compiled before, in this process or an earlier one. */
  find(key: string): Compilation | undefined {
    const known = this.jobs.get(key)
    const path = known ? undefined : this.cache.find(key)
    if (path === undefined) return known
    const job = this.add(key, '')
    job.succeed(path)
    return job
  }

  private add(key: string, source: string): Job {
    const job: Job = new Job(key, source, () => this.waitFor(job))
    this.jobs.set(key, job)
    return job
  }

  private pump(): void {
    while (this.waiting.length && this.running.size < this.atOnce) this.start(this.waiting.shift()!)
  }

  private start(job: Job): void {
    try {
      job.base = this.cache.source(job.source)
    } catch (error) {
      return this.fail(job, `the source could not be written: ${String(error)}`)
    }
    const { command, flags } = this.compiler
    this.running.add(job)
    const child = spawn(
      'sh',
      ['-c', script, job.base, command, ...flags, `${job.base}.c`, '-o', `${job.base}.so`, '-lm', '-ldl', '-lpthread'],
      {
        stdio: 'ignore',
      },
    )
    child.on('exit', () => this.finish(job))
    child.on('error', (error) => this.finish(job, error.message))
  }

  private finish(job: Job, trouble?: string): void {
    if (!this.running.delete(job)) return
    const status = readIf(`${job.base}.status`)
    const messages = readIf(`${job.base}.err`) ?? ''
    for (const ending of ['.status', '.err', '.part']) rmSync(job.base + ending, { force: true })
    if (status !== undefined && Number(status) === 0) {
      rmSync(`${job.base}.c`, { force: true })
      try {
        job.succeed(this.cache.store(job.key, `${job.base}.so`))
      } catch (error) {
        this.fail(job, String(error))
      }
    } else {
      const lines = messages.trim().split('\n').slice(0, 12).join('\n')
      const code = Number(status ?? 128)
      this.fail(
        job,
        trouble ??
          (code >= 128 ? `${lines}\nit was killed (exit status ${code})`.trim() : lines || `exit status ${code}, and no message`),
      )
    }
    this.pump()
  }

  private fail(job: Job, messages: string): void {
    this.jobs.delete(job.key)
    this.cache.keep()
    const source = `${job.base}.c`
    job.fail(
      new NablaError(
        'compile',
        `${this.compiler.command} could not compile a kernel:\n${messages}\nThe source is kept at ${source}`,
        {
          compiler: this.compiler.command,
          version: this.compiler.version,
          flags: this.compiler.flags,
          source,
          messages,
        },
      ),
    )
  }

  private waitFor(job: Job): void {
    const pulse = new Int32Array(new SharedArrayBuffer(4))
    const start = Date.now()
    while (!job.settled) {
      for (const other of [...this.running]) if (existsSync(`${other.base}.status`)) this.finish(other)
      if (job.settled) return
      if (Date.now() - start > patience) return this.finish(job, `no result after ${patience / 1000} seconds`)
      Atomics.wait(pulse, 0, 0, 2)
    }
  }
}

class Job implements Compilation {
  base = ''
  settled: { path: string } | { error: NablaError } | undefined
  readonly ready: Promise<string>
  private resolve!: (path: string) => void
  private reject!: (error: NablaError) => void

  constructor(
    readonly key: string,
    public source: string,
    private readonly waitHere: () => void,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.ready.catch(() => {}) // Whoever waits hears of it; nobody has to.
  }

  succeed(path: string): void {
    this.source = ''
    this.settled = { path }
    this.resolve(path)
  }

  fail(error: NablaError): void {
    this.settled = { error }
    this.reject(error)
  }

  wait(): string {
    if (!this.settled) this.waitHere()
    const end = this.settled!
    if ('error' in end) throw end.error
    return end.path
  }
}

function readIf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
