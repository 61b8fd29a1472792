/** A tensor's methods that go by order: sorting, the largest, medians, quantiles, distinct values. */
import type { Node } from '../graph/node.js'
import type { Handle } from './handle.js'
import { IndexMethods } from './methods-index.js'
import * as o from './order.js'
import type { Keep } from './reduce.js'
import { bincount, distinct } from './unique.js'

/** In which order is sorted. */
export interface SortOptions {
  /** From the largest to the smallest. Default false. */
  readonly descending?: boolean
  /** Equals keep their order. They always do; the option is here for those who say so. */
  readonly stable?: boolean
}

/** Which end is taken. */
export interface TopkOptions {
  /** The largest (default) or the smallest. */
  readonly largest?: boolean
  /** In order. They always are; the option is here for those who say so. */
  readonly sorted?: boolean
}

/** What is compared. */
export interface UniqueOptions {
  /** Distinct slices along this dimension instead of distinct elements. */
  readonly dim?: number
}

export type { Interpolation, QuantileOptions } from './order.js'

/** Values and where they are (int32). */
export interface Chosen<T> {
  /** The elements. */
  readonly values: T
  /** Where each was along the dimension: int32, the shape of `values`. */
  readonly indices: T
}

const part = (q: number | Handle): number | Node => (typeof q === 'number' ? q : q.node)

/** What goes by order. */
export abstract class SortMethods<T extends Handle> extends IndexMethods<T> {
  protected chosen({ values, indices }: o.Chosen): Chosen<T> {
    return { values: this.make(values), indices: this.make(indices) }
  }

  /** In ascending order along `dim`, and where each element was (int32). Stable; NaN counts as largest. */
  sort(dim = -1, options: SortOptions = {}): Chosen<T> {
    return this.chosen(o.sort(this.node, dim, options.descending))
  }
  /** The indices that sort along `dim`, int32; equal values keep their order. */
  argsort(dim = -1, options: SortOptions = {}): T {
    return this.make(o.sort(this.node, dim, options.descending).indices)
  }
  /** In ascending order along the first dimension. */
  msort(): T {
    return this.make(o.sort(this.node, 0).values)
  }
  /** The `k` largest along `dim` in order, and where they are. Throws if there are fewer than k. */
  topk(k: number, dim = -1, options: TopkOptions = {}): Chosen<T> {
    return this.chosen(o.topk(this.node, k, dim, options.largest))
  }
  /** The `k`-th smallest along `dim`, counting from 1, and where it is. */
  kthvalue(k: number, dim = -1, options: Keep = {}): Chosen<T> {
    return this.chosen(o.kthvalue(this.node, k, dim, options.keepdim))
  }
  /** The lower of the two middle elements: of all (equals share the gradient), or along `dim` with its place. NaN if there is one. */
  median(): T
  median(dim: number, options?: Keep): Chosen<T>
  median(dim?: number, options: Keep = {}): T | Chosen<T> {
    return dim === undefined ? this.make(o.medianOfAll(this.node)) : this.chosen(o.median(this.node, dim, options.keepdim))
  }
  /** As `median`, of what is not NaN. */
  nanmedian(): T
  nanmedian(dim: number, options?: Keep): Chosen<T>
  nanmedian(dim?: number, options: Keep = {}): T | Chosen<T> {
    if (dim === undefined) return this.make(o.medianOfAll(this.node, true))
    return this.chosen(o.median(this.node, dim, options.keepdim, true))
  }
  /** The most frequent value along `dim` (the smallest of several), and where it is last. */
  mode(dim = -1, options: Keep = {}): Chosen<T> {
    return this.chosen(o.mode(this.node, dim, options.keepdim))
  }
  /**
   * The value below which a part `q` (0 to 1) of the elements lies, along `dim` or of all; a list of m gives [m, ...]. NaN if there is one.
   */
  quantile(q: number | Handle, dim?: number, options: o.QuantileOptions = {}): T {
    return this.make(o.quantile(this.node, part(q), dim, options))
  }
  /** As `quantile`, of what is not NaN. */
  nanquantile(q: number | Handle, dim?: number, options: o.QuantileOptions = {}): T {
    return this.make(o.quantile(this.node, part(q), dim, options, true))
  }

  /**
   * The distinct elements in ascending order, which of them each element is (`inverse`, of this shape, int32), and how often each occurs
   * (`counts`, int32). How many there are depends on the values: waits for them, so it cannot stand in a compiled function.
   */
  unique(options: UniqueOptions = {}): { readonly values: T; readonly inverse: T; readonly counts: T } {
    return this.distinct(options, false)
  }
  /** As `unique`, but only equal neighbours count as one, and the order stays. Waits for the values. */
  uniqueConsecutive(options: UniqueOptions = {}): { readonly values: T; readonly inverse: T; readonly counts: T } {
    return this.distinct(options, true)
  }
  private distinct(options: UniqueOptions, consecutive: boolean) {
    const { values, inverse, counts } = distinct(this.node, options.dim, consecutive)
    return { values: this.make(values), inverse: this.make(inverse), counts: this.make(counts) }
  }
  /**
   * How often 0, 1, 2, ... occur in this list of whole numbers (int32), or the sums of their weights; at least `minlength` numbers. Waits
   * for the values.
   */
  bincount(weights?: Handle | null, options: { readonly minlength?: number } = {}): T {
    return this.make(bincount(this.node, weights?.node, options.minlength))
  }
}
