/** Predicted classes against right ones: counts from which accuracy, precision, recall, F-scores and overlaps are computed. */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { Metric, type State } from './metric.js'
import { asTensor, checkClass, checkWhole, checkWord, type Numbers, read } from './values.js'

/** Which samples count, and from which probability on one is positive. */
export interface ClassMetricOptions {
  /** Samples whose target is this value are left out. Default: none. */
  readonly ignoreIndex?: number
  /**
   * With two classes, predictions in the targets' shape are probabilities of class 1, which count from above this on. Default
   * 0.5.
   */
  readonly threshold?: number
}

/**
 * The classes predicted, as numbers on the host with those that are right. Predictions are classes or (of two classes)
 * probabilities in the shape of the targets, or scores with the classes in dimension 1: [N, C] for [N], [N, C, H, W] for [N, H,
 * W]. Of scores only the `k` best classes leave the device: `places` is k for each sample.
 */
export async function readClasses(
  metric: string,
  predictions: Numbers,
  targets: Numbers,
  options: ClassMetricOptions & { readonly classes?: number | undefined; readonly k?: number },
): Promise<{ predicted: ArrayLike<number>; right: ArrayLike<number>; k: number; classes: number; inner: number }> {
  const preds = asTensor(predictions)
  const target = asTensor(targets)
  const { classes, k = 1, threshold = 0.5 } = options
  if (sameShape(preds.shape, target.shape)) {
    if (k > 1)
      throw new NablaError('shape', `[${metric}] the best ${k} classes need scores [N, C, ...], not ${showShape(preds.shape)}`)
    const [given, right] = await read(preds, target)
    const predicted = classes === 2 ? Array.from(given, (p) => (p > threshold ? 1 : 0)) : given
    return { predicted, right, k, classes: classes ?? Infinity, inner: 1 }
  }
  const [n, c, ...rest] = preds.shape
  if (n === undefined || c === undefined || !sameShape(target.shape, [n, ...rest]) || (classes !== undefined && c !== classes))
    throw new NablaError(
      'shape',
      `[${metric}] predictions ${showShape(preds.shape)} do not fit targets ${showShape(target.shape)}: expected classes ${showShape(target.shape)}, or scores ${showShape([target.shape[0] ?? 1, classes ?? 'C', ...target.shape.slice(1)] as number[])}`,
      { preds: preds.shape, target: target.shape, classes },
    )
  if (k > c) throw new NablaError('argument', `[${metric}] the best ${k} of ${c} classes were asked for`, { k, classes: c })
  const best = k === 1 ? preds.argmax(1) : preds.detach().topk(k, 1).indices
  const [predicted, right] = await read(best, target)
  return { predicted, right, k, classes: c, inner: rest.reduce((a, b) => a * b, 1) }
}

interface Counts extends State {
  /** [target][predicted], row-major. */
  counts: Float64Array
}

/** Counts by right and predicted class. */
export abstract class ClassCounts<Result> extends Metric<Counts, Result> {
  constructor(
    /** Number of classes, 2 or more; targets and predictions lie below. */
    readonly numClasses: number,
    /** The settings, as given. */
    readonly options: ClassMetricOptions = {},
  ) {
    super(() => ({ counts: new Float64Array(numClasses * numClasses) }))
    checkWhole(this.constructor.name, 'numClasses', numClasses, 2)
  }

  /** Predictions: classes in the shape of the targets, or scores [N, C, ...] for targets [N, ...]. */
  async update(preds: Numbers, target: Numbers): Promise<void> {
    const name = this.constructor.name
    const { numClasses: classes, options } = this
    const { predicted, right } = await readClasses(name, preds, target, { ...options, classes })
    const pairs: number[] = []
    for (let i = 0; i < right.length; i++) {
      const t = right[i]!
      if (t === options.ignoreIndex) continue
      pairs.push(checkClass(name, 'target', t, i, classes) * classes + checkClass(name, 'prediction', predicted[i]!, i, classes))
    }
    const { counts } = this.state
    for (const pair of pairs) counts[pair]!++
  }

  /** For each class: how often it was right and predicted, predicted, and right. */
  protected byClass(): { hits: number; predicted: number; right: number }[] {
    const { numClasses: n, state } = this
    return Array.from({ length: n }, (_, c) => {
      let predicted = 0
      let right = 0
      for (let i = 0; i < n; i++) {
        predicted += state.counts[i * n + c]!
        right += state.counts[c * n + i]!
      }
      return { hits: state.counts[c * n + c]!, predicted, right }
    })
  }
}

/** Whether a confusion matrix holds counts or shares. */
export interface ConfusionMatrixOptions extends ClassMetricOptions {
  /** Shares instead of counts: of each row ('true'), each column ('pred'), or of all ('all'). Default 'none'. */
  readonly normalize?: 'none' | 'true' | 'pred' | 'all'
}

/**
 * How often class j was predicted where class i was right: row i, column j. Zeros without samples, and NaN where shares have
 * none.
 */
export class ConfusionMatrix extends ClassCounts<number[][]> {
  /** What counts are divided by: 'none', 'true' (rows), 'pred' (columns) or 'all'. */
  readonly normalize: 'none' | 'true' | 'pred' | 'all'

  constructor(numClasses: number, options: ConfusionMatrixOptions = {}) {
    super(numClasses, options)
    this.normalize = checkWord('ConfusionMatrix', 'normalize', options.normalize ?? 'none', ['none', 'true', 'pred', 'all'])
  }

  compute(): number[][] {
    const { counts } = this.state
    const sums = this.byClass()
    const all = counts.reduce((a, b) => a + b, 0)
    const parts = {
      none: () => 1,
      true: (i: number) => sums[i]!.right,
      pred: (_: number, j: number) => sums[j]!.predicted,
      all: () => all,
    }
    const part = parts[this.normalize]
    return sums.map((_, i) => sums.map((_, j) => counts[i * this.numClasses + j]! / part(i, j)))
  }
}
