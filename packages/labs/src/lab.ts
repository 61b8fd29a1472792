/**
 * A lab: a chapter of deep learning that can be read and run. It knows nothing of terminals, files or pages: it talks to a context,
 * and whoever runs it (the command line, the studio, a test) decides what becomes of metrics, plots and checkpoints.
 */
import type { Report } from 'nabla/data'
import type { Tensor } from 'nabla'
import type { Module } from 'nabla/nn'
import type { Checkpoint, MetricsRow } from 'nabla/train'
import type { Picture } from '@nabla/pictures'
import type { RgbaImage } from './grey.js'
import type { GivenOptions, OptionSpecs, OptionValues } from './options.js'

export type { Checkpoint, MetricsRow } from 'nabla/train'

export type PresetName = 'smoke' | 'quick' | 'full'

/** The chapters in order, by the names that labs give. */
export const chapters = {
  foundations: 'Foundations',
  cs231n: 'CS231n, from scratch',
  convolution: 'Convolutional networks',
  vision: 'Vision systems',
  sequences: 'Sequences and attention',
  generative: 'Generative, self-supervised, semi-supervised',
} as const

export type Chapter = keyof typeof chapters

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

/** Rows under their columns. */
export interface Table {
  readonly columns: readonly string[]
  /** As many cells as columns; null for what is not known. */
  readonly rows: readonly (readonly (number | string | null)[])[]
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
  /** How far a training run is. */
  progress(progress: Progress): void
  /** How far anything else is that takes longer than a second: `doing('distances', 120, 500)`. May be called as often as one likes. */
  doing(text: string, done: number, total: number): void
  metrics(row: MetricsRow): void
  /** All metrics so far, also those of the run that is gone on with: for the curves. */
  history(): readonly MetricsRow[]
  /** A sentence for the user. */
  log(text: string): void
  /** Keeps a picture under a name of letters, digits and dashes; a later one of the same name takes its place. */
  plot(name: string, plot: Picture): Promise<void>
  /** Keeps a table, likewise. */
  table(name: string, table: Table): Promise<void>
  /** Keeps this checkpoint in place of the one before it. */
  save(checkpoint: Checkpoint): Promise<void>
}

/** What came out, for the last line and for `run.json`; names as the command's JSON has them. */
export interface LabResult {
  /** True when the run ended early, because its context's signal was aborted. */
  readonly stopped: boolean
  readonly summary: Readonly<Record<string, number | string | null>>
}

/** A figure of the notes, and the entry of the summary that has to reach it; both bounds together are an interval. */
export interface Target {
  /** Name of an entry of the summary. */
  readonly metric: string
  readonly atLeast?: number
  readonly atMost?: number
  /** Asked of runs whose options have these values; of all where there are none. */
  readonly when?: GivenOptions
  /** Who says so: `CS231n assignment 1, knn`. */
  readonly source: string
}

export interface Prediction {
  readonly name: string
  readonly probability: number
}

/** A trained model as other engines take it. */
export interface ExportedModel {
  readonly model: Module
  /** An input of one example, for its shape and type. */
  readonly input: Tensor
  /** Texts for the file: what the numbers in and out mean. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface Lab<S extends OptionSpecs = OptionSpecs> {
  /** As the command line calls it. */
  readonly id: string
  readonly title: string
  readonly chapter: Chapter
  /** Markdown with formulas between dollar signs; the headings of both languages correspond. */
  readonly notes: { readonly en: string; readonly zh: string }
  readonly options: S
  /** Settings that differ from the defaults: `smoke` for tests, `quick` for minutes on two cores, `full` as in the notes. */
  readonly presets: Readonly<Record<PresetName, GivenOptions>>
  /** What the preset `full` is to reach, or `quick` where it fits. */
  readonly targets?: readonly Target[]
  /** True for labs that train one model, save checkpoints and go on with them: those are what `nabla train` offers. Default false. */
  readonly trains?: boolean
  run(context: LabContext<OptionValues<S>>): Promise<LabResult>
  /** For labs whose model names pictures: a function from a picture to its classes, the likeliest first. */
  predictor?(
    options: OptionValues<S>,
    weights: Readonly<Record<string, Tensor>>,
  ): (image: RgbaImage) => Promise<readonly Prediction[]>
  /** For labs whose model can be exported: the trained model. */
  exported?(options: OptionValues<S>, weights: Readonly<Record<string, Tensor>>): ExportedModel
}
