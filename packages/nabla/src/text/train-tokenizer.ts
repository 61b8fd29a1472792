/** Training of tokenizers: from texts to a tokenizer.json, which `Tokenizer` loads, and Hugging Face's readers do. */
import { NablaError } from '../core/errors.js'
import { breathe } from '../core/turn.js'
import { engineOf } from './engine.js'
import { learnMerges, SymbolTable } from './merges.js'
import {
  bertPipeline,
  byteAlphabet,
  byteLevelPipeline,
  characterPipeline,
  type Pipeline,
  template,
  type TokenizerJson,
  tokenizerJson,
  wordEnd,
} from './tokenizer-json.js'

/** Where texts come from: lines, paragraphs, whole books. No token reaches from one text into the next. */
export type Texts = Iterable<string> | AsyncIterable<string>

/** What both trainers ask. */
export interface TrainTokenizerOptions {
  /** Tokens to end with; fewer where the texts do not give so many. */
  readonly vocabSize: number
  /** Pairs that occur less often are not merged. Default 2. */
  readonly minFrequency?: number
  /** Characters to know, the most frequent ones; others are unknown. Default 1000; without meaning for bytes. */
  readonly maxAlphabet?: number
}

/** How a byte pair vocabulary is learnt. */
export interface TrainBytePairOptions extends TrainTokenizerOptions {
  /**
   * Whether the smallest tokens are bytes, as in GPT-2: any text can be encoded, and is decoded to the same text. Otherwise they are
   * characters of words between white space, the last one marked `</w>`, and `<unk>`. Default true.
   */
  readonly byteLevel?: boolean
  /** Whether texts become lower case. Default false. */
  readonly lowercase?: boolean
  /** Tokens with the first numbers, never cut. Default none for bytes, `['<unk>']` for characters. */
  readonly specialTokens?: readonly string[]
  /** The special token put before every text, for example `<bos>`. Default none. */
  readonly begin?: string
  /** The special token put after every text, for example `<eos>`. Default none. */
  readonly end?: string
}

/** How a WordPiece vocabulary is learnt. */
export interface TrainWordPieceOptions extends TrainTokenizerOptions {
  /** Whether texts become lower case and lose their accents. Default true. */
  readonly lowercase?: boolean
  /**
   * Tokens with the first numbers, never cut. `[CLS]` and `[SEP]` are put around texts if they are among them; `[UNK]` has to be.
   * Default `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]`.
   */
  readonly specialTokens?: readonly string[]
  /** What begins a token that goes on with a word. Default `##`. */
  readonly prefix?: string
}

/**
 * Learns a byte pair vocabulary (Sennrich et al. 2016; on bytes: Radford et al. 2019).
 *
 *     const tokenizer = Tokenizer.fromJSON(await trainBytePair(lines, { vocabSize: 4000, specialTokens: ['<|end|>'] }))
 *
 * The same texts in any order give the same result. Throws NablaError('data') on texts without a word, NablaError('argument') when
 * `vocabSize` does not hold the special tokens and the alphabet.
 */
export async function trainBytePair(texts: Texts, options: TrainBytePairOptions): Promise<TokenizerJson> {
  const { byteLevel = true, lowercase = false, begin, end } = options
  const special = options.specialTokens ?? (byteLevel ? [] : ['<unk>'])
  const pipeline = byteLevel ? byteLevelPipeline(lowercase) : characterPipeline(lowercase)
  if (!byteLevel) needSpecial('trainBytePair', special, '<unk>')
  for (const token of [begin, end]) if (token !== undefined) needSpecial('trainBytePair', special, token)
  const { table, merges } = await learn('trainBytePair', texts, options, special, pipeline, {
    alphabet: byteLevel ? byteAlphabet().sort() : undefined,
    spell: byteLevel ? (chars) => chars : (chars) => [...chars.slice(0, -1), chars.at(-1)! + wordEnd],
    join: (left, right) => left + right,
  })
  const model = {
    type: 'BPE',
    dropout: null,
    unk_token: byteLevel ? null : '<unk>',
    continuing_subword_prefix: null,
    end_of_word_suffix: byteLevel ? null : wordEnd,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: numbered(table),
    merges: merges.map((pair) => pair.join(' ')),
  }
  return tokenizerJson(
    pipeline,
    model,
    special,
    template(begin, end, (token) => table.find(token)!),
  )
}

/**
 * Learns a WordPiece vocabulary for BERT's pipeline, by merging the most frequent pairs, as Hugging Face's trainer does (the first
 * description, Schuster and Nakajima 2012, chooses by likelihood). Words are then cut into the longest known pieces from the left.
 * Errors as `trainBytePair`.
 */
export async function trainWordPiece(texts: Texts, options: TrainWordPieceOptions): Promise<TokenizerJson> {
  const { lowercase = true, prefix = '##', specialTokens: special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] } = options
  needSpecial('trainWordPiece', special, '[UNK]')
  const pipeline = bertPipeline(lowercase, prefix)
  const { table } = await learn('trainWordPiece', texts, options, special, pipeline, {
    spell: (chars) => chars.map((char, i) => (i === 0 ? char : prefix + char)),
    join: (left, right) => left + right.slice(prefix.length),
  })
  const model = {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: prefix,
    max_input_chars_per_word: 100,
    vocab: numbered(table),
  }
  const among = (token: string) => (special.includes(token) ? token : undefined)
  return tokenizerJson(
    pipeline,
    model,
    special,
    template(among('[CLS]'), among('[SEP]'), (token) => table.find(token)!),
  )
}

interface Spelling {
  /** Symbols that are there whatever the texts say. Default: the texts' characters. */
  readonly alphabet?: readonly string[] | undefined
  /** The symbols of a word from its characters. */
  readonly spell: (chars: string[]) => string[]
  readonly join: (left: string, right: string) => string
}

/** The symbols of the vocabulary, special ones first, then the alphabet, then what was merged. */
async function learn(
  caller: string,
  texts: Texts,
  { vocabSize, minFrequency = 2, maxAlphabet = 1000 }: TrainTokenizerOptions,
  special: readonly string[],
  pipeline: Pipeline,
  { alphabet, spell, join }: Spelling,
) {
  if (!Number.isInteger(vocabSize) || vocabSize < 1)
    throw new NablaError('argument', `[${caller}] vocabSize ${vocabSize}: expected a whole number of 1 or more`, { vocabSize })
  const counts = await countWords(texts, pipeline)
  if (counts.size === 0) throw new NablaError('data', `[${caller}] the texts hold no word: there is nothing to learn from`)
  const table = new SymbolTable()
  for (const token of special) table.add(token)
  const spelled = Array.from(counts, ([word, count]) => ({ chars: Array.from(word), count }))
  const known = new Set(alphabet ?? frequentCharacters(spelled, maxAlphabet))
  for (const char of known) table.add(char)
  const words = spelled
    .map(({ chars, count }) => ({ chars: chars.filter((char) => known.has(char)), count }))
    .filter(({ chars }) => chars.length > 0)
    .map(({ chars, count }) => ({ symbols: spell(chars), count }))
  const spellings = new Set<string>()
  for (const { symbols } of words) for (const name of symbols) spellings.add(name)
  for (const name of [...spellings].sort()) table.add(name)
  if (table.names.length > vocabSize)
    throw new NablaError(
      'argument',
      `[${caller}] vocabSize ${vocabSize} does not hold the ${special.length} special tokens and the alphabet, ${table.names.length} together`,
      { vocabSize, needed: table.names.length },
    )
  const merges = await learnMerges(
    words.map(({ symbols, count }) => ({ symbols: symbols.map((name) => table.find(name)!), count })),
    table,
    { size: vocabSize, minFrequency, join },
  )
  return { table, merges }
}

/** How often each word occurs, as the pipeline cuts them: by the very code that will cut them later. Sorted, so order does not matter. */
async function countWords(texts: Texts, pipeline: Pipeline): Promise<Map<string, number>> {
  const empty = { type: 'BPE', vocab: {}, merges: [] }
  const { normalizer, pre_tokenizer } = engineOf(tokenizerJson(pipeline, empty))
  const counts = new Map<string, number>()
  let since = performance.now()
  for await (const text of texts) {
    for (const word of pre_tokenizer!(normalizer ? normalizer(text) : text)) counts.set(word, (counts.get(word) ?? 0) + 1)
    if (performance.now() - since > 20) {
      await breathe()
      since = performance.now()
    }
  }
  counts.delete('')
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The most frequent characters, then in code-point order. */
function frequentCharacters(words: readonly { chars: readonly string[]; count: number }[], limit: number): string[] {
  const counts = new Map<string, number>()
  for (const { chars, count } of words) for (const char of chars) counts.set(char, (counts.get(char) ?? 0) + count)
  const point = (char: string) => char.codePointAt(0)!
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || point(a) - point(b))
    .slice(0, limit)
    .map(([char]) => char)
    .sort((a, b) => point(a) - point(b))
}

const numbered = (table: SymbolTable): Record<string, number> => Object.fromEntries(table.names.map((name, id) => [name, id]))

function needSpecial(caller: string, special: readonly string[], token: string): void {
  if (!special.includes(token))
    throw new NablaError(
      'argument',
      `[${caller}] "${token}" has to be one of specialTokens, which are ${special.join(' ') || 'none'}`,
      {
        token,
        specialTokens: special,
      },
    )
}
