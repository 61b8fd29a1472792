/** A context that keeps in memory what a lab gives it: for tests of labs. */
import type { Picture } from '@nabla/pictures'
import { manualSeed } from 'nabla'
import type { Checkpoint, Lab, LabResult, MetricsRow, PresetName, Table } from './lab.js'
import { type GivenOptions, type OptionSpecs, resolveOptions } from './options.js'

/** What came out of a run. */
export interface RecordedRun {
  readonly result: LabResult
  readonly seconds: number
  readonly rows: readonly MetricsRow[]
  readonly pictures: ReadonlyMap<string, Picture>
  readonly tables: ReadonlyMap<string, Table>
  readonly said: readonly string[]
  readonly saved: readonly Checkpoint[]
}

export interface RecordOptions {
  /** Default `smoke`. */
  readonly preset?: PresetName
  /** Settings besides the preset's. */
  readonly set?: GivenOptions
  /** Default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
}

/** Runs a lab and keeps everything. */
export async function recordRun<S extends OptionSpecs>(lab: Lab<S>, options: RecordOptions = {}): Promise<RecordedRun> {
  const { preset = 'smoke', set = {}, seed = 0, signal = new AbortController().signal } = options
  const rows: MetricsRow[] = []
  const pictures = new Map<string, Picture>()
  const tables = new Map<string, Table>()
  const said: string[] = []
  const saved: Checkpoint[] = []
  manualSeed(seed)
  const started = performance.now()
  const result = await lab.run({
    options: resolveOptions(lab.options, { ...lab.presets[preset], ...set }),
    seed,
    signal,
    resume: undefined,
    report: false,
    progress() {},
    doing() {},
    metrics: (row) => void rows.push(row),
    history: () => rows,
    log: (text) => void said.push(text),
    plot: async (name, picture) => void pictures.set(name, picture),
    table: async (name, table) => void tables.set(name, table),
    save: async (checkpoint) => void saved.push(checkpoint),
  })
  return { result, seconds: (performance.now() - started) / 1000, rows, pictures, tables, said, saved }
}
