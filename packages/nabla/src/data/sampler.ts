/**
 * In which order samples are drawn: a sampler gives the order of an epoch as a function of the seed and the epoch's number, and of nothing
 * else. So any epoch can be drawn again, or gone on with in its middle.
 */
import { NablaError } from '../core/errors.js'
import { permutation, randomBelow, randomBits, upTo } from './permutation.js'
import { logarithm } from './random.js'

/** An order for every epoch. To write one, say how many numbers an epoch has, and which. */
export interface Sampler {
  /** Samples in an epoch. */
  readonly length: number
  /** The numbers of an epoch's samples, in order. `seed` is the loader's. */
  order(epoch: number, seed: number): Uint32Array
}

/** Batches for every epoch: for loaders that shall decide which samples meet, not just in which order they come. */
export interface BatchSource {
  /** Batches in an epoch. */
  readonly length: number
  /** The numbers of the samples of each of an epoch's batches. `seed` is the loader's. */
  batches(epoch: number, seed: number): readonly Uint32Array[]
}

function count(what: string, name: string, value: number, least = 0): number {
  if (Number.isSafeInteger(value) && value >= least && value <= 0x1_0000_0000) return value
  throw new NablaError('argument', `[${what}] ${name} ${value}: expected a whole number of ${least} or more`, { [name]: value })
}

/** 0, 1, 2, ... */
export class SequentialSampler implements Sampler {
  constructor(
    /** Samples in the data set. */
    readonly length: number,
  ) {
    count('SequentialSampler', 'length', length)
  }
  order(): Uint32Array {
    return upTo(this.length)
  }
}

/** How a RandomSampler draws. */
export interface RandomSamplerOptions {
  /** Draw each number from all samples, so that one may come twice and another not at all. Default false: every sample once. */
  readonly replacement?: boolean
  /** Numbers in an epoch. Default: as many as there are samples. More than that, without replacement, are several permutations. */
  readonly samples?: number
}

/** Another order every epoch: a permutation, or draws with replacement. */
export class RandomSampler implements Sampler {
  readonly length: number
  private readonly replacement: boolean

  constructor(
    /** Samples in the data set. */
    readonly size: number,
    { replacement = false, samples = size }: RandomSamplerOptions = {},
  ) {
    count('RandomSampler', 'size', size)
    this.length = count('RandomSampler', 'samples', samples)
    if (size === 0 && samples > 0)
      throw new NablaError('argument', `[RandomSampler] there is nothing to draw ${samples} samples from`)
    this.replacement = replacement
  }
  order(epoch: number, seed: number): Uint32Array {
    const { size, length } = this
    if (this.replacement) {
      const next = randomBits(seed, epoch)
      return Uint32Array.from({ length }, () => randomBelow(next, size))
    }
    if (length <= size) return permutation(size, seed, epoch).subarray(0, length)
    const order = new Uint32Array(length)
    // Each round has a seed of its own, away from those that people choose.
    for (let at = 0, round = 0; at < length; at += size, round++)
      order.set(permutation(size, seed + round * 0x1_0000_0000, epoch).subarray(0, length - at), at)
    return order
  }
}

/** Only these samples: in this order, or shuffled every epoch. */
export class SubsetSampler implements Sampler {
  readonly length: number
  private readonly indices: Uint32Array

  constructor(
    indices: ArrayLike<number>,
    private readonly shuffle = true,
  ) {
    for (let i = 0; i < indices.length; i++) count('SubsetSampler', `indices[${i}]`, indices[i]!)
    this.indices = Uint32Array.from(indices)
    this.length = indices.length
  }
  order(epoch: number, seed: number): Uint32Array {
    return this.shuffle ? permutation(this.length, seed, epoch).map((i) => this.indices[i]!) : this.indices.slice()
  }
}

/** How a WeightedSampler draws. */
export interface WeightedSamplerOptions {
  /** Whether a sample may come again in the same epoch. Default true. */
  readonly replacement?: boolean
  /** Numbers in an epoch. Default: as many as there are weights; without replacement, as there are weights above 0. */
  readonly samples?: number
}

/**
 * Draws samples in proportion to their weights, which need not add up to 1: rare classes as often as common ones with weights 1 / (size of
 * the sample's class). With replacement by bisection of the cumulated weights; without, by the keys of Efraimidis and Spirakis (2006).
 */
export class WeightedSampler implements Sampler {
  readonly length: number
  private readonly replacement: boolean
  private readonly weights: Float64Array
  /** Weights up to and with each; ends with their sum. */
  private readonly cumulated: Float64Array

  constructor(weights: ArrayLike<number>, { replacement = true, samples }: WeightedSamplerOptions = {}) {
    this.weights = Float64Array.from(weights)
    const bad = this.weights.findIndex((weight) => !(weight >= 0) || weight === Infinity)
    if (bad >= 0)
      throw new NablaError(
        'argument',
        `[WeightedSampler] weight ${weights[bad]} of sample ${bad}: expected a finite number of 0 or more`,
        {
          index: bad,
        },
      )
    let sum = 0
    this.cumulated = this.weights.map((weight) => (sum += weight))
    const positive = this.weights.reduce((n, weight) => n + (weight > 0 ? 1 : 0), 0)
    this.length = count('WeightedSampler', 'samples', samples ?? (replacement ? weights.length : positive))
    if (positive === 0 && this.length > 0)
      throw new NablaError('argument', '[WeightedSampler] no weight is above 0: there is nothing to draw')
    if (!replacement && this.length > positive)
      throw new NablaError(
        'argument',
        `[WeightedSampler] ${this.length} samples without replacement: only ${positive} weights are above 0`,
        { samples: this.length, positive },
      )
    this.replacement = replacement
  }
  order(epoch: number, seed: number): Uint32Array {
    const next = randomBits(seed, epoch)
    const uniform = (): number => (next() + 0.5) / 0x1_0000_0000
    return this.replacement
      ? Uint32Array.from({ length: this.length }, () => this.at(uniform() * this.cumulated.at(-1)!))
      : this.withoutReplacement(uniform)
  }
  /** The first sample whose cumulated weight is above x. */
  private at(x: number): number {
    let [lo, hi] = [0, this.cumulated.length - 1]
    while (lo < hi) {
      const middle = (lo + hi) >>> 1
      if (this.cumulated[middle]! > x) hi = middle
      else lo = middle + 1
    }
    return lo
  }
  private withoutReplacement(uniform: () => number): Uint32Array {
    const keys = this.weights.map((weight) => (weight > 0 ? -logarithm(uniform()) / weight : Infinity))
    return upTo(keys.length)
      .sort((i, j) => keys[i]! - keys[j]! || i - j)
      .slice(0, this.length)
  }
}

/** Consecutive numbers of a sampler's order in one batch. */
export class BatchSampler implements BatchSource {
  constructor(
    /** Gives the order. */
    readonly sampler: Sampler,
    /** Samples in a batch. */
    readonly batchSize: number,
    /** Leave out the last batch when it is not full. */
    readonly dropLast = false,
  ) {
    count('BatchSampler', 'batchSize', batchSize, 1)
  }
  get length(): number {
    const whole = this.sampler.length / this.batchSize
    return this.dropLast ? Math.floor(whole) : Math.ceil(whole)
  }
  batches(epoch: number, seed: number): readonly Uint32Array[] {
    const order = this.sampler.order(epoch, seed)
    return Array.from({ length: this.length }, (_, i) => order.subarray(i * this.batchSize, (i + 1) * this.batchSize))
  }
}

/**
 * Batches of samples of like lengths, so that little is padded: the epoch's order is cut into pools of `pool` batches, each pool is sorted by
 * length and cut into batches, and the batches are shuffled.
 */
export class LengthSampler implements BatchSource {
  readonly length: number
  constructor(
    private readonly lengths: ArrayLike<number>,
    /** Samples in a batch. */
    readonly batchSize: number,
    private readonly pool = 100,
  ) {
    count('LengthSampler', 'batchSize', batchSize, 1)
    count('LengthSampler', 'pool', pool, 1)
    this.length = Math.ceil(lengths.length / batchSize)
  }
  batches(epoch: number, seed: number): readonly Uint32Array[] {
    const { lengths, batchSize } = this
    const order = permutation(lengths.length, seed, epoch)
    const step = batchSize * this.pool
    for (let at = 0; at < order.length; at += step)
      order.subarray(at, at + step).sort((i, j) => lengths[i]! - lengths[j]! || i - j)
    return Array.from(permutation(this.length, seed + 0x1_0000_0000, epoch), (i) =>
      order.subarray(i * batchSize, (i + 1) * batchSize),
    )
  }
}
