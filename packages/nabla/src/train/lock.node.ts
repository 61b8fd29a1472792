/**
 * One process to a folder. Each leaves a file of its own, says in it who it is, and then looks for those of others: of two that come at the
 * same time at least one sees the other and withdraws. A process that was killed leaves its file; whoever comes next sees that nobody of
 * that number, started at that time, is alive, and removes it.
 */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { NablaError } from '../core/errors.js'

/** Who holds a folder. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** What tells this process from an earlier one of its number, where the system says it. */
  readonly started: string | undefined
}

const pattern = /^\.lock-(\d+)-[0-9a-f]+$/

/** When a process was started, on Linux: boot and clock ticks since. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`
  } catch {
    return undefined
  }
}

function alive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true // nobody can tell from here
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startOf(pid)
  return started === undefined || now === undefined || started === now
}

/** What a lock's file says; a process that was killed while it wrote one has said nothing but its number. */
function holderOf(folder: string, name: string): Holder | undefined {
  try {
    const text = readFileSync(join(folder, name), 'utf8')
    if (text.trim() === '') return { pid: Number(pattern.exec(name)![1]), host: hostname(), started: undefined }
    return JSON.parse(text) as Holder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // released meanwhile
    return { pid: Number(pattern.exec(name)![1]), host: hostname(), started: undefined }
  }
}

/**
 * Takes a folder for this process and gives a function that releases it. Throws NablaError('io') while another run holds it, and when the
 * folder cannot be written.
 */
export function lockFolder(folder: string): () => void {
  const own = `.lock-${process.pid}-${randomUUID().slice(0, 8)}`
  const holder: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) }
  const release = (): void => rmSync(join(folder, own), { force: true })
  try {
    writeFileSync(join(folder, own), `${JSON.stringify(holder)}\n`, { flag: 'wx' })
  } catch (error) {
    release()
    throw new NablaError('io', `[run] cannot write in ${folder}: ${(error as Error).message}`, { path: folder })
  }
  for (const name of readdirSync(folder)) {
    if (name === own || !pattern.test(name)) continue
    const other = holderOf(folder, name)
    if (!other) continue
    if (!alive(other)) {
      rmSync(join(folder, name), { force: true })
      continue
    }
    release()
    const who = other.pid === process.pid ? 'this very process' : `process ${other.pid} on ${other.host}`
    throw new NablaError(
      'io',
      `[run] ${folder} is in use by ${who}: two runs cannot share a folder. If that run is over, remove ${join(folder, name)}`,
      { path: folder, pid: other.pid, host: other.host },
    )
  }
  return release
}
