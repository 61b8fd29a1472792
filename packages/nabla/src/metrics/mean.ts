/** Running means: of numbers, such as a loss, and of errors. */
import { sizeOf } from '../core/shape.js'
import { Metric, type State } from './metric.js'
import { asTensor, checkSameShape, type Numbers, read } from './values.js'

interface Weighed extends State {
  sum: number
  weight: number
}

/** The mean of all values given, by their weights: `await loss.update(batchLoss, batchSize)`. NaN without values. */
export class MeanMetric extends Metric<Weighed, number> {
  constructor() {
    super(() => ({ sum: 0, weight: 0 }))
  }

  /** `weight` is one for all values, or has their shape. */
  async update(value: Numbers, weight: Numbers = 1): Promise<void> {
    const values = asTensor(value)
    const weights = asTensor(weight)
    if (sizeOf(weights.shape) !== 1) checkSameShape('MeanMetric', values, weights)
    const [x, w] = await read(values, weights)
    const { state } = this
    for (let i = 0; i < x.length; i++) {
      const share = w[w.length === 1 ? 0 : i]!
      state.sum += x[i]! * share
      state.weight += share
    }
  }

  compute(): number {
    return this.state.sum / this.state.weight
  }
}

interface Errors extends State {
  sum: number
  count: number
}

/** The mean over all elements of an error. */
abstract class MeanError extends Metric<Errors, number> {
  constructor() {
    super(() => ({ sum: 0, count: 0 }))
  }

  protected abstract error(difference: number): number

  /** Predictions and targets of one shape. */
  async update(preds: Numbers, target: Numbers): Promise<void> {
    const given = asTensor(preds)
    const wanted = asTensor(target)
    checkSameShape(this.constructor.name, given, wanted)
    const [p, t] = await read(given, wanted)
    let sum = 0
    for (let i = 0; i < p.length; i++) sum += this.error(p[i]! - t[i]!)
    this.state.sum += sum
    this.state.count += p.length
  }

  compute(): number {
    return this.state.sum / this.state.count
  }
}

/** Mean of (prediction - target)^2, or its root with `squared: false`. NaN without samples. */
export class MeanSquaredError extends MeanError {
  /** @param options `squared: false` gives the root. Default true. */
  constructor(readonly options: { readonly squared?: boolean } = {}) {
    super()
  }
  protected error(difference: number): number {
    return difference * difference
  }
  override compute(): number {
    const mean = super.compute()
    return this.options.squared === false ? Math.sqrt(mean) : mean
  }
}

/** Mean of |prediction - target|. NaN without samples. */
export class MeanAbsoluteError extends MeanError {
  protected error(difference: number): number {
    return Math.abs(difference)
  }
}

interface Variances extends State {
  residual: number
  sum: number
  squares: number
  count: number
}

/**
 * The share of the targets' variance that the predictions explain: 1 - sum (t - p)^2 / sum (t - mean t)^2. NaN for fewer than 2
 * samples.
 */
export class R2Score extends Metric<Variances, number> {
  constructor() {
    super(() => ({ residual: 0, sum: 0, squares: 0, count: 0 }))
  }

  /** Predictions and targets of one shape. */
  async update(preds: Numbers, target: Numbers): Promise<void> {
    const given = asTensor(preds)
    const wanted = asTensor(target)
    checkSameShape('R2Score', given, wanted)
    const [p, t] = await read(given, wanted)
    const { state } = this
    for (let i = 0; i < p.length; i++) {
      state.residual += (t[i]! - p[i]!) ** 2
      state.sum += t[i]!
      state.squares += t[i]! ** 2
    }
    state.count += p.length
  }

  compute(): number {
    const { residual, sum, squares, count } = this.state
    return count < 2 ? Number.NaN : 1 - residual / (squares - (sum * sum) / count)
  }
}
