/** A tensor's products: matrices, vectors, and what is added to them. */
import type { Handle } from './handle.js'
import { ReduceMethods } from './methods-reduce.js'
import * as p from './products.js'
import * as s from './products-scaled.js'
import * as t from './products-tensor.js'

export abstract class ProductMethods<T extends Handle> extends ReduceMethods<T> {
  /** Dot product [k] by [k], matrix product [m, k] by [k, n], or batches of them [..., m, k] by [..., k, n] that broadcast. */
  matmul(other: Handle): T {
    return this.make(p.matmul(this.node, other.node))
  }
  /** Matrix product [m, k] by [k, n]. */
  mm(mat2: Handle): T {
    return this.make(p.mm(this.node, mat2.node))
  }
  /** Batch of matrix products [b, m, k] by [b, k, n]; nothing broadcasts. */
  bmm(mat2: Handle): T {
    return this.make(p.bmm(this.node, mat2.node))
  }
  /** Matrix by vector: [m, k] by [k] to [m]. */
  mv(vec: Handle): T {
    return this.make(p.mv(this.node, vec.node))
  }
  /** Scalar product of two vectors of one length. */
  dot(other: Handle): T {
    return this.make(p.dot(this.node, other.node))
  }
  /** As `dot`: all tensors are real. */
  vdot(other: Handle): T {
    return this.dot(other)
  }
  /** Every product of two vectors: [m] and [n] to [m, n]. */
  outer(vec2: Handle): T {
    return this.make(s.outer(this.node, vec2.node))
  }
  /** As `outer`. */
  ger(vec2: Handle): T {
    return this.outer(vec2)
  }
  /** Sums of products along the last dimensions of both: [..., k] and [*, k] to [..., *]; a scalar scales. */
  inner(other: Handle): T {
    return this.make(t.inner(this.node, other.node))
  }
  /** Kronecker's product: extents multiply, each element becomes a scaled copy of `other`. */
  kron(other: Handle): T {
    return this.make(t.kron(this.node, other.node))
  }
  /** Cross product of vectors of 3 along `dim`; default: the first dimension of extent 3. Shapes broadcast. */
  cross(other: Handle, dim?: number): T {
    return this.make(t.cross(this.node, other.node, dim))
  }
  /** The sum of a matrix's diagonal: [m, n] to a scalar. */
  trace(): T {
    return this.make(t.trace(this.node))
  }
  /** The n-th power (n >= 0) of a square matrix or a batch of them; negative ones are in `nabla/linalg`. */
  matrixPower(n: number): T {
    return this.make(t.matrixPower(this.node, n))
  }

  /** beta this + alpha mat1 mat2, where this broadcasts to [n, p], mat1 is [n, m], mat2 [m, p]. */
  addmm(mat1: Handle, mat2: Handle, scales: s.Scales = {}): T {
    return this.make(s.addmm(this.node, mat1.node, mat2.node, scales))
  }
  /** beta this + alpha mat vec, where this broadcasts to [n], mat is [n, m], vec [m]. */
  addmv(mat: Handle, vec: Handle, scales: s.Scales = {}): T {
    return this.make(s.addmv(this.node, mat.node, vec.node, scales))
  }
  /** beta this + alpha vec1 vec2^T, where this broadcasts to [n, m], vec1 is [n], vec2 [m]. */
  addr(vec1: Handle, vec2: Handle, scales: s.Scales = {}): T {
    return this.make(s.addr(this.node, vec1.node, vec2.node, scales))
  }
  /** beta this + alpha batch1 batch2, where this broadcasts to [b, n, p], batch1 is [b, n, m], batch2 [b, m, p]. */
  baddbmm(batch1: Handle, batch2: Handle, scales: s.Scales = {}): T {
    return this.make(s.baddbmm(this.node, batch1.node, batch2.node, scales))
  }
  /** beta this + alpha times the sum over the batch of batch1 batch2, where this broadcasts to [n, p]. */
  addbmm(batch1: Handle, batch2: Handle, scales: s.Scales = {}): T {
    return this.make(s.addbmm(this.node, batch1.node, batch2.node, scales))
  }
}
