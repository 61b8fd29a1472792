/** A lab's run that keeps what comes in a folder: what `nabla train` and `nabla lab run` have in common. */
import {
  type GivenOptions,
  type Lab,
  type LabContext,
  type LabResult,
  type OptionValue,
  type PresetName,
  resolveOptions,
  showValue,
  type Table,
} from '@nabla/labs'
import type { Picture } from '@nabla/pictures'
import { manualSeed, NablaError } from 'nabla'
import { chooseDevice } from './device.js'
import { exitCodes } from './errors.js'
import type { ProgressView } from './progress.js'
import { runCard } from './run-card.js'
import { RunFolder, type RunRecord } from './run-folder.js'
import { version } from './version.js'

/** The seed, as an option that every run has. */
export const seedSpec = {
  kind: 'number',
  whole: true,
  atLeast: 0,
  default: 0,
  help: 'of the first weights and the order of the data; the same seed gives the same bits',
} as const

export interface Wanted {
  readonly preset: PresetName
  /** Settings besides the preset's. */
  readonly own: GivenOptions
  readonly seed: string | number | undefined
  readonly device: string | undefined
  readonly out: string | undefined
  /** More for the record. */
  readonly about?: Pick<RunRecord, 'command' | 'commit' | 'machine'>
  /** How messages write an option and its value; see `resolveOptions`. */
  readonly named?: (name: string) => string
}

export interface Prepared {
  readonly folder: RunFolder
  readonly record: RunRecord
  readonly resume: LabContext<unknown>['resume']
}

export const defined = (options: GivenOptions): Record<string, OptionValue> =>
  Object.fromEntries(Object.entries(options).filter((entry): entry is [string, OptionValue] => entry[1] !== undefined))

/** A new run: its settings are checked and its device is ready before there is a folder. */
export async function begin(lab: Lab, { preset, own, seed: given, about, named, ...wanted }: Wanted): Promise<Prepared> {
  const options = resolveOptions(lab.options, { ...lab.presets[preset], ...defined(own) }, named)
  const { seed } = resolveOptions({ seed: seedSpec }, { seed: given })
  const device = await chooseDevice(wanted.device)
  const folder = await RunFolder.create(lab.id, wanted.out)
  const record: RunRecord = {
    lab: lab.id,
    preset,
    options: { ...defined(options), seed },
    device,
    version,
    ...about,
    started: new Date().toISOString(),
    status: 'running',
  }
  await folder.record(record)
  return { folder, record, resume: undefined }
}

export interface Performed {
  readonly result: LabResult
  /** What run.json has as its result. */
  readonly json: Readonly<Record<string, unknown>>
  readonly code: number
  /** The last of each name, in the order in which they came. */
  readonly pictures: ReadonlyMap<string, Picture>
  readonly tables: ReadonlyMap<string, Table>
}

/**
 * Runs a lab in its folder until it is done, stopped or failed, and leaves the folder closed, marked with which of these it was.
 * `describe` makes the result of run.json of what came out and the seconds it took.
 */
export async function perform(
  lab: Lab,
  { folder, record, resume }: Prepared,
  view: ProgressView,
  describe: (result: LabResult, seconds: number) => Readonly<Record<string, unknown>>,
): Promise<Performed> {
  const { seed, ...settings } = record.options
  const pictures = new Map<string, Picture>()
  const tables = new Map<string, Table>()
  const say = (text: string): void => {
    view.line(text)
    folder.log(text)
  }
  let marked: Promise<void> | undefined
  const stop = stopping((text) => {
    say(text)
    marked = folder.record({ ...record, status: 'stopped' }).catch(() => {}) // now: a second Ctrl-C leaves no time
  })
  const keep = async (status: Pick<RunRecord, 'status' | 'result' | 'error'>): Promise<void> => {
    await marked
    await folder.record({ ...record, ...status })
  }
  try {
    say(`${lab.title} on ${record.device}: ${showOptions(record.options)}`)
    manualSeed(Number(seed))
    const started = performance.now()
    const result = await lab.run({
      options: resolveOptions(lab.options, settings),
      seed: Number(seed),
      signal: stop.signal,
      resume,
      report: view.report,
      progress: (progress) => view.show(progress),
      doing: (text, done, total) => view.doing(text, done, total),
      metrics: (row) => folder.metrics(row),
      history: () => folder.history,
      log: say,
      plot: async (name, picture) => {
        await folder.picture(name, picture)
        pictures.set(name, picture)
      },
      table: async (name, table) => {
        await folder.table(name, table)
        tables.set(name, table)
      },
      save: (checkpoint) => folder.save(checkpoint),
    })
    view.end()
    const json = describe(result, (performance.now() - started) / 1000)
    await keep({ status: result.stopped ? 'stopped' : 'finished', result: json })
    if (!result.stopped) await folder.card(runCard(lab, record, { json, pictures, tables }))
    return { result, json, code: result.stopped ? stop.code() : exitCodes.well, pictures, tables }
  } catch (error) {
    view.end()
    folder.log(String((error as Error).message))
    await keep({ status: 'failed', error: String((error as Error).message) }).catch(() => {})
    if (error instanceof NablaError && error.kind === 'training')
      view.line(`kept in ${folder.path}: the last good checkpoint, and metrics up to the step that failed`)
    throw error
  } finally {
    stop.forget()
    await folder.close()
  }
}

/** `epochs 8, rates 0.1,0.2`. */
export const showOptions = (options: Readonly<Record<string, OptionValue>>): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${showValue(value)}`)
    .join(', ')

/** Ctrl-C once: the lab finishes what it is at, saves, ends. Twice: the end. */
function stopping(say: (text: string) => void): { signal: AbortSignal; code(): number; forget(): void } {
  const controller = new AbortController()
  let code: number = exitCodes.interrupted
  const on = (next: number) => (): void => {
    if (controller.signal.aborted) process.exit(next)
    code = next
    controller.abort()
    say('stopping: the step is finished and saved; once more ends at once')
  }
  const [interrupt, terminate] = [on(exitCodes.interrupted), on(exitCodes.terminated)]
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', terminate)
  return {
    signal: controller.signal,
    code: () => code,
    forget() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', terminate)
    },
  }
}
