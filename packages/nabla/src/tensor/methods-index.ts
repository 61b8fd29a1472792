/** A tensor's methods that read and write by index or mask. Indices are int32. */
import { Handle } from './handle.js'
import { type Operand, operand, type Scaled, truth } from './methods-elementwise.js'
import { ShapeMethods } from './methods-shape.js'
import * as p from './picking.js'
import * as w from './scattering.js'
import * as s from './subscripts.js'

/**
 * One index of a subscript: an element (negative from the end), a slice [start, stop, step] as Python's, a whole dimension (null), a new
 * one ('newaxis'), all dimensions in between ('...'), or a tensor: of indices (int32), or a mask (bool).
 */
export type Index = s.Subscript<Handle>

/** How values are written. */
export interface PutOptions {
  /** Add instead of replacing; what goes to one place adds up. Default false. */
  readonly accumulate?: boolean
}

/** What takes part in a scattered reduction. */
export interface ScatterReduceOptions {
  /** The element that is there takes part. Default true. */
  readonly includeSelf?: boolean
}

const nodesOf = (indices: readonly Index[]): s.Index[] =>
  indices.map((index) => (index instanceof Handle ? index.node : (index as s.Index)))

/** What a tensor reads and writes by index. */
export abstract class IndexMethods<T extends Handle> extends ShapeMethods<T> {
  /**
   * A subscript: `x.at(0, null, [1, -1])` is x[0, :, 1:-1], `x.at('...', i)` with an int32 tensor i is x[..., i]. Index tensors broadcast together;
   * their shape stands where they stood side by side, or else first. A bool tensor chooses where it holds, and waits for its values.
   */
  at(...indices: readonly Index[]): T {
    return this.make(s.at(this.node, nodesOf(indices)))
  }
  /** This tensor with `values`, which broadcast, in place of `x.at(...indices)`. Of several to one place the last stays. */
  put(indices: readonly Index[], values: Operand, options: PutOptions = {}): T {
    return this.make(s.put(this.node, nodesOf(indices), operand(values), options.accumulate))
  }
  /** As `put`, with an index tensor (or null, for the whole dimension) for each dimension, as PyTorch's `index_put`. */
  indexPut(indices: readonly (Handle | null)[], values: Operand, options: PutOptions = {}): T {
    return this.put(indices, values, options)
  }

  /** out[i][j][k] = x[index[i][j][k]][j][k] for dim 0, and so on. */
  gather(dim: number, index: Handle): T {
    return this.make(p.gather(this.node, dim, index.node))
  }
  /** Elements by their place in row-major order (negative from the end), in the shape of `index`. */
  take(index: Handle): T {
    return this.make(p.take(this.node, index.node))
  }
  /** As gather, with x and the indices broadcast to each other but along `dim`; without `dim`, of all elements in row-major order. */
  takeAlongDim(indices: Handle, dim?: number): T {
    return this.make(p.takeAlongDim(this.node, indices.node, dim))
  }
  /** The slices along `dim` that a list of indices names. */
  indexSelect(dim: number, index: Handle): T {
    return this.make(p.indexSelect(this.node, dim, index.node))
  }
  /** The elements where `mask` holds, as a list; the two broadcast. Waits for the mask, so it cannot stand in a compiled function. */
  maskedSelect(mask: Handle): T {
    return this.make(p.maskedSelect(this.node, truth('maskedSelect', mask)))
  }
  /** Where elements are not 0, in row-major order: [count, rank], int32. Waits for the values, so it cannot stand in a compiled function. */
  nonzero(): T {
    return this.make(p.nonzero(this.node))
  }
  /** 1 at each class, 0 elsewhere: [...shape, classes], int32. Without `classes` it is one more than the largest, and waits for it. */
  oneHot(classes?: number): T {
    return this.make(p.oneHot(this.node, classes))
  }

  /** x with source[i][j][k] at [index[i][j][k]][j][k] for dim 0, and so on; the last of several stays. `source` may be a number. */
  scatter(dim: number, index: Handle, source: Operand): T {
    return this.make(w.scatter(this.node, dim, index.node, operand(source)))
  }
  /** x plus `source` added at `index` along `dim`; the order is fixed, so the sum is the same each time. */
  scatterAdd(dim: number, index: Handle, source: Handle): T {
    return this.make(w.scatterAdd(this.node, dim, index.node, source.node))
  }
  /** x and what goes to each place as one: their sum, product, mean, largest or smallest. */
  scatterReduce(dim: number, index: Handle, source: Handle, reduce: w.Reduction, options: ScatterReduceOptions = {}): T {
    return this.make(w.scatterReduce(this.node, dim, index.node, source.node, reduce, options.includeSelf))
  }
  /** x plus alpha (default 1) times the slices of `source`, each at its index along `dim`. */
  indexAdd(dim: number, index: Handle, source: Handle, options: Scaled = {}): T {
    return this.make(w.indexAdd(this.node, dim, index.node, source.node, options.alpha))
  }
  /** x with the slices of `source` in place of those at the indices along `dim`. */
  indexCopy(dim: number, index: Handle, source: Handle): T {
    return this.make(w.indexCopy(this.node, dim, index.node, source.node))
  }
  /** x with one value in the slices at the indices along `dim`. */
  indexFill(dim: number, index: Handle, value: Operand): T {
    return this.make(w.indexFill(this.node, dim, index.node, operand(value)))
  }
  /** x with the elements of `source`, in row-major order, where `mask` holds. */
  maskedScatter(mask: Handle, source: Handle): T {
    return this.make(w.maskedScatter(this.node, truth('maskedScatter', mask), source.node))
  }
}
