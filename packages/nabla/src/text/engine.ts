/**
 * The package @huggingface/tokenizers as we use it. Its own types do not resolve under TypeScript's NodeNext rules (their imports have no
 * file endings), so what we touch of it is written down here.
 */
import { Tokenizer as Package } from '@huggingface/tokenizers'
import { NablaError } from '../core/errors.js'
import { memoized } from './memo.js'
import type { TokenizerJson, TokenizerPart } from './tokenizer-json.js'

/** Cuts words into tokens. */
export interface EngineModel {
  /** Tokens by number. */
  readonly vocab: readonly string[]
  readonly tokens_to_ids: ReadonlyMap<string, number>
  unk_token: string | null | undefined
  readonly unk_token_id: number | undefined
  encode: (words: readonly string[]) => string[]
}

/** Cuts texts into words. Can be called. */
export interface EnginePreTokenizer {
  (text: string): string[]
  pre_tokenize_text: (text: string) => string[]
  /** Of one that does several things in turn: those. */
  readonly tokenizers?: readonly EnginePreTokenizer[]
  /** The rest is of the one that makes bytes: the letter of each byte, and how words are found. */
  readonly byte_encoder?: Readonly<Record<number, string>>
  readonly add_prefix_space?: boolean
  readonly use_regex?: boolean
  readonly pattern?: RegExp
}

/** A tokenizer of the package. */
export interface Engine {
  readonly normalizer: ((text: string) => string) | null
  readonly pre_tokenizer: EnginePreTokenizer | null
  readonly model: EngineModel
  readonly post_processor:
    | ((tokens: string[], pair: string[] | null, specialTokens: boolean) => { tokens: string[]; token_type_ids?: number[] })
    | null
  token_to_id(token: string): number | undefined
  id_to_token(id: number): string | undefined
  tokenize(text: string, options: { add_special_tokens: boolean }): string[]
  decode(ids: readonly number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string
}

/** Stands in results for a part of a text that has no token. No text holds it: half a surrogate pair is not Unicode. */
export const missing = '\ud800'

/** Kinds of models. The package would take others for a list of words. */
const models = ['BPE', 'WordPiece', 'Unigram', 'WordLevel']

/** A tokenizer.json with all its parts: old ones leave out what is null. Throws NablaError('data') where it is none. */
export function checkedJson(json: unknown): TokenizerJson {
  const { model, added_tokens = [], ...rest } = (json ?? {}) as Partial<TokenizerJson>
  if (!model || typeof model !== 'object')
    throw new NablaError('data', '[Tokenizer] not a tokenizer.json: it has no "model"', {
      keys: Object.keys((json ?? {}) as object),
    })
  const type = model.type ?? (Array.isArray(model.vocab) ? 'Unigram' : model.merges ? 'BPE' : 'WordPiece')
  if (!models.includes(type))
    throw new NablaError(
      'data',
      `[Tokenizer] the tokenizer.json has a model of kind "${type}"; known here: ${models.join(', ')}`,
      {
        kind: type,
        known: models,
      },
    )
  const parts = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, truncation: null, padding: null }
  return { version: '1.0', ...parts, ...rest, added_tokens, model: { ...model, type } }
}

/** The package's tokenizer. Throws NablaError('data') with the package's words and the kinds of all parts when it cannot make one. */
export function engineOf(json: TokenizerJson, config: object = {}): Engine {
  const { model, post_processor } = json
  try {
    const engine: Engine = new Package(
      // ByteLevel concerns offsets only, and the package would lose the second text of a pair there.
      { ...json, post_processor: post_processor?.type === 'ByteLevel' ? null : post_processor },
      // The package finds a list of words' token for unknown ones here.
      model.type === 'WordLevel' ? { unk_token: model.unk_token, ...config } : config,
    )
    // Without a token for unknown characters the package would leave them out.
    if (model.type === 'BPE') engine.model.unk_token ??= missing
    memoizeWords(engine.model)
    memoizeBytes(engine.pre_tokenizer)
    return engine
  } catch (error) {
    const parts = Object.entries(json).flatMap(([name, part]) => {
      const kind = (part as TokenizerPart | null)?.type
      return kind === undefined ? [] : [`${name} ${kind}`]
    })
    throw new NablaError(
      'data',
      `[Tokenizer] this tokenizer.json cannot be used: ${error instanceof Error ? error.message : error}. It has ${parts.join(', ')}`,
      { parts },
    )
  }
}

/**
 * Makes a model keep the tokens of words. (The package does for byte pairs only, in a way that costs as much as it saves: encoding is four times
 * as fast with this.)
 */
function memoizeWords(model: EngineModel): void {
  const plain = model.encode.bind(model)
  const tokensOf = memoized((word) => plain([word]))
  model.encode = (words) => {
    const tokens: string[] = []
    for (const word of words) for (const token of tokensOf(word)) tokens.push(token)
    return tokens
  }
}

/** Makes a pre-tokenizer of bytes, also among several, keep the spelling of words. */
function memoizeBytes(pre: EnginePreTokenizer | null): void {
  pre?.tokenizers?.forEach(memoizeBytes)
  const { byte_encoder: letters, pattern } = pre ?? {}
  if (!pre || !letters || !pattern) return
  const encoder = new TextEncoder()
  const spell = memoized((word) => {
    let bytes = ''
    for (const byte of encoder.encode(word)) bytes += letters[byte]
    return bytes
  })
  pre.pre_tokenize_text = (text) => {
    const whole = pre.add_prefix_space && !text.startsWith(' ') ? ` ${text}` : text
    return (pre.use_regex ? (whole.match(pattern) ?? []) : [whole]).map(spell)
  }
}
