/** What a loader can be told. */
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Collated } from './collate.js'
import type { CollateOptions } from './collate-host.js'
import type { Dataset, MapStyleDataset } from './dataset.js'
import type { BatchSource, Sampler } from './sampler.js'
import type { IterableDataset } from './stream.js'

/** What a loader draws from: a data set by number, in batches, or in a stream. */
export type LoaderSource = Dataset | MapStyleDataset | IterableDataset

/** The samples of a data set. */
export type SampleOf<D> =
  D extends MapStyleDataset<infer Sample>
    ? Awaited<Sample>
    : D extends AsyncIterable<infer Sample> | Iterable<infer Sample>
      ? Sample
      : unknown

/** The batches that a loader makes of a data set's samples, unless it is told otherwise. */
export type BatchOf<D> = D extends { batch(rows: Uint32Array): infer Batch } ? Awaited<Batch> : Collated<SampleOf<D>>

/** How samples become batches. `dtypes`, `padValue` and `lists` are for data sets whose samples the loader puts together. */
export interface DataLoaderOptions extends CollateOptions {
  /** Samples in a batch. Default 1. */
  readonly batchSize?: number
  /** Visit the samples in another order every epoch. Default false. */
  readonly shuffle?: boolean
  /** Leave out the last batch when it is not full. Default false. */
  readonly dropLast?: boolean
  /** Orders and whatever is random in samples are functions of this and the epoch's number. Default 0. */
  readonly seed?: number
  /** Number of the first epoch that is drawn, for runs that go on. Default 0. */
  readonly epoch?: number
  /** Which samples an epoch has, and in which order; instead of `shuffle`. */
  readonly sampler?: Sampler
  /** Which samples are in a batch together; instead of `batchSize`, `shuffle`, `dropLast` and `sampler`. */
  readonly batchSampler?: BatchSource
  /** Threads that make samples. Their number changes nothing but the time it takes. Default 0: samples are made where the loader is. */
  readonly workers?: number
  /** Batches that each worker makes ahead of what was asked for. Default 2. */
  readonly prefetch?: number
}

/** The same, for batches of one's own making. */
export interface CollatingOptions<Sample, Batch> extends DataLoaderOptions {
  /** Puts samples together in another way. Runs in the thread of the loader, also when samples come from workers. */
  readonly collate: (samples: Sample[]) => Batch | Promise<Batch>
}

/** Where a loader stands: enough to go on with the next batch, in this process or another. Plain data. */
export interface LoaderState {
  /** Number of the epoch. */
  readonly epoch: number
  /** Batches of it that were given out. */
  readonly batch: number
  /** What orders follow from; `load` compares it, and what is below. */
  readonly seed: number
  /** Samples in a batch. */
  readonly batchSize: number
  /** Whether every epoch has an order of its own. */
  readonly shuffle: boolean
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean
  /** Batches in an epoch; null where that is unknown. */
  readonly batches: number | null
}

/** Throws on settings that make no sense. */
export function checkOptions(options: DataLoaderOptions): void {
  const { batchSize = 1, seed = 0, epoch = 0, workers = 0, prefetch = 2, sampler, batchSampler, shuffle } = options
  for (const [name, value, least] of [
    ['batchSize', batchSize, 1],
    ['seed', seed, 0],
    ['epoch', epoch, 0],
    ['workers', workers, 0],
    ['prefetch', prefetch, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw new NablaError('argument', `[DataLoader] ${name} ${value}: expected a whole number of ${least} or more`, {
        [name]: value,
      })
  if (sampler && shuffle)
    throw new NablaError(
      'argument',
      '[DataLoader] shuffle and sampler both say in which order samples come: expected one of them',
    )
  const others = (['batchSize', 'shuffle', 'dropLast', 'sampler'] as const).filter((name) => options[name] !== undefined)
  if (batchSampler && others.length > 0)
    throw new NablaError('argument', `[DataLoader] batchSampler says which samples come together: leave out ${others.join(', ')}`)
}

/** Whether a data set gives samples by number. */
export const isMapStyle = (source: LoaderSource): source is MapStyleDataset => 'get' in source && typeof source.get === 'function'

/** Whether a data set gives batches. */
export const isBatched = (source: LoaderSource): source is Dataset<readonly Tensor[]> =>
  'batch' in source && typeof source.batch === 'function'
