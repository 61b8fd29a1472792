/** From counts of classes to one score, or one for each. */

export interface ClassCount {
  /** How often the class was predicted and right. */
  readonly hits: number
  /** How often it was predicted. */
  readonly predicted: number
  /** How often it was right. */
  readonly right: number
}

/**
 * 'micro' counts all classes together, 'macro' averages the scores of the classes that occur, 'weighted' does so by how often
 * each is right, 'none' gives the score of each class, 'binary' that of class 1 of two.
 */
export type Average = 'micro' | 'macro' | 'weighted' | 'none' | 'binary'

/** One number, or with 'none' one for each class. */
export type Score<A extends Average> = A extends 'none' ? number[] : number

/** A share; of nothing 0. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

const total = (classes: readonly ClassCount[], of: (c: ClassCount) => number): number => classes.reduce((a, c) => a + of(c), 0)

/** The score of all classes, NaN where nothing was counted. */
export function averaged<A extends Average>(
  average: A,
  classes: readonly ClassCount[],
  score: (counts: ClassCount) => number,
): Score<A> {
  const seen = classes.filter((c) => c.predicted + c.right > 0)
  const one = (): number => {
    if (seen.length === 0) return Number.NaN
    switch (average as Average) {
      case 'binary':
        return score(classes[1]!)
      case 'micro':
        return score({
          hits: total(seen, (c) => c.hits),
          predicted: total(seen, (c) => c.predicted),
          right: total(seen, (c) => c.right),
        })
      case 'weighted':
        return total(seen, (c) => score(c) * c.right) / total(seen, (c) => c.right)
      default:
        return total(seen, score) / seen.length
    }
  }
  return (average === 'none' ? classes.map((c) => (seen.length ? score(c) : Number.NaN)) : one()) as Score<A>
}
