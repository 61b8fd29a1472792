/** How well scores put the positive before the negative, over all thresholds. */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { Metric, type State } from './metric.js'
import { asTensor, checkClass, checkWhole, checkWord, type Numbers, read } from './values.js'

/** Whether scores are of two classes or of several, and how those are averaged. */
export interface RankingOptions {
  /** Scores are [N, C] and targets classes [N], each class against the rest. Default: scores [N] of targets 0 or 1. */
  readonly numClasses?: number
  /** Over classes, those with positives and negatives: 'macro' (default) their mean, 'weighted' by their number of positives. */
  readonly average?: 'macro' | 'weighted'
}

interface Ranked extends State {
  /** Batches: row-major [N, C] scores and [N] classes. */
  scores: Float64Array[]
  targets: Float64Array[]
}

/** A sample as one class sees it. */
interface Sample {
  readonly score: number
  readonly positive: boolean
}

/** Samples that share a score, highest first: how many positives and negatives. */
function levels(samples: readonly Sample[]): { positives: number; negatives: number }[] {
  const found: { score: number; positives: number; negatives: number }[] = []
  for (const { score, positive } of [...samples].sort((a, b) => b.score - a.score)) {
    let level = found.at(-1)
    if (level?.score !== score) found.push((level = { score, positives: 0, negatives: 0 }))
    if (positive) level.positives++
    else level.negatives++
  }
  return found
}

/** Keeps all scores, for the order of each among all is what counts. */
abstract class Ranking extends Metric<Ranked, number> {
  /** @param options the settings, as given. */
  constructor(readonly options: RankingOptions = {}) {
    super(() => ({ scores: [], targets: [] }))
    const name = this.constructor.name
    if (options.numClasses !== undefined) checkWhole(name, 'numClasses', options.numClasses, 2)
    checkWord(name, 'average', options.average ?? 'macro', ['macro', 'weighted'])
  }

  /** Scores [N] for targets [N] of 0 and 1, or with `numClasses` scores [N, C] for classes [N]. NaN is no score. */
  async update(preds: Numbers, target: Numbers): Promise<void> {
    const name = this.constructor.name
    const { numClasses } = this.options
    const given = asTensor(preds)
    const wanted = asTensor(target)
    const expected = numClasses === undefined ? wanted.shape : [...wanted.shape, numClasses]
    if (wanted.shape.length !== 1 || !sameShape(given.shape, expected))
      throw new NablaError(
        'shape',
        `[${name}] scores ${showShape(given.shape)} do not fit targets ${showShape(wanted.shape)}: expected scores ${numClasses === undefined ? '[N]' : `[N, ${numClasses}]`} and targets [N]`,
        { preds: given.shape, target: wanted.shape },
      )
    const [scores, targets] = await read(given, wanted)
    scores.forEach((score, i) => {
      if (Number.isNaN(score))
        throw new NablaError('argument', `[${name}] the score at ${i} is NaN, which has no rank`, { index: i })
    })
    targets.forEach((t, i) => checkClass(name, 'target', t, i, numClasses ?? 2))
    this.state.scores.push(Float64Array.from(scores))
    this.state.targets.push(Float64Array.from(targets))
  }

  /** The metric of one class, from its samples by falling score; NaN where it is not defined. */
  protected abstract of(levels: readonly { positives: number; negatives: number }[], positives: number, negatives: number): number

  /** The metric of each class; of two, without `numClasses`, only that of class 1. NaN where it is not defined. */
  perClass(): number[] {
    return this.classes().map(({ value }) => value)
  }

  compute(): number {
    const known = this.classes().filter(({ value }) => !Number.isNaN(value))
    const weights = known.map(({ positives }) => (this.options.average === 'weighted' ? positives : 1))
    return known.reduce((a, { value }, i) => a + value * weights[i]!, 0) / weights.reduce((a, w) => a + w, 0)
  }

  private classes(): { value: number; positives: number }[] {
    const { numClasses } = this.options
    const { scores, targets } = this.state
    const columns = numClasses ?? 1
    return Array.from({ length: columns }, (_, c) => {
      const wanted = numClasses === undefined ? 1 : c
      const samples = targets.flatMap((batch, b) =>
        Array.from(batch, (t, i): Sample => ({ score: scores[b]![i * columns + c]!, positive: t === wanted })),
      )
      const positives = samples.filter(({ positive }) => positive).length
      return { value: this.of(levels(samples), positives, samples.length - positives), positives }
    })
  }
}

/**
 * Area under the curve of true over false positives: the share of pairs of a positive and a negative in which the positive has
 * the higher score, ties counting half (Hanley and McNeil 1982). NaN unless there are both.
 */
export class RocAuc extends Ranking {
  protected of(levels: readonly { positives: number; negatives: number }[], positives: number, negatives: number): number {
    let above = 0
    let won = 0
    for (const level of levels) {
      won += level.negatives * (above + level.positives / 2)
      above += level.positives
    }
    return won / (positives * negatives)
  }
}

/**
 * Area under the curve of precision over recall, as steps: the sum over thresholds of precision times the recall gained there.
 * NaN without positives.
 */
export class AveragePrecision extends Ranking {
  protected of(levels: readonly { positives: number; negatives: number }[], positives: number): number {
    let taken = 0
    let found = 0
    let area = 0
    for (const level of levels) {
      taken += level.positives + level.negatives
      found += level.positives
      area += level.positives * (found / taken)
    }
    return area / positives
  }
}
