/**
 * What a loader draws from. Three kinds of data sets:
 *
 *   by number     `length` and `get(index, random)`, a sample: numbers, strings, typed arrays, rasters, and records and tuples of them
 *   in batches    `length` and `batch(rows)`, finished tensors; a data set by number may have it too, as a faster way
 *   in a stream   an (async) iterable of samples, for what cannot be counted or reached by number: see stream.ts
 *
 * `BaseDataset` gives those by number their methods (`map`, `subset`, `take`, `concat`); a plain object with `length` and `get` serves as well.
 */
import type { DType } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { upTo } from './permutation.js'
import { type Recipe, recipeKey } from './portable.js'
import { SampleRandom } from './random.js'

/**
 * A data set in batches: how many rows there are, and how a batch of some of them looks; `batch` may be asynchronous.
 * Every batch is a tuple of tensors whose first dimension is the number of rows.
 */
export interface Dataset<Batch extends readonly Tensor[] = readonly Tensor[]> {
  /** Number of rows. */
  readonly length: number
  /** The rows with these numbers, in this order, put together. */
  batch(rows: Uint32Array): Batch | Promise<Batch>
}

/** The dtypes of fields whose samples are plain numbers, by the field's path: `{ label: 'int32' }`, `{ 1: 'int32' }`, `{ 'target.id': 'int32' }`. */
export type FieldTypes = Readonly<Record<string, DType>>

/** A data set by number. Samples may be made asynchronously. */
export interface MapStyleDataset<Sample = unknown> {
  /** Number of samples. */
  readonly length: number
  /** The sample of this number, from 0 on. All that is random about it comes from `random`, which a loader always gives. */
  get(index: number, random?: SampleRandom): Sample | Promise<Sample>
  /** What plain numbers become in a batch; float32 where nothing is said. */
  readonly dtypes?: FieldTypes | undefined
}

/** A function of a sample and its random numbers. */
export type SampleTransform<In, Out> = (sample: In, random: SampleRandom) => Out | Promise<Out>

/** `Sample` with the field `Key` replaced by `Value`. */
export type WithField<Sample, Key extends PropertyKey, Value> = Sample extends readonly unknown[]
  ? { [K in keyof Sample]: K extends Key | `${Key & number}` ? Value : Sample[K] }
  : { readonly [K in keyof Sample]: K extends Key ? Value : Sample[K] }

/** The fields of a sample by which `map` can pick one: a record's keys, a tuple's numbers. */
export type FieldOf<Sample> = Sample extends readonly unknown[] ? number : keyof Sample & string

/** The value of such a field. */
export type FieldValue<Sample, Key extends PropertyKey> = Key extends keyof Sample ? Sample[Key] : never

/** What data sets by number have in common. To write one: extend this, and say `length` and `get`. */
export abstract class BaseDataset<Sample> implements MapStyleDataset<Sample> {
  /** Number of samples. */
  abstract readonly length: number
  /** The sample of this number. */
  abstract get(index: number, random?: SampleRandom): Sample | Promise<Sample>
  /** What plain numbers become in a batch. */
  get dtypes(): FieldTypes | undefined {
    return undefined
  }

  /**
   * The same samples, each through a transform whenever it is asked for. With `field`, only that field of the sample (a record's key, a
   * tuple's number) goes through it.
   */
  map<Out>(transform: SampleTransform<Sample, Out>): MapDataset<Sample, Out>
  map<const Key extends FieldOf<Sample>, Out>(
    transform: SampleTransform<FieldValue<Sample, Key>, Out>,
    field: Key,
  ): MapDataset<Sample, WithField<Sample, Key, Out>>
  map(transform: SampleTransform<never, unknown>, field?: string | number): unknown {
    return new MapDataset(this, transform as SampleTransform<Sample, unknown>, field)
  }

  /** The samples with these numbers, in this order. */
  subset(indices: ArrayLike<number>): Subset<Sample> {
    return new Subset(this, indices)
  }

  /** The first `count` samples; all of them when there are fewer. */
  take(count: number): BaseDataset<Sample> {
    return new Subset(this, upTo(Math.min(count, this.length)))
  }

  /** These samples, and then those of the others. */
  concat(...others: readonly MapStyleDataset<Sample>[]): ConcatDataset<Sample> {
    return new ConcatDataset([this, ...others])
  }
}

/** Samples that lie in an array. */
export class ListDataset<Sample> extends BaseDataset<Sample> {
  readonly length: number
  constructor(
    /** The samples. */
    readonly samples: readonly Sample[],
    private readonly types?: FieldTypes,
  ) {
    super()
    this.length = samples.length
  }
  get(index: number): Sample {
    return this.samples[index]!
  }
  override get dtypes(): FieldTypes | undefined {
    return this.types
  }
  get [recipeKey](): Recipe {
    return made('ListDataset', this.samples, this.types)
  }
}

/** Some samples of a data set. */
export class Subset<Sample> extends BaseDataset<Sample> {
  readonly length: number
  /** Numbers in `dataset` of the samples. */
  readonly indices: Uint32Array

  /** Throws NablaError('index') for a number that is none of the data set's. */
  constructor(
    /** Where the samples are. */
    readonly dataset: MapStyleDataset<Sample>,
    indices: ArrayLike<number>,
  ) {
    super()
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!
      if (!Number.isInteger(index) || index < 0 || index >= dataset.length)
        throw new NablaError('index', `[Subset] there is no sample ${index} (entry ${i}): the data set has ${dataset.length}`, {
          index,
        })
    }
    this.indices = indices instanceof Uint32Array ? indices : Uint32Array.from(indices)
    this.length = indices.length
  }
  get(index: number, random?: SampleRandom): Sample | Promise<Sample> {
    return this.dataset.get(this.indices[index]!, random)
  }
  override get dtypes(): FieldTypes | undefined {
    return this.dataset.dtypes
  }
  get [recipeKey](): Recipe {
    return made('Subset', this.dataset, this.indices)
  }
}

/** The samples of a data set, each through a transform: `dataset.map(transform)`. */
export class MapDataset<In, Out> extends BaseDataset<Out> {
  readonly length: number
  constructor(
    /** Where the samples come from. */
    readonly dataset: MapStyleDataset<In>,
    /** What is done to each. */
    readonly transform: SampleTransform<In, Out>,
    /** The only field that goes through it. */
    readonly field?: string | number,
  ) {
    super()
    this.length = dataset.length
  }
  get(index: number, random: SampleRandom = new SampleRandom(0, 0, index)): Out | Promise<Out> {
    const sample = this.dataset.get(index, random)
    return sample instanceof Promise ? sample.then((s) => this.apply(s, random)) : this.apply(sample, random)
  }
  private apply(sample: In, random: SampleRandom): Out | Promise<Out> {
    return transformed(sample, this.transform, this.field, random)
  }
  override get dtypes(): FieldTypes | undefined {
    return this.dataset.dtypes
  }
  get [recipeKey](): Recipe {
    return made('MapDataset', this.dataset, this.transform, this.field)
  }
}

/** Several data sets, one after the other. */
export class ConcatDataset<Sample> extends BaseDataset<Sample> {
  readonly length: number
  /** Number of the first sample behind each part. */
  private readonly ends: number[] = []

  constructor(
    /** The parts. */
    readonly datasets: readonly MapStyleDataset<Sample>[],
  ) {
    super()
    let end = 0
    for (const { length } of datasets) this.ends.push((end += length))
    this.length = end
  }
  get(index: number, random?: SampleRandom): Sample | Promise<Sample> {
    const part = this.ends.findIndex((end) => index < end)
    return this.datasets[part]!.get(index - (part ? this.ends[part - 1]! : 0), random)
  }
  override get dtypes(): FieldTypes | undefined {
    return this.datasets[0]?.dtypes
  }
  get [recipeKey](): Recipe {
    return made('ConcatDataset', this.datasets)
  }
}

/** A sample, or one field of it, through a transform. */
export function transformed<In, Out>(
  sample: In,
  transform: SampleTransform<In, Out>,
  field: string | number | undefined,
  random: SampleRandom,
): Out | Promise<Out> {
  if (field === undefined) return transform(sample, random)
  const fields = sample as Record<string | number, unknown>
  if (typeof sample !== 'object' || sample === null || !(field in sample))
    throw new NablaError('argument', `[map] the sample has no field "${field}"; it has ${fieldsOf(sample)}`, { field })
  const put = (value: unknown): Out =>
    (Array.isArray(sample) ? sample.with(Number(field), value) : { ...sample, [field]: value }) as Out
  const value: unknown = (transform as SampleTransform<unknown, unknown>)(fields[field], random)
  return value instanceof Promise ? value.then(put) : put(value)
}

const fieldsOf = (sample: unknown): string =>
  typeof sample === 'object' && sample !== null ? Object.keys(sample).join(', ') || 'none' : `none: it is a ${typeof sample}`

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args, construct: true })
