import { beforeAll, describe, expect, it } from 'vitest'
import { randomBelow, randomBits } from '../data/permutation.js'
import { Tokenizer } from './tokenizer.js'
import type { TokenizerJson } from './tokenizer-json.js'
import { trainBytePair, trainWordPiece } from './train-tokenizer.js'

const sentences = [
  'The quick brown fox jumps over the lazy dog.',
  "It isn't the quickest fox, though; the dog's lazier than it was.",
  'Über den Wolken, dort fliegt ein quicker Fuchs — 狐狸跳过了狗 🦊!',
  'lower lowest newer newest wider widest low low low new new new',
]
const repeated = (texts: readonly string[], times: number) => Array.from({ length: times }, () => texts).flat()
const pairsOf = (json: TokenizerJson) => json.model.merges as string[]
const again = (json: TokenizerJson) => JSON.parse(JSON.stringify(json)) as unknown

/** Any text: letters of all planes, white space of all kinds, control characters, marks, byte order marks; no half pairs. */
function anyText(next: () => number): string {
  const ranges = [
    [0, 0x80],
    [0, 0x80],
    [0x20, 0x7f],
    [0x80, 0x800],
    [0x800, 0xd800],
    [0xe000, 0x10000],
    [0x10000, 0x110000],
    [0x2000, 0x2010],
    [0xfeff, 0xff00],
    [0x300, 0x370],
  ]
  return Array.from({ length: randomBelow(next, 40) }, () => {
    const [from, to] = ranges[randomBelow(next, ranges.length)]!
    return String.fromCodePoint(from! + randomBelow(next, to! - from!))
  }).join('')
}

describe('byte pairs of bytes', () => {
  let json: TokenizerJson
  let tokenizer: Tokenizer
  beforeAll(async () => {
    json = await trainBytePair(repeated(sentences, 3), { vocabSize: 350, specialTokens: ['<|end|>'] })
    tokenizer = Tokenizer.fromJSON(again(json))
  })

  it('merges what is frequent', () => {
    expect(tokenizer.size).toBe(350)
    expect(pairsOf(json)).toHaveLength(350 - 257)
    expect(tokenizer.tokenize('low quick fox')).toEqual(['low', 'Ġquick', 'Ġfox'])
    expect(tokenizer.token(0)).toBe('<|end|>')
    expect(tokenizer.specialTokens).toEqual(['<|end|>'])
  })

  it('gives back every text', () => {
    const next = randomBits(7)
    for (let i = 0; i < 2000; i++) {
      const text = anyText(next)
      expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text)
    }
    for (const text of ['', ' ', '\n\n', 'a '.repeat(1000), 'x'.repeat(5000), 'Ġ', '<|end|>', 'a<|end|> b', " 's 't"])
      expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text)
    expect(tokenizer.decode(tokenizer.encode('a\ud800b').ids)).toBe('a\ufffdb')
  })

  it('finds special tokens in texts, and leaves them out if told', () => {
    const { ids, tokens } = tokenizer.encode('a fox<|end|>the dog')
    expect(tokens).toContain('<|end|>')
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('a foxthe dog')
    expect(tokenizer.decode(tokenizer.encode('the fox .').ids, { cleanUpSpaces: true })).toBe('the fox.')
  })

  it('does not depend on the order of the texts', async () => {
    const reversed = await trainBytePair(repeated([...sentences].reverse(), 3), { vocabSize: 350, specialTokens: ['<|end|>'] })
    expect(reversed).toEqual(json)
  })

  it('reads texts that come one after the other', async () => {
    async function* stream() {
      yield* repeated(sentences, 3)
    }
    expect(await trainBytePair(stream(), { vocabSize: 350, specialTokens: ['<|end|>'] })).toEqual(json)
  })

  it('puts special tokens around texts', async () => {
    const framed = await trainBytePair(sentences, {
      vocabSize: 300,
      specialTokens: ['<bos>', '<eos>'],
      begin: '<bos>',
      end: '<eos>',
    })
    const { tokens, typeIds } = Tokenizer.fromJSON(framed).encode('a', { pair: 'b' })
    expect(tokens).toEqual(['<bos>', 'a', '<eos>', 'b', '<eos>'])
    expect([...typeIds]).toEqual([0, 0, 0, 1, 1])
    expect(Tokenizer.fromJSON(framed).encode('a', { specialTokens: false }).tokens).toEqual(['a'])
  })

  it('encodes pairs without a template', () => {
    const withBytes = Tokenizer.fromJSON({ ...json, post_processor: { type: 'ByteLevel', trim_offsets: false } })
    for (const each of [tokenizer, withBytes]) {
      const { tokens, typeIds } = each.encode('low fox', { pair: 'low' })
      expect(tokens).toEqual(['low', 'Ġfox', 'low'])
      expect([...typeIds]).toEqual([0, 0, 1])
    }
  })
})

describe('byte pairs of characters', () => {
  it('learns what Sennrich, Haddow and Birch show', async () => {
    const texts = ['low '.repeat(5), 'lower '.repeat(2), 'newest '.repeat(6), 'widest '.repeat(3)]
    const json = await trainBytePair(texts, { vocabSize: 100, byteLevel: false })
    expect(pairsOf(json).slice(0, 6)).toEqual(['e s', 'es t</w>', 'l o', 'e w', 'n ew', 'new est</w>'])
    const tokenizer = Tokenizer.fromJSON(again(json))
    expect(tokenizer.tokenize('lowest')).toEqual(['lo', 'w', 'est</w>'])
    expect(tokenizer.decode(tokenizer.encode('newest  low').ids)).toBe('newest low')
    expect(tokenizer.tokenize('z')).toEqual(['<unk>'])
  })

  it('refuses what has no token', async () => {
    const { model, ...rest } = await trainBytePair(sentences, { vocabSize: 300, byteLevel: false, minFrequency: 3 })
    const strict = Tokenizer.fromJSON({ ...rest, model: { ...model, unk_token: null } })
    expect(strict.tokenize('low').length).toBeGreaterThan(0)
    expect(() => strict.encode('low Ж')).toThrow(/"Ж" has no token, and the tokenizer has none for unknown ones/)
  })
})

describe('WordPiece', () => {
  let json: TokenizerJson
  let tokenizer: Tokenizer
  beforeAll(async () => {
    json = await trainWordPiece(repeated(sentences, 2), { vocabSize: 150, minFrequency: 4 })
    tokenizer = Tokenizer.fromJSON(again(json))
  })

  it('cuts words from the left into the longest pieces', () => {
    expect(tokenizer.tokenize('Lowest, the LÖWER!')).toEqual(['low', '##est', ',', 'the', 'low', '##er', '!'])
    expect(tokenizer.tokenize('the λ')).toEqual(['the', '[UNK]'])
  })

  it('puts BERT’s tokens around texts and pairs', () => {
    const { tokens, typeIds, ids } = tokenizer.encode('the dog', { pair: 'low' })
    expect(tokens[0]).toBe('[CLS]')
    expect(tokens.filter((token) => token === '[SEP]')).toHaveLength(2)
    expect([...typeIds].indexOf(1)).toBe(tokens.indexOf('[SEP]') + 1)
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('the dog low')
  })

  it('cuts to a length and fills to one', async () => {
    const cut = tokenizer.encode('low low low low low', { pair: 'new new', maxLength: 7 })
    expect(cut.tokens).toEqual(['[CLS]', 'low', 'low', '[SEP]', 'new', 'new', '[SEP]'])
    expect(() => tokenizer.encode('low', { maxLength: 1 })).toThrow(/maxLength 1 does not hold the 2 special tokens/)
    const batch = tokenizer.encodeBatch(['low low', ['low', 'new']])
    expect(batch.ids.shape).toEqual([2, 5])
    expect([...(await batch.lengths.data())]).toEqual([4, 5])
    expect([...(await batch.typeIds.data())]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    const fixed = tokenizer.encodeBatch(['low low low', 'low'], { length: 4, pad: '[MASK]' })
    expect([...(await fixed.ids.data())].filter((id) => id === tokenizer.id('[MASK]'))).toHaveLength(1)
    expect([...(await fixed.mask.data())].map(Number)).toEqual([1, 1, 1, 1, 1, 1, 1, 0])
  })

  it('does not fail on any text', () => {
    const next = randomBits(11)
    for (let i = 0; i < 500; i++) tokenizer.decode(tokenizer.encode(anyText(next)).ids)
  })
})

describe('bad input', () => {
  it('is said by name', async () => {
    const json = await trainWordPiece(sentences, { vocabSize: 100 })
    const part = (changes: object) => () => Tokenizer.fromJSON({ ...json, ...changes })
    expect(part({ model: { type: 'Morfessor', vocab: {} } })).toThrow(/model of kind "Morfessor"; known here: BPE, WordPiece/)
    expect(part({ normalizer: { type: 'Klingon' } })).toThrow(/Klingon.*model WordPiece/)
    expect(part({ pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Wurst' }] } })).toThrow(/Wurst/)
    expect(part({ decoder: { type: 'Nope' } })).toThrow(/Nope/)
    for (const nothing of [null, [], {}, 3, '{}']) expect(() => Tokenizer.fromJSON(nothing)).toThrow(/not a tokenizer.json/)
    const tokenizer = Tokenizer.fromJSON(json)
    expect(() => tokenizer.decode([2, 9999])).toThrow(/no token has number 9999/)
    expect(() => tokenizer.decode([-1])).toThrow(/no token has number -1/)
    expect(() => tokenizer.id('fuchs!')).toThrow(/"fuchs!" is none of the/)
    expect(tokenizer.decode([])).toBe('')
  })

  it('does not train on nothing, or into too little room', async () => {
    await expect(trainBytePair([], { vocabSize: 300 })).rejects.toThrow(/texts hold no word/)
    await expect(trainWordPiece(['', '  \n'], { vocabSize: 300 })).rejects.toThrow(/texts hold no word/)
    await expect(trainBytePair(sentences, { vocabSize: 200 })).rejects.toThrow(/vocabSize 200 does not hold.*256 together/)
    await expect(trainBytePair(sentences, { vocabSize: 0 })).rejects.toThrow(/vocabSize 0: expected a whole number/)
    await expect(trainBytePair(sentences, { vocabSize: 300, end: '</s>' })).rejects.toThrow(
      /"<\/s>" has to be one of specialTokens/,
    )
    await expect(trainWordPiece(sentences, { vocabSize: 300, specialTokens: [] })).rejects.toThrow(/"\[UNK\]" has to be one of/)
  })

  it('loads lists of words and Unigram models', () => {
    const words = Tokenizer.fromJSON({
      pre_tokenizer: { type: 'Whitespace' },
      model: { type: 'WordLevel', vocab: { '[UNK]': 0, low: 1, __proto__: 2 }, unk_token: '[UNK]' },
    })
    expect([...words.encode('low high low').ids]).toEqual([1, 0, 1])
    const pieces = [
      ['<unk>', 0],
      ['▁', -2],
      ['a', -3],
      ['b', -3],
      ['ab', -4],
    ]
    const unigram = Tokenizer.fromJSON({
      model: { type: 'Unigram', unk_id: 0, vocab: pieces },
      pre_tokenizer: { type: 'Metaspace' },
    })
    expect(unigram.tokenize('ab')).toEqual(['▁', 'ab'])
  })
})
