import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { countNgrams, countTokens, mostCommon, zipf } from './statistics.js'
import { normalizeLetters, normalizeSentence, tokenizeCharacters, tokenizeWords } from './tokenize.js'
import { reservedTokens, Vocabulary } from './vocabulary.js'

describe('tokenising', () => {
  it('keeps letters only', () => {
    expect(normalizeLetters('The Time Machine, by H. G. Wells [1898]\n')).toBe('the time machine by h g wells ')
  })

  it('sets punctuation of sentences apart', () => {
    expect(normalizeSentence('Ça va\u202f? Oui\u00a0!!  Non, merci.')).toBe('ça va ? oui ! !  non , merci .')
    expect(normalizeSentence('!')).toBe('!')
  })

  it('cuts at white space, or into code points', () => {
    expect(tokenizeWords('  to be\tor\nnot ')).toEqual(['to', 'be', 'or', 'not'])
    expect(tokenizeWords('')).toEqual([])
    expect(tokenizeCharacters('a😀b')).toEqual(['a', '😀', 'b'])
  })
})

describe('statistics', () => {
  const words = tokenizeWords('a b a b c a')

  it('counts tokens and runs of tokens', () => {
    expect([...countTokens(words)]).toEqual([
      ['a', 3],
      ['b', 2],
      ['c', 1],
    ])
    expect(mostCommon(countNgrams(words, 2))).toEqual([
      ['a b', 2],
      ['b a', 1],
      ['b c', 1],
      ['c a', 1],
    ])
    expect([
      ...countNgrams(
        [
          ['a', 'b'],
          ['b', 'a'],
        ],
        2,
        '-',
      ).keys(),
    ]).toEqual(['a-b', 'b-a'])
    expect(countNgrams([], 2).size).toBe(0)
    expect(() => countNgrams(words, 0)).toThrow(/n 0: expected a whole number of 1 or more/)
  })

  it('finds the exponent of a power law', () => {
    const counts = new Map(Array.from({ length: 50 }, (_, i) => [`w${i}`, 900 * (i + 1) ** -1.1]))
    const { exponent, scale, r2, frequencies } = zipf(counts)
    expect([exponent, scale, r2]).toEqual([expect.closeTo(1.1, 9), expect.closeTo(900, 6), expect.closeTo(1, 9)])
    expect(frequencies).toHaveLength(50)
    expect(zipf(counts, { from: 10, to: 20 }).exponent).toBeCloseTo(1.1, 9)
    expect(() => zipf(new Map([['a', 1]]))).toThrow(/ranks 1 to 1 of 1 different tokens/)
  })
})

describe('Vocabulary', () => {
  const lines = [['b', 'a', 'a'], ['c', 'b', 'a'], ['d']]

  it('numbers reserved tokens, then the frequent ones', () => {
    expect(Vocabulary.of(lines).all).toEqual(['<unk>', 'a', 'b', 'c', 'd'])
    expect(Vocabulary.of(countTokens(lines), { reserved: reservedTokens, minFrequency: 2 }).all).toEqual([
      ...reservedTokens,
      'a',
      'b',
    ])
    expect(Vocabulary.of(lines, { maxSize: 3 }).all).toEqual(['<unk>', 'a', 'b'])
    expect(Vocabulary.of(lines, { reserved: ['a'] }).all).toEqual(['a', 'b', 'c', 'd'])
  })

  it('goes to numbers and back', () => {
    const vocabulary = Vocabulary.of(lines)
    expect(vocabulary.ids(['a', 'z', 'c'])).toEqual(new Int32Array([1, 0, 3]))
    expect(vocabulary.tokens([1, 0, 3])).toEqual(['a', '<unk>', 'c'])
    expect([vocabulary.size, vocabulary.has('a'), vocabulary.has('z')]).toEqual([5, true, false])
  })

  it('says what it does not know', () => {
    const strict = Vocabulary.of(['machine', 'time'], { reserved: [] })
    expect(() => strict.id('machin')).toThrow(/"machin" is none of the 2 tokens.*did you mean "machine"\? Reserve one/)
    expect(() => strict.token(2)).toThrow(/no token has number 2: there are 2/)
    expect(() => strict.token(-1)).toThrow(/no token has number -1/)
    expect(() => strict.token(0.5)).toThrow(/no token has number 0.5/)
    expect(() => Vocabulary.of([])).toThrow(/the corpus is empty/)
    expect(() => Vocabulary.of([[], []])).toThrow(/the corpus is empty/)
    expect(() => new Vocabulary(['a', 'b', 'a'])).toThrow(/"a" stands at 0 and 2/)
    expect(() => new Vocabulary(['a'], { unknown: '?' })).toThrow(/unknown "\?" is not among the 1 tokens/)
    expect(() => Vocabulary.of(lines, { maxSize: 1, reserved: reservedTokens })).toThrow(/maxSize 1 does not hold the 4 reserved/)
  })

  it('survives JSON, also tokens that objects are hurt by', async () => {
    const vocabulary = Vocabulary.of(['__proto__', 'constructor', '1', '\ud800'], { unknown: null })
    expect(Vocabulary.fromJSON(JSON.stringify(vocabulary)).toJSON()).toEqual(vocabulary.toJSON())
    const folder = mkdtempSync(join(tmpdir(), 'nabla-vocabulary-'))
    const path = join(folder, 'words.json')
    await vocabulary.save(path)
    expect((await Vocabulary.load(path)).all).toEqual(vocabulary.all)
    writeFileSync(path, '{"tokens": [')
    await expect(Vocabulary.load(path)).rejects.toThrow(/words\.json is not JSON/)
    writeFileSync(path, '{"tokens": [1]}')
    await expect(Vocabulary.load(path)).rejects.toThrow(/expected \{ tokens: \[texts\]/)
    await expect(Vocabulary.load(join(folder, 'none.json'))).rejects.toThrow(/none\.json/)
    rmSync(folder, { recursive: true })
  })
})
