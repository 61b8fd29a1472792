/** Tokens and their numbers. */
import { NablaError, nearest } from '../core/errors.js'
import { loadJson, saveJson } from './json-file.js'
import { type Corpus, countTokens, mostCommon } from './statistics.js'

/** Which tokens of a corpus get a number. */
export interface VocabularyOptions {
  /** Tokens that occur less often are left out. Default 1. */
  readonly minFrequency?: number
  /** At most this many tokens, the reserved ones counted; the rarest are left out. Default: no bound. */
  readonly maxSize?: number
  /** Tokens that come first, in this order, whether they occur or not. Default `['<unk>']`; see `reservedTokens`. */
  readonly reserved?: readonly string[]
  /** The token that stands for those left out; null: a token left out is an error. Default: `<unk>` if there is one, or null. */
  readonly unknown?: string | null
}

/** What a vocabulary is in JSON. */
export interface VocabularyJson {
  /** All tokens; the number of each is its place. */
  readonly tokens: readonly string[]
  /** The token that stands for those left out, or null. */
  readonly unknown: string | null
}

/** What sequence models reserve: unknown, padding, beginning and end, as numbers 0 to 3. */
export const reservedTokens: readonly string[] = ['<unk>', '<pad>', '<bos>', '<eos>']

/**
 * Tokens numbered from 0.
 *
 *     const vocabulary = Vocabulary.of(lines.map(tokenizeWords), { minFrequency: 2, reserved: reservedTokens })
 *     vocabulary.ids(['the', 'time', 'machine'])   // Int32Array [4, 22, 51]
 *
 */
export class Vocabulary {
  /** All tokens; the number of each is its place. */
  readonly all: readonly string[]
  /** The token that stands for those left out, or null. */
  readonly unknown: string | null
  private readonly numbers: ReadonlyMap<string, number>
  /** Number of `unknown`, or -1. */
  private readonly fallback: number

  /** A vocabulary of exactly these tokens. Throws NablaError('data') on a token that occurs twice. */
  constructor(tokens: readonly string[], { unknown }: Pick<VocabularyOptions, 'unknown'> = {}) {
    this.all = [...tokens]
    this.numbers = new Map(tokens.map((token, i) => [token, i]))
    if (this.numbers.size < tokens.length) {
      const twice = tokens.findIndex((token, i) => this.numbers.get(token) !== i)
      const places = [twice, this.numbers.get(tokens[twice]!)]
      throw new NablaError('data', `[Vocabulary] "${tokens[twice]}" stands at ${places.join(' and ')}: a token has one number`, {
        token: tokens[twice],
        places,
      })
    }
    this.unknown = unknown === undefined ? (this.numbers.has('<unk>') ? '<unk>' : null) : unknown
    if (this.unknown !== null && !this.numbers.has(this.unknown))
      throw new NablaError('argument', `[Vocabulary] unknown "${this.unknown}" is not among the ${tokens.length} tokens`, {
        unknown,
      })
    this.fallback = this.unknown === null ? -1 : this.numbers.get(this.unknown)!
  }

  /**
   * The vocabulary of a corpus (tokens, or lists of tokens) or of counts: the reserved tokens, then the others by falling frequency, equals
   * in code-unit order. Throws NablaError('data') when there are no tokens at all.
   */
  static of(corpus: Corpus | ReadonlyMap<string, number>, options: VocabularyOptions = {}): Vocabulary {
    const { minFrequency = 1, maxSize = Number.POSITIVE_INFINITY, reserved = ['<unk>'], unknown } = options
    const counts = corpus instanceof Map ? (corpus as ReadonlyMap<string, number>) : countTokens(corpus as Corpus)
    if (counts.size === 0) throw new NablaError('data', '[Vocabulary] the corpus is empty: there are no tokens to number')
    if (!(maxSize >= reserved.length))
      throw new NablaError('argument', `[Vocabulary] maxSize ${maxSize} does not hold the ${reserved.length} reserved tokens`, {
        maxSize,
        reserved,
      })
    const first = new Set(reserved)
    const frequent = mostCommon(counts)
      .filter(([token, count]) => count >= minFrequency && !first.has(token))
      .slice(0, maxSize - reserved.length)
    return new Vocabulary([...reserved, ...frequent.map(([token]) => token)], unknown === undefined ? {} : { unknown })
  }

  /** From what `toJSON` gives, or its text. Throws NablaError('data') on anything else. */
  static fromJSON(json: unknown): Vocabulary {
    const { tokens, unknown } = ((typeof json === 'string' ? JSON.parse(json) : json) ?? {}) as Partial<VocabularyJson>
    if (!Array.isArray(tokens) || tokens.some((token) => typeof token !== 'string'))
      throw new NablaError('data', '[Vocabulary] expected { tokens: [texts], unknown: text or null }')
    return new Vocabulary(tokens, unknown === undefined ? {} : { unknown })
  }

  /** Reads what `save` wrote. Node only. Throws NablaError('io') with the path. */
  static async load(path: string): Promise<Vocabulary> {
    return Vocabulary.fromJSON(await loadJson(path))
  }

  /** Number of tokens. */
  get size(): number {
    return this.all.length
  }

  /** Whether the token has a number of its own. */
  has(token: string): boolean {
    return this.numbers.has(token)
  }

  /** Number of a token, or that of `unknown`. Throws NablaError('data') naming the token where there is neither. */
  id(token: string): number {
    const id = this.numbers.get(token) ?? this.fallback
    if (id >= 0) return id
    const near = nearest(token, this.all.slice(0, 10_000))
    throw new NablaError(
      'data',
      `[Vocabulary] "${token}" is none of the ${this.size} tokens, and no token stands for unknown ones${near ? `; did you mean "${near}"?` : ''} Reserve one: { reserved: ['<unk>'] }`,
      { token, size: this.size },
    )
  }

  /** The numbers of tokens, in order. Errors as `id`. */
  ids(tokens: Iterable<string>): Int32Array {
    const list = Array.isArray(tokens) ? (tokens as readonly string[]) : Array.from(tokens)
    const ids = new Int32Array(list.length)
    for (let i = 0; i < list.length; i++) ids[i] = this.id(list[i]!)
    return ids
  }

  /** The token with this number. Throws NablaError('index') on numbers outside the vocabulary. */
  token(id: number): string {
    const token = this.all[id]
    if (token === undefined)
      throw new NablaError('index', `[Vocabulary] no token has number ${id}: there are ${this.size}, numbered from 0`, {
        id,
        size: this.size,
      })
    return token
  }

  /** The tokens with these numbers, in order. Errors as `token`. */
  tokens(ids: ArrayLike<number>): string[] {
    return Array.from(ids, (id) => this.token(id))
  }

  /** The vocabulary as plain data. */
  toJSON(): VocabularyJson {
    return { tokens: this.all, unknown: this.unknown }
  }

  /** Writes the vocabulary to a JSON file, whole or not at all. Node only. Throws NablaError('io') with the path. */
  async save(path: string): Promise<void> {
    await saveJson(path, this)
  }
}
