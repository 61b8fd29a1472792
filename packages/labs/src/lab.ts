/**
 * A lab: a chapter of deep learning that can be read and run. It knows nothing of terminals, files or pages: it talks to a context,
 * and whoever runs it (the command line, the studio, a test) decides what becomes of metrics, plots and checkpoints.
 */
import type { Report } from 'nabla/data'
import type { Tensor } from 'nabla'
import type { GivenOptions, OptionSpecs, OptionValues } from './options.js'
import type { ConfusionChart } from './pictures/confusion.js'
import type { RgbaImage } from './pictures/grey.js'
import type { LineChart } from './pictures/lines.js'

export type PresetName = 'smoke' | 'quick' | 'full'

/** How far a run is. Steps count from the first step of the first epoch. */
export interface Progress {
  /** 1 for the first. */
  readonly epoch: number
  readonly epochs: number
  readonly step: number
  readonly steps: number
  /** Means over the current epoch so far. */
  readonly loss: number
  readonly accuracy: number
  readonly imagesPerSecond: number
  readonly secondsLeft: number
}

/** One line of a run's metrics. `kind` tells lines apart: `step`, `epoch`, `test`. */
export type MetricsRow = Readonly<Record<string, number | string>>

export type Plot = ({ readonly kind: 'lines' } & LineChart) | ({ readonly kind: 'confusion' } & ConfusionChart)

/** Everything that a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  /** Weights, by PyTorch's names. */
  readonly model: Readonly<Record<string, Tensor>>
  /** What the optimizer remembers, by name. */
  readonly optimizer: Readonly<Record<string, Tensor>>
  /** Position in the run and running sums: plain numbers. */
  readonly state: Readonly<Record<string, number>>
  /** Seconds of training so far: apart from the rest, which is the same for every run with the same settings. */
  readonly seconds: number
}

export interface LabContext<Options> {
  readonly options: Options
  /** Of everything that is random. Whoever runs a lab has called `manualSeed` with it. */
  readonly seed: number
  /** Aborted when the user wants to stop: the lab finishes its step, saves and returns. */
  readonly signal: AbortSignal
  /** Where to go on; undefined for a new run. */
  readonly resume: Checkpoint | undefined
  /** What to do with news from fetching data; undefined leaves it to the library. */
  readonly report: Report | false | undefined
  progress(progress: Progress): void
  metrics(row: MetricsRow): void
  /** All metrics so far, also those of the run that is gone on with: for the curves. */
  history(): readonly MetricsRow[]
  /** A sentence for the user. */
  log(text: string): void
  plot(name: string, plot: Plot): Promise<void>
  /** Keeps this checkpoint in place of the one before it. */
  save(checkpoint: Checkpoint): Promise<void>
}

/** What came out, for the last line and for `run.json`; names as the command's JSON has them. */
export interface LabResult {
  /** True when the run ended early, because its context's signal was aborted. */
  readonly stopped: boolean
  readonly summary: Readonly<Record<string, number | string | null>>
}

export interface Prediction {
  readonly name: string
  readonly probability: number
}

export interface Lab<S extends OptionSpecs = OptionSpecs> {
  /** As the command line calls it. */
  readonly id: string
  readonly title: string
  /** Markdown with formulas. */
  readonly notes: { readonly en: string; readonly zh: string }
  readonly options: S
  /** Settings that differ from the defaults: `smoke` for tests, `quick` for minutes on two cores, `full` as in the notes. */
  readonly presets: Readonly<Record<PresetName, GivenOptions>>
  run(context: LabContext<OptionValues<S>>): Promise<LabResult>
  /** For labs whose model names pictures: a function from a picture to its classes, the likeliest first. */
  predictor?(
    options: OptionValues<S>,
    weights: Readonly<Record<string, Tensor>>,
  ): (image: RgbaImage) => Promise<readonly Prediction[]>
}
