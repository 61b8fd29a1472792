/**
 * The folder of a lab's run: what `nabla/train` keeps of any run, and
 *
 *     run.json       what ran, with which settings, and what came out
 *     *.svg, *.png   pictures
 *     *.csv          tables
 *     log.txt        what was said
 */
import { appendFileSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint, MachineRecord, MetricsRow, OptionValue, Table } from '@nabla/labs'
import { type Picture, toPng, toSvg } from '@nabla/pictures'
import { NablaError, type Tensor } from 'nabla'
import { loadSafetensors } from 'nabla/io'
import { openRun, type RunFolder as Folder } from 'nabla/train'

export interface RunRecord {
  readonly lab: string
  readonly preset: string
  readonly options: Readonly<Record<string, OptionValue>>
  readonly device: string
  readonly version: string
  /** What repeats the run. */
  readonly command?: string
  /** Of the sources that ran, where they are a repository; `+` at its end where they were changed since. */
  readonly commit?: string
  readonly machine?: MachineRecord
  readonly started: string
  /** Of training, up to the last checkpoint. */
  readonly seconds?: number
  readonly status: 'running' | 'stopped' | 'finished' | 'failed'
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: string
}

export class RunFolder {
  private constructor(private readonly folder: Folder) {}

  /** A new folder: `out`, or `runs/<lab>-<date>`. Throws NablaError('io') where there is a run already, or nothing can be written. */
  static async create(lab: string, out: string | undefined, now = new Date()): Promise<RunFolder> {
    const date = now.toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '-')
    for (let n = 1; ; n++) {
      const path = out ?? join('runs', `${lab}-${date}${n > 1 ? `-${n}` : ''}`)
      if (!(await exists(join(path, 'run.json')))) return new RunFolder(await openRun(path))
      if (out === undefined) continue
      throw new NablaError(
        'io',
        `[run] ${path} holds a run already: choose another --out, or go on with it: nabla train ${lab} --resume ${path}`,
        { path },
      )
    }
  }

  /** A folder that a run has left, with its checkpoint: undefined if the run was ended before there was one. Metrics past it are dropped. */
  static async resume(path: string): Promise<{ folder: RunFolder; record: RunRecord; checkpoint: Checkpoint | undefined }> {
    const record = await readRecord(path)
    const folder = await openRun(path)
    return { folder: new RunFolder(folder), record, checkpoint: await folder.load() }
  }

  get path(): string {
    return this.folder.path
  }

  get history(): readonly MetricsRow[] {
    return this.folder.history
  }

  metrics(row: MetricsRow): void {
    this.folder.metrics(row)
  }

  record(record: RunRecord): Promise<void> {
    return this.folder.record({ ...record })
  }

  /** Writes README.md. */
  card(text: string): Promise<void> {
    return this.folder.write('README.md', text)
  }

  /** Throws NablaError('argument') for a name that is no file's, and as `toSvg` does. */
  async picture(name: string, picture: Picture): Promise<void> {
    checkName('picture', name)
    await this.folder.write(`${name}.svg`, await toSvg(picture))
    await this.folder.write(`${name}.png`, await toPng(picture))
  }

  /** Throws NablaError('argument') for a name that is no file's, and for a row that has not a cell for every column. */
  async table(name: string, { columns, rows }: Table): Promise<void> {
    checkName('table', name)
    const odd = rows.findIndex((row) => row.length !== columns.length)
    if (odd >= 0)
      throw new NablaError(
        'argument',
        `[table] row ${odd} of the table "${name}" has ${rows[odd]!.length} cells: expected ${columns.length}`,
      )
    await this.folder.write(`${name}.csv`, [columns, ...rows].map((row) => `${row.map(field).join(',')}\n`).join(''))
  }

  /** Adds a line to log.txt, with the time. Never fails: what is said is not what is kept. */
  log(text: string): void {
    try {
      appendFileSync(join(this.path, 'log.txt'), `${new Date().toISOString().slice(0, 19)}  ${text}\n`)
    } catch {
      // a full disk is met by what matters
    }
  }

  /** Keeps a checkpoint in place of the last. Throws NablaError('training') when a weight is not finite, before anything is overwritten. */
  save(checkpoint: Checkpoint): Promise<void> {
    return this.folder.save(checkpoint)
  }

  /** Waits until all metrics are on disk, and gives the folder free. */
  close(): Promise<void> {
    return this.folder.close()
  }
}

function checkName(what: string, name: string): void {
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(name))
    throw new NablaError('argument', `[run] ${what} "${name}": expected a name of letters, digits, - and _`, { name })
}

/** A cell as CSV has it. */
const field = (cell: string | number | null): string =>
  typeof cell === 'string' && /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : String(cell ?? '')

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** What a run's folder says of it. Throws NablaError('io') when there is none. */
export async function readRecord(path: string): Promise<RunRecord> {
  let text: string
  try {
    text = await readFile(join(path, 'run.json'), 'utf8')
  } catch (error) {
    throw new NablaError('io', `[run] ${path} is no run's folder: ${(error as Error).message}`, { path })
  }
  try {
    const record = JSON.parse(text) as Partial<RunRecord> | null
    if (typeof record?.lab === 'string' && typeof record.options === 'object' && record.options !== null)
      return record as RunRecord
  } catch {
    // said below
  }
  throw new NablaError('io', `[run] ${join(path, 'run.json')} is damaged: expected a JSON object with "lab" and "options"`, {
    path,
  })
}

/** The weights of a run. */
export const readWeights = (path: string): Promise<Record<string, Tensor>> => loadSafetensors(join(path, 'model.safetensors'))

/** The folder in `runs/` whose model was written last, or undefined. */
export async function latestRun(runs = 'runs'): Promise<string | undefined> {
  const names = await readdir(runs).catch(() => [])
  const dated = await Promise.all(
    names.map(async (name) => ({
      path: join(runs, name),
      time: await stat(join(runs, name, 'model.safetensors')).then(
        (s) => s.mtimeMs,
        () => undefined,
      ),
    })),
  )
  return dated.filter(({ time }) => time !== undefined).sort((a, b) => b.time! - a.time!)[0]?.path
}
