/** A tensor's views and choices of elements. Dimensions may be negative. */
import type { Shape } from '../core/shape.js'
import * as a from './arrangements.js'
import type { Handle } from './handle.js'
import { ElementwiseMethods } from './methods-elementwise.js'
import * as s from './shapes.js'
import * as t from './triangles.js'
import { repeatEach } from './unique.js'

/** `f(2, 3)` and `f([2, 3])` are the same. */
export type Numbers = readonly number[] | readonly [readonly number[]]
/** The numbers of either form. */
export const numbers = (given: Numbers): readonly number[] =>
  Array.isArray(given[0]) ? (given[0] as readonly number[]) : (given as readonly number[])

/** What rearranges a tensor. */
export abstract class ShapeMethods<T extends Handle> extends ElementwiseMethods<T> {
  /** The same elements in another shape; one extent may be -1. */
  reshape(...shape: Numbers): T {
    return this.make(s.reshape(this.node, numbers(shape)))
  }
  /** As `reshape`: tensors have no strides that could forbid a view. */
  view(...shape: Numbers): T {
    return this.reshape(...shape)
  }
  /** As `reshape`, to the shape of another tensor. */
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
  /** Dimensions in another order: dimension i of the result is dimension dims[i]. */
  permute(...dims: Numbers): T {
    return this.make(s.permute(this.node, numbers(dims)))
  }
  /** Two dimensions exchanged. */
  transpose(dim0: number, dim1: number): T {
    return this.make(s.transpose(this.node, dim0, dim1))
  }
  /** The transpose of a matrix. */
  t(): T {
    return this.make(s.t(this.node))
  }
  /** The last two dimensions exchanged. */
  get mT(): T {
    return this.make(s.transpose(this.node, -2, -1))
  }
  /** Dimensions `source` moved to positions `destination`; the others keep their order. */
  movedim(source: number | readonly number[], destination: number | readonly number[]): T {
    return this.make(s.moveDim(this.node, source, destination))
  }
  /** As `transpose`. */
  swapaxes(axis0: number, axis1: number): T {
    return this.transpose(axis0, axis1)
  }
  /** Extents of 1 removed: all of them, or those of `dim` that are 1. */
  squeeze(dim?: number | readonly number[]): T {
    return this.make(s.squeeze(this.node, dim))
  }
  /** A new dimension of extent 1 at `dim`. */
  unsqueeze(dim: number): T {
    return this.make(s.unsqueeze(this.node, dim))
  }
  /** Extents of 1 repeated, without copying; -1 keeps an extent. */
  expand(...shape: Numbers): T {
    return this.make(s.expand(this.node, numbers(shape)))
  }
  /** As `expand`, to the shape of another tensor. */
  expandAs(other: Handle): T {
    return this.expand(other.shape)
  }
  /** As `expand`. */
  broadcastTo(...shape: Numbers): T {
    return this.expand(...shape)
  }
  /** The whole tensor `times[d]` times along each dimension; new dimensions come first. */
  repeat(...times: Numbers): T {
    return this.make(a.repeat(this.node, numbers(times)))
  }
  /** As `repeat`, with counts aligned at the last dimension. */
  tile(...times: Numbers): T {
    return this.make(a.tile(this.node, numbers(times)))
  }
  /**
   * Each element `count` times along `dim`, or of all elements in row-major order. `count` may be a list (int32), one for each; then it
   * waits for its values.
   */
  repeatInterleave(count: number | Handle, dim?: number): T {
    const [x, d] = dim === undefined ? [s.reshape(this.node, [-1]), 0] : [this.node, dim]
    return this.make(typeof count === 'number' ? a.repeatInterleave(x, count, d) : repeatEach(x, count.node, d))
  }
  /** Elements in reverse order along the given dimensions. */
  flip(...dims: Numbers): T {
    return this.make(a.flip(this.node, numbers(dims)))
  }
  /** Elements moved on by `shifts` along `dims`, those beyond the end to the beginning; without `dims`, of all in row-major order. */
  roll(shifts: number | readonly number[], dims?: number | readonly number[]): T {
    return this.make(a.roll(this.node, shifts, dims))
  }
  /** Turned `k` times by 90 degrees, from the first of `dims` towards the second. */
  rot90(k = 1, dims: readonly [number, number] = [0, 1]): T {
    return this.make(a.rot90(this.node, k, dims))
  }
  /** `value` around the tensor: [before, after] for each dimension. */
  pad(padding: readonly (readonly [number, number])[], value = 0): T {
    return this.make(s.pad(this.node, padding, value))
  }
  /** The tensor itself: tensors have no strides. */
  contiguous(): T {
    return this.make(this.node)
  }

  /** `length` elements from `start` (negative from the end) along `dim`. */
  narrow(dim: number, start: number, length: number): T {
    return this.make(s.narrow(this.node, dim, start, length))
  }
  /** The slice `index` (negative from the end) along `dim`, without that dimension. */
  select(dim: number, index: number): T {
    return this.make(s.select(this.node, dim, index))
  }
  /** Elements `start` to `stop` (exclusive) by `step`, as Python's slices. */
  slice(dim: number, start = 0, stop = Infinity, step = 1): T {
    return this.make(s.slice(this.node, dim, start, stop, step))
  }
  /** Pieces of `size` along `dim` (the last may be smaller), or of the given sizes. */
  split(size: number | readonly number[], dim = 0): T[] {
    return s.split(this.node, size, dim).map((part) => this.make(part))
  }
  /** At most `count` pieces of equal size (the last may be smaller). */
  chunk(count: number, dim = 0): T[] {
    return s.chunk(this.node, count, dim).map((part) => this.make(part))
  }
  /** `sections` pieces of nearly equal size, or those between given indices. */
  tensorSplit(sections: number | readonly number[], dim = 0): T[] {
    return s.tensorSplit(this.node, sections, dim).map((part) => this.make(part))
  }
  /** The slices along `dim`, without that dimension. */
  unbind(dim = 0): T[] {
    return s.unbind(this.node, dim).map((part) => this.make(part))
  }
  /** Moving windows of `size` at every `step` along `dim`, in a new last dimension. */
  unfold(dim: number, size: number, step: number): T {
    return this.make(s.unfold(this.node, dim, size, step))
  }

  /** Lower triangle: zero above `diagonal`. */
  tril(diagonal = 0): T {
    return this.make(t.tril(this.node, diagonal))
  }
  /** Upper triangle: zero below `diagonal`. */
  triu(diagonal = 0): T {
    return this.make(t.triu(this.node, diagonal))
  }
  /** The elements of a diagonal of the plane of two dimensions, in a new last one. `offset` counts from the main diagonal upwards. */
  diagonal(offset = 0, dim1 = 0, dim2 = 1): T {
    return this.make(t.diagonal(this.node, offset, dim1, dim2))
  }
  /** The last dimension as a diagonal of square matrices, whose rows and columns are dimensions `dim1` and `dim2`. */
  diagEmbed(offset = 0, dim1 = -2, dim2 = -1): T {
    return this.make(t.diagEmbed(this.node, offset, dim1, dim2))
  }
  /** A vector [n] as a diagonal of a matrix; of a matrix a diagonal. */
  diag(diagonal = 0): T {
    return this.make(t.diag(this.node, diagonal))
  }
}
