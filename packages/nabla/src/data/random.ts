/**
 * The random numbers of one sample. They are a function of the seed, the epoch and the sample's index alone: which worker makes the sample,
 * in which order, and what the others drew changes nothing.
 *
 * The generator is sfc32, as in permutation.ts. Only operations whose results IEEE 754 and ECMAScript fix are used (Math.log and Math.cos
 * may differ from engine to engine in the last bit), so a sample looks the same on every platform.
 */
import { NablaError } from '../core/errors.js'
import { mix, randomBelow } from './permutation.js'

/** Uniform, whole, normal and yes-or-no draws for one sample: `new SampleRandom(seed, epoch, index)`. */
export class SampleRandom {
  private a: number
  private b: number
  private c: number
  private counter = 1
  private spare: number | undefined
  private readonly next = (): number => this.bits()

  constructor(
    /** The loader's. Whole, 0 or more. */
    readonly seed: number,
    /** Number of the epoch. */
    readonly epoch: number,
    /** Number of the sample in its data set; in an iterable one, its place in the epoch. */
    readonly index: number,
  ) {
    this.a = mix(mix(seed >>> 0) ^ Math.floor(seed / 0x1_0000_0000)) | 0
    this.b = mix(this.a ^ (epoch >>> 0)) | 0
    this.c = mix(mix(this.b ^ (index >>> 0)) ^ Math.floor(index / 0x1_0000_0000)) | 0
    for (let i = 0; i < 12; i++) this.bits() // the generator's warm-up, as its author wants it
  }

  /** 32 uniform bits, as a whole number in [0, 2^32). */
  bits(): number {
    const { a, b, c } = this
    const sum = (((a + b) | 0) + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = b ^ (b >>> 9)
    this.b = (c + (c << 3)) | 0
    this.c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** Uniform in [lo, hi), in steps of 2^-32 of the interval. */
  uniform(lo = 0, hi = 1): number {
    return lo + (hi - lo) * (this.bits() / 0x1_0000_0000)
  }

  /** A uniform whole number in [0, n), none favoured. Throws NablaError('argument') unless n is whole, from 1 to 2^32. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0x1_0000_0000)
      throw new NablaError('argument', `[SampleRandom.integer] n ${n}: expected a whole number from 1 to 2^32`, { n })
    return randomBelow(this.next, n)
  }

  /** Normal with mean 0 and standard deviation 1 (Marsaglia's polar method, 1964). */
  normal(): number {
    if (this.spare !== undefined) {
      const held = this.spare
      this.spare = undefined
      return held
    }
    for (;;) {
      const [x, y] = [this.uniform(-1, 1), this.uniform(-1, 1)]
      const s = x * x + y * y
      if (s >= 1 || s === 0) continue
      const scale = Math.sqrt((-2 * logarithm(s)) / s)
      this.spare = y * scale
      return x * scale
    }
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.uniform() < p
  }
}

/** ln x for x in (0, 1], by its series in (m - 1) / (m + 1) after x = m 2^-k with m in [1/sqrt 2, sqrt 2): the same bits everywhere. */
export function logarithm(x: number): number {
  let [m, k] = [x, 0]
  while (m < Math.SQRT1_2) {
    m *= 2
    k++
  }
  const r = (m - 1) / (m + 1)
  const square = r * r
  let sum = 0
  for (let n = 21; n >= 1; n -= 2) sum = sum * square + 1 / n
  return 2 * r * sum - k * Math.LN2
}
