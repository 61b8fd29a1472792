/** What a run tells those who watch it. */
import type { Module } from '../nn/module.js'

/** Numbers by name. */
export type Figures = Readonly<Record<string, number>>

/** How far a run is. */
export interface Progress {
  /** Updates of the weights so far. */
  readonly step: number
  /** Updates in the whole run; undefined where the loader does not say how long an epoch is. */
  readonly steps: number | undefined
  /** The current epoch: 1 for the first. */
  readonly epoch: number
  /** How many there will be; undefined where the run ends by steps. */
  readonly epochs: number | undefined
  /** Seconds of training so far, over all processes of the run, without evaluation and checkpoints. */
  readonly seconds: number
}

/** One update of the weights. It is told some steps later, when its numbers have come from the device. */
export interface StepEvent extends Progress {
  /** Loss and other figures of this step alone. */
  readonly values: Figures
  /** Means over the epoch so far, by rows. */
  readonly means: Figures
  /** Learning rate of the first parameter group, as this step had it. */
  readonly lr: number
  /** Rows in this step's batch (or batches). */
  readonly rows: number
  /** Rows over the whole run. */
  readonly rowsSeen: number
  /** Steps in an epoch, where the loader says so. */
  readonly stepsInEpoch: number | undefined
  /** What this process makes, since its first result. */
  readonly rowsPerSecond: number
  /** Until the run's last step; undefined where nobody knows. */
  readonly secondsLeft: number | undefined
}

/** The model was measured. */
export interface EvaluationEvent extends Progress {
  /** Everything that is a number: the loss, metrics, and a metric's parts as `f1.0`. */
  readonly figures: Figures
  /** Results of the metrics as they gave them, matrices and maps too. */
  readonly results: Readonly<Record<string, unknown>>
}

/** An epoch is over, and evaluated where that was due. */
export interface EpochEvent extends Progress {
  /** Means over the epoch, by rows. */
  readonly train: Figures
  /** Of the evaluation at the epoch's end; undefined where there was none. */
  readonly evaluation: Figures | undefined
  /** Learning rate of the epoch's last step. */
  readonly lr: number
  /** Rows over the whole run. */
  readonly rowsSeen: number
}

/** The run begins, or goes on. */
export interface StartEvent extends Progress {
  /** Whether it goes on from a checkpoint. */
  readonly resumed: boolean
  /** What is trained. */
  readonly model: Module
}

/** How a run ended. */
export interface TrainResult extends Progress {
  /** `done`; `early`: no improvement for long; `stopped`: by the signal or `stop()`, to be gone on with. */
  readonly reason: 'done' | 'early' | 'stopped'
  /** Means over the last epoch, by rows. */
  readonly train: Figures
  /** Of the last evaluation. */
  readonly evaluation: Figures | undefined
  /** The best value of what was watched, and the step that had it. */
  readonly best: { readonly value: number; readonly step: number } | undefined
  /** Rows over the whole run. */
  readonly rowsSeen: number
}

/** Watches a run. Promises that it returns are waited for; an error that it throws ends the run. */
export interface Callback {
  /** Before the first step of this process. */
  onStart?(event: StartEvent): void | Promise<void>
  /** After every update, in order. */
  onStep?(event: StepEvent): void | Promise<void>
  /** After every evaluation. */
  onEvaluate?(event: EvaluationEvent): void | Promise<void>
  /** After every epoch and its evaluation. */
  onEpoch?(event: EpochEvent): void | Promise<void>
  /** Before a checkpoint is written: a log brings to disk what it holds. */
  onSave?(event: Progress): void | Promise<void>
  /** When a checkpoint is complete. */
  onCheckpoint?(event: Progress): void | Promise<void>
  /** When the run has ended well, or was stopped. */
  onEnd?(result: TrainResult): void | Promise<void>
}

/** Calls one event of all callbacks, in order. */
export async function tell<K extends keyof Callback>(
  callbacks: readonly Callback[],
  name: K,
  event: Parameters<NonNullable<Callback[K]>>[0],
): Promise<void> {
  for (const callback of callbacks) {
    const told = (callback[name] as ((event: unknown) => void | Promise<void>) | undefined)?.call(callback, event)
    if (told) await told
  }
}
