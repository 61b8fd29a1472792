/**
 * The tensor: a handle on a graph node with PyTorch's methods in camelCase. Operations check at once and compute later: when values are
 * asked for, everything wanted is computed together. In-place forms (ending in `_`) move the handle to a new node.
 */
import { deviceByName } from '../compiler/devices.js'
import { type DType, dtypes, type TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sameShape, sizeOf } from '../core/shape.js'
import { Node, type Storage } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { type GradientOptions, gradients, untracked } from './autograd.js'
import { aliasNode, currentTracer, leaves, pending } from './handle.js'
import { type Operand, operand } from './methods-elementwise.js'
import { ReduceMethods } from './methods-reduce.js'
import { normalNode, uniformNode } from './random.js'
import { keepShort, realizeNodes, settleStep } from './realize.js'
import { clamp } from './activations.js'
import { expand } from './shapes.js'
import { dataNode } from './source.js'
import { decode, format, nest, type Nested } from './values.js'

export class Tensor extends ReduceMethods<Tensor> {
  protected override make(node: Node): Tensor {
    if (node === this.peek()) node.exposed = true // two handles on one node: neither may be overwritten under the other
    return new Tensor(node)
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length
  }

  /** Number of elements. */
  get numel(): number {
    return sizeOf(this.shape)
  }

  /** Extents, or the extent of one dimension. */
  size(): readonly number[]
  size(dim: number): number
  size(dim?: number): readonly number[] | number {
    return dim === undefined ? this.shape : (this.shape.at(dim) ?? 1)
  }

  // ---------------------------------------------------------------- values

  /** The elements, row-major (float16 as float32). Everything still to be computed for it is computed now. */
  async data(): Promise<TypedArray> {
    const { dtype, device } = this
    const storage = this.computed()
    this.node.exposed = true // a compiled step that runs before the read is done must not write over what is read
    return decode(await deviceByName(device).read(storage), dtype)
  }

  /** As `data()`, waiting for the device. */
  dataSync(): TypedArray {
    return decode(deviceByName(this.device).readSync(this.computed()), this.dtype)
  }

  /** The value of a tensor with one element; truth values are 1 and 0. */
  async item(): Promise<number> {
    this.checkSingle()
    return (await this.data())[0]!
  }

  itemSync(): number {
    this.checkSingle()
    return this.dataSync()[0]!
  }

  /** Nested arrays; truth values as booleans. */
  async toArray(): Promise<Nested> {
    const { shape, dtype } = this
    return nest(await this.data(), shape, dtype)
  }

  toArraySync(): Nested {
    return nest(this.dataSync(), this.shape, this.dtype)
  }

  /** Computes the value without reading it. */
  realize(): this {
    this.computed()
    return this
  }

  private computed(): Storage {
    const node = this.node
    realizeNodes([node])
    return node.storage!
  }

  private checkSingle(): void {
    if (this.numel !== 1)
      throw new NablaError(
        'shape',
        `[item] a tensor of shape ${showShape(this.shape)} has ${this.numel} elements, not one; use data() or toArray()`,
        { shape: this.shape },
      )
  }

  /** The values where they are computed; else what is known without them. */
  override toString(): string {
    const about = [
      ...(this.dtype === 'float32' ? [] : [`dtype: ${this.dtype}`]),
      ...(this.requiresGrad ? ['requiresGrad: true'] : []),
    ].join(', ')
    const storage = this.peek().storage
    if (!storage) return `tensor(shape: ${showShape(this.shape)}, not computed yet${about ? `, ${about}` : ''})`
    const values = format(decode(deviceByName(this.device).readSync(storage), this.dtype), this.shape, this.dtype)
    return `tensor(${values}${about ? `, ${about}` : ''})`
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  /** The same values on another device (computed and copied now), or in another dtype. */
  to(target: string): Tensor {
    if (target in dtypes) return this.type(target as DType)
    if (target === this.device) return this
    if (this.requiresGrad && !this.marked)
      throw new NablaError(
        'autograd',
        `[to] a tensor with a graph cannot change its device; move its leaves, or detach() it first`,
        { device: target },
      )
    const moved = new Tensor(dataNode(deviceByName(this.device).readSync(this.computed()), this.shape, this.dtype, target))
    if (this.marked) moved.requiresGrad = true
    return moved
  }

  // -------------------------------------------------------------- autograd

  /** The gradient gathered by `backward`, or null. */
  get grad(): Tensor | null {
    return this.getGrad() as Tensor | null
  }

  set grad(grad: Tensor | null) {
    if (grad && !sameShape(grad.shape, this.shape))
      throw new NablaError(
        'shape',
        `[grad] a gradient of shape ${showShape(grad.shape)} does not fit a tensor of shape ${showShape(this.shape)}`,
      )
    this.setGrad(grad)
  }

  requiresGrad_(wanted = true): this {
    this.requiresGrad = wanted
    return this
  }

  /** The same values, cut from the graph: no gradient flows back through it. */
  detach(): Tensor {
    return new Tensor(aliasNode(this.node))
  }

  /** A tensor of its own with the same values; gradients flow through. */
  clone(): Tensor {
    const node = this.node
    return new Tensor(new Node('reshape', [node], { shape: node.shape }, node.shape, node.dtype, node.device))
  }

  /**
   * Adds the gradients of this tensor to `grad` of every leaf it was computed from. `gradient` (default 1, for a single element)
   * is the gradient of this tensor itself. The graph is freed unless `retainGraph` or `createGraph` is given.
   */
  backward(gradient?: Tensor, options: GradientOptions = {}): void {
    settleStep()
    const node = this.node
    const seed = seedOf(this, gradient)
    for (const [leaf, grad] of gradients([node], [seed], undefined, options))
      addGradient(leaf, grad, options.createGraph ?? false)
    if (!currentTracer()) pending.add(this) // a loss is wanted as a rule, and costs little beside its gradients
    keepShort()
  }

  // -------------------------------------------------------------- in place

  /** Points this handle to another tensor's value, of the same shape and dtype. A leaf that requires gradients allows it only inside `noGrad`. */
  assign(value: Tensor): this {
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
  copy_(source: Tensor): this {
    const cast = source.dtype === this.dtype ? source.node : b.cast(source.node, this.dtype)
    return this.update('copy_', untrackedAlias(expand(cast, this.shape)))
  }
  fill_(value: number): this {
    return this.update('fill_', b.constant(value, this.shape, this.dtype, this.device))
  }
  zero_(): this {
    return this.fill_(0)
  }
  add_(other: Operand): this {
    return this.update('add_', b.add(this.node, operand(other)))
  }
  sub_(other: Operand): this {
    return this.update('sub_', b.sub(this.node, operand(other)))
  }
  mul_(other: Operand): this {
    return this.update('mul_', b.mul(this.node, operand(other)))
  }
  div_(other: Operand): this {
    return this.update('div_', b.div(this.node, operand(other)))
  }
  pow_(exponent: Operand): this {
    return this.update('pow_', b.pow(this.node, operand(exponent)))
  }
  neg_(): this {
    return this.update('neg_', b.neg(this.node))
  }
  abs_(): this {
    return this.update('abs_', b.abs(this.node))
  }
  exp_(): this {
    return this.update('exp_', b.exp(this.node))
  }
  sqrt_(): this {
    return this.update('sqrt_', b.sqrt(this.node))
  }
  relu_(): this {
    return this.update('relu_', b.relu(this.node))
  }
  sigmoid_(): this {
    return this.update('sigmoid_', b.sigmoid(this.node))
  }
  tanh_(): this {
    return this.update('tanh_', b.tanh(this.node))
  }
  lerp_(end: Tensor, weight: Operand): this {
    return this.update('lerp_', this.lerp(end, weight).node)
  }
  addcmul_(a: Tensor, c: Tensor, value = 1): this {
    return this.update('addcmul_', this.addcmul(a, c, value).node)
  }
  addcdiv_(a: Tensor, c: Tensor, value = 1): this {
    return this.update('addcdiv_', this.addcdiv(a, c, value).node)
  }
  clamp_(min?: number, max?: number): this {
    return this.update('clamp_', clamp(this.node, min, max))
  }
  maskedFill_(mask: Tensor, value: Operand): this {
    return this.update('maskedFill_', this.maskedFill(mask, value).node)
  }
  /** Random values, uniform in [low, high). */
  uniform_(low = 0, high = 1): this {
    return this.update('uniform_', uniformNode(this.shape, this.dtype, this.device, low, high))
  }
  /** Random values, normally distributed. */
  normal_(mean = 0, std = 1): this {
    return this.update('normal_', normalNode(this.shape, this.dtype, this.device, mean, std))
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

/** A value that a copy may own: no other handle's node. */
function untrackedAlias(node: Node): Node {
  return node.inputs.length === 0 || node.exposed
    ? new Node('reshape', [node], { shape: node.shape }, node.shape, node.dtype, node.device)
    : node
}

/** The gradient that a backward pass starts from, checked. */
export function seedOf(output: Tensor, gradient: Tensor | undefined): Node {
  const node = output.node
  if (!node.tracked)
    throw new NablaError(
      'autograd',
      `[backward] this tensor of shape ${showShape(node.shape)} has no graph: nothing it was computed from requires gradients, or it was computed inside noGrad, detached, or returned by a compiled function`,
      { shape: node.shape },
    )
  if (gradient) {
    if (!sameShape(gradient.shape, node.shape))
      throw new NablaError(
        'shape',
        `[backward] the gradient has shape ${showShape(gradient.shape)}, but the tensor ${showShape(node.shape)}; they must be equal`,
        {
          expected: node.shape,
          given: gradient.shape,
        },
      )
    return gradient.dtype === node.dtype ? gradient.node : b.cast(gradient.node, node.dtype)
  }
  if (sizeOf(node.shape) !== 1)
    throw new NablaError(
      'autograd',
      `[backward] a tensor of shape ${showShape(node.shape)} is not a single number: reduce it (sum(), mean()) or give the gradient to start from: backward(gradient)`,
      { shape: node.shape },
    )
  return untracked(() => b.like(node, 1))
}

/** Adds to a leaf's `grad`; with a recorded graph the sum is a new tensor, without one the same tensor is updated. */
function addGradient(leaf: Node, grad: Node, record: boolean): void {
  const handle = leaves.get(leaf) as Tensor
  const held = handle.grad
  if (held && !record && !held.marked) {
    held.adopt(untracked(() => b.add(held.node, grad)))
    return
  }
  const sum = held ? b.add(held.node, grad) : grad
  sum.exposed = true // one node may be the gradient of several leaves
  handle.grad = new Tensor(sum)
  if (!currentTracer()) pending.add(handle.grad)
}
