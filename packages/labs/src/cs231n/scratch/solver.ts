/**
 * The Solver: batches, gradients, updates, and how well it goes. A step (loss, gradients, every update) is compiled once and replayed, though every gradient is
 * written by hand: to the engine they are expressions like any other.
 */
import { compile, NablaError, noGrad, realize, type Tensor, tensor } from 'nabla'
import { permutation } from 'nabla/data'
import type { Network, Parameters } from './network.js'
import { type RuleConfig, type RuleName, type RuleState, updateRules } from './update-rules.js'

/** Examples by their numbers: data sets of `nabla/data` fit. */
export interface Batches {
  readonly length: number
  /** Inputs [N, ...] and labels int32 [N]. */
  batch(rows: Uint32Array): readonly Tensor[] | Promise<readonly Tensor[]>
}

export interface SolverOptions {
  readonly train: Batches
  /** Without them, the accuracy on training examples says which parameters are best. */
  readonly validation?: Batches | undefined
  /** Default `sgd`. */
  readonly updateRule?: RuleName
  /** The rule's numbers; its rate is multiplied by `lrDecay` after every epoch. */
  readonly config?: Omit<RuleConfig, 'learningRate'> & { readonly learningRate?: number }
  /** Default 1. */
  readonly lrDecay?: number
  /** Default 100; all examples where there are fewer. */
  readonly batchSize?: number
  /** Default 10. */
  readonly numEpochs?: number
  /** Stop after so many steps. Default: as the epochs have them. */
  readonly maxSteps?: number
  /** Training examples that accuracy is measured on, the first ones. Default 1000. */
  readonly numTrainSamples?: number
  /** Accuracies after so many epochs, and at the end. Default 1. */
  readonly checkEvery?: number
  /** Of the order of the examples. Default 0. */
  readonly seed?: number
  /** False runs every step as plain TypeScript, to look into it. Default true. */
  readonly compile?: boolean
  /** When aborted, the step is finished and training ends. */
  readonly signal?: AbortSignal | undefined
  /** Told of every step's loss, in order, a few steps later. Steps count from 1. */
  readonly onStep?: ((step: number, loss: number, steps: number) => void) | undefined
  /** Told of the accuracies: at epoch 0 and whenever they are measured. */
  readonly onEpoch?: ((accuracies: Accuracies) => void) | undefined
}

export interface Accuracies {
  /** 0 before the first. */
  readonly epoch: number
  readonly train: number
  /** NaN without validation examples. */
  readonly validation: number
}

/** Rates where none is given. */
const usualRates: Readonly<Record<RuleName, number>> = {
  sgd: 1e-2,
  sgdMomentum: 1e-2,
  nesterov: 1e-2,
  adagrad: 1e-2,
  rmsprop: 1e-2,
  adam: 1e-3,
}

/** Steps whose loss may be on its way: the device never waits for someone to read. */
const ahead = 4

/** Examples scored together where accuracy is measured. */
const scored = 500

type Values = Readonly<Record<string, Tensor>>

export class Solver {
  /** The loss of every step. */
  readonly lossHistory: number[] = []
  readonly accuracies: Accuracies[] = []
  /** The best validation accuracy so far. */
  bestAccuracy = 0
  /** Whether `train` ended because its signal was aborted. */
  stopped = false
  private readonly states: Readonly<Record<string, RuleState>>
  private readonly step: (x: Tensor, y: Tensor, learningRate: Tensor) => Tensor
  private readonly right: (x: Tensor, y: Tensor) => Tensor
  private best: Values = {}

  constructor(
    readonly network: Network,
    private readonly options: SolverOptions,
  ) {
    const { updateRule = 'sgd', batchSize = 100, numEpochs = 10, train } = options
    if (train.length < 1 || !(batchSize >= 1) || !(numEpochs >= 0))
      throw new NablaError(
        'argument',
        `[Solver] ${train.length} examples, batches of ${batchSize}, ${numEpochs} epochs; expected 1 or more of each (0 epochs are allowed)`,
        { examples: train.length, batchSize, numEpochs },
      )
    const rule = updateRules[updateRule]
    this.states = Object.fromEntries(Object.entries(network.params).map(([name, w]) => [name, rule.start(w)]))
    realize(
      ...Object.values({ ...network.params, ...network.buffers }),
      ...Object.values(this.states).flatMap(Object.values<Tensor>),
    )
    const { learningRate: _, ...config } = options.config ?? {}
    const made = <A extends readonly Tensor[]>(fn: (...args: A) => Tensor): ((...args: A) => Tensor) =>
      options.compile === false ? fn : compile(fn)
    this.step = made((x: Tensor, y: Tensor, learningRate: Tensor) => {
      const { loss, grads } = network.loss(x, y)
      this.update(grads, rule, { ...config, learningRate })
      return loss
    })
    this.right = made((x: Tensor, y: Tensor) => network.scores(x).argmax(1).eq(y).sum()) // [N, C] -> []
  }

  /** Every parameter and what is remembered of it, all from the values before the step. */
  private update(grads: Parameters, rule: (typeof updateRules)[RuleName], config: RuleConfig): void {
    noGrad(() => {
      for (const [name, w] of Object.entries(this.network.params)) {
        const memory = this.states[name]!
        const { w: next, state } = rule.update(w, grads[name]!, memory, {
          ...config,
          learningRate: cast(config.learningRate!, w),
        })
        w.assign(next)
        for (const [part, value] of Object.entries(state)) memory[part]!.assign(value)
      }
    })
  }

  /** Trains; afterwards the network has the parameters that scored best. Resolves when it is done or its signal is aborted. */
  async train(): Promise<this> {
    const { train, numEpochs = 10, lrDecay = 1, updateRule = 'sgd', seed = 0, checkEvery = 1, signal } = this.options
    const batchSize = Math.min(this.options.batchSize ?? 100, train.length)
    const perEpoch = Math.floor(train.length / batchSize)
    const steps = Math.min(perEpoch * numEpochs, this.options.maxSteps ?? Infinity)
    const first = this.options.config?.learningRate ?? usualRates[updateRule]
    const pending: Tensor[] = []
    const settle = async (most: number): Promise<void> => {
      while (pending.length > most) this.tell(await pending.shift()!.item(), steps)
    }
    await this.check(0)
    let order = new Uint32Array(0)
    let rate = tensor(first)
    for (let step = 0; step < steps && !signal?.aborted; step++) {
      const [epoch, at] = [Math.floor(step / perEpoch), step % perEpoch]
      if (at === 0) {
        order = permutation(train.length, seed, epoch) as Uint32Array<ArrayBuffer>
        rate = tensor(first * lrDecay ** epoch)
      }
      const [x, y] = await train.batch(order.subarray(at * batchSize, (at + 1) * batchSize))
      const loss = this.step(x!, y!, rate)
      if (this.options.compile === false) realize(loss, ...Object.values(this.network.params)) // no graph over many steps
      pending.push(loss)
      await settle(ahead)
      const last = step + 1 === steps
      if (last || (at + 1 === perEpoch && (epoch + 1) % checkEvery === 0)) {
        await settle(0)
        await this.check(epoch + 1)
      }
    }
    await settle(0)
    this.stopped = signal?.aborted ?? false
    if (this.stopped && this.accuracies.at(-1)!.epoch === 0 && this.lossHistory.length > 0)
      await this.check(Math.ceil(this.lossHistory.length / perEpoch))
    this.restore()
    return this
  }

  private tell(loss: number, steps: number): void {
    this.lossHistory.push(loss)
    this.options.onStep?.(this.lossHistory.length, loss, steps)
  }

  private async check(epoch: number): Promise<void> {
    const { train, validation, numTrainSamples = 1000, onEpoch } = this.options
    const accuracies = {
      epoch,
      train: await this.accuracy(train, numTrainSamples),
      validation: validation ? await this.accuracy(validation) : Number.NaN,
    }
    this.accuracies.push(accuracies)
    const score = validation ? accuracies.validation : accuracies.train
    if (epoch === 0 || score > this.bestAccuracy) {
      this.bestAccuracy = score
      this.best = copies({ ...this.network.params, ...this.network.buffers })
    }
    onEpoch?.(accuracies)
  }

  /** The share of the first `most` examples whose highest score is their label. */
  async accuracy(examples: Batches, most = Infinity): Promise<number> {
    const count = Math.min(most, examples.length)
    let right = 0
    for (let from = 0; from < count; from += scored) {
      const rows = Uint32Array.from({ length: Math.min(scored, count - from) }, (_, i) => from + i)
      const [x, y] = await examples.batch(rows)
      right += await this.right(x!, y!).item()
    }
    return right / count
  }

  private restore(): void {
    noGrad(() => {
      for (const [name, value] of Object.entries({ ...this.network.params, ...this.network.buffers }))
        value.copy_(this.best[name]!)
    })
  }
}

const cast = (rate: number | Tensor, like: Tensor): number | Tensor => (typeof rate === 'number' ? rate : rate.type(like.dtype))

/** The values as they are now. */
function copies(tensors: Values): Values {
  const kept = Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, value.detach().clone()]))
  realize(...Object.values(kept))
  return kept
}
