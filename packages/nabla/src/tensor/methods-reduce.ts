/** A tensor's reductions, running sums and products. `dim` may be a number, a list, or left out for all dimensions. */
import { dimIndex } from '../core/shape.js'
import { builder as b } from '../ops/builder.js'
import type { Handle } from './handle.js'
import { ShapeMethods } from './methods-shape.js'
import { matmul } from './products.js'
import * as r from './reduce.js'

export interface Keep {
  /** Keep reduced dimensions with extent 1. Default false. */
  readonly keepdim?: boolean
}

export interface Spread extends Keep {
  /** Subtracted from the count in the divisor: 1 (default) is unbiased, 0 the plain mean of squares. */
  readonly correction?: number
  /** `false` is `correction: 0`. */
  readonly unbiased?: boolean
}

const correctionOf = (options: Spread): number => options.correction ?? (options.unbiased === false ? 0 : 1)

export abstract class ReduceMethods<T extends Handle> extends ShapeMethods<T> {
  sum(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.sum(this.node, dim, options.keepdim))
  }
  prod(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.prod(this.node, dim, options.keepdim))
  }
  mean(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.mean(this.node, dim, options.keepdim))
  }
  /** Variance, unbiased unless told. */
  var(dim?: r.Dims, options: Spread = {}): T {
    return this.make(r.variance(this.node, dim, correctionOf(options), options.keepdim))
  }
  /** Standard deviation, unbiased unless told. */
  std(dim?: r.Dims, options: Spread = {}): T {
    return this.make(r.std(this.node, dim, correctionOf(options), options.keepdim))
  }
  /** The largest element, or along one dimension the largest and where the first of them is. */
  max(): T
  max(dim: number, options?: Keep): { values: T; indices: T }
  max(dim?: number, options: Keep = {}): T | { values: T; indices: T } {
    return dim === undefined ? this.make(r.amax(this.node)) : this.pair(r.extreme('max', this.node, dim, options.keepdim))
  }
  /** The smallest element, or along one dimension the smallest and where the first of them is. */
  min(): T
  min(dim: number, options?: Keep): { values: T; indices: T }
  min(dim?: number, options: Keep = {}): T | { values: T; indices: T } {
    return dim === undefined ? this.make(r.amin(this.node)) : this.pair(r.extreme('min', this.node, dim, options.keepdim))
  }
  /** The largest values; equals share the gradient. */
  amax(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.amax(this.node, dim, options.keepdim))
  }
  amin(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.amin(this.node, dim, options.keepdim))
  }
  /** Where the first of the largest is (int32), over all elements or along `dim`. */
  argmax(dim?: number, options: Keep = {}): T {
    return this.make(r.arg('argmax', this.node, dim, options.keepdim))
  }
  argmin(dim?: number, options: Keep = {}): T {
    return this.make(r.arg('argmin', this.node, dim, options.keepdim))
  }
  any(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.any(this.node, dim, options.keepdim))
  }
  all(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.all(this.node, dim, options.keepdim))
  }
  /** The p-norm (2 unless said). */
  norm(p = 2, dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.norm(this.node, p, dim, options.keepdim))
  }
  logsumexp(dim?: r.Dims, options: Keep = {}): T {
    return this.make(r.logsumexp(this.node, dim, options.keepdim))
  }
  softmax(dim: number): T {
    return this.make(r.softmax(this.node, dim))
  }
  logSoftmax(dim: number): T {
    return this.make(r.logSoftmax(this.node, dim))
  }

  cumsum(dim: number): T {
    return this.scan('sum', dim)
  }
  cumprod(dim: number): T {
    return this.scan('prod', dim)
  }
  /** Running maximum. */
  cummax(dim: number): T {
    return this.scan('max', dim)
  }
  /** Running minimum. */
  cummin(dim: number): T {
    return this.scan('min', dim)
  }
  private scan(op: 'sum' | 'prod' | 'max' | 'min', dim: number): T {
    return this.make(this.shape.length === 0 ? this.node : b.scan(this.node, dimIndex(`cum${op}`, dim, this.shape.length), op))
  }

  /** Dot product, matrix product, or batches of them. */
  matmul(other: Handle): T {
    return this.make(matmul(this.node, other.node))
  }
  mm(other: Handle): T {
    return this.matmul(other)
  }
  bmm(other: Handle): T {
    return this.matmul(other)
  }
  mv(other: Handle): T {
    return this.matmul(other)
  }
  dot(other: Handle): T {
    return this.matmul(other)
  }
}
