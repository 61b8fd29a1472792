/**
 * A run's folder:
 *
 *     run.json                 what ran, with which settings, and what came out
 *     metrics.jsonl            one JSON object a line, as they came
 *     model.safetensors        the weights, by PyTorch's names
 *     checkpoint.safetensors   weights, optimizer state and position: where --resume goes on
 *     *.svg                    curves and confusion matrix
 *
 * Every file but metrics.jsonl is replaced as a whole, so a crash leaves the last good one.
 */
import { createWriteStream, type WriteStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint, MetricsRow } from '@nabla/labs'
import { NablaError, type Tensor } from 'nabla'
import {
  encodeSafetensors,
  loadSafetensors,
  readSafetensors,
  type TensorData,
  tensorData,
  tensorsFrom,
  writeFileAtomic,
} from 'nabla/io'

export interface RunRecord {
  readonly lab: string
  readonly preset: string
  readonly options: Readonly<Record<string, string | number>>
  readonly device: string
  readonly version: string
  readonly started: string
  /** Of training, up to the last checkpoint. */
  readonly seconds?: number
  readonly status: 'running' | 'stopped' | 'finished' | 'failed'
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: string
}

export class RunFolder {
  private metricsFile: WriteStream | undefined
  private failure: Error | undefined
  private current: RunRecord | undefined
  private seconds = 0
  private constructor(
    readonly path: string,
    private rows: MetricsRow[],
  ) {}

  /** A new folder: `out`, or `runs/<lab>-<date>`. Throws NablaError('io') where there is a run already, or nothing can be written. */
  static async create(lab: string, out: string | undefined, now = new Date()): Promise<RunFolder> {
    const date = now.toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '-')
    for (let n = 1; ; n++) {
      const path = out ?? join('runs', `${lab}-${date}${n > 1 ? `-${n}` : ''}`)
      if (await exists(join(path, 'run.json'))) {
        if (out === undefined) continue
        throw new NablaError(
          'io',
          `[run] ${path} holds a run already: choose another --out, or go on with it: nabla train ${lab} --resume ${path}`,
          { path },
        )
      }
      await writeFileAtomic(join(path, 'metrics.jsonl'), '') // makes the folder, or says why it cannot
      const folder = new RunFolder(path, [])
      await folder.openMetrics()
      return folder
    }
  }

  /** A folder that a run has left, with its checkpoint; metrics past the checkpoint are dropped. */
  static async resume(path: string): Promise<{ folder: RunFolder; record: RunRecord; checkpoint: Checkpoint }> {
    const record = await readRecord(path)
    const file = join(path, 'checkpoint.safetensors')
    if (!(await exists(file))) throw new NablaError('io', `[run] ${path} has no checkpoint.safetensors to go on from`, { path })
    const { tensors, metadata } = await readSafetensors(file)
    const part = (prefix: string): Record<string, Tensor> =>
      tensorsFrom(
        Object.fromEntries(
          Object.entries(tensors).flatMap(([name, data]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), data]] : [])),
        ),
      )
    const state = parseState(metadata.state, file)
    const rows = (await readMetrics(path)).filter((row) => typeof row.step !== 'number' || row.step <= (state.step ?? 0))
    const folder = new RunFolder(path, rows)
    folder.seconds = record.seconds ?? 0
    await writeFileAtomic(join(path, 'metrics.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    await folder.openMetrics()
    return {
      folder,
      record,
      checkpoint: { model: part('model.'), optimizer: part('optimizer.'), state, seconds: record.seconds ?? 0 },
    }
  }

  private async openMetrics(): Promise<void> {
    const file = createWriteStream(join(this.path, 'metrics.jsonl'), { flags: 'a' })
    await new Promise<void>((resolve, reject) => {
      file.once('open', () => resolve())
      file.once('error', (error) =>
        reject(new NablaError('io', `[run] cannot write ${file.path}: ${error.message}`, { path: this.path })),
      )
    })
    file.on('error', (error) => {
      this.failure = error
    })
    this.metricsFile = file
  }

  get history(): readonly MetricsRow[] {
    return this.rows
  }

  metrics(row: MetricsRow): void {
    if (this.failure) throw new NablaError('io', `[run] cannot write metrics: ${this.failure.message}`, { path: this.path })
    this.rows.push(row)
    this.metricsFile?.write(`${JSON.stringify(row)}\n`)
  }

  async record(record: RunRecord): Promise<void> {
    this.current = { ...record, ...(this.seconds ? { seconds: this.seconds } : {}) }
    await writeFileAtomic(join(this.path, 'run.json'), `${JSON.stringify(this.current, null, 2)}\n`)
  }

  picture(name: string, svg: string): Promise<void> {
    return writeFileAtomic(join(this.path, `${name}.svg`), svg)
  }

  /**
   * Writes model.safetensors and checkpoint.safetensors. Throws NablaError('training') when a weight is not finite, before anything is
   * overwritten.
   */
  async save({ model, optimizer, state, seconds }: Checkpoint): Promise<void> {
    const weights = await tensorData(model)
    for (const [name, { data }] of Object.entries(weights)) {
      const bad = (data as Float32Array).findIndex((value) => !Number.isFinite(value))
      if (bad >= 0)
        throw new NablaError(
          'training',
          `[train] after step ${state.step} the weight ${name} holds ${data[bad]}: training has diverged`,
          { name, step: state.step },
        )
    }
    const memory = await tensorData(optimizer)
    const all: Record<string, TensorData> = {}
    for (const [name, data] of Object.entries(weights)) all[`model.${name}`] = data
    for (const [name, data] of Object.entries(memory)) all[`optimizer.${name}`] = data
    await writeFileAtomic(join(this.path, 'checkpoint.safetensors'), encodeSafetensors(all, { state: JSON.stringify(state) }))
    await writeFileAtomic(join(this.path, 'model.safetensors'), encodeSafetensors(weights, { format: 'pt' }))
    this.seconds = seconds
    if (this.current) await this.record(this.current)
  }

  /** Waits until all metrics are on disk. */
  async close(): Promise<void> {
    const file = this.metricsFile
    this.metricsFile = undefined
    if (file) await new Promise<void>((resolve) => file.end(() => resolve()))
  }
}

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

async function readMetrics(path: string): Promise<MetricsRow[]> {
  const text = await readFile(join(path, 'metrics.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as MetricsRow]
    } catch {
      return [] // the last line of a run that crashed may be cut off
    }
  })
}

function parseState(text: string | undefined, file: string): Record<string, number> {
  try {
    const state = JSON.parse(text ?? '') as Record<string, unknown>
    if (Object.values(state).every((value) => typeof value === 'number')) return state as Record<string, number>
  } catch {
    // said below
  }
  throw new NablaError('io', `[run] ${file} is damaged: it does not say where the run stopped`, { file })
}
