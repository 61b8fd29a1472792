/** Averages of weights: over the steps of a training run, they often predict better than the last weights do. */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { builder as b } from '../ops/builder.js'
import { untracked } from '../tensor/autograd.js'
import { aliasNode, withTracer } from '../tensor/handle.js'
import { keepShort } from '../tensor/realize.js'
import { filledNode } from '../tensor/source.js'
import { Tensor } from '../tensor/tensor.js'
import { type Clock, scalarsOfStep } from './scalars.js'

/** An average of each of some tensors; a subclass says how much of the new values enters. */
export abstract class WeightAverage {
  /** What is averaged. */
  readonly params: readonly Tensor[]
  /** The averages, in the order of `params`. */
  readonly averages: readonly Tensor[]
  private readonly clock: Clock = { step: 0 }

  /** @param params parameters, and buffers if they are to be averaged too; of integers the newest value is taken. */
  constructor(params: Iterable<Tensor>) {
    this.params = [...params]
    if (this.params.length === 0) throw new NablaError('argument', `[${this.constructor.name}] there is nothing to average`)
    this.averages = withTracer(undefined, () => this.params.map((param) => new Tensor(aliasNode(param.node))))
  }

  /** The share of the new values in the average after update `step`, counted from 1. */
  protected abstract share(step: number): number

  /** Updates so far. */
  get updates(): number {
    return this.clock.step
  }

  /** Takes the parameters' values into the averages: after each `optimizer.step()`, inside `compile` or not. */
  update(): void {
    untracked(() => {
      const scalarsFor = scalarsOfStep(this.clock, ({ step }) => ({ share: this.share(step) }))
      this.params.forEach((param, i) => {
        const average = this.averages[i]!
        const [value, held] = [param.node, average.node]
        if (!isFloat(param.dtype)) return average.adopt(aliasNode(value))
        const { share } = scalarsFor(value)
        const step = b.mul(b.sub(value, held), share.dtype === value.dtype ? share : b.cast(share, value.dtype))
        average.adopt(b.add(held, step))
      })
    })
    keepShort()
  }

  /** Exchanges parameters and averages; a second call exchanges them back. */
  swap(): void {
    untracked(() => {
      this.params.forEach((param, i) => {
        const average = this.averages[i]!
        const [value, held] = [param.node, average.node]
        param.adopt(aliasNode(held))
        average.adopt(aliasNode(value))
      })
    })
  }

  /** Runs `fn` with the averages in the parameters' place: `await ema.averaged(() => evaluate(net))`. Async functions are waited for. */
  averaged<R>(fn: () => R): R {
    this.swap()
    let waits = false
    try {
      const result = fn()
      if (!(result instanceof Promise)) return result
      waits = true
      return result.finally(() => this.swap()) as R
    } finally {
      if (!waits) this.swap()
    }
  }

  /** The averages by position, and the count of updates as `step`. They go on changing; clone() what must not. */
  stateDict(): Record<string, Tensor> {
    const step = new Tensor(filledNode(this.clock.step, [], 'float64', this.params[0]!.device))
    return { step, ...Object.fromEntries(this.averages.map((average, i) => [String(i), average])) }
  }

  /** Takes over what `stateDict` gave, of as many tensors of the same shapes. */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const { step, ...given } = state
    const wrong = this.averages.flatMap(({ shape }, i) => {
      const saved = given[String(i)]
      return saved && sameShape(saved.shape, shape)
        ? []
        : [`${i} is ${saved ? showShape(saved.shape) : 'missing'}, expected ${showShape(shape)}`]
    })
    if (!step || wrong.length || Object.keys(given).length !== this.averages.length)
      throw new NablaError(
        'data',
        `[${this.constructor.name}] the saved state does not fit: ${wrong.join('; ') || 'other names'}`,
        { wrong },
      )
    this.clock.step = step.itemSync()
    this.averages.forEach((average, i) =>
      average.assign(new Tensor(given[String(i)]!.detach().to(average.device).type(average.dtype).node)),
    )
  }
}

/** Options of ExponentialMovingAverage. */
export interface AverageOptions {
  /** Let the first averages forget faster: after n updates the decay is at most (1 + n) / (10 + n). Default false. */
  readonly warmup?: boolean
}

/** a = decay a + (1 - decay) p after every step, from the parameters' values at the start. Polyak and Juditsky 1992. */
export class ExponentialMovingAverage extends WeightAverage {
  /** @param decay how much of the average is kept, 0 up to 1. */
  constructor(
    params: Iterable<Tensor>,
    readonly decay = 0.999,
    private readonly options: AverageOptions = {},
  ) {
    super(params)
    if (!(decay >= 0 && decay <= 1))
      throw new NablaError('argument', `[ExponentialMovingAverage] decay is ${decay}; expected 0 to 1`, { decay })
  }

  protected share(step: number): number {
    return 1 - (this.options.warmup ? Math.min(this.decay, (1 + step) / (10 + step)) : this.decay)
  }
}

/**
 * The mean of the weights at all updates, for the last part of a run with a high learning rate (see SWALR). As
 * torch.optim.swa_utils.AveragedModel, over parameters. Batch norms need new statistics for it: run some training batches through the
 * network within `averaged()`. Izmailov et al. 2018.
 */
export class StochasticWeightAverage extends WeightAverage {
  protected share(step: number): number {
    return 1 / step
  }
}
