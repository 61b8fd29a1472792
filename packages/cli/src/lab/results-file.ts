/** Where results are recorded: `results.json` and `RESULTS.md` of the labs package, and what a record says of machine and sources. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, cpus } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  addResult,
  type Lab,
  labs,
  type MachineRecord,
  parseResults,
  type ResultRecord,
  resultsMarkdown,
  resultsText,
} from '@nabla/labs'
import { NablaError } from 'nabla'
import { writeFileAtomic } from 'nabla/io'

/** The folder of the labs package, as this command sees it. */
export const labsFolder = (): string => dirname(createRequire(import.meta.url).resolve('@nabla/labs/package.json'))

export const thisMachine = (): MachineRecord => ({
  cpu: (cpus()[0]?.model ?? process.arch).trim(),
  cores: availableParallelism(),
})

/** The files that recording changes: they are no change of the sources. */
const own = ['results.json', 'RESULTS.md']

/** The commit of the repository that `folder` lies in, with `+` behind it where files were changed since; undefined where there is none. */
export async function commitOf(folder: string): Promise<string | undefined> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', ['-C', folder, ...args], { encoding: 'utf8', maxBuffer: 1e8 })).stdout.trim()
  try {
    const head = await git('rev-parse', '--short=10', 'HEAD')
    const others = own.map((name) => `:(exclude)${name}`)
    const changed = await git('status', '--porcelain', '--', ':/', ...others)
    return changed ? `${head}+` : head
  } catch {
    return undefined
  }
}

/** The recorded results in a folder; none where there is no file. Throws NablaError('io') where it is damaged. */
export async function readResults(folder: string): Promise<ResultRecord[]> {
  const file = join(folder, 'results.json')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]'
    throw new NablaError('io', `[results] cannot read ${file}: ${error.message}`, { file })
  })
  return parseResults(text, file)
}

/** Whether the labs are sources, and no installed package, whose files are not ours to change. */
export const isCheckout = (folder: string): boolean => !folder.split(sep).includes('node_modules')

/** Throws NablaError('argument') where there is nothing to record in. */
export function checkRecordable(folder: string): void {
  if (!isCheckout(folder))
    throw new NablaError(
      'argument',
      `--record adds to the results of a checkout of the sources, but the labs are installed in ${folder}: the run's folder keeps everything as well`,
      { folder },
    )
}

/** Adds a record to a folder's results and writes the page anew; several processes may do so at the same time. */
export async function recordResult(folder: string, record: ResultRecord, known: readonly Lab[] = labs): Promise<void> {
  await alone(join(folder, '.results.lock'), async () => {
    const records = addResult(await readResults(folder), record)
    await writeFileAtomic(join(folder, 'results.json'), resultsText(records))
    await writePage(folder, records, known)
  })
}

/** Writes RESULTS.md if it says something else. */
export async function writePage(
  folder: string,
  records: readonly ResultRecord[],
  known: readonly Lab[] = labs,
): Promise<boolean> {
  const file = join(folder, 'RESULTS.md')
  const page = resultsMarkdown(records, known)
  if ((await readFile(file, 'utf8').catch(() => '')) === page) return false
  await writeFileAtomic(file, page)
  return true
}

/** Runs `work` while no other process does; what a killed one has left is taken over after some seconds. */
async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  const stale = 10_000
  for (;;) {
    try {
      await mkdir(lock)
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new NablaError('io', `[results] cannot write in ${dirname(lock)}: ${(error as Error).message}`, { path: lock })
      const age = await stat(lock).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      )
      if (age > stale) await rm(lock, { recursive: true, force: true })
      else await wait(50)
    }
  }
  try {
    await work()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}
