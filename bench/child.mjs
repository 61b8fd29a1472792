/** A worker process from the outside: started on one workload, asked for a block of measurements at a time, stopped. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How much of what a worker writes to standard error is kept, to say why it died. */
const kept = 2000

export class Child {
  #process
  #lines = []
  #waiting
  #ended
  #errors = ''

  /** @param command `[file, args, environment]` */
  constructor([file, args, environment = {}]) {
    this.#process = spawn(file, args, { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process.on('error', (error) => this.#end(`${file} could not be started (${error.code ?? error.message})`))
    this.#process.on('close', (code, signal) =>
      this.#end(`it ended with ${signal ?? `exit code ${code}`}: ${telling(this.#errors)}`),
    )
    this.#process.stdin.on('error', () => {}) // the process is gone: 'close' says why
    this.#process.stderr.on('data', (data) => (this.#errors = (this.#errors + data).slice(-kept)))
    createInterface({ input: this.#process.stdout }).on('line', (line) => line.startsWith('{') && this.#take(JSON.parse(line)))
  }

  /** The next line it says, or `{ unavailable }` with the reason if it says none within `seconds`. */
  async answer(seconds) {
    const timer = setTimeout(() => {
      this.#take({ unavailable: `no answer within ${seconds} s` })
      this.#process.kill('SIGKILL')
    }, seconds * 1000)
    try {
      if (this.#lines.length > 0) return this.#lines.shift()
      if (this.#ended) return { unavailable: this.#ended }
      return await new Promise((resolve) => (this.#waiting = resolve))
    } finally {
      clearTimeout(timer)
    }
  }

  /** Measures for `seconds`; it may take up to `limit`. */
  measure(seconds, limit) {
    this.#process.stdin.write(`go ${seconds}\n`)
    return this.answer(limit)
  }

  stop() {
    this.#process.stdin.end()
    if (!this.#ended) this.#process.kill()
  }

  #take(line) {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting(line)
    else this.#lines.push(line)
  }

  #end(reason) {
    if (this.#ended) return
    this.#ended = reason
    if (this.#waiting) this.#take({ unavailable: reason })
  }
}

/** The line of a process's error output that tells most: the last that speaks of an error, or the last. */
export function telling(errors) {
  const lines = errors.trim().split('\n')
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)).trim()
}
