/**
 * Examples for BERT's two tasks (Devlin et al. 2019): find the tokens that were hidden, and tell whether a sentence follows another.
 *
 *     [CLS] the time [MASK] was gone [SEP] i looked [MASK] me [SEP] [PAD] ...     machine, about; yes
 */
import { NablaError } from '../core/errors.js'
import { BaseDataset, type FieldTypes } from '../data/dataset.js'
import { type Recipe, recipeKey } from '../data/portable.js'
import { SampleRandom } from '../data/random.js'
import { padRows, truncatePair } from './padding.js'

/** Which tokens are hidden, and behind what. */
export interface MaskOptions {
  /** Number of the token that hides others, `[MASK]`. */
  readonly mask: number
  /** Numbers of tokens there are; random ones are drawn from them. */
  readonly vocabularySize: number
  /** Numbers that are neither hidden nor drawn: `[CLS]`, `[SEP]`, `[PAD]` and such. */
  readonly special?: readonly number[]
  /** Share of the tokens that are to be found; one at least. Default 0.15. */
  readonly probability?: number
  /** Label of the others, which losses leave out. Default -100. */
  readonly ignoreIndex?: number
}

/** Tokens of which some are hidden. */
export interface MaskedTokens {
  /** The tokens as the model sees them. */
  readonly input: Int32Array
  /** At the chosen places the token that was there, `ignoreIndex` everywhere else. */
  readonly labels: Int32Array
  /** The chosen places, ascending. */
  readonly positions: Int32Array
}

/**
 * Chooses some tokens to be found. Of those 80% become `mask`, 10% a random token, and 10% stay what they are, so that a model cannot
 * rely on seeing which were chosen. The same `random` gives the same.
 */
export function maskTokens(ids: ArrayLike<number>, options: MaskOptions, random: SampleRandom): MaskedTokens {
  const { mask, vocabularySize, special = [], probability = 0.15, ignoreIndex = -100 } = options
  if (!(probability > 0 && probability <= 1))
    throw new NablaError('argument', `[maskTokens] probability ${probability}: expected above 0, up to 1`, { probability })
  const kept = new Set([mask, ...special])
  if ([...kept].filter((id) => id >= 0 && id < vocabularySize).length >= vocabularySize)
    throw new NablaError('argument', `[maskTokens] all ${vocabularySize} tokens are special: there is none to draw`, {
      vocabularySize,
    })
  const input = Int32Array.from(ids)
  const labels = new Int32Array(input.length).fill(ignoreIndex)
  const candidates: number[] = []
  input.forEach((id, i) => {
    if (!kept.has(id)) candidates.push(i)
  })
  const count = Math.min(candidates.length, Math.max(1, Math.round(input.length * probability)))
  for (let i = 0; i < count; i++) {
    const j = i + random.integer(candidates.length - i)
    const at = candidates[j]!
    candidates[j] = candidates[i]!
    candidates[i] = at
    labels[at] = input[at]!
    const luck = random.uniform()
    if (luck < 0.8) input[at] = mask
    else if (luck < 0.9) {
      let other = random.integer(vocabularySize)
      while (kept.has(other)) other = random.integer(vocabularySize)
      input[at] = other
    }
  }
  return { input, labels, positions: Int32Array.from(candidates.slice(0, count)).sort() }
}

/** Documents of sentences in few arrays, as they are shared with workers. */
export interface FlatDocuments {
  /** All tokens. */
  readonly tokens: Int32Array
  /** For each sentence the place behind its last token. */
  readonly sentences: Uint32Array
  /** For each document the number behind its last sentence. */
  readonly documents: Uint32Array
}

/** Puts documents (lists of sentences, which are lists of token numbers) behind each other; empty ones are left out. */
export function flattenDocuments(documents: readonly (readonly ArrayLike<number>[])[]): FlatDocuments {
  const full = documents.map((sentences) => sentences.filter(({ length }) => length > 0)).filter(({ length }) => length > 0)
  const all = full.flat()
  const tokens = new Int32Array(all.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  const sentences = Uint32Array.from(all, (sentence) => {
    tokens.set(sentence, end)
    return (end += sentence.length)
  })
  let last = 0
  return { tokens, sentences, documents: Uint32Array.from(full, ({ length }) => (last += length)) }
}

/** Two sentences, and whether the second follows the first. */
export type NextSentencePair = {
  /** Tokens of the first. */
  readonly first: Int32Array
  /** Tokens of the second. */
  readonly second: Int32Array
  /** Whether the second follows the first in its document. */
  readonly isNext: boolean
}

/**
 * Pairs of sentences: for each that is not the last of its document, one. Half of them get the sentence that follows, the others one from
 * another document (from elsewhere in the same where there is only one).
 */
export class NextSentencePairs extends BaseDataset<NextSentencePair> {
  readonly length: number
  /** Numbers of the sentences that have a next one. */
  private readonly firsts: Uint32Array

  /** Throws NablaError('data') when no sentence follows another. */
  constructor(
    /** Where the sentences are: of `flattenDocuments`. */
    readonly text: FlatDocuments,
  ) {
    super()
    const lasts = new Set(Array.from(text.documents, (end) => end - 1))
    this.firsts = Uint32Array.from(text.sentences.keys()).filter((sentence) => !lasts.has(sentence))
    this.length = this.firsts.length
    if (this.length === 0)
      throw new NablaError(
        'data',
        `[NextSentencePairs] no sentence follows another in ${text.documents.length} documents of ${text.sentences.length} sentences`,
        { documents: text.documents.length, sentences: text.sentences.length },
      )
  }

  get(index: number, random = new SampleRandom(0, 0, index)): NextSentencePair {
    const first = this.firsts[index]!
    const isNext = this.text.sentences.length < 3 || random.chance(0.5)
    const second = isNext ? first + 1 : this.elsewhere(first, random)
    return { first: this.sentence(first), second: this.sentence(second), isNext }
  }

  private sentence(number: number): Int32Array {
    const { tokens, sentences } = this.text
    return tokens.subarray(number === 0 ? 0 : sentences[number - 1]!, sentences[number]!)
  }

  /** A sentence of another document, each document being as likely. */
  private elsewhere(first: number, random: SampleRandom): number {
    const { documents, sentences } = this.text
    if (documents.length === 1) {
      const other = random.integer(sentences.length - 2) // neither the sentence itself nor the next
      return other < first ? other : other + 2
    }
    const own = documents.findIndex((end) => first < end)
    const drawn = random.integer(documents.length - 1)
    const document = drawn < own ? drawn : drawn + 1
    const begin = document === 0 ? 0 : documents[document - 1]!
    return begin + random.integer(documents[document]! - begin)
  }

  get [recipeKey](): Recipe {
    return { module: import.meta.url, name: 'NextSentencePairs', args: [this.text], construct: true }
  }
}

/** How examples for BERT are made. */
export interface BertExamplesOptions extends MaskOptions {
  /** Tokens in an example, special ones counted; of longer pairs the longer sentence is cut. */
  readonly length: number
  /** Number of `[CLS]`, which begins an example. */
  readonly cls: number
  /** Number of `[SEP]`, which ends each sentence. */
  readonly sep: number
  /** Number of `[PAD]`, which fills. */
  readonly pad: number
}

/** One example. Collated, arrays are int32 [N, T] or [N, P], numbers int32 [N]. */
export type BertExample = {
  /** What the model sees: [length]. */
  readonly ids: Int32Array
  /** 0 up to the first `[SEP]` and where it is filled, 1 for the second sentence: [length]. */
  readonly typeIds: Int32Array
  /** Tokens that do not fill. */
  readonly length: number
  /** Places of the tokens to be found, 0 where there are fewer: [P], P the share `probability` of `length`. */
  readonly positions: Int32Array
  /** The tokens to be found, `ignoreIndex` where there are fewer: [P]. */
  readonly labels: Int32Array
  /** 1 where the second sentence follows the first, or 0. */
  readonly isNext: number
}

/**
 * A data set of examples for BERT. What is hidden, and which sentence comes second, is drawn anew in every epoch, from the loader's seed.
 *
 *     const examples = new BertExamples(flattenDocuments(paragraphs), { length: 64, cls, sep, pad, mask, vocabularySize })
 *
 */
export class BertExamples extends BaseDataset<BertExample> {
  readonly length: number
  private readonly pairs: NextSentencePairs
  private readonly masking: MaskOptions

  constructor(
    /** Where the sentences are: of `flattenDocuments`. */
    readonly text: FlatDocuments,
    /** How examples are made. */
    readonly options: BertExamplesOptions,
  ) {
    super()
    if (!Number.isInteger(options.length) || options.length < 5)
      throw new NablaError(
        'argument',
        `[BertExamples] length ${options.length}: expected 5 or more, for 3 special tokens and a pair`,
        {
          length: options.length,
        },
      )
    this.pairs = new NextSentencePairs(text)
    this.length = this.pairs.length
    const { cls, sep, pad, special = [] } = options
    this.masking = { ...options, special: [cls, sep, pad, ...special] }
  }

  get(index: number, random = new SampleRandom(0, 0, index)): BertExample {
    const { length, cls, sep, pad, probability = 0.15, ignoreIndex = -100 } = this.options
    const pair = this.pairs.get(index, random)
    const [first, second] = truncatePair(Array.from(pair.first), Array.from(pair.second), length - 3)
    const whole = [cls, ...first, sep, ...second, sep]
    const { input, labels, positions } = maskTokens(whole, this.masking, random)
    const places = Math.max(1, Math.round(length * probability))
    const row = (values: ArrayLike<number>, size: number, filler: number) => padRows([values], { length: size, pad: filler }).ids
    return {
      ids: row(input, length, pad),
      typeIds: new Int32Array(length).fill(1, first.length + 2, whole.length),
      length: whole.length,
      positions: row(positions, places, 0),
      labels: row(
        positions.map((at) => labels[at]!),
        places,
        ignoreIndex,
      ),
      isNext: Number(pair.isNext),
    }
  }

  override get dtypes(): FieldTypes {
    return { length: 'int32', isNext: 'int32' }
  }

  get [recipeKey](): Recipe {
    return { module: import.meta.url, name: 'BertExamples', args: [this.text, this.options], construct: true }
  }
}
