/** Precision, recall, and the F-scores between them. */
import { NablaError } from '../core/errors.js'
import { type Average, averaged, type ClassCount, type Score, share } from './average.js'
import { ClassCounts, type ClassMetricOptions } from './classes.js'
import { checkWord } from './values.js'

/** Which samples count, and how the scores of classes are averaged. */
export interface AveragedOptions<A extends Average> extends ClassMetricOptions {
  /** Default 'macro'. 'micro', 'macro', 'weighted', 'none' (one score for each class), or 'binary' (that of class 1 of two). */
  readonly average?: A
}

/** A score of each class, averaged. A class that nothing can be said of scores 0; without samples all is NaN. */
abstract class ClassScore<A extends Average> extends ClassCounts<Score<A>> {
  /** How the scores of the classes become one, or that they do not. */
  readonly average: A

  constructor(numClasses: number, options: AveragedOptions<A> = {}) {
    super(numClasses, options)
    const name = this.constructor.name
    const { average = 'macro' as A } = options
    this.average = checkWord<Average>(name, 'average', average, ['micro', 'macro', 'weighted', 'none', 'binary']) as A
    if (average === 'binary' && numClasses !== 2)
      throw new NablaError('argument', `[${name}] average "binary" is of 2 classes, not ${numClasses}`, { numClasses })
  }

  protected abstract score(counts: ClassCount): number

  compute(): Score<A> {
    return averaged(this.average, this.byClass(), (counts) => this.score(counts))
  }
}

/** Of what was predicted to be a class, the share that is. */
export class Precision<A extends Average = 'macro'> extends ClassScore<A> {
  protected score({ hits, predicted }: ClassCount): number {
    return share(hits, predicted)
  }
}

/** Of what is a class, the share that was found. */
export class Recall<A extends Average = 'macro'> extends ClassScore<A> {
  protected score({ hits, right }: ClassCount): number {
    return share(hits, right)
  }
}

/**
 * (1 + beta^2) precision recall / (beta^2 precision + recall): the weighted harmonic mean, in which recall counts beta times as
 * much (van Rijsbergen 1979).
 */
export class FBeta<A extends Average = 'macro'> extends ClassScore<A> {
  constructor(
    numClasses: number,
    /** How many times as much recall counts as precision; above 0. */
    readonly beta: number,
    options: AveragedOptions<A> = {},
  ) {
    super(numClasses, options)
    if (!(beta > 0)) throw new NablaError('argument', `[FBeta] beta is ${beta}; expected more than 0`, { beta })
  }

  protected score({ hits, predicted, right }: ClassCount): number {
    const square = this.beta * this.beta
    return share((1 + square) * hits, square * right + predicted)
  }
}

/** The harmonic mean of precision and recall. */
export class F1<A extends Average = 'macro'> extends FBeta<A> {
  constructor(numClasses: number, options: AveragedOptions<A> = {}) {
    super(numClasses, 1, options)
  }
}
