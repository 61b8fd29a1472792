/**
 * A run's folder:
 *
 *     checkpoint.safetensors   weights, optimizer state and position: where the run goes on
 *     model.safetensors        the last weights, by the model's names
 *     best.safetensors         the weights that scored best, if the run watches a figure
 *     metrics.jsonl            one JSON object a line, as they came
 *     run.json                 what its owner says of the run, and the seconds of training
 *
 * Every file but metrics.jsonl is replaced as a whole, and on disk before it takes the old one's name: whenever the process is killed or the
 * machine stops, the last complete checkpoint is there. A checkpoint says how many lines of metrics it belongs to; those that
 * came after it are dropped when the run goes on, for it will make them again.
 */
import { closeSync, fsyncSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NablaError } from '../core/errors.js'
import { makeFolder, readFileBytes, writeFileAtomic } from '../core/files.node.js'
import { encodeSafetensors } from '../io/safetensors.js'
import { loadSafetensors, tensorData } from '../io/weights.js'
import {
  type BestInfo,
  type Checkpoint,
  type CheckpointStore,
  decodeCheckpoint,
  encodeCheckpoint,
  type Tensors,
} from './checkpoint.js'
import { lockFolder } from './lock.node.js'
import type { MetricsRow } from './rows.js'

const files = {
  checkpoint: 'checkpoint.safetensors',
  model: 'model.safetensors',
  best: 'best.safetensors',
  metrics: 'metrics.jsonl',
  record: 'run.json',
} as const

/** What `run.json` holds: what the run's owner puts there. `seconds` of training are added with every checkpoint. */
export type RunNotes = Readonly<Record<string, unknown>>

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Replaces a file as a whole, and has the folder on disk know it too. */
async function replaceFile(folder: string, name: string, data: Uint8Array | string): Promise<void> {
  await writeFileAtomic(join(folder, name), data)
  try {
    const handle = await open(folder, 'r')
    await handle.sync().finally(() => handle.close())
  } catch {
    // Windows has no such thing; there the rename is what there is.
  }
}

/** A folder that holds one run's checkpoints and metrics. While it is open no other run can use it. */
export class RunFolder implements CheckpointStore {
  private metricsFile: number | undefined
  private notes: RunNotes | undefined
  private rows: MetricsRow[] = []
  private release: (() => void) | undefined

  private constructor(
    /** The folder. */
    readonly path: string,
    private found: { readonly checkpoint: Checkpoint; readonly rows: MetricsRow[] } | undefined,
  ) {}

  /**
   * Opens a folder, which is made where there is none. What a run has left there is found: `resumes` says whether there is a checkpoint.
   * Throws NablaError('io') when another run holds the folder, when it cannot be written, and when the checkpoint is damaged.
   */
  static async open(path: string): Promise<RunFolder> {
    try {
      makeFolder(path)
    } catch (error) {
      throw new NablaError('io', `[run] cannot make ${path}: ${(error as Error).message}`, { path })
    }
    const release = lockFolder(path)
    try {
      // Nobody else writes here: what an interrupted write has left is nobody's.
      for (const name of readdirSync(path)) if (name.endsWith('.tmp')) rmSync(join(path, name), { force: true })
      const folder = new RunFolder(path, await findCheckpoint(path))
      folder.release = release
      await folder.openMetrics()
      return folder
    } catch (error) {
      release()
      throw error
    }
  }

  /** Whether the folder holds a checkpoint to go on from. */
  get resumes(): boolean {
    return this.found !== undefined
  }

  private async openMetrics(): Promise<void> {
    this.rows = this.found?.rows ?? []
    const path = join(this.path, files.metrics)
    const before = await readFile(path, 'utf8').catch(() => undefined)
    const kept = this.rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    if (before !== kept) await replaceFile(this.path, files.metrics, kept)
    try {
      this.metricsFile = openSync(path, 'a')
    } catch (error) {
      throw new NablaError('io', `[run] cannot write ${path}: ${(error as Error).message}`, { path })
    }
  }

  /** All metrics so far, also those of the run that is gone on with. */
  get history(): readonly MetricsRow[] {
    return this.rows
  }

  /** Adds a line of metrics. It survives the process from now on, and the machine with the next checkpoint. */
  metrics(row: MetricsRow): void {
    try {
      if (this.metricsFile === undefined) throw new Error('the folder is closed')
      writeSync(this.metricsFile, `${JSON.stringify(row)}\n`)
    } catch (error) {
      throw new NablaError('io', `[run] cannot write metrics in ${this.path}: ${(error as Error).message}`, { path: this.path })
    }
    this.rows.push(row)
  }

  /** Keeps what is to be known of the run as run.json. */
  async record(notes: RunNotes): Promise<void> {
    this.notes = notes
    const { seconds } = this
    await replaceFile(this.path, files.record, `${JSON.stringify({ ...notes, ...(seconds ? { seconds } : {}) }, null, 2)}\n`)
  }

  private seconds = 0

  /** Another file in the folder, replaced as a whole: a picture, a table. */
  write(name: string, data: Uint8Array | string): Promise<void> {
    return replaceFile(this.path, name, data)
  }

  /** The checkpoint to go on from. */
  async load(): Promise<Checkpoint | undefined> {
    const checkpoint = this.found?.checkpoint
    this.seconds = checkpoint?.seconds ?? 0
    return checkpoint
  }

  /**
   * Keeps a checkpoint in place of the last. Throws NablaError('training') when a weight is not finite and NablaError('io') when it
   * cannot be written; the last one is still there then.
   */
  async save(checkpoint: Checkpoint): Promise<void> {
    const { bytes, weights } = await encodeCheckpoint(checkpoint, { lines: this.rows.length })
    if (this.metricsFile !== undefined) fsyncSync(this.metricsFile)
    await replaceFile(this.path, files.checkpoint, bytes)
    this.found = undefined
    await replaceFile(this.path, files.model, encodeSafetensors(weights, { format: 'pt' }))
    this.seconds = checkpoint.seconds
    await this.record(this.notes ?? {})
  }

  /** Keeps the weights that scored best, with step, figure and value in the file's metadata. */
  async saveBest(model: Tensors, { step, monitor, value }: BestInfo): Promise<void> {
    const metadata = { format: 'pt', step: String(step), monitor, value: String(value) }
    await replaceFile(this.path, files.best, encodeSafetensors(await tensorData(model), metadata))
  }

  /** The weights that scored best, if any were kept. */
  async loadBest(): Promise<Tensors | undefined> {
    const path = join(this.path, files.best)
    return (await exists(path)) ? loadSafetensors(path) : undefined
  }

  /** Brings all metrics to disk and gives the folder free. */
  async close(): Promise<void> {
    const file = this.metricsFile
    this.metricsFile = undefined
    try {
      if (file === undefined) return
      fsyncSync(file)
      closeSync(file)
    } finally {
      this.release?.()
      this.release = undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function findCheckpoint(path: string): Promise<{ checkpoint: Checkpoint; rows: MetricsRow[] } | undefined> {
  const file = join(path, files.checkpoint)
  if (!(await exists(file))) return undefined
  const { checkpoint, notes } = await decodeCheckpoint(await readFileBytes(file), file)
  const record = JSON.parse(await readFile(join(path, files.record), 'utf8').catch(() => '{}')) as { seconds?: number }
  const rows = await readMetrics(path)
  const { step = 0 } = checkpoint.state
  const kept =
    typeof notes.lines === 'number'
      ? rows.slice(0, notes.lines)
      : rows.filter((row) => typeof row.step !== 'number' || row.step <= step)
  return { checkpoint: { ...checkpoint, seconds: record.seconds ?? 0 }, rows: kept }
}

/** The metrics that a run has left. The last line of one that crashed may be cut off: it is left out. */
export async function readMetrics(path: string): Promise<MetricsRow[]> {
  const text = await readFile(join(path, files.metrics), 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as MetricsRow]
    } catch {
      return []
    }
  })
}
