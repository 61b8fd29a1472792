/**
 * A tensor's in-place methods: each points the handle to a new value of the same shape and dtype. Gradients flow to the old value as to any
 * operand; a leaf that requires gradients can only be changed inside `noGrad`.
 */
import { dtypes } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { aliasNode, type Handle } from './handle.js'
import { type DivOptions, type Operand, operand, type Scaled } from './methods-elementwise.js'
import type { Index, PutOptions, ScatterReduceOptions } from './methods-index.js'
import { ProductMethods } from './methods-products.js'
import { bernoulliNode, normalNode, uniformNode } from './random.js'
import { keepShort } from './realize.js'
import type { Reduction } from './scattering.js'
import { expand } from './shapes.js'

/** A node of its own where `next` is another handle's: neither may be overwritten under the other. */
const apart = (next: Node, other: Operand): Node =>
  typeof other === 'object' && other.peek() === next
    ? new Node('reshape', [next], { shape: next.shape }, next.shape, next.dtype, next.device)
    : next

/** What changes a tensor in place. */
export abstract class InPlaceMethods<T extends Handle> extends ProductMethods<T> {
  /** Points this handle to another tensor's value, of the same shape and dtype. A leaf that requires gradients allows it only inside `noGrad`. */
  assign(value: Handle): this {
    if (!sameShape(value.shape, this.shape) || value.dtype !== this.dtype || value.device !== this.device)
      throw new NablaError(
        value.dtype === this.dtype ? 'shape' : 'dtype',
        `[assign] ${value.dtype} ${showShape(value.shape)} on ${value.device} does not fit ${this.dtype} ${showShape(this.shape)} on ${this.device}; shape, dtype and device must be equal`,
        { expected: { shape: this.shape, dtype: this.dtype }, given: { shape: value.shape, dtype: value.dtype } },
      )
    const node = value.node
    this.update('assign', node)
    if (node === this.peek() && value !== this) {
      node.exposed = true
      if (this.marked) value.point(aliasNode(node)) // the leaf's node is the leaf's alone
    }
    return this
  }

  /** The values of another tensor, broadcast to this shape and cast to this dtype. */
  copy_(source: Handle): this {
    const cast = source.dtype === this.dtype ? source.node : b.cast(source.node, this.dtype)
    return this.update('copy_', apart(expand(cast, this.shape), source))
  }
  /** Every element becomes `value`. */
  fill_(value: number): this {
    return this.update('fill_', b.constant(value, this.shape, this.dtype, this.device))
  }
  /** Every element becomes 0. */
  zero_(): this {
    return this.fill_(0)
  }
  /** As `add`, in place. */
  add_(other: Operand, options: Scaled = {}): this {
    return this.update('add_', this.add(other, options).node)
  }
  /** As `sub`, in place. */
  sub_(other: Operand, options: Scaled = {}): this {
    return this.update('sub_', this.sub(other, options).node)
  }
  /** As `mul`, in place. */
  mul_(other: Operand): this {
    return this.update('mul_', b.mul(this.node, operand(other)))
  }
  /** As `div`, in place. */
  div_(other: Operand, options: DivOptions = {}): this {
    return this.update('div_', this.div(other, options).node)
  }
  /** As `floorDivide`, in place. */
  floorDivide_(other: Operand): this {
    return this.update('floorDivide_', b.floorDiv(this.node, operand(other)))
  }
  /** As `remainder`, in place. */
  remainder_(other: Operand): this {
    return this.update('remainder_', b.remainder(this.node, operand(other)))
  }
  /** As `pow`, in place. */
  pow_(exponent: Operand): this {
    return this.update('pow_', b.pow(this.node, operand(exponent)))
  }
  /** As `neg`, in place. */
  neg_(): this {
    return this.update('neg_', b.neg(this.node))
  }
  /** As `abs`, in place. */
  abs_(): this {
    return this.update('abs_', b.abs(this.node))
  }
  /** As `exp`, in place. */
  exp_(): this {
    return this.update('exp_', b.exp(this.node))
  }
  /** As `log`, in place. */
  log_(): this {
    return this.update('log_', b.log(this.node))
  }
  /** As `floor`, in place. */
  floor_(): this {
    return this.update('floor_', b.floor(this.node))
  }
  /** As `ceil`, in place. */
  ceil_(): this {
    return this.update('ceil_', b.ceil(this.node))
  }
  /** As `trunc`, in place. */
  trunc_(): this {
    return this.update('trunc_', b.trunc(this.node))
  }
  /** As `round`, in place. */
  round_(options: { readonly decimals?: number } = {}): this {
    return this.update('round_', this.round(options).node)
  }
  /** As `square`, in place. */
  square_(): this {
    return this.update('square_', this.square().node)
  }
  /** As `reciprocal`, in place. */
  reciprocal_(): this {
    return this.update('reciprocal_', this.reciprocal().node)
  }
  /** As `rsqrt`, in place. */
  rsqrt_(): this {
    return this.update('rsqrt_', this.rsqrt().node)
  }
  /** As `sqrt`, in place. */
  sqrt_(): this {
    return this.update('sqrt_', b.sqrt(this.node))
  }
  /** As `relu`, in place. */
  relu_(): this {
    return this.update('relu_', b.relu(this.node))
  }
  /** As `sigmoid`, in place. */
  sigmoid_(): this {
    return this.update('sigmoid_', b.sigmoid(this.node))
  }
  /** As `tanh`, in place. */
  tanh_(): this {
    return this.update('tanh_', b.tanh(this.node))
  }
  /** As `lerp`, in place. */
  lerp_(end: Handle, weight: Operand): this {
    return this.update('lerp_', this.lerp(end, weight).node)
  }
  /** As `addcmul`, in place. */
  addcmul_(a: Handle, c: Handle, value = 1): this {
    return this.update('addcmul_', this.addcmul(a, c, value).node)
  }
  /** As `addcdiv`, in place. */
  addcdiv_(a: Handle, c: Handle, value = 1): this {
    return this.update('addcdiv_', this.addcdiv(a, c, value).node)
  }
  /** As `clamp`, in place. */
  clamp_(min?: Operand, max?: Operand): this {
    return this.update('clamp_', this.clamp(min, max).node)
  }
  /** As `maskedFill`, in place. */
  maskedFill_(mask: Handle, value: Operand): this {
    return this.update('maskedFill_', this.maskedFill(mask, value).node)
  }

  /** The assignment x[indices] = value: see `at` for the indices, `put` for the rest. Gradients flow to the old x and to `value`. */
  setAt(indices: readonly Index[], value: Operand, options: PutOptions = {}): this {
    return this.update('setAt', apart(this.put(indices, value, options).node, value))
  }
  /** As `indexPut`, in place. */
  indexPut_(indices: readonly (Handle | null)[], values: Operand, options: PutOptions = {}): this {
    return this.update('indexPut_', apart(this.indexPut(indices, values, options).node, values))
  }
  /** As `scatter`, in place. */
  scatter_(dim: number, index: Handle, source: Operand): this {
    return this.update('scatter_', this.scatter(dim, index, source).node)
  }
  /** As `scatterAdd`, in place. */
  scatterAdd_(dim: number, index: Handle, source: Handle): this {
    return this.update('scatterAdd_', this.scatterAdd(dim, index, source).node)
  }
  /** As `scatterReduce`, in place. */
  scatterReduce_(dim: number, index: Handle, source: Handle, reduce: Reduction, options: ScatterReduceOptions = {}): this {
    return this.update('scatterReduce_', this.scatterReduce(dim, index, source, reduce, options).node)
  }
  /** As `indexAdd`, in place. */
  indexAdd_(dim: number, index: Handle, source: Handle, options: Scaled = {}): this {
    return this.update('indexAdd_', this.indexAdd(dim, index, source, options).node)
  }
  /** As `indexCopy`, in place. */
  indexCopy_(dim: number, index: Handle, source: Handle): this {
    return this.update('indexCopy_', this.indexCopy(dim, index, source).node)
  }
  /** As `indexFill`, in place. */
  indexFill_(dim: number, index: Handle, value: Operand): this {
    return this.update('indexFill_', this.indexFill(dim, index, value).node)
  }
  /** As `maskedScatter`, in place. */
  maskedScatter_(mask: Handle, source: Handle): this {
    return this.update('maskedScatter_', this.maskedScatter(mask, source).node)
  }

  /** Random values, uniform in [low, high). */
  uniform_(low = 0, high = 1): this {
    return this.update('uniform_', uniformNode(this.shape, this.dtype, this.device, low, high))
  }
  /** Random values, normally distributed. */
  normal_(mean = 0, std = 1): this {
    return this.update('normal_', normalNode(this.shape, this.dtype, this.device, mean, std))
  }
  /** 1 with probability `p`, else 0. */
  bernoulli_(p = 0.5): this {
    return this.update('bernoulli_', b.cast(bernoulliNode(p, this.shape, this.device), this.dtype))
  }

  /** Moves the pointer to a new value, checked to fit. */
  private update(op: string, next: Node): this {
    if (this.marked && Node.recording)
      throw new NablaError(
        'autograd',
        `[${op}] a leaf tensor that requires gradients was changed in place; do it inside noGrad(() => ...), or on a copy: x.clone()`,
        { op, shape: this.shape },
      )
    if (!sameShape(next.shape, this.shape))
      throw new NablaError(
        'shape',
        `[${op}] the result has shape ${showShape(next.shape)}, but the tensor that takes it ${showShape(this.shape)}`,
        {
          op,
          expected: this.shape,
          given: next.shape,
        },
      )
    if (next.dtype !== this.dtype) {
      if (dtypes[next.dtype].category > dtypes[this.dtype].category)
        throw new NablaError(
          'dtype',
          `[${op}] the result is ${next.dtype} and does not fit into ${this.dtype}; cast the tensor first`,
          { op, dtype: this.dtype },
        )
      next = b.cast(next, this.dtype)
    }
    if (next === this.node) return this
    this.adopt(this.marked && (next.tracked || next.exposed) ? aliasNode(next) : next)
    keepShort()
    return this
  }
}
