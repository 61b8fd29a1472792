/**
 * Hyper-parameter search: the same run with many settings, on a grid (all combinations) or at random (Bergstra and Bengio 2012: better where
 * only some of the hyper-parameters matter). Trials run one after the other; a log makes a search that was stopped go on where it was.
 */
import { NablaError, unknownName } from '../core/errors.js'
import { SampleRandom } from '../data/random.js'
import type { Figures } from './callback.js'
import { type Plain, plainToJson } from './plain.js'
import { domainsOf, gridOf, type SearchSpace, type SettingsOf } from './search-space.js'
import { shortNumber, textTable } from './text-table.js'

/** How a search goes. */
export interface SearchOptions<Settings = unknown> {
  /** The figure that tells which trial is best. Default: the only one there is. */
  readonly monitor?: string
  /** Whether the best is the least or the greatest. Default `min`. */
  readonly mode?: 'min' | 'max'
  /** What becomes of a run that throws: the search ends with its error (default), or the trial is recorded as failed and the next one begins. */
  readonly onError?: 'throw' | 'record'
  /** Path of a file of JSON lines with the finished trials. If it exists, trials in it are not run again. Node only. */
  readonly log?: string
  /** Called with each trial when it has ended, and with those of the log. */
  readonly onTrial?: (trial: Trial<Settings>) => void
  /** When it is aborted, no further trial begins, and the search ends with its reason. */
  readonly signal?: AbortSignal
}

/** How a random search goes. */
export interface RandomSearchOptions<Settings = unknown> extends SearchOptions<Settings> {
  /** Number of trials. */
  readonly trials: number
  /** Settings of a trial are a function of this and its number. Default 0. */
  readonly seed?: number
}

/** A trial that has ended. */
export interface Trial<Settings = unknown> {
  /** Its place in the order of the search, from 0 on. */
  readonly number: number
  /** What was tried. */
  readonly settings: Settings
  /** What the run gave; none when it failed. */
  readonly figures: Figures
  /** The figure that counts; NaN when the run failed. */
  readonly score: number
  /** Time it took. */
  readonly seconds: number
  /** Message of the error that ended the run. */
  readonly error?: string
}

/** What a search found. */
export interface SearchResult<Settings = unknown> {
  /** All trials, the best first; of equals the earlier; NaN and failed ones last. */
  readonly trials: readonly Trial<Settings>[]
  /** The best one; undefined where there is none with a score. */
  readonly best: Trial<Settings> | undefined
  /** The trials as text: a row each with settings, figures, seconds, or what went wrong. */
  table(): string
}

/** A run with certain settings: gives one figure, or some by name. `number` is the trial's, for seeds and folders. */
export type TrialRun<Settings> = (settings: Settings, number: number) => number | Figures | Promise<number | Figures>

/**
 * Runs every combination of the values in `space`.
 *
 *     const found = await gridSearch({ lr: [0.1, 0.01], hidden: [32, 64] }, async ({ lr, hidden }) => (await train(lr, hidden)).loss)
 *     console.log(found.table(), found.best?.settings)
 *
 * Throws NablaError('argument') for a range that is no list, and when the log is of another search.
 */
export function gridSearch<const Space extends SearchSpace>(
  space: Space,
  run: TrialRun<SettingsOf<Space>>,
  options: SearchOptions<SettingsOf<Space>> = {},
): Promise<SearchResult<SettingsOf<Space>>> {
  return search(gridOf(space) as SettingsOf<Space>[], run, options)
}

/**
 * Runs `trials` settings drawn from `space`.
 *
 *     await randomSearch({ lr: logUniform(1e-4, 1e-1), layers: integer(1, 4), act: ['relu', 'tanh'] }, run, { trials: 20, seed: 1 })
 *
 * More trials later begin with the same ones, so that a log can be gone on with. Throws NablaError('argument') as `gridSearch`.
 */
export async function randomSearch<const Space extends SearchSpace>(
  space: Space,
  run: TrialRun<SettingsOf<Space>>,
  options: RandomSearchOptions<SettingsOf<Space>>,
): Promise<SearchResult<SettingsOf<Space>>> {
  const { trials, seed = 0 } = options
  if (!Number.isSafeInteger(trials) || trials < 1)
    throw new NablaError('argument', `[randomSearch] trials ${trials}: expected a whole number of 1 or more`, { trials })
  const domains = domainsOf(space)
  const draw = (number: number) => {
    const random = new SampleRandom(seed, 0, number)
    return Object.fromEntries(domains.map(([name, domain]) => [name, domain.sample(random)]))
  }
  return search(Array.from({ length: trials }, (_, number) => draw(number)) as SettingsOf<Space>[], run, options)
}

async function search<Settings>(
  all: readonly Settings[],
  run: TrialRun<Settings>,
  options: SearchOptions<Settings>,
): Promise<SearchResult<Settings>> {
  const { mode = 'min', onError = 'throw', log, onTrial, signal } = options
  const file = log === undefined ? undefined : await logs()
  const known = new Map(((await file?.readLog<Trial<Settings>>(log!)) ?? []).map((trial) => [trial.number, trial]))
  const trials: Trial<Settings>[] = []
  for (const [number, settings] of all.entries()) {
    signal?.throwIfAborted()
    const recorded = known.get(number)
    if (recorded && lineOf(recorded.settings) !== lineOf(settings))
      throw new NablaError(
        'argument',
        `[search] ${log} is the log of another search: its trial ${number} has ${lineOf(recorded.settings)}, not ${lineOf(settings)}`,
        { log, number },
      )
    const trial = scored(recorded ?? (await attempt(settings, number)))
    trials.push(trial)
    known.set(number, trial)
    if (!recorded) await file?.writeLog(log!, [...known.values()])
    onTrial?.(trial)
  }
  const ranked = ranking(trials, mode)
  const best = ranked[0] && !Number.isNaN(ranked[0].score) ? ranked[0] : undefined
  return { trials: ranked, best, table: () => tableOf(ranked) }

  /** Looked up also in trials of a log, for `monitor` may be another one now. */
  function scored(trial: Omit<Trial<Settings>, 'score'>): Trial<Settings> {
    return { ...trial, score: trial.error === undefined ? scoreOf(trial.figures, options.monitor) : Number.NaN }
  }

  async function attempt(settings: Settings, number: number): Promise<Omit<Trial<Settings>, 'score'>> {
    const began = performance.now()
    const ended = () => Math.round(performance.now() - began) / 1000
    try {
      const result = await run(settings, number)
      return { number, settings, figures: typeof result === 'number' ? { score: result } : result, seconds: ended() }
    } catch (error) {
      if (onError === 'throw') throw error
      const text = error instanceof Error ? error.message : String(error)
      return { number, settings, figures: {}, seconds: ended(), error: text }
    }
  }
}

/** The figure that counts. */
function scoreOf(figures: Figures, monitor: string | undefined): number {
  const names = Object.keys(figures)
  const name = monitor ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined)
    throw new NablaError(
      'argument',
      `[search] a run gives ${names.join(', ') || 'no figures'}: say by \`monitor\` which one counts`,
      { names },
    )
  const score = figures[name]
  if (score === undefined) throw unknownName('argument', 'figure to watch (monitor)', name, names)
  return score
}

function ranking<Settings>(trials: readonly Trial<Settings>[], mode: 'min' | 'max'): Trial<Settings>[] {
  const sign = mode === 'min' ? 1 : -1
  return [...trials].sort((a, b) => {
    if (Number.isNaN(a.score) || Number.isNaN(b.score))
      return Number(Number.isNaN(a.score)) - Number(Number.isNaN(b.score)) || a.number - b.number
    return a.score === b.score ? a.number - b.number : sign * (a.score < b.score ? -1 : 1)
  })
}

function tableOf<Settings>(trials: readonly Trial<Settings>[]): string {
  const settings = [...new Set(trials.flatMap((trial) => Object.keys(trial.settings as object)))]
  const figures = [...new Set(trials.flatMap((trial) => Object.keys(trial.figures)))]
  const failed = trials.some(({ error }) => error !== undefined)
  const rows = trials.map((trial) => [
    trial.number,
    ...settings.map((name) => (trial.settings as Readonly<Record<string, unknown>>)[name]),
    ...figures.map((name) => trial.figures[name]),
    Number(shortNumber(trial.seconds, 3)),
    ...(failed ? [(trial.error ?? '').split('\n')[0]] : []),
  ])
  return textTable(['trial', ...settings, ...figures, 'seconds', ...(failed ? ['error'] : [])], rows)
}

const lineOf = (value: unknown): string => plainToJson(value as Plain)

/** Reading and writing logs takes Node. */
async function logs(): Promise<typeof import('./search-log.node.js')> {
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new NablaError('io', '[search] there are no files here: leave `log` out, and take trials by `onTrial`')
  return import('./search-log.node.js')
}
