/**
 * Pairs of sentences for models that translate one into the other. The decoder reads its own answer one token late:
 *
 *     source   go . <eos> <pad>            length 3
 *     input    <bos> va ! <eos> <pad>
 *     target   va ! <eos> <pad> <pad>      length 3
 */
import { NablaError } from '../core/errors.js'
import { BaseDataset, type FieldTypes } from '../data/dataset.js'
import { type Recipe, recipeKey } from '../data/portable.js'
import { type PaddedRows, padRows } from './padding.js'
import type { Vocabulary } from './vocabulary.js'

/** A pair of sentences, cut and filled. Collated, arrays are int32 [N, T] and numbers int32 [N]. */
export type SentencePair = {
  /** What is translated, with `<eos>`. */
  readonly source: Int32Array
  /** Tokens of it that do not fill. */
  readonly sourceLength: number
  /** What the decoder reads: `<bos>` and the translation, without the last. */
  readonly input: Int32Array
  /** What the decoder is to say: the translation with `<eos>`. */
  readonly target: Int32Array
  /** Tokens of it that do not fill. */
  readonly targetLength: number
}

/** How pairs are put into rows. */
export interface SentencePairsOptions {
  /** Tokens in a source row, `<eos>` counted; longer sentences lose their end. Default: what the longest needs. */
  readonly sourceSteps?: number
  /** Tokens in a target row, `<eos>` counted. Default: what the longest needs. */
  readonly targetSteps?: number
}

/**
 * Pairs of sentences as a data set of records.
 *
 *     const pairs = SentencePairs.of(english.map(tokenizeWords), french.map(tokenizeWords), sourceVocabulary, targetVocabulary)
 *     for await (const { source, sourceLength, input, target, targetLength } of new DataLoader(pairs, { batchSize: 64, shuffle: true })) ...
 *
 */
export class SentencePairs extends BaseDataset<SentencePair> {
  readonly length: number

  /** Of rows that are padded already: sources, and targets with `<bos>` and `<eos>`, one longer than `input` and `target` are. */
  constructor(
    /** Source rows. */
    readonly sources: PaddedRows,
    /** Target rows. */
    readonly targets: PaddedRows,
  ) {
    super()
    this.length = sources.lengths.length
    if (this.length !== targets.lengths.length)
      throw new NablaError('data', `[SentencePairs] ${this.length} sources do not pair with ${targets.lengths.length} targets`, {
        sources: this.length,
        targets: targets.lengths.length,
      })
  }

  /** Of tokens, numbered by vocabularies that have `<pad>` and `<eos>`, that of the targets `<bos>` too. Throws NablaError('data') otherwise. */
  static of(
    sources: readonly (readonly string[])[],
    targets: readonly (readonly string[])[],
    sourceVocabulary: Vocabulary,
    targetVocabulary: Vocabulary,
    { sourceSteps, targetSteps }: SentencePairsOptions = {},
  ): SentencePairs {
    const rows = (
      sentences: readonly (readonly string[])[],
      vocabulary: Vocabulary,
      length: number | undefined,
      first: string[],
    ) => {
      for (const token of [...first, '<eos>', '<pad>'])
        if (!vocabulary.has(token))
          throw new NablaError(
            'data',
            `[SentencePairs] a vocabulary has no ${token}: make it with { reserved: reservedTokens }`,
            { token },
          )
      return padRows(
        sentences.map((sentence) => vocabulary.ids([...first, ...sentence, '<eos>'])),
        { pad: vocabulary.id('<pad>'), ...(length === undefined ? {} : { length }) },
      )
    }
    return new SentencePairs(
      rows(sources, sourceVocabulary, sourceSteps, []),
      rows(targets, targetVocabulary, targetSteps === undefined ? undefined : targetSteps + 1, ['<bos>']),
    )
  }

  get(index: number): SentencePair {
    const { sources, targets } = this
    const [from, to] = [index * targets.length, (index + 1) * targets.length]
    return {
      source: sources.ids.subarray(index * sources.length, (index + 1) * sources.length),
      sourceLength: sources.lengths[index]!,
      input: targets.ids.subarray(from, to - 1),
      target: targets.ids.subarray(from + 1, to),
      targetLength: targets.lengths[index]! - 1,
    }
  }

  override get dtypes(): FieldTypes {
    return { sourceLength: 'int32', targetLength: 'int32' }
  }

  get [recipeKey](): Recipe {
    return { module: import.meta.url, name: 'SentencePairs', args: [this.sources, this.targets], construct: true }
  }
}
