/** Batches of a data set, in order or shuffled by a seed. */
import { NablaError } from '../core/errors.js'
import { breathe } from '../core/turn.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Dataset } from './dataset.js'
import { permutation } from './permutation.js'

/** How rows become batches. */
export interface DataLoaderOptions {
  /** Rows in a batch. Default 1. */
  batchSize?: number
  /** Visit the rows in another order every epoch. Default false. */
  shuffle?: boolean
  /** Leave out the last batch when it is not full. Default false. */
  dropLast?: boolean
  /** The order is a function of this and the epoch's number alone. Default 0. */
  seed?: number
  /** Number of the first epoch that is drawn, for runs that go on. Default 0. */
  epoch?: number
}

/** Milliseconds of work after which the loader lets the event loop turn, so that signals, timers and sockets are served. */
const turn = 10

/**
 * An async iterable over the batches of `dataset`; each `for await` over it is one epoch.
 *
 *     for await (const [images, labels] of new DataLoader(await mnist('train'), { batchSize: 256, shuffle: true })) ...
 *
 */
export class DataLoader<Batch extends readonly Tensor[] = readonly Tensor[]> implements AsyncIterable<Batch> {
  /** Rows in a batch; the last may have fewer. */
  readonly batchSize: number
  /** Whether every epoch has an order of its own. */
  readonly shuffle: boolean
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean
  /** What the orders follow from, together with the number of the epoch. */
  readonly seed: number
  /** Number of the epoch that the next iteration draws; grows with each iteration begun, and may be set. */
  epoch: number

  constructor(
    /** Where the rows come from. */
    readonly dataset: Dataset<Batch>,
    options: DataLoaderOptions = {},
  ) {
    const { batchSize = 1, shuffle = false, dropLast = false, seed = 0, epoch = 0 } = options
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new NablaError('argument', `[DataLoader] batchSize ${batchSize}: expected a whole number of 1 or more`, { batchSize })
    for (const [name, value] of Object.entries({ seed, epoch }))
      if (!Number.isSafeInteger(value) || value < 0)
        throw new NablaError('argument', `[DataLoader] ${name} ${value}: expected a whole number of 0 or more`, { [name]: value })
    if (!Number.isSafeInteger(dataset.length) || dataset.length < 0)
      throw new NablaError(
        'argument',
        `[DataLoader] the data set's length is ${dataset.length}: expected a whole number of 0 or more`,
      )
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.dropLast = dropLast
    this.seed = seed
    this.epoch = epoch
  }

  /** Batches in an epoch. */
  get length(): number {
    const whole = this.dataset.length / this.batchSize
    return this.dropLast ? Math.floor(whole) : Math.ceil(whole)
  }

  /** The row numbers of an epoch's batches, in order. */
  private order(epoch: number): Uint32Array {
    const n = this.dataset.length
    return this.shuffle ? permutation(n, this.seed, epoch) : Uint32Array.from({ length: n }, (_, i) => i)
  }

  /** The batches of one epoch from batch `start` on (to go on in the middle of an epoch). Does not change `epoch`. */
  async *batches(epoch: number, start = 0): AsyncGenerator<Batch, void, undefined> {
    const order = this.order(epoch)
    const make = (i: number): Batch | Promise<Batch> | undefined =>
      i < this.length ? this.dataset.batch(order.slice(i * this.batchSize, (i + 1) * this.batchSize)) : undefined
    await breathe() // Putting a large data set in order takes a while, as does a first batch.
    let since = performance.now()
    for (let i = start; i < this.length; i++) {
      const batch = await make(i)
      if (i === start || performance.now() - since > turn) {
        await breathe()
        since = performance.now()
      }
      yield batch!
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    return this.batches(this.epoch++)
  }
}
