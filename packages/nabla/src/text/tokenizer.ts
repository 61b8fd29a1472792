/** Tokenizers with a learnt vocabulary (byte pair, WordPiece, Unigram), from a tokenizer.json, by @huggingface/tokenizers. */
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkedJson, type Engine, engineOf, missing } from './engine.js'
import { loadJson, saveJson } from './json-file.js'
import { type PaddedBatch, padSequences, truncatePair } from './padding.js'
import type { TokenizerJson } from './tokenizer-json.js'

/** How texts become numbers. */
export interface EncodeOptions {
  /** A second text, encoded behind the first. */
  readonly pair?: string
  /** Whether the tokenizer's special tokens are put around the texts. Default true. */
  readonly specialTokens?: boolean
  /** At most this many tokens, special ones counted: texts are cut at the end, of a pair the longer one first. Default: no bound. */
  readonly maxLength?: number
}

/** A text as tokens. */
export interface Encoding {
  /** The numbers of the tokens. */
  readonly ids: Int32Array
  /** The tokens as the vocabulary has them. */
  readonly tokens: readonly string[]
  /** 0 for tokens of the first text and 1 for those of the second, in the order of `ids`. */
  readonly typeIds: Int32Array
}

/** How a batch of texts becomes numbers. */
export interface EncodeBatchOptions extends Omit<EncodeOptions, 'pair'> {
  /** Length of every row; longer texts are cut as by `maxLength`. Default: that of the longest. */
  readonly length?: number
  /** The token that fills rows. Default: `[PAD]`, `<pad>` or `<|pad|>`, or number 0. */
  readonly pad?: string
  /** The end that is filled. Default `right`. */
  readonly side?: 'right' | 'left'
}

/** A batch of texts: numbers, lengths and mask as of `padSequences`, and which text of a pair each token is of. */
export interface EncodedBatch extends PaddedBatch {
  /** 0 for the first text and what fills, 1 for the second: int32 [N, T]. */
  readonly typeIds: Tensor
}

/** How numbers become a text. */
export interface DecodeOptions {
  /** Leave special tokens out. Default false. */
  readonly skipSpecialTokens?: boolean
  /** Take back the spaces before punctuation and English contractions, wherever they come from. Default false. */
  readonly cleanUpSpaces?: boolean
}

/**
 * Cuts texts into tokens of a learnt vocabulary and puts them together again.
 *
 *     const tokenizer = await Tokenizer.load('tokenizer.json')
 *     const { ids } = tokenizer.encode('The Time Traveller (for so it will be convenient to speak of him)')
 *     tokenizer.decode(ids)
 *
 * A byte-level tokenizer gives back every text as it was (of half surrogate pairs, which are not Unicode, it makes U+FFFD).
 */
export class Tokenizer {
  private readonly engine: Engine
  private readonly special: ReadonlySet<string>

  private constructor(
    private readonly json: TokenizerJson,
    config: object,
  ) {
    this.engine = engineOf(json, config)
    this.special = new Set(json.added_tokens.filter((token) => token.special).map(({ content }) => content))
  }

  /**
   * From what a tokenizer.json holds, parsed or as text; `config` is what the tokenizer_config.json beside it holds, where there is one.
   * Throws NablaError('data') that names the part when something in it is of a kind that is not known here.
   */
  static fromJSON(json: unknown, config: object = {}): Tokenizer {
    return new Tokenizer(checkedJson(typeof json === 'string' ? JSON.parse(json) : json), config)
  }

  /** Reads a tokenizer.json. Node only. Throws NablaError('io') with the path; errors as `fromJSON`. */
  static async load(path: string): Promise<Tokenizer> {
    return Tokenizer.fromJSON(await loadJson(path))
  }

  /** Number of tokens, those that were added to the model's counted. */
  get size(): number {
    return this.engine.model.vocab.length
  }

  /** The special tokens. */
  get specialTokens(): string[] {
    return [...this.special]
  }

  /** The number of a token. Throws NablaError('data') when there is no such token. */
  id(token: string): number {
    const id = this.engine.token_to_id(token)
    if (id === undefined) throw new NablaError('data', `[Tokenizer] "${token}" is none of the ${this.size} tokens`, { token })
    return id
  }

  /** The token with this number. Throws NablaError('index') on numbers outside the vocabulary. */
  token(id: number): string {
    const token = this.engine.id_to_token(id)
    if (token === undefined)
      throw new NablaError('index', `[Tokenizer] no token has number ${id}: there are ${this.size}, numbered from 0`, {
        id,
        size: this.size,
      })
    return token
  }

  /** The tokens of a text, without special ones around it. Errors as `encode`. */
  tokenize(text: string): string[] {
    const tokens = this.engine.tokenize(text, { add_special_tokens: false })
    if (tokens.includes(missing) || tokens.includes(undefined as unknown as string)) throw this.unknown(text)
    return tokens
  }

  /**
   * The numbers of a text's tokens. Throws NablaError('data') when a part of the text has no token and the tokenizer none for
   * unknown ones.
   */
  encode(text: string, { pair, specialTokens = true, maxLength }: EncodeOptions = {}): Encoding {
    const { post_processor: around, model } = this.engine
    const put = (a: string[], b: string[] | null): { tokens: string[]; token_type_ids?: number[] } =>
      around?.(a, b, specialTokens) ?? { tokens: [...a, ...(b ?? [])] }
    let a = this.tokenize(text)
    let b = pair === undefined ? null : this.tokenize(pair)
    if (maxLength !== undefined) {
      const own = put([], b && []).tokens.length
      if (!(maxLength >= own))
        throw new NablaError('argument', `[Tokenizer] maxLength ${maxLength} does not hold the ${own} special tokens`, {
          maxLength,
          own,
        })
      const [first, second] = truncatePair(a, b ?? [], maxLength - own)
      a = first
      b = b && second
    }
    const { tokens, token_type_ids: types } = put(a, b)
    const ids = new Int32Array(tokens.length)
    for (let i = 0; i < tokens.length; i++) {
      const id = model.tokens_to_ids.get(tokens[i]!) ?? model.unk_token_id
      if (id === undefined) throw this.unknown(text, tokens[i]!)
      ids[i] = id
    }
    const typeIds = types ? Int32Array.from(types) : new Int32Array(ids.length).fill(1, a.length)
    return { ids, tokens, typeIds }
  }

  /** Texts, or pairs of them, as one batch: cut and filled to one length, with lengths and mask. Errors as `encode`. */
  encodeBatch(texts: readonly (string | readonly [string, string])[], options: EncodeBatchOptions = {}): EncodedBatch {
    const { length, pad, side = 'right', specialTokens = true, maxLength = length } = options
    const encodings = texts.map((item) => {
      const [text, pair] = typeof item === 'string' ? [item] : item
      return this.encode(text, {
        specialTokens,
        ...(pair === undefined ? {} : { pair }),
        ...(maxLength === undefined ? {} : { maxLength }),
      })
    })
    const size = length === undefined ? { side } : { side, length }
    const batch = (rows: Int32Array[], filler: number) => padSequences(rows, { ...size, pad: filler })
    const types = encodings.map(({ typeIds }) => typeIds)
    const ids = encodings.map((encoding) => encoding.ids)
    return { ...batch(ids, this.filler(pad)), typeIds: batch(types, 0).ids }
  }

  /** The text that numbers stand for. Throws NablaError('index') on numbers outside the vocabulary. */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = false, cleanUpSpaces = false }: DecodeOptions = {}): string {
    const list = Array.from(ids)
    for (const id of list) this.token(id)
    if (list.length === 0) return ''
    return this.engine.decode(list, { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: cleanUpSpaces })
  }

  /** What a tokenizer.json holds. */
  toJSON(): TokenizerJson {
    return this.json
  }

  /** Writes a tokenizer.json, whole or not at all. Node only. Throws NablaError('io') with the path. */
  async save(path: string): Promise<void> {
    await saveJson(path, this.json)
  }

  private filler(pad: string | undefined): number {
    if (pad !== undefined) return this.id(pad)
    return ['[PAD]', '<pad>', '<|pad|>'].map((token) => this.engine.token_to_id(token)).find((id) => id !== undefined) ?? 0
  }

  /** The error for a text of which a part has no token: `what`, or else the first character that has none. */
  private unknown(text: string, what?: string): NablaError {
    const { normalizer, model } = this.engine
    const plain = Array.from(normalizer ? normalizer(text) : text)
    const part = what ?? plain.find((char) => char.trim() && !model.tokens_to_ids.has(char)) ?? text
    return new NablaError('data', `[Tokenizer] "${part}" has no token, and the tokenizer has none for unknown ones (unk_token)`, {
      part,
    })
  }
}
