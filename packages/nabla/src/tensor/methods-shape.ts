/** A tensor's views and choices of elements. Dimensions may be negative. */
import type { Shape } from '../core/shape.js'
import { builder as b } from '../ops/builder.js'
import type { Handle } from './handle.js'
import { ElementwiseMethods } from './methods-elementwise.js'
import * as p from './picking.js'
import * as s from './shapes.js'

/** `f(2, 3)` and `f([2, 3])` are the same. */
export type Numbers = readonly number[] | readonly [readonly number[]]
export const numbers = (given: Numbers): readonly number[] =>
  Array.isArray(given[0]) ? (given[0] as readonly number[]) : (given as readonly number[])

export abstract class ShapeMethods<T extends Handle> extends ElementwiseMethods<T> {
  /** The same elements in another shape; one extent may be -1. */
  reshape(...shape: Numbers): T {
    return this.make(s.reshape(this.node, numbers(shape)))
  }
  /** As `reshape`: tensors have no strides that could forbid a view. */
  view(...shape: Numbers): T {
    return this.reshape(...shape)
  }
  viewAs(other: Handle): T {
    return this.reshape(other.shape)
  }
  /** Dimensions `startDim` to `endDim` become one. */
  flatten(startDim = 0, endDim = -1): T {
    return this.make(s.flatten(this.node, startDim, endDim))
  }
  /** Dimension `dim` becomes several; one size may be -1. */
  unflatten(dim: number, sizes: Shape): T {
    return this.make(s.unflatten(this.node, dim, sizes))
  }
  permute(...dims: Numbers): T {
    return this.make(s.permute(this.node, numbers(dims)))
  }
  transpose(dim0: number, dim1: number): T {
    return this.make(s.transpose(this.node, dim0, dim1))
  }
  /** The transpose of a matrix. */
  t(): T {
    return this.make(s.transpose(this.node, 0, -1))
  }
  /** The last two dimensions exchanged. */
  get mT(): T {
    return this.make(s.transpose(this.node, -2, -1))
  }
  movedim(from: number, to: number): T {
    return this.make(s.moveDim(this.node, from, to))
  }
  squeeze(dim?: number | readonly number[]): T {
    return this.make(s.squeeze(this.node, dim))
  }
  unsqueeze(dim: number): T {
    return this.make(s.unsqueeze(this.node, dim))
  }
  /** Extents of 1 repeated, without copying; -1 keeps an extent. */
  expand(...shape: Numbers): T {
    return this.make(s.expand(this.node, numbers(shape)))
  }
  expandAs(other: Handle): T {
    return this.expand(other.shape)
  }
  broadcastTo(...shape: Numbers): T {
    return this.expand(...shape)
  }
  repeat(...times: Numbers): T {
    return this.make(s.repeat(this.node, numbers(times)))
  }
  repeatInterleave(count: number, dim = 0): T {
    return this.make(s.repeatInterleave(this.node, count, dim))
  }
  flip(...dims: Numbers): T {
    return this.make(s.flip(this.node, numbers(dims)))
  }
  roll(shift: number, dim: number): T {
    return this.make(s.roll(this.node, shift, dim))
  }
  /** `value` around the tensor: [before, after] for each dimension. */
  pad(padding: readonly (readonly [number, number])[], value = 0): T {
    return this.make(s.pad(this.node, padding, value))
  }
  contiguous(): T {
    return this.make(this.node)
  }

  narrow(dim: number, start: number, length: number): T {
    return this.make(s.narrow(this.node, dim, start, length))
  }
  select(dim: number, index: number): T {
    return this.make(s.select(this.node, dim, index))
  }
  /** Elements `start` to `stop` (exclusive) by `step`, as Python's slices. */
  slice(dim: number, start = 0, stop = Infinity, step = 1): T {
    return this.make(s.slice(this.node, dim, start, stop, step))
  }
  /** A subscript: `x.at(0, null, [1, 3])` is x[0, :, 1:3]; also '...' and 'newaxis'. */
  at(...indices: readonly s.Index[]): T {
    return this.make(s.at(this.node, indices))
  }
  split(size: number | readonly number[], dim = 0): T[] {
    return s.split(this.node, size, dim).map((part) => this.make(part))
  }
  /** At most `count` pieces of equal size (the last may be smaller). */
  chunk(count: number, dim = 0): T[] {
    return this.split(Math.max(1, Math.ceil((this.shape.at(dim) ?? 1) / count)), dim)
  }
  /** The slices along `dim`, without that dimension. */
  unbind(dim = 0): T[] {
    return Array.from({ length: this.shape.at(dim) ?? 0 }, (_, i) => this.select(dim, i))
  }
  /** Moving windows of `size` at every `step` along `dim`, in a new last dimension. */
  unfold(dim: number, size: number, step: number): T {
    return this.make(b.window(this.node, dim < 0 ? dim + this.shape.length : dim, size, step))
  }

  /** out[i][j][k] = x[index[i][j][k]][j][k] for dim 0, and so on. */
  gather(dim: number, index: Handle): T {
    return this.make(p.gather(this.node, dim, index.node))
  }
  /** x plus `source` added at `index` along `dim`; the order is fixed, so the sum is the same each time. */
  scatterAdd(dim: number, index: Handle, source: Handle): T {
    return this.make(p.scatterAdd(this.node, dim, index.node, source.node))
  }
  indexSelect(dim: number, index: Handle): T {
    return this.make(p.indexSelect(this.node, dim, index.node))
  }
  /** 1 at each class, 0 elsewhere: [...shape, classes], int32. */
  oneHot(classes: number): T {
    return this.make(p.oneHot(this.node, classes))
  }
  /** Lower triangle: zero above `diagonal`. */
  tril(diagonal = 0): T {
    return this.make(p.tril(this.node, diagonal))
  }
  /** Upper triangle: zero below `diagonal`. */
  triu(diagonal = 0): T {
    return this.make(p.triu(this.node, diagonal))
  }
  diagonal(): T {
    return this.make(p.diagonal(this.node))
  }
  sort(dim = -1, options: { readonly descending?: boolean } = {}): { values: T; indices: T } {
    return this.pair(p.sort(this.node, dim, options.descending))
  }
  /** The indices that sort; equal values keep their order. */
  argsort(dim = -1, options: { readonly descending?: boolean } = {}): T {
    return this.make(p.sort(this.node, dim, options.descending).indices)
  }
  /** The `k` largest along `dim`, in order. */
  topk(k: number, dim = -1, options: { readonly largest?: boolean } = {}): { values: T; indices: T } {
    return this.pair(p.topk(this.node, k, dim, options.largest ?? true))
  }

  protected pair(nodes: { values: ReturnType<typeof s.reshape>; indices: ReturnType<typeof s.reshape> }): {
    values: T
    indices: T
  } {
    return { values: this.make(nodes.values), indices: this.make(nodes.indices) }
  }
}
