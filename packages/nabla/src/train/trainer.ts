/**
 * The training loop.
 *
 * A step is one compiled call. Its result is read a few steps later, so the device always has the next step before it while the host puts
 * batches together; every loss is looked at in order all the same, and the first that is not finite ends the run with its step's name.
 *
 * Whatever the next step depends on is in the checkpoint: a run that was killed at any moment and goes on ends with the same bits.
 */
import { NablaError } from '../core/errors.js'
import { breathe } from '../core/turn.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Callback, type EpochEvent, type Figures, type Progress, type TrainResult, tell } from './callback.js'
import { type Evaluation, evaluator, resultsOf, updateMetrics } from './evaluation.js'
import { Means } from './figures.js'
import { Keeper } from './keeper.js'
import { Monitor } from './monitor.js'
import { checkOptions, type TrainerOptions } from './options.js'
import { Position } from './position.js'
import { type BatchResult, type TrainProgram, trainProgram } from './program.js'
import { type Rates, ratesOf } from './rates.js'
import { putBack, randomPositions, setRandomPositions, takeSnapshot } from './snapshot.js'

/** Steps that are launched before the oldest result is read. */
const lag = 4
/** Seconds between checkpoints within an epoch. */
const caution = 60

/** How one call of `fit` is ended from outside. */
export interface FitOptions {
  /** Aborted when the run is to stop: it finishes its step, saves and returns. */
  readonly signal?: AbortSignal | undefined
}

/** A step that was launched. */
interface Launched {
  readonly parts: readonly (BatchResult & { readonly read: Promise<ArrayLike<number>> })[]
  readonly epoch: number
  /** Its number in the epoch, from 1. */
  readonly within: number
  readonly lr: number
}

/**
 * Trains a model.
 *
 *     const trainer = new Trainer({
 *       model, optimizer, loss: F.crossEntropy, train: loader, evaluation: testLoader, epochs: 10,
 *       metrics: { accuracy: (logits, labels) => logits.argmax(1).eq(labels) },
 *     })
 *     const { evaluation } = await trainer.fit()
 *
 * Throws NablaError('argument') for settings that make no sense, and from `fit` NablaError('training') when the loss is not finite.
 */
export class Trainer<Batch = readonly [Tensor, Tensor]> {
  private readonly program: TrainProgram<Batch>
  private readonly measure: ReturnType<typeof evaluator<Batch>>
  private readonly rates: Rates
  private readonly monitor: Monitor
  private readonly position = new Position()
  private readonly callbacks: readonly Callback[]
  private readonly queue: Launched[] = []
  private readonly stopping = { aborted: false }
  private begun = false
  /** After an error the weights are ahead of what is known of them. */
  private broken = false
  /** Whether anything has happened since the last checkpoint. */
  private changed = true
  private readonly keeper: Keeper

  constructor(
    /** The settings, as given. */
    readonly options: TrainerOptions<Batch>,
  ) {
    checkOptions(options)
    const { monitor = options.evaluation ? 'eval_loss' : 'train_loss', mode = 'min', earlyStopping } = options
    const { patience = Infinity, minDelta = 0 } = earlyStopping ?? {}
    this.monitor = new Monitor({ monitor, mode, patience, minDelta })
    this.rates = ratesOf(options)
    this.program = trainProgram(options)
    this.measure = evaluator(options)
    this.callbacks = options.callbacks ?? []
    this.keeper = new Keeper(options.store, options.model, options.restoreBest ?? false)
  }

  /** Ends the run after the step that is being made; it can be gone on with. */
  stop(): void {
    this.stopping.aborted = true
  }

  /** Measures the model on the evaluation data, as it is now. Throws NablaError('argument') where there are none. */
  async evaluate(): Promise<Evaluation> {
    if (!this.options.evaluation)
      throw new NablaError('argument', '[Trainer] there is no evaluation: a loader to measure the model on')
    return (await this.averaged(() => this.measure()))!
  }

  /**
   * Trains from where the store's checkpoint stands, or from the start, to the end. Called again on a run that was stopped, it goes on.
   */
  async fit({ signal }: FitOptions = {}): Promise<TrainResult> {
    const { position, options, callbacks, stopping } = this
    if (this.broken)
      throw new NablaError(
        'training',
        '[Trainer] this run has failed: make a new Trainer, which goes on from the last checkpoint',
      )
    stopping.aborted = signal?.aborted ?? false
    const abort = (): void => this.stop()
    signal?.addEventListener('abort', abort)
    try {
      const resumed = await this.begin()
      await tell(callbacks, 'onStart', { ...this.progress, resumed, model: options.model })
      if (this.evaluationIsDue()) await this.evaluateNow()
      while (!this.done && !stopping.aborted) await this.runEpoch()
      if (!this.complete && this.done && !stopping.aborted) await this.evaluateNow()
      if (this.changed) await this.save()
      if (options.restoreBest && this.complete) await this.keeper.restoreBest()
      const result: TrainResult = {
        ...this.progress,
        reason: !this.complete ? 'stopped' : this.monitor.over ? 'early' : 'done',
        train: position.batch === 0 && position.ended ? position.ended : this.trainFigures(),
        evaluation: position.evaluated?.figures,
        best: this.monitor.best,
        rowsSeen: position.rows,
      }
      await tell(callbacks, 'onEnd', result)
      return result
    } catch (error) {
      this.broken = true
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
      this.queue.length = 0
      position.pause()
    }
  }

  /** Loads the checkpoint, or makes the first one, so that there is always one and a store that cannot be written shows at once. */
  private async begin(): Promise<boolean> {
    const { model } = this.options
    if (!model.training) model.train()
    if (this.begun) return true
    this.begun = true
    const checkpoint = await this.keeper.load()
    if (checkpoint) {
      putBack(this.parts, checkpoint)
      this.changed = false
    } else await this.save()
    return checkpoint !== undefined
  }

  private get parts() {
    const { options, position, rates, monitor } = this
    return { options, position, rates, monitor }
  }

  private get done(): boolean {
    const { epochs = Infinity, steps = Infinity } = this.options
    const { step, epoch } = this.position
    return step >= steps || epoch >= epochs || this.monitor.over
  }

  /** Whether the run is done, and measured at its end. */
  private get complete(): boolean {
    const { evaluated, step } = this.position
    return this.done && (this.options.evaluation === undefined || evaluated?.step === step)
  }

  /** Steps in an epoch, where the loader says so. */
  private get stepsInEpoch(): number | undefined {
    const { train, accumulate = 1 } = this.options
    return Number.isFinite(train.length) ? Math.ceil(train.length! / accumulate) : undefined
  }

  private get totalSteps(): number | undefined {
    const { epochs, steps } = this.options
    const inAll = epochs === undefined || this.stepsInEpoch === undefined ? undefined : epochs * this.stepsInEpoch
    return steps === undefined ? inAll : Math.min(steps, inAll ?? Infinity)
  }

  private get progress(): Progress {
    const { step, epoch, seconds } = this.position
    const { epochs } = this.options
    return { step, steps: this.totalSteps, epoch: Math.min(epoch + 1, epochs ?? Infinity), epochs, seconds }
  }

  // -------------------------------------------------------------- an epoch

  /** Trains to the end of the epoch, or until the run is done or stopped. */
  private async runEpoch(): Promise<void> {
    const { options, position, stopping } = this
    const { train, accumulate = 1, steps = Infinity, averageFrom = 0, store } = options
    const { steps: often, seconds = caution } = options.checkpointEvery ?? {}
    const { epoch } = position
    const averages = options.average !== undefined && options.averagePer !== 'epoch' && epoch >= averageFrom
    let launched = position.step
    let within = Math.ceil(position.batch / accumulate)
    let saved = performance.now()
    let held: Batch[] = []
    /** One update from the batches held; false when there should be no more. */
    const advance = async (): Promise<boolean> => {
      const total = this.totalSteps
      this.rates.before(total === undefined ? undefined : launched / total)
      const { lr } = options.optimizer
      const parts = this.program(held, averages).map((result) => {
        const read = result.packed.values.data()
        read.catch(() => {}) // it is awaited in its turn
        return { ...result, read }
      })
      this.rates.step()
      position.batch += held.length
      held = []
      launched++
      this.queue.push({ parts, epoch, within: ++within, lr })
      if (within === 1) await breathe() // the first call has traced the step
      await this.settle(lag)
      if (this.isDue(options.evaluateEvery?.steps, launched)) {
        await this.settle(0)
        await this.evaluateNow()
      }
      if (store && (this.isDue(often, launched) || performance.now() - saved > 1000 * seconds)) {
        await this.settle(0)
        await this.save()
        saved = performance.now()
      }
      return !stopping.aborted && launched < steps && !this.monitor.over
    }
    let going = true
    position.start()
    for await (const batch of train.batches(epoch, position.batch)) {
      held.push(batch)
      if (held.length === accumulate) going = await advance()
      if (!going) break
    }
    if (held.length > 0) going = await advance()
    await this.settle(0)
    position.pause()
    if (position.batch === 0)
      throw new NablaError(
        'data',
        `[Trainer] epoch ${epoch + 1} has no batch: is the data set empty, or smaller than a batch with dropLast?`,
        { epoch },
      )
    if ((going || position.batch === train.length) && !stopping.aborted) await this.endEpoch()
  }

  private isDue(every: number | undefined, count: number): boolean {
    return every !== undefined && count > 0 && count % every === 0
  }

  /** Whether the run was stopped before an evaluation that was due. */
  private evaluationIsDue(): boolean {
    const { step, evaluated } = this.position
    return this.isDue(this.options.evaluateEvery?.steps, step) && evaluated?.step !== step
  }

  /** Average, evaluation, schedule, checkpoint. What a run that is stopped meanwhile has not done of it, it does when it goes on. */
  private async endEpoch(): Promise<void> {
    const { options, position } = this
    const { evaluation, average, averagePer, averageFrom = 0, evaluateEvery, checkpointEvery, trainMetrics = {} } = options
    const number = position.epoch + 1
    if (average && averagePer === 'epoch' && position.epoch >= averageFrom && position.averaged < number) {
      average.update()
      position.averaged = number
      this.changed = true
    }
    const due = evaluation !== undefined && this.isDue(evaluateEvery ? evaluateEvery.epochs : 1, number)
    if (due && position.evaluated?.step !== position.step && !(await this.evaluateNow())) return
    if (!evaluation) await this.watch({ figures: {}, results: {} })
    this.rates.epoch()
    const train = this.trainFigures()
    const event: EpochEvent = {
      ...this.progress,
      train,
      evaluation: position.evaluated?.step === position.step ? position.evaluated.figures : undefined,
      lr: position.lr,
      rowsSeen: position.rows,
    }
    for (const metric of Object.values(trainMetrics)) metric.reset()
    position.epoch++
    position.batch = 0
    position.ended = train
    this.changed = true
    await tell(this.callbacks, 'onEpoch', event)
    const { epochs = checkpointEvery?.steps || checkpointEvery?.seconds ? undefined : 1 } = checkpointEvery ?? {}
    if (this.isDue(epochs, number)) await this.save()
  }

  // -------------------------------------------------------------- results

  /** Reads the results of launched steps until only `keep` are to come. */
  private async settle(keep: number): Promise<void> {
    const { position, options, callbacks } = this
    while (this.queue.length > keep) {
      const launched = this.queue.shift()!
      const own = new Means()
      let rows = 0
      for (const part of launched.parts) {
        own.add(await part.read, part.packed, part.rows)
        rows += part.rows
        await updateMetrics(options.trainMetrics ?? {}, part.compared)
      }
      const values = own.figures
      if (!Number.isFinite(values.loss)) throw this.diverged(values.loss!, launched)
      position.count(launched.epoch, own, rows, launched.lr)
      this.changed = true
      if (!callbacks.some((callback) => callback.onStep)) continue
      const { steps: total } = this.progress
      const rate = position.rates
      await tell(callbacks, 'onStep', {
        ...this.progress,
        epoch: launched.epoch + 1,
        values,
        means: position.means.figures,
        lr: launched.lr,
        rows,
        rowsSeen: position.rows,
        stepsInEpoch: this.stepsInEpoch,
        rowsPerSecond: rate.rows,
        secondsLeft: total === undefined ? undefined : (total - position.step) / rate.steps,
      })
    }
  }

  private trainFigures(): Figures {
    return { ...this.position.means.figures, ...resultsOf(this.options.trainMetrics ?? {}).figures }
  }

  private diverged(loss: number, { epoch, within, lr }: Launched): NablaError {
    const step = this.position.step + 1
    const of = this.stepsInEpoch === undefined ? '' : ` of ${this.stepsInEpoch}`
    return new NablaError(
      'training',
      `[train] the loss is ${loss} at step ${step} (epoch ${epoch + 1}, step ${within}${of}): training has diverged and was stopped. ` +
        `${this.options.store ? 'The last good checkpoint is kept. ' : ''}Try a smaller learning rate; it was ${lr}.`,
      { step, epoch: epoch + 1, loss, lr },
    )
  }

  // -------------------------------------------------------------- evaluation

  /** Runs `fn` with averaged weights, where there are any. */
  private averaged<R>(fn: () => Promise<R>): Promise<R> {
    const { average } = this.options
    return average && average.updates > 0 ? average.averaged(fn) : fn()
  }

  /** Measures, watches, keeps the best. False when the run was stopped meanwhile: then all is as it was before. */
  private evaluateNow(): Promise<boolean> {
    const { position, options, callbacks, stopping } = this
    return position.paused(async () => {
      const random = randomPositions(options)
      const found = await this.averaged(() => this.measure(stopping))
      if (!found) {
        setRandomPositions(random)
        return false
      }
      position.evaluated = { step: position.step, figures: found.figures }
      this.changed = true
      await this.watch(found)
      await tell(callbacks, 'onEvaluate', { ...this.progress, ...found })
      return true
    })
  }

  /** Looks at the watched figure: schedule, best weights, patience. */
  private async watch({ figures }: Evaluation): Promise<void> {
    const { monitor, position } = this
    const named = (prefix: string, given: Figures): [string, number][] =>
      Object.entries(given).map(([name, value]) => [`${prefix}_${name}`, value])
    const value = monitor.valueOf(Object.fromEntries([...named('train', this.trainFigures()), ...named('eval', figures)]))
    this.rates.watch(value)
    if (!monitor.take(value, position.step)) return
    const info = { step: position.step, monitor: monitor.options.monitor, value }
    await this.averaged(() => this.keeper.saveBest(info))
  }

  // -------------------------------------------------------------- checkpoints

  /** Writes a checkpoint of the run as it stands: every launched step must have settled. */
  private save(): Promise<void> {
    return this.position.paused(async () => {
      if (this.options.store) {
        const event = { ...this.progress }
        await tell(this.callbacks, 'onSave', event)
        await this.keeper.save(takeSnapshot(this.parts))
        await tell(this.callbacks, 'onCheckpoint', event)
      }
      this.changed = false
    })
  }
}
