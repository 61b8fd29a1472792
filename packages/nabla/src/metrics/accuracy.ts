/** The share of samples whose class was found. */
import { NablaError } from '../core/errors.js'
import { averaged, type Score, share } from './average.js'
import { type ClassMetricOptions, readClasses } from './classes.js'
import { Metric, type State } from './metric.js'
import { checkClass, checkWhole, checkWord, type Numbers } from './values.js'

/** What counts as a hit, and over what hits are averaged. */
export interface AccuracyOptions<A extends 'micro' | 'macro' | 'none'> extends ClassMetricOptions {
  /** Needed for averages other than 'micro', and for probabilities of two classes. */
  readonly numClasses?: number
  /** A sample counts if its class is among this many best. Default 1. */
  readonly topK?: number
  /** 'micro' (default): the share of all samples; 'macro': averaged over the classes that occur; 'none': for each class. */
  readonly average?: A
}

interface Hits extends State {
  hits: Float64Array
  total: Float64Array
}

/** Share of samples whose right class was predicted, or is among the `topK` best. NaN without samples. */
export class Accuracy<A extends 'micro' | 'macro' | 'none' = 'micro'> extends Metric<Hits, Score<A>> {
  /** Over what the share is taken: 'micro', 'macro' or 'none'. */
  readonly average: A
  /** A sample counts if its class is among this many best. */
  readonly topK: number

  /** @param options the settings, as given. */
  constructor(readonly options: AccuracyOptions<A> = {}) {
    const { numClasses, topK = 1, average = 'micro' as A } = options
    const kept = average === 'micro' ? 1 : (numClasses ?? 0)
    super(() => ({ hits: new Float64Array(kept), total: new Float64Array(kept) }))
    if (numClasses !== undefined) checkWhole('Accuracy', 'numClasses', numClasses, 2)
    else if (average !== 'micro')
      throw new NablaError('argument', `[Accuracy] average "${average}" needs to know numClasses`, { average })
    this.topK = checkWhole('Accuracy', 'topK', topK, 1)
    this.average = checkWord('Accuracy', 'average', average, ['micro', 'macro', 'none'] as A[])
  }

  /** Predictions: classes in the shape of the targets, or scores [N, C, ...] for targets [N, ...]. */
  async update(preds: Numbers, target: Numbers): Promise<void> {
    const { options, topK: k, average } = this
    const found = await readClasses('Accuracy', preds, target, { ...options, classes: options.numClasses, k })
    const { predicted, right, classes, inner } = found
    const seen: { class_: number; hit: boolean }[] = []
    for (let i = 0; i < right.length; i++) {
      const t = right[i]!
      if (t === options.ignoreIndex) continue
      const first = Math.floor(i / inner) * inner * k + (i % inner)
      let hit = false
      for (let j = 0; j < k; j++) hit ||= predicted[first + j * inner] === t
      seen.push({ class_: checkClass('Accuracy', 'target', t, i, classes), hit })
    }
    const { hits, total } = this.state
    for (const { class_, hit } of seen) {
      const at = average === 'micro' ? 0 : class_
      total[at]!++
      if (hit) hits[at]!++
    }
  }

  compute(): Score<A> {
    const { hits, total } = this.state
    const classes = Array.from(total, (right, c) => ({ hits: hits[c]!, predicted: 0, right }))
    return averaged(this.average, classes, (c) => share(c.hits, c.right))
  }
}

/** Share of samples whose right class is among the `k` best. */
export class TopKAccuracy extends Accuracy {
  constructor(k: number, options: Omit<AccuracyOptions<'micro'>, 'topK'> = {}) {
    super({ ...options, topK: k })
  }
}
