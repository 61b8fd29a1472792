/// <reference lib="esnext.disposable" preserve="true" />
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
import { addHook, type GradientOptions, gradients, retained, untracked } from './autograd.js'
import { aliasNode, bufferNode, currentTracer, leaves, pending } from './handle.js'
import { InPlaceMethods } from './methods-inplace.js'
import { keepShort, realizeNodes, settleStep } from './realize.js'
import { dataNode } from './source.js'
import { decode, format, nest, type Nested } from './values.js'

/** A tensor of shape `shape` and dtype `dtype` on a device: values that are there, or still to be computed. */
export class Tensor extends InPlaceMethods<Tensor> {
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

  /** As `item()`, waiting for the device. */
  itemSync(): number {
    this.checkSingle()
    return this.dataSync()[0]!
  }

  /** Nested arrays; truth values as booleans. */
  async toArray(): Promise<Nested> {
    const { shape, dtype } = this
    return nest(await this.data(), shape, dtype)
  }

  /** As `toArray()`, waiting for the device. */
  toArraySync(): Nested {
    return nest(this.dataSync(), this.shape, this.dtype)
  }

  /** Computes the value without reading it. */
  realize(): this {
    this.computed()
    return this
  }

  /**
   * Gives the memory back now, instead of when the garbage collector finds that nobody holds the tensor. Nobody has to call it; a loop that
   * drops large results is spared fresh memory at every turn. Without effect where something else may see the values (a view, a tensor
   * computed from it, a read). The tensor must not be used afterwards: a NablaError says so.
   */
  dispose(): void {
    const node = this.peek()
    const { storage } = node
    if (!storage || node.exposed || this.marked || currentTracer()) return
    deviceByName(this.device).free?.(storage)
    this.point(bufferNode(this.shape, this.dtype, this.device))
  }

  /** `using x = ...` disposes of x at the end of its block. */
  [Symbol.dispose](): void {
    this.dispose()
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

  /** Sets `requiresGrad`. */
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

  /**
   * Calls `hook` with the complete gradient of this tensor in every backward pass; a tensor that it returns takes the gradient's place.
   * A leaf keeps its hooks through updates; on a computed tensor they stay with the value that it has now. Gives a way to remove it.
   */
  registerHook(hook: ((grad: Tensor) => Tensor | null | undefined) | ((grad: Tensor) => void)): { remove(): void } {
    this.checkTracked('registerHook')
    const remove = addHook(this, (grad) => {
      grad.exposed = true
      return hook(new Tensor(grad))?.node
    })
    return { remove }
  }

  /** Gathers the gradient of this computed tensor (of the value that it has now) in `grad` too; a leaf does so anyway. */
  retainGrad(): this {
    this.checkTracked('retainGrad')
    if (!this.isLeaf) retained.set(this.node, this)
    return this
  }

  private checkTracked(op: string): void {
    if (!this.requiresGrad)
      throw new NablaError('autograd', `[${op}] this tensor does not require gradients, so no gradient ever arrives`, {
        shape: this.shape,
      })
  }
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

/** Adds to the `grad` of a leaf, or of a tensor that retains it; with a recorded graph the sum is a new tensor, without one the same tensor is updated. */
function addGradient(leaf: Node, grad: Node, record: boolean): void {
  const handle = (leaves.get(leaf) ?? retained.get(leaf)) as Tensor
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
