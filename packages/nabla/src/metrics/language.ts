/** How well a model foresees text, and how much a translation shares with those of people. */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { Metric, type State } from './metric.js'
import { asTensor, checkClass, checkWhole, checkWord, type Numbers, read } from './values.js'

interface Surprise extends State {
  sum: number
  count: number
}

/** exp of the mean negative log-likelihood of the right tokens (Jelinek et al. 1977). NaN without tokens. */
export class Perplexity extends Metric<Surprise, number> {
  /** @param options `ignoreIndex`: tokens with this target (padding) are left out. Default: none. */
  constructor(readonly options: { readonly ignoreIndex?: number } = {}) {
    super(() => ({ sum: 0, count: 0 }))
  }

  /** Scores (logits) or log-probabilities [..., C], and the right tokens [...]. Only the likelihoods leave the device. */
  async update(preds: Numbers, target: Numbers): Promise<void> {
    const scores = asTensor(preds).detach()
    const tokens = asTensor(target)
    const classes = scores.shape.at(-1)
    if (classes === undefined || !sameShape(scores.shape.slice(0, -1), tokens.shape))
      throw new NablaError(
        'shape',
        `[Perplexity] scores ${showShape(scores.shape)} do not fit tokens ${showShape(tokens.shape)}: expected [..., C] and [...]`,
        { preds: scores.shape, target: tokens.shape },
      )
    const known = tokens
      .to(scores.device)
      .int()
      .clamp(0, Math.max(0, classes - 1)) // what is padding points somewhere, too
    const right = scores.gather(-1, known.unsqueeze(-1)).squeeze(-1)
    const [losses, ids] = await read(scores.logsumexp(-1).sub(right), tokens)
    let sum = 0
    let count = 0
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] === this.options.ignoreIndex) continue
      checkClass('Perplexity', 'token', ids[i]!, i, classes)
      sum += losses[i]!
      count++
    }
    this.state.sum += sum
    this.state.count += count
  }

  compute(): number {
    return Math.exp(this.state.sum / this.state.count)
  }
}

/** Words, or their numbers; a string is split at white space. */
export type Sentence = string | readonly (string | number)[]

/** Which n-grams a BLEU score counts, and what becomes of orders without a match. */
export interface BleuOptions {
  /** N-grams of up to this many words count. Default 4. */
  readonly maxOrder?: number
  /**
   * What becomes of orders of which nothing matches, which otherwise make the score 0: 'none' (default); 'addOne' adds 1 to
   * matches and candidates of orders above 1 (Lin and Och 2004); 'exp' counts 1/2, 1/4, ... of a match for them in turn (as
   * mteval and sacreBLEU).
   */
  readonly smoothing?: 'none' | 'addOne' | 'exp'
}

interface Overlap extends State {
  /** By order: n-grams that match, and n-grams there are. */
  matches: Float64Array
  possible: Float64Array
  candidateLength: number
  referenceLength: number
}

/**
 * BLEU of a corpus (Papineni et al. 2002): the geometric mean of the n-grams' precisions, each counted at most as often as in a
 * reference, times exp(1 - r / c) where the candidates' length c is below that of the references r (of each sentence the nearest,
 * the shorter of two). From 0 to 1; NaN without sentences.
 */
export class Bleu extends Metric<Overlap, number> {
  /** N-grams of up to this many words count. */
  readonly maxOrder: number
  /** What becomes of orders of which nothing matches. */
  readonly smoothing: 'none' | 'addOne' | 'exp'

  constructor({ maxOrder = 4, smoothing = 'none' }: BleuOptions = {}) {
    checkWhole('Bleu', 'maxOrder', maxOrder, 1)
    super(() => ({
      matches: new Float64Array(maxOrder),
      possible: new Float64Array(maxOrder),
      candidateLength: 0,
      referenceLength: 0,
    }))
    this.maxOrder = maxOrder
    this.smoothing = checkWord('Bleu', 'smoothing', smoothing, ['none', 'addOne', 'exp'])
  }

  /** Candidates, and for each one or more references. */
  async update(candidates: readonly Sentence[], references: readonly (readonly Sentence[])[]): Promise<void> {
    if (candidates.length !== references.length)
      throw new NablaError(
        'argument',
        `[Bleu] there are ${candidates.length} candidates, but references for ${references.length}; each needs a list of its own`,
        { candidates: candidates.length, references: references.length },
      )
    const empty = references.findIndex((list) => list.length === 0)
    if (empty >= 0) throw new NablaError('argument', `[Bleu] candidate ${empty} has no references`, { index: empty })
    candidates.forEach((candidate, i) => this.take(words(candidate), references[i]!.map(words)))
  }

  private take(candidate: readonly string[], references: readonly (readonly string[])[]): void {
    const { state } = this
    state.candidateLength += candidate.length
    const off = (length: number) => Math.abs(length - candidate.length)
    state.referenceLength += references
      .map(({ length }) => length)
      .reduce((a, b) => (off(b) < off(a) || (off(b) === off(a) && b < a) ? b : a))
    for (let n = 1; n <= this.maxOrder; n++) {
      const known = references.map((reference) => grams(reference, n))
      for (const [gram, count] of grams(candidate, n))
        state.matches[n - 1]! += Math.min(count, Math.max(...known.map((counts) => counts.get(gram) ?? 0)))
      state.possible[n - 1]! += Math.max(0, candidate.length - n + 1)
    }
  }

  compute(): number {
    const { matches, possible, candidateLength: c, referenceLength: r } = this.state
    if (c === 0 && r === 0) return Number.NaN
    let misses = 0
    const precisions = Array.from(matches, (hits, order) => {
      const all = possible[order]!
      if (this.smoothing === 'addOne' && order > 0) return (hits + 1) / (all + 1)
      if (hits > 0) return hits / all
      return this.smoothing === 'exp' && all > 0 ? 1 / (2 ** ++misses * all) : 0
    })
    if (matches[0] === 0 || precisions.includes(0)) return 0
    const brevity = c >= r ? 1 : Math.exp(1 - r / c)
    return brevity * Math.exp(precisions.reduce((a, p) => a + Math.log(p), 0) / this.maxOrder)
  }
}

const words = (sentence: Sentence): readonly string[] =>
  typeof sentence === 'string' ? sentence.split(/\s+/).filter(Boolean) : sentence.map(String)

/** How often each run of n words occurs. */
function grams(sentence: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i + n <= sentence.length; i++) {
    const gram = sentence.slice(i, i + n).join('\u0000')
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}
