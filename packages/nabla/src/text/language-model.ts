/**
 * Batches for language models: pieces of a long sequence of tokens, and the same pieces one token on, which are to be foretold.
 *
 *     corpus    t h e   t i m e   m a c h i n e
 *     input     h e   t i           target    e   t i m
 */
import { NablaError } from '../core/errors.js'
import { BaseDataset } from '../data/dataset.js'
import { permutation } from '../data/permutation.js'
import { type Recipe, recipeKey } from '../data/portable.js'
import { SampleRandom } from '../data/random.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'

const asIds = (corpus: ArrayLike<number>): Int32Array => (corpus instanceof Int32Array ? corpus : Int32Array.from(corpus))

function checkWhole(where: string, values: Readonly<Record<string, number>>, least: number): void {
  for (const [name, value] of Object.entries(values))
    if (!Number.isSafeInteger(value) || value < least)
      throw new NablaError('argument', `[${where}] ${name} ${value}: expected a whole number of ${least} or more`, {
        [name]: value,
      })
}

/** Every piece of `steps` tokens as a sample `[input, target]`, for a DataLoader. Pieces begin `stride` tokens apart and overlap. */
export class TextWindows extends BaseDataset<[input: Int32Array, target: Int32Array]> {
  readonly length: number
  /** The numbers of all tokens. */
  readonly corpus: Int32Array

  /** Throws NablaError('data') on a corpus of less than `steps + 1` tokens. */
  constructor(
    corpus: ArrayLike<number>,
    /** Tokens in a piece. */
    readonly steps: number,
    /** Tokens from the beginning of a piece to that of the next. Default 1. */
    readonly stride = 1,
  ) {
    super()
    checkWhole('TextWindows', { steps, stride }, 1)
    this.corpus = asIds(corpus)
    if (corpus.length <= steps)
      throw new NablaError('data', `[TextWindows] ${corpus.length} tokens hold no piece of ${steps} and the token after it`, {
        tokens: corpus.length,
        steps,
      })
    this.length = Math.floor((corpus.length - steps - 1) / stride) + 1
  }

  get(index: number): [input: Int32Array, target: Int32Array] {
    const from = index * this.stride
    return [this.corpus.subarray(from, from + this.steps), this.corpus.subarray(from + 1, from + this.steps + 1)]
  }

  get [recipeKey](): Recipe {
    return { module: import.meta.url, name: 'TextWindows', args: [this.corpus, this.steps, this.stride], construct: true }
  }
}

/** How a corpus becomes batches. */
export interface LanguageModelOptions {
  /** Rows of a batch. */
  readonly batchSize: number
  /** Tokens in a row. */
  readonly steps: number
  /**
   * `random` (default): rows are pieces from anywhere, each token in one at most. `sequential`: row i of a batch goes on where row i of the
   * batch before ended, so that a recurrent model may keep its state.
   */
  readonly order?: 'random' | 'sequential'
  /** Tokens left out at the beginning: as many in every epoch, or `random` (default), 0 to `steps - 1`, so that pieces differ from epoch to epoch. */
  readonly offset?: number | 'random'
  /** What the orders and offsets follow from, together with the number of the epoch. Default 0. */
  readonly seed?: number
  /** Number of the first epoch that is drawn. Default 0. */
  readonly epoch?: number
}

/**
 * A loader over a corpus: batches `[input, target]`, both int32 [batchSize, steps]. Every epoch has the same number of them, all full;
 * tokens that are left over are left out.
 *
 *     for await (const [input, target] of new LanguageModelLoader(vocabulary.ids(words), { batchSize: 32, steps: 35 })) ...
 *
 */
export class LanguageModelLoader implements AsyncIterable<[input: Tensor, target: Tensor]> {
  /** The numbers of all tokens. */
  readonly corpus: Int32Array
  /** Rows of a batch. */
  readonly batchSize: number
  /** Tokens in a row. */
  readonly steps: number
  /** How rows follow each other. */
  readonly order: 'random' | 'sequential'
  /** Tokens left out at the beginning. */
  readonly offset: number | 'random'
  /** What the orders and offsets follow from. */
  readonly seed: number
  /** Batches in an epoch. */
  readonly length: number
  /** Number of the epoch that the next iteration draws; grows with each iteration begun, and may be set. */
  epoch: number
  /** Pieces of `steps` tokens in an epoch of random order; tokens of a row in one of sequential order. */
  private readonly pieces: number

  /** Throws NablaError('data') on a corpus that does not fill a batch. */
  constructor(corpus: ArrayLike<number>, options: LanguageModelOptions) {
    const { batchSize, steps, order = 'random', offset = 'random', seed = 0, epoch = 0 } = options
    checkWhole('LanguageModelLoader', { batchSize, steps }, 1)
    checkWhole('LanguageModelLoader', { offset: offset === 'random' ? 0 : offset, seed, epoch }, 0)
    this.corpus = asIds(corpus)
    const left = corpus.length - 1 - (offset === 'random' ? steps - 1 : offset) // in the epoch that has the least
    const [first, second] = order === 'random' ? [steps, batchSize] : [batchSize, steps]
    this.pieces = Math.floor(left / first)
    this.length = Math.floor(this.pieces / second)
    if (!(this.length > 0))
      throw new NablaError(
        'data',
        `[LanguageModelLoader] ${corpus.length} tokens do not fill a batch: ${batchSize} rows of ${steps} take ${batchSize * steps + corpus.length - left}`,
        { tokens: corpus.length, batchSize, steps },
      )
    this.batchSize = batchSize
    this.steps = steps
    this.order = order
    this.offset = offset
    this.seed = seed
    this.epoch = epoch
  }

  /** Where each row of each batch begins in the corpus: [length, batchSize], and what is left over. */
  private starts(epoch: number): Uint32Array {
    const { batchSize, steps, length } = this
    const offset = this.offset === 'random' ? new SampleRandom(this.seed, epoch, 0).integer(steps) : this.offset
    if (this.order === 'random') return permutation(this.pieces, this.seed, epoch).map((piece) => offset + piece * steps)
    return Uint32Array.from({ length: length * batchSize }, (_, i) => {
      const [batch, row] = [Math.floor(i / batchSize), i % batchSize]
      return offset + row * this.pieces + batch * steps
    })
  }

  /** The batches of one epoch from batch `start` on (to go on in the middle of an epoch). Does not change `epoch`. */
  async *batches(epoch: number, start = 0): AsyncGenerator<[input: Tensor, target: Tensor], void, undefined> {
    const { corpus, batchSize, steps } = this
    const starts = this.starts(epoch)
    const shape = [batchSize, steps]
    for (let batch = start; batch < this.length; batch++) {
      const [input, target] = [new Int32Array(batchSize * steps), new Int32Array(batchSize * steps)]
      for (let row = 0; row < batchSize; row++) {
        const from = starts[batch * batchSize + row]!
        input.set(corpus.subarray(from, from + steps), row * steps)
        target.set(corpus.subarray(from + 1, from + steps + 1), row * steps)
      }
      yield [tensor(input, { shape }), tensor(target, { shape })]
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<[input: Tensor, target: Tensor], void, undefined> {
    return this.batches(this.epoch++)
  }
}
