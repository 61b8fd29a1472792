/** A tensor's reductions, norms, running sums and products. `dim` may be a number, a list, or left out for all dimensions. */
import type { DType } from '../core/dtype.js'
import type { Handle } from './handle.js'
import { type Chosen, SortMethods } from './methods-sort.js'
import * as n from './norms.js'
import { searchsorted } from './order.js'
import type { Keep } from './reduce.js'
import * as r from './reduce.js'
import * as c from './scans.js'

export type { Keep } from './reduce.js'

/** The dtype in which is computed. */
export interface As {
  /** Cast to this dtype first. */
  readonly dtype?: DType
}

/** How a variance counts. */
export interface Spread extends Keep {
  /** Subtracted from the count in the divisor: 1 (default) is unbiased, 0 the plain mean of squares. */
  readonly correction?: number
  /** `false` is `correction: 0`. */
  readonly unbiased?: boolean
}

/** Of which neighbours differences are taken, and how often. */
export interface DiffOptions<T> {
  /** How many times over. Default 1. */
  readonly n?: number
  /** The dimension. Default -1, the last. */
  readonly dim?: number
  /** Put before the first element. */
  readonly prepend?: T
  /** Put behind the last element. */
  readonly append?: T
}

const correctionOf = (options: Spread): number => options.correction ?? (options.unbiased === false ? 0 : 1)

/** What reduces a tensor, or runs along a dimension. */
export abstract class ReduceMethods<T extends Handle> extends SortMethods<T> {
  private as({ dtype }: As) {
    return dtype === undefined ? this.node : this.type(dtype).node
  }

  /** The sum; of nothing 0. Of truth values and small integers int32. */
  sum(dim?: r.Dims, options: Keep & As = {}): T {
    return this.make(r.sum(this.as(options), dim, options.keepdim))
  }
  /** The sum of what is not NaN. */
  nansum(dim?: r.Dims, options: Keep & As = {}): T {
    return this.make(r.nansum(this.as(options), dim, options.keepdim))
  }
  /** The product; of nothing 1. The gradient is right where elements are 0. */
  prod(dim?: r.Dims, options: Keep & As = {}): T {
    return this.make(r.prod(this.as(options), dim, options.keepdim))
  }
  /** The mean of a float tensor; of nothing NaN. */
  mean(dim?: r.Dims, options: Keep & As = {}): T {
    return this.make(r.mean(this.as(options), dim, options.keepdim))
  }
  /** The mean of what is not NaN. */
  nanmean(dim?: r.Dims, options: Keep & As = {}): T {
    return this.make(r.nanmean(this.as(options), dim, options.keepdim))
  }
  /** Variance, unbiased unless told. */
  var(dim?: r.Dims, options: Spread = {}): T {
    return this.make(r.variance(this.node, dim, correctionOf(options), options.keepdim))
  }
  /** Standard deviation, unbiased unless told; where it is 0 no gradient flows. */
  std(dim?: r.Dims, options: Spread = {}): T {
    return this.make(r.std(this.node, dim, correctionOf(options), options.keepdim))
  }
  /** Variance and mean. */
  varMean(dim?: r.Dims, options: Spread = {}): { readonly var: T; readonly mean: T } {
    return { var: this.var(dim, options), mean: this.mean(dim, { keepdim: options.keepdim ?? false }) }
  }
  /** Standard deviation and mean. */
  stdMean(dim?: r.Dims, options: Spread = {}): { readonly std: T; readonly mean: T } {
    return { std: this.std(dim, options), mean: this.mean(dim, { keepdim: options.keepdim ?? false }) }
  }
  /** How many elements are not 0, int32. */
  countNonzero(dim?: r.Dims): T {
    return this.make(r.countNonzero(this.node, dim))
  }
  /** The largest element (equals share the gradient), or along one dimension the largest and where the first of them is. */
  max(): T
  max(dim: number, options?: Keep): Chosen<T>
  max(dim?: number, options: Keep = {}): T | Chosen<T> {
    return dim === undefined ? this.make(r.amax(this.node)) : this.chosen(r.extreme('max', this.node, dim, options.keepdim))
  }
  /** The smallest element (equals share the gradient), or along one dimension the smallest and where the first of them is. */
  min(): T
  min(dim: number, options?: Keep): Chosen<T>
  min(dim?: number, options: Keep = {}): T | Chosen<T> {
    return dim === undefined ? this.make(r.amin(this.node)) : this.chosen(r.extreme('min', this.node, dim, options.keepdim))
  }
  /** The largest values; equals share the gradient. */
  amax(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.amax(this.node, dim, options.keepdim))
  }
  /** The smallest values; equals share the gradient. */
  amin(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.amin(this.node, dim, options.keepdim))
  }
  /** Smallest and largest. */
  aminmax(dim?: r.Dims, options: Keep = {}): { readonly min: T; readonly max: T } {
    return { min: this.amin(dim, options), max: this.amax(dim, options) }
  }
  /** Where the first of the largest is (int32), over all elements in row-major order or along `dim`. */
  argmax(dim?: number, options: Keep = {}): T {
    return this.make(r.arg('argmax', this.node, dim, options.keepdim))
  }
  /** Where the first of the smallest is (int32), over all elements in row-major order or along `dim`. */
  argmin(dim?: number, options: Keep = {}): T {
    return this.make(r.arg('argmin', this.node, dim, options.keepdim))
  }
  /** Whether anything is not 0; NaN is not. */
  any(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.any(this.node, dim, options.keepdim))
  }
  /** Whether nothing is 0. */
  all(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.all(this.node, dim, options.keepdim))
  }
  /**
   * The p-norm (sum |x|^p)^(1/p), of all dimensions given as one vector; p = 2 or 'fro' unless said, Infinity the largest magnitude, -Infinity the
   * smallest, 0 the count of what is not 0. The gradient at 0 is 0.
   */
  norm(p: n.NormOrder = 2, dim?: r.Dims, options: Keep & As = {}): T {
    return this.make(n.norm(this.as(options), p, dim, options.keepdim))
  }
  /** The p-norm of x - other, shapes broadcast. */
  dist(other: Handle, p = 2): T {
    return this.make(n.norm(this.sub(other).node, p))
  }
  /** log(sum(exp(x))), without overflow. */
  logsumexp(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.logsumexp(this.node, dim, options.keepdim))
  }
  /** exp(x) / sum(exp(x)) along `dim`. */
  softmax(dim: number, options: As = {}): T {
    return this.make(r.softmax(this.as(options), dim))
  }
  /** log(softmax(x)) along `dim`. */
  logSoftmax(dim: number, options: As = {}): T {
    return this.make(r.logSoftmax(this.as(options), dim))
  }

  /** Running sum along `dim`. Of truth values and small integers int32. */
  cumsum(dim: number, options: As = {}): T {
    return this.make(c.cumulative('sum', this.as(options), dim))
  }
  /** Running product along `dim`. The gradient is right where elements are 0. */
  cumprod(dim: number, options: As = {}): T {
    return this.make(c.cumulative('prod', this.as(options), dim))
  }
  /** Running maximum along `dim`, and where it is: the latest of equals. NaN stays. */
  cummax(dim: number): Chosen<T> {
    return this.chosen(c.runningExtreme('max', this.node, dim))
  }
  /** Running minimum along `dim`, and where it is: the latest of equals. NaN stays. */
  cummin(dim: number): Chosen<T> {
    return this.chosen(c.runningExtreme('min', this.node, dim))
  }
  /** log of the running sum of exp along `dim`, without overflow. */
  logcumsumexp(dim: number): T {
    return this.make(c.logcumsumexp(this.node, dim))
  }
  /** Differences of neighbours. */
  diff(options: DiffOptions<T> = {}): T {
    return this.make(c.diff(this.node, options.n, options.dim, options.prepend?.node, options.append?.node))
  }

  /** For each element the number of the bucket between ascending `boundaries` [n] it falls in, int32: boundaries[i - 1] < x <= boundaries[i], or, `right`, <= and <. */
  bucketize(boundaries: Handle, options: { readonly right?: boolean } = {}): T {
    return this.make(searchsorted(boundaries.node, this.node, options.right))
  }
}
