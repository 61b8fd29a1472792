import { describe, expect, it } from 'vitest'
import { DataLoader } from '../data/loader.js'
import { SampleRandom } from '../data/random.js'
import { BertExamples, flattenDocuments, maskTokens, NextSentencePairs } from './bert.js'
import { LanguageModelLoader, TextWindows } from './language-model.js'
import { padRows, padSequences, truncatePair } from './padding.js'
import { SentencePairs } from './sentence-pairs.js'
import { reservedTokens, Vocabulary } from './vocabulary.js'

const count = (n: number) => Int32Array.from({ length: n }, (_, i) => i)
const list = (values: ArrayLike<number>) => Array.from(values)

describe('padding', () => {
  it('fills and cuts at either end', async () => {
    const { ids, lengths, mask } = padSequences([[5, 6, 7], [8], []], { pad: 1 })
    expect(await ids.toArray()).toEqual([
      [5, 6, 7],
      [8, 1, 1],
      [1, 1, 1],
    ])
    expect(await lengths.toArray()).toEqual([3, 1, 0])
    expect([ids.dtype, lengths.dtype, mask.dtype]).toEqual(['int32', 'int32', 'bool'])
    expect(list(padRows([[5, 6, 7], [8]], { length: 2, side: 'left', truncate: 'left' }).ids)).toEqual([6, 7, 0, 8])
    expect(list(padRows([[5, 6, 7], [8]], { length: 2, side: 'left' }).mask)).toEqual([1, 1, 0, 1])
    expect(() => padRows([[1], [1, 2]], { length: 1, truncate: 'never' })).toThrow(/sequence 1 has 2 numbers, and rows have 1/)
    expect(() => padRows([[1]], { length: -1 })).toThrow(/length -1/)
    expect(padSequences([]).ids.shape).toEqual([0, 0])
  })

  it('cuts the longer one of a pair, one by one', () => {
    const slow = (a: number[], b: number[], length: number) => {
      while (a.length + b.length > length) (a.length > b.length ? a : b).pop()
      return [a, b]
    }
    for (let n = 0; n < 7; n++)
      for (let m = 0; m < 7; m++)
        for (let length = 0; length < 14; length++)
          expect(truncatePair(list(count(n)), list(count(m)), length)).toEqual(slow(list(count(n)), list(count(m)), length))
  })
})

describe('language models', () => {
  const all = async (loader: LanguageModelLoader, epoch: number, start = 0) => {
    const batches: number[][][][] = []
    for await (const pair of loader.batches(epoch, start))
      batches.push((await Promise.all(pair.map((t) => t.toArray()))) as number[][][])
    return batches
  }

  it('draws each piece once, anywhere, with what follows it', async () => {
    const loader = new LanguageModelLoader(count(36), { batchSize: 2, steps: 5, seed: 3 })
    expect(loader.length).toBe(3)
    const [first, second] = [await all(loader, 0), await all(loader, 1)]
    expect(first).not.toEqual(second)
    expect(first).toEqual(await all(loader, 0))
    expect((await all(loader, 0, 2))[0]).toEqual(first[2])
    for (const epoch of [first, second]) {
      const rows = epoch.flatMap(([input]) => input!)
      expect(new Set(rows.flat()).size).toBe(30)
      for (const row of rows) expect(row).toEqual(list(count(5)).map((i) => row[0]! + i))
      for (const [input, target] of epoch) expect(target).toEqual(input!.map((row) => row.map((x) => x + 1)))
    }
  })

  it('goes on row by row in sequential order', async () => {
    const loader = new LanguageModelLoader(count(36), { batchSize: 2, steps: 5, order: 'sequential', offset: 0 })
    expect((await all(loader, 0)).map(([input]) => input)).toEqual([
      [
        [0, 1, 2, 3, 4],
        [17, 18, 19, 20, 21],
      ],
      [
        [5, 6, 7, 8, 9],
        [22, 23, 24, 25, 26],
      ],
      [
        [10, 11, 12, 13, 14],
        [27, 28, 29, 30, 31],
      ],
    ])
    for (let seed = 0; seed < 20; seed++) {
      const random = new LanguageModelLoader(count(36), { batchSize: 3, steps: 4, order: 'sequential', seed })
      const batches = (await all(random, seed)).map(([input]) => input!)
      expect(batches).toHaveLength(random.length)
      for (let i = 1; i < batches.length; i++)
        expect(batches[i]!.map((row) => row[0])).toEqual(batches[i - 1]!.map((row) => row[3]! + 1))
    }
  })

  it('gives overlapping windows to a DataLoader', async () => {
    const windows = new TextWindows(count(8), 3)
    expect(windows.length).toBe(5)
    expect(windows.get(4).map(list)).toEqual([
      [4, 5, 6],
      [5, 6, 7],
    ])
    expect(new TextWindows(count(8), 3, 3).length).toBe(2)
    for await (const [input, target] of new DataLoader(windows, { batchSize: 5 })) {
      expect([input.shape, input.dtype, target.dtype]).toEqual([[5, 3], 'int32', 'int32'])
    }
  })

  it('refuses a corpus that is too short', () => {
    expect(() => new TextWindows(count(3), 3)).toThrow(/3 tokens hold no piece of 3/)
    expect(() => new TextWindows([], 3)).toThrow(/0 tokens hold no piece/)
    expect(() => new LanguageModelLoader(count(10), { batchSize: 2, steps: 5, offset: 0 })).toThrow(
      /10 tokens do not fill.*take 11/,
    )
    expect(new LanguageModelLoader(count(11), { batchSize: 2, steps: 5, offset: 0 }).length).toBe(1)
    expect(() => new LanguageModelLoader([], { batchSize: 2, steps: 5 })).toThrow(/0 tokens do not fill a batch/)
    expect(() => new LanguageModelLoader(count(99), { batchSize: 0, steps: 5 })).toThrow(
      /batchSize 0: expected a whole number of 1/,
    )
  })
})

describe('SentencePairs', () => {
  const [english, french] = [
    [
      ['go', '.'],
      ['i', 'am', 'home', '.'],
    ],
    [
      ['va', '!'],
      ['je', 'suis', 'chez', 'moi', '.'],
    ],
  ]
  const [source, target] = [english, french].map((lines) => Vocabulary.of(lines!, { reserved: reservedTokens }))

  it('shifts the target by one, and says lengths', async () => {
    const pairs = SentencePairs.of(english!, french!, source!, target!, { sourceSteps: 4, targetSteps: 5 })
    const { source: from, input, target: to, sourceLength, targetLength } = pairs.get(0)
    expect(source!.tokens(from)).toEqual(['go', '.', '<eos>', '<pad>'])
    expect(target!.tokens(input)).toEqual(['<bos>', 'va', '!', '<eos>', '<pad>'])
    expect(target!.tokens(to)).toEqual(['va', '!', '<eos>', '<pad>', '<pad>'])
    expect([sourceLength, targetLength]).toEqual([3, 3])
    expect([pairs.get(1).sourceLength, pairs.get(1).targetLength]).toEqual([4, 5])
    for await (const batch of new DataLoader(pairs, { batchSize: 2 })) {
      expect(batch.input.shape).toEqual([2, 5])
      expect(await batch.sourceLength.toArray()).toEqual([3, 4])
      expect(batch.sourceLength.dtype).toBe('int32')
    }
    expect(SentencePairs.of(english!, french!, source!, target!).get(0).target).toHaveLength(6)
  })

  it('says what does not fit', () => {
    expect(() => SentencePairs.of(english!, [], source!, target!)).toThrow(/2 sources do not pair with 0 targets/)
    expect(() => SentencePairs.of(english!, french!, Vocabulary.of(english!), target!)).toThrow(/a vocabulary has no <eos>/)
  })
})

describe('BERT', () => {
  const special = { cls: 1, sep: 2, pad: 0, mask: 3, vocabularySize: 1000 }

  it('hides 15%: 80 by the mask, 10 by another token, 10 not at all', () => {
    const ids = Int32Array.from({ length: 100 }, (_, i) => (i === 0 ? 1 : i === 50 || i === 99 ? 2 : 500 + i))
    const seen = { masked: 0, random: 0, kept: 0, special: 0 }
    for (let i = 0; i < 2000; i++) {
      const { input, labels, positions } = maskTokens(ids, { ...special, special: [0, 1, 2] }, new SampleRandom(5, 0, i))
      expect(positions).toHaveLength(15)
      expect(labels.filter((label) => label !== -100)).toEqual(positions.map((at) => ids[at]!))
      for (const at of positions) {
        if (ids[at]! <= 500 || input[at]! <= 2) seen.special++
        if (input[at] === 3) seen.masked++
        else if (input[at] === ids[at]) seen.kept++
        else seen.random++
      }
    }
    expect(seen.special).toBe(0)
    for (const [share, want] of [
      [seen.masked, 0.8],
      [seen.random, 0.1],
      [seen.kept, 0.1],
    ])
      expect(share! / 30_000).toBeCloseTo(want!, 2)
  })

  it('hides the same for the same random numbers, and at least one', () => {
    const draw = () => maskTokens([10, 11], special, new SampleRandom(1, 2, 3))
    expect(draw()).toEqual(draw())
    expect(draw().positions).toHaveLength(1)
    expect(maskTokens([], special, new SampleRandom(0, 0, 0)).positions).toHaveLength(0)
    expect(() => maskTokens([1], { mask: 0, vocabularySize: 1 }, new SampleRandom(0, 0, 0))).toThrow(/all 1 tokens are special/)
    expect(() => maskTokens([1], { ...special, probability: 0 }, new SampleRandom(0, 0, 0))).toThrow(/probability 0/)
  })

  const text = flattenDocuments([[[10], [11, 11], [12]], [], [[20], [], [21]], [[30]]])

  it('pairs sentences with the next one, or with one of another document', () => {
    const pairs = new NextSentencePairs(text)
    expect(pairs.length).toBe(3)
    let follow = 0
    for (let i = 0; i < 1000; i++) {
      const { first, second, isNext } = pairs.get(i % 3, new SampleRandom(9, 0, i))
      const [a, b] = [first[0]!, second[0]!]
      if (isNext) expect(b).toBe(a + 1)
      else expect(Math.floor(b / 10)).not.toBe(Math.floor(a / 10))
      follow += Number(isNext)
    }
    expect(follow / 1000).toBeCloseTo(0.5, 1)
    const alone = new NextSentencePairs(flattenDocuments([[[1], [2], [3], [4]]]))
    for (let i = 0; i < 200; i++) {
      const { first, second, isNext } = alone.get(i % 3, new SampleRandom(0, 0, i))
      expect(second[0] === first[0]! + 1).toBe(isNext)
      expect(second[0]).not.toBe(first[0])
    }
    expect(() => new NextSentencePairs(flattenDocuments([[[1]], [[2]]]))).toThrow(/no sentence follows another in 2 documents/)
  })

  it('makes examples of one length', async () => {
    const examples = new BertExamples(text, { ...special, length: 8 })
    const { ids, typeIds, length, positions, labels } = examples.get(0)
    expect([ids.length, typeIds.length, positions.length, labels.length]).toEqual([8, 8, 1, 1])
    expect([ids[0], ids[length - 1], list(ids.subarray(length))]).toEqual([1, 2, list(ids.subarray(length)).fill(0)])
    expect(typeIds.indexOf(1)).toBe(ids.indexOf(2) + 1)
    expect(list(typeIds.subarray(length))).toEqual(list(ids.subarray(length)))
    expect(labels[0]).toBeGreaterThan(9)
    expect(examples.get(1)).toEqual(examples.get(1))
    for await (const batch of new DataLoader(examples, { batchSize: 3, shuffle: true, seed: 4 })) {
      expect([batch.ids.shape, batch.positions.shape, batch.isNext.shape]).toEqual([[3, 8], [3, 1], [3]])
      expect([batch.ids.dtype, batch.isNext.dtype, batch.length.dtype]).toEqual(['int32', 'int32', 'int32'])
    }
    expect(new BertExamples(text, { ...special, length: 5 }).get(0).length).toBe(5)
    expect(() => new BertExamples(text, { ...special, length: 4 })).toThrow(/length 4: expected 5 or more/)
  })
})
