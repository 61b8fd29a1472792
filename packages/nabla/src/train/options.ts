/** What a run is made of. */
import { NablaError } from '../core/errors.js'
import type { Module } from '../nn/module.js'
import type { WeightAverage } from '../optim/average.js'
import type { OptimizerState } from '../optim/optimizer.js'
import type { ReduceLROnPlateau } from '../optim/schedules/plateau.js'
import type { Schedule, ScheduledGroup } from '../optim/schedules/schedule.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Callback } from './callback.js'
import type { CheckpointStore } from './checkpoint.js'

/** What a run draws batches from: a DataLoader, or anything that gives the same batches for the same epoch and start. */
export interface Loader<Batch> {
  /** Batches in an epoch; undefined or Infinity where nobody knows. */
  readonly length?: number | undefined
  /** The batches of an epoch from batch `start` on. */
  batches(epoch: number, start?: number): AsyncIterable<Batch>
}

/** What a run asks of an optimizer; those of `nabla/optim` all are such. */
export interface StepOptimizer {
  /** Learning rate of all groups. */
  lr: number
  /** Parameters with settings of their own. */
  readonly paramGroups: readonly (ScheduledGroup & { readonly params: readonly Tensor[] })[]
  /** Forgets all gradients. */
  zeroGrad(): void
  /** Updates the parameters. */
  step(): void
  /** What it remembers. */
  stateDict(): OptimizerState
  /** Takes over what it remembered. */
  loadStateDict(state: OptimizerState): void
}

/** What a step gives besides its loss. */
export interface StepOutput {
  /** What is made smaller: one number. */
  readonly loss: Tensor
  /** What metrics compare with `target`. */
  readonly output?: Tensor
  /** What metrics compare `output` with. */
  readonly target?: Tensor
  /** More figures: of rank 0 for a mean over the batch, else a value for each row. */
  readonly figures?: Readonly<Record<string, Tensor>>
}

/** A metric of `nabla/metrics`: updated with output and target of every batch. */
export interface StreamingMetric {
  /** Takes a batch in. */
  update(...batch: never[]): Promise<void>
  /** The result so far. */
  compute(): unknown
  /** Forgets everything. */
  reset(): void
  /** What was counted, for checkpoints. */
  stateDict(): object
  /** Takes over what was counted. */
  loadStateDict(state: never): void
}

/**
 * A streaming metric, which runs on the host, or a function that is compiled into the step: it gives one number for the batch, or a value
 * (a truth value, a count) for each row.
 */
export type TrainMetric = StreamingMetric | ((output: Tensor, target: Tensor) => Tensor)

/** Every so many epochs, steps or seconds; the first that is reached counts. */
export interface Every {
  /** At the end of every so many epochs. */
  readonly epochs?: number
  /** After every so many steps. */
  readonly steps?: number
}

/** How gradients are clipped before each update: by value first where both are given. */
export interface Clipping {
  /** The largest norm of all gradients together; the norm before is the figure `gradient_norm`. */
  readonly norm?: number
  /** The order of that norm. Default 2. */
  readonly normType?: number
  /** The largest magnitude of each element. */
  readonly value?: number
}

/** When a run that no longer improves ends. */
export interface EarlyStopping {
  /** Evaluations (epochs, where there are none) without improvement that are put up with. */
  readonly patience: number
  /** What counts as an improvement: better than the best by more than this. Default 0. */
  readonly minDelta?: number
}

/** The settings of a Trainer. */
export interface TrainerOptions<Batch> {
  /** What is trained. */
  readonly model: Module
  /** What updates it. */
  readonly optimizer: StepOptimizer
  /** Of batches `[input, target]`: what `model.forward(input)` is compared with the target by. A function, or a loss module. */
  readonly loss?: ((output: Tensor, target: Tensor) => Tensor) | { forward(output: Tensor, target: Tensor): Tensor }
  /** Instead of `loss`, for batches and models of any other form: the loss of a batch. Used for evaluation too. */
  readonly step?: (batch: Batch) => Tensor | StepOutput
  /** Where `step` does not serve for evaluation. */
  readonly evaluateStep?: (batch: Batch) => Tensor | StepOutput
  /** The training data. */
  readonly train: Loader<Batch>
  /** Data to measure the model on; none by default. */
  readonly evaluation?: Loader<Batch>
  /** Times through the training data. */
  readonly epochs?: number
  /** Updates of the weights. Where both are given, the run ends with the first that is reached. */
  readonly steps?: number
  /** When the model is measured, besides the end of the run. Default: after every epoch. */
  readonly evaluateEvery?: Every
  /** What is measured besides the loss. Functions are applied to training batches too. */
  readonly metrics?: Readonly<Record<string, TrainMetric>>
  /** Streaming metrics of training batches, over an epoch: each step's output is read for them. */
  readonly trainMetrics?: Readonly<Record<string, StreamingMetric>>
  /** Batches whose gradients are added up for one update, each weighing as many rows as it has. Default 1. */
  readonly accumulate?: number
  /** Default: none. */
  readonly clip?: Clipping
  /**
   * A schedule of `nabla/optim`, or a function from the share of the run that is done (0..1) to a factor of the learning rates. One that
   * watches a metric is stepped after each evaluation.
   */
  readonly schedule?: Schedule | ReduceLROnPlateau | ((done: number) => number)
  /** When a schedule of `nabla/optim` is stepped. Default: after every epoch. */
  readonly schedulePer?: 'epoch' | 'step'
  /** An average of the weights; evaluations and best weights are the average's from then on. */
  readonly average?: WeightAverage
  /** When the average takes the weights in. Default: after every step. */
  readonly averagePer?: 'epoch' | 'step'
  /** Whole epochs before the average begins. Default 0. */
  readonly averageFrom?: number
  /** What decides which weights are best, and when to stop early: `eval_` or `train_` and a figure's name. Default `eval_loss`, or `train_loss` without evaluation. */
  readonly monitor?: string
  /** Whether `monitor` is to fall or to rise. Default `min` for losses; any other figure needs it said. */
  readonly mode?: 'min' | 'max'
  /** Default: never. */
  readonly earlyStopping?: EarlyStopping
  /** Give the model its best weights at the end. Default false. */
  readonly restoreBest?: boolean
  /** Where checkpoints are kept, and where the run goes on from: `await openRun(folder)`. Default: nowhere. */
  readonly store?: CheckpointStore
  /** When checkpoints are written, besides the end of the run. Default: after every epoch, and when a minute has passed since the last. */
  readonly checkpointEvery?: Every & { readonly seconds?: number }
  /** Who is told. */
  readonly callbacks?: readonly Callback[]
  /** Compile the steps. Default true; false runs `step` anew for each batch, so that it can be looked into. */
  readonly compile?: boolean
}

/** What a model is measured by: the options of a Trainer that are for that. */
export type EvaluatorOptions<Batch> = Pick<
  TrainerOptions<Batch>,
  'model' | 'loss' | 'step' | 'evaluateStep' | 'evaluation' | 'metrics' | 'compile'
>

const whole = (name: string, value: number | undefined, least: number): void => {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
    throw new NablaError('argument', `[Trainer] ${name} is ${value}; expected a whole number of ${least} or more`, {
      [name]: value,
    })
}

const refuse = (message: string, facts: Record<string, unknown> = {}): never => {
  throw new NablaError('argument', `[Trainer] ${message}`, facts)
}

/** Throws NablaError('argument') for settings that make no sense. */
export function checkOptions<Batch>(options: TrainerOptions<Batch>): void {
  const { loss, step, epochs, steps, metrics = {}, trainMetrics = {}, evaluation, clip, monitor, mode, earlyStopping } = options
  if ((loss === undefined) === (step === undefined))
    refuse('give either loss (batches are [input, target]) or step(batch), not both')
  if (epochs === undefined && steps === undefined) refuse('when does the run end? Give epochs, or steps, or both')
  whole('epochs', epochs, 1)
  whole('steps', steps, 1)
  whole('accumulate', options.accumulate, 1)
  whole('averageFrom', options.averageFrom, 0)
  whole('evaluateEvery.epochs', options.evaluateEvery?.epochs, 1)
  whole('evaluateEvery.steps', options.evaluateEvery?.steps, 1)
  whole('checkpointEvery.epochs', options.checkpointEvery?.epochs, 1)
  whole('checkpointEvery.steps', options.checkpointEvery?.steps, 1)
  whole('earlyStopping.patience', earlyStopping?.patience, 0)
  const { minDelta = 0 } = earlyStopping ?? {}
  if (!(minDelta >= 0)) refuse(`earlyStopping.minDelta is ${minDelta}; expected 0 or more`, { minDelta })
  for (const name of ['norm', 'value'] as const)
    if (clip?.[name] !== undefined && !(clip[name] > 0))
      refuse(`clip.${name} is ${clip[name]}; expected a number above 0`, { clip })
  for (const name of [...Object.keys(metrics), ...Object.keys(trainMetrics)])
    if (name === 'loss' || name === 'gradient_norm')
      refuse(`a metric cannot be called ${name}: that is a figure of the Trainer's own`, { name })
  for (const name of Object.keys(trainMetrics))
    if (typeof metrics[name] === 'function')
      refuse(`"${name}" is among metrics and trainMetrics: both would be train_${name}`, { name })
  if (options.evaluateEvery && !evaluation) refuse('evaluateEvery needs evaluation: a loader to measure the model on')
  if (options.averagePer && !options.average) refuse('averagePer needs average')
  if (monitor !== undefined && !/^(eval|train)_./.test(monitor))
    refuse(`monitor is "${monitor}"; expected eval_ or train_ and a figure's name, as in eval_loss`, { monitor })
  if (monitor?.startsWith('eval_') && !evaluation) refuse(`monitor ${monitor} needs evaluation`, { monitor })
  if (monitor !== undefined && !monitor.endsWith('loss') && mode === undefined)
    refuse(`is ${monitor} to fall or to rise? Give mode: 'min' or 'max'`, { monitor })
  if (mode !== undefined && mode !== 'min' && mode !== 'max') refuse(`mode is ${String(mode)}; expected 'min' or 'max'`, { mode })
}
