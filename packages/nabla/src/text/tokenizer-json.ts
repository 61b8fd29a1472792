/**
 * The pieces of a tokenizer.json, the format of Hugging Face's tokenizers: a text passes the normalizer, the pre-tokenizer (which cuts
 * it into words), the model (which cuts words into tokens) and the post-processor (which puts special tokens around them); the decoder goes back.
 */

/** A part of a tokenizer.json: its kind, and settings that depend on it. */
export interface TokenizerPart {
  /** The kind, for example `BertNormalizer`. */
  readonly type: string
  readonly [setting: string]: unknown
}

/** A token that is found in a text before anything else is done with it. */
export interface AddedToken {
  /** Its number. */
  readonly id: number
  /** Its text. */
  readonly content: string
  /** Only where it is a word of its own. */
  readonly single_word: boolean
  /** Takes the white space before it along. */
  readonly lstrip: boolean
  /** Takes the white space after it along. */
  readonly rstrip: boolean
  /** Looked for in the normalised text. */
  readonly normalized: boolean
  /** May be left out when decoding. */
  readonly special: boolean
}

/** What a tokenizer.json holds. The names are the format's own. */
export interface TokenizerJson {
  /** Of the format: `1.0`. */
  readonly version: string
  /** Settings of a reader that cuts; null. */
  readonly truncation: unknown
  /** Settings of a reader that pads; null. */
  readonly padding: unknown
  /** Tokens found in a text before anything else is done with it. */
  readonly added_tokens: readonly AddedToken[]
  /** What is done to a text first. */
  readonly normalizer: TokenizerPart | null
  /** How a text is cut into words. */
  readonly pre_tokenizer: TokenizerPart | null
  /** What is put around the tokens. */
  readonly post_processor: TokenizerPart | null
  /** How tokens become text again. */
  readonly decoder: TokenizerPart | null
  /** How words are cut into tokens, with the vocabulary. */
  readonly model: TokenizerPart
}

/** How a text becomes words and tokens become text; all of a tokenizer.json but what is learnt. */
export type Pipeline = Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer' | 'decoder'>

const lowercasing = (lowercase: boolean): TokenizerPart | null => (lowercase ? { type: 'Lowercase' } : null)

/** Bytes, as GPT-2 has them: every byte is a printable character, a space belongs to the word after it. */
export const byteLevelPipeline = (lowercase: boolean): Pipeline => ({
  normalizer: lowercasing(lowercase),
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
})

/** What ends the last symbol of a word where words are characters. */
export const wordEnd = '</w>'

/** Characters of words between white space (Sennrich et al. 2016). */
export const characterPipeline = (lowercase: boolean): Pipeline => ({
  normalizer: lowercasing(lowercase),
  pre_tokenizer: { type: 'WhitespaceSplit' },
  decoder: { type: 'BPEDecoder', suffix: wordEnd },
})

/** BERT's words: cleaned of control characters, cut at white space and around punctuation and Chinese characters. */
export const bertPipeline = (lowercase: boolean, prefix: string): Pipeline => ({
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  decoder: { type: 'WordPiece', prefix, cleanup: true },
})

/**
 * Puts `begin` before a text and `end` after it; after a second text, too. The second text, and the `end` after it, are of type 1.
 * Null where there is nothing to put.
 */
export function template(
  begin: string | undefined,
  end: string | undefined,
  idOf: (token: string) => number,
): TokenizerPart | null {
  const special = (id: string | undefined, type_id: number) => (id === undefined ? [] : [{ SpecialToken: { id, type_id } }])
  const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } })
  const single = [...special(begin, 0), sequence('A', 0), ...special(end, 0)]
  const used = [...new Set([begin, end])].filter((token) => token !== undefined)
  if (used.length === 0) return null
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, sequence('B', 1), ...special(end, 1)],
    special_tokens: Object.fromEntries(used.map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }])),
  }
}

/** The whole from its parts; the first `special.length` symbols of the vocabulary are the special ones. */
export const tokenizerJson = (
  pipeline: Pipeline,
  model: TokenizerPart,
  special: readonly string[] = [],
  post_processor: TokenizerPart | null = null,
): TokenizerJson => ({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: special.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  ...pipeline,
  post_processor,
  model,
})

/** The characters that stand for the bytes 0 to 255 in a byte-level vocabulary (GPT-2's table): printable ones stand for themselves. */
export function byteAlphabet(): string[] {
  let other = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    return String.fromCharCode(printable ? byte : other++)
  })
}
