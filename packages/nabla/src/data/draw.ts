/** The samples of one batch, made here or in a worker, and what becomes of an error in one of them. */
import { type ErrorKind, NablaError } from '../core/errors.js'
import type { MapStyleDataset } from './dataset.js'
import { SampleRandom } from './random.js'
import type { StreamDataset } from './stream.js'

/** Where a batch stands, and of which samples it is. */
export interface Draw {
  readonly seed: number
  readonly epoch: number
  /** Number of the batch in its epoch. */
  readonly batch: number
}

/** An error while a batch was made, as it goes from thread to thread. */
export interface Mishap {
  readonly message: string
  readonly name: string
  readonly stack: string
  readonly kind: ErrorKind
  /** Only what can be copied. */
  readonly facts: Readonly<Record<string, unknown>>
  /** The sample in whose making it happened; absent where that was the batch. */
  readonly index?: number
}

/** Thrown where a batch is made; becomes a NablaError where it is asked for. */
export class DrawError {
  constructor(readonly mishap: Mishap) {}
}

/** An error in a form that can be copied. */
export function mishapOf(error: unknown, index?: number): Mishap {
  if (error instanceof DrawError) return error.mishap
  const { message, name, stack } = error instanceof Error ? error : new Error(String(error))
  const { kind, facts = {} } = (error ?? {}) as { kind?: ErrorKind; facts?: Readonly<Record<string, unknown>> }
  const plain = Object.entries(facts).filter(([, value]) => typeof value !== 'function' && typeof value !== 'object')
  return {
    message,
    name,
    stack: stack ?? message,
    kind: name === 'NablaError' && kind ? kind : 'data',
    facts: Object.fromEntries(plain),
    ...(index === undefined ? {} : { index }),
  }
}

/** What a loader throws: says which sample of which epoch it was; `cause` is the error itself, with its stack. */
export function errorOf(
  { message, name, stack, kind, facts, index }: Mishap,
  { epoch, batch }: Draw,
  worker?: number,
): NablaError {
  const where = index === undefined ? `batch ${batch} of epoch ${epoch}` : `sample ${index} (batch ${batch} of epoch ${epoch})`
  const error = new NablaError(kind, `[DataLoader] ${where}: ${message}`, {
    ...facts,
    epoch,
    batch,
    ...(index === undefined ? {} : { index }),
    ...(worker === undefined ? {} : { worker }),
  })
  const cause = new Error(message)
  cause.name = name
  cause.stack = stack
  Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  return error
}

/** Runs what may fail for one sample, or for the batch as a whole. */
export function guarded<T>(make: () => T, index?: number): T {
  try {
    return make()
  } catch (error) {
    throw new DrawError(mishapOf(error, index))
  }
}

/** A promise's failure, told in the same way. */
export const guardedLater = <T>(promise: Promise<T>, index?: number): Promise<T> =>
  promise.catch((error: unknown): never => {
    throw new DrawError(mishapOf(error, index))
  })

/** The samples with these numbers. Those that take their time are waited for together. */
export async function drawSamples(dataset: MapStyleDataset, rows: Uint32Array, { seed, epoch }: Draw): Promise<unknown[]> {
  const samples: unknown[] = new Array(rows.length)
  let waiting = false
  for (let i = 0; i < rows.length; i++) {
    const index = rows[i]!
    const sample = guarded(() => dataset.get(index, new SampleRandom(seed, epoch, index)), index)
    waiting ||= sample instanceof Promise
    samples[i] = sample instanceof Promise ? guardedLater(sample, index) : sample
  }
  return waiting ? Promise.all(samples) : samples
}

/** What a stream gave for one batch: the samples' places in the epoch, and the samples. */
export interface StreamBatch {
  readonly rows: Uint32Array
  readonly samples: readonly unknown[]
}

/** Walks through an epoch of a stream, and makes the batches it is asked for, in ascending order. */
export class StreamReader {
  private readonly iterator: AsyncIterator<unknown> | Iterator<unknown>
  private position = 0
  private ended = false

  constructor(
    private readonly stream: StreamDataset<unknown>,
    private readonly batchSize: number,
    epoch: number,
  ) {
    const opened = stream.open(epoch)
    this.iterator = Symbol.asyncIterator in opened ? opened[Symbol.asyncIterator]() : opened[Symbol.iterator]()
  }

  /** The samples of this batch; fewer or none at the stream's end. */
  async read({ seed, epoch, batch }: Draw): Promise<StreamBatch> {
    const first = batch * this.batchSize
    while (this.position < first && !this.ended) await this.next()
    const samples: unknown[] = []
    for (let index = first; index < first + this.batchSize; index++) {
      const raw = await this.next()
      if (raw.done) break
      const made = guarded(() => this.stream.finish(raw.value, new SampleRandom(seed, epoch, index)), index)
      samples.push(made instanceof Promise ? guardedLater(made, index) : made)
    }
    return { rows: Uint32Array.from(samples, (_, i) => first + i), samples: await Promise.all(samples) }
  }

  private async next(): Promise<IteratorResult<unknown, unknown>> {
    if (this.ended) return { done: true, value: undefined }
    const index = this.position
    const result = await guardedLater(Promise.resolve(guarded(() => this.iterator.next(), index)), index)
    if (result.done) this.ended = true
    else this.position++
    return result
  }

  /** Lets the stream close what it has open. */
  async close(): Promise<void> {
    if (!this.ended) await this.iterator.return?.()
    this.ended = true
  }
}
