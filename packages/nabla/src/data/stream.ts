/**
 * Data sets that come as a stream: lines of a large file, messages, numbers made on the way. They are (async) iterables of samples.
 *
 * A stream with its transforms is kept apart from them: every worker runs through the whole stream, but transforms only the samples of its own
 * batches. So the dear part is shared out, the samples come in the stream's order, and no worker has to know of the others.
 */
import { NablaError } from '../core/errors.js'
import { type FieldOf, type FieldTypes, type FieldValue, type SampleTransform, transformed, type WithField } from './dataset.js'
import { type Recipe, recipeKey } from './portable.js'
import { SampleRandom } from './random.js'

/** Samples one after the other. Each loop over it begins anew; a generator does not, so wrap its function: `new StreamDataset(() => lines())`. */
export type IterableDataset<Sample = unknown> = (AsyncIterable<Sample> | Iterable<Sample>) & {
  /** What plain numbers become in a batch; float32 where nothing is said. */
  readonly dtypes?: FieldTypes | undefined
}

/** Begins an epoch of a stream. */
export type OpenStream = (epoch: number) => AsyncIterable<unknown> | Iterable<unknown>

/** A stream that is opened anew for every epoch: `new StreamDataset(async function* (epoch) { ... })`. */
export class StreamDataset<Sample> implements AsyncIterable<Sample> {
  constructor(
    /** Begins an epoch. */
    readonly open: (epoch: number) => AsyncIterable<Sample> | Iterable<Sample>,
    /** Samples of an epoch, where that is known. */
    readonly length?: number,
    /** What plain numbers become in a batch. */
    readonly dtypes?: FieldTypes | undefined,
  ) {}

  /** What is still to be done to a sample as it came. */
  finish(raw: unknown, _random: SampleRandom): Sample | Promise<Sample> {
    return raw as Sample
  }

  /** The same samples, each through a transform; with `field`, only that field of it. */
  map<Out>(transform: SampleTransform<Sample, Out>): StreamDataset<Out>
  map<const Key extends FieldOf<Sample>, Out>(
    transform: SampleTransform<FieldValue<Sample, Key>, Out>,
    field: Key,
  ): StreamDataset<WithField<Sample, Key, Out>>
  map(transform: SampleTransform<never, unknown>, field?: string | number): unknown {
    return new MapStream(this, transform as SampleTransform<Sample, unknown>, field)
  }

  /** Epoch 0, without a loader. Transforms that draw random numbers need one. */
  [Symbol.asyncIterator](): AsyncIterator<Sample> {
    return this.samples(0)
  }

  private async *samples(epoch: number): AsyncGenerator<Sample, void, undefined> {
    let i = 0
    for await (const raw of this.open(epoch)) yield await this.finish(raw, new SampleRandom(0, epoch, i++))
  }

  get [recipeKey](): Recipe | undefined {
    return made('StreamDataset', this.open, this.length, this.dtypes)
  }
}

/** A stream whose samples go through a transform: `stream.map(transform)`. */
export class MapStream<In, Out> extends StreamDataset<Out> {
  constructor(
    private readonly stream: StreamDataset<In>,
    private readonly transform: SampleTransform<In, Out>,
    private readonly field?: string | number,
  ) {
    super(stream.open as OpenStream as (epoch: number) => AsyncIterable<Out>, stream.length, stream.dtypes)
  }
  override async finish(raw: unknown, random: SampleRandom): Promise<Out> {
    return transformed(await this.stream.finish(raw, random), this.transform, this.field, random)
  }
  override get [recipeKey](): Recipe {
    return made('MapStream', this.stream, this.transform, this.field)
  }
}

/** Several streams, one after the other. */
export class ChainDataset<Sample> extends StreamDataset<Sample> {
  private readonly streams: readonly StreamDataset<Sample>[]

  constructor(parts: readonly IterableDataset<Sample>[]) {
    const streams = parts.map((part) => streamOf(part))
    const lengths = streams.map(({ length }) => length)
    const all = lengths.every((length) => length !== undefined) ? lengths.reduce((a, b) => a! + b!, 0) : undefined
    async function* open(epoch: number): AsyncGenerator<unknown, void, undefined> {
      for (const [part, stream] of streams.entries()) for await (const raw of stream.open(epoch)) yield { part, raw }
    }
    super(open as OpenStream as (epoch: number) => AsyncIterable<Sample>, all, streams[0]?.dtypes)
    this.streams = streams
  }
  override finish(raw: unknown, random: SampleRandom): Sample | Promise<Sample> {
    const from = raw as { part: number; raw: unknown }
    return this.streams[from.part]!.finish(from.raw, random)
  }
  override get [recipeKey](): Recipe {
    return made('ChainDataset', this.streams)
  }
}

/** Any iterable as a stream. One that can be looped over but once says so when a second epoch begins. */
export function streamOf<Sample>(dataset: IterableDataset<Sample>): StreamDataset<Sample> {
  // Not by its class: a worker may have the library twice, once as sources.
  if ('open' in dataset && 'finish' in dataset) return dataset as unknown as StreamDataset<Sample>
  let used = false
  const open = (): AsyncIterable<Sample> | Iterable<Sample> => {
    const once = Symbol.iterator in dataset ? (dataset[Symbol.iterator]() as unknown) === dataset : isGenerator(dataset)
    if (once && used)
      throw new NablaError(
        'data',
        '[DataLoader] the data set is a generator that has run out: wrap its function, new StreamDataset(() => generator()), so that every epoch begins anew',
      )
    used = true
    return dataset
  }
  const { length } = dataset as { length?: unknown }
  return new StreamDataset(open, typeof length === 'number' ? length : undefined, dataset.dtypes)
}

const isGenerator = (value: object): boolean => 'next' in value && typeof value.next === 'function'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args, construct: true })
