/**
 * The handle: a cell that points to a graph node. In-place updates move the pointer, so there are no aliasing rules.
 *
 * A handle knows in which trace its node is valid. While `compile` traces a function, a handle from outside is bound on its
 * first read: its node is exchanged for a placeholder, and restored when the trace ends.
 */
import type { DType } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Shape } from '../core/shape.js'
import { Node, type Storage } from '../graph/node.js'

/** Looks at the values of a node from outside, and throws if it does not like them. */
export type Look = (node: Node) => void

/** What a trace wants to be told (see trace.ts). */
export interface Tracer {
  /** A handle from outside is read or assigned for the first time: give it a placeholder. */
  bind(handle: Handle): void
  /** A bound handle's pointer has moved. */
  assigned(handle: Handle): void
  /** A handle's gradient is about to be read or set. */
  gradient(handle: Handle, reads: boolean): void
  /** An optimizer has used this gradient: nobody else will ask for it. */
  consume(grad: Handle): void
  /** A condition that the traced program relies on; where it fails, the function is traced again. */
  guard(holds: () => boolean): void
  /** A look at the values of something from outside, before every replay; `source` is its placeholder. */
  check(source: Node, look: Look): void
  /** Work around every replay. */
  hook(hook: { before(): void; after(): void }): void
}

let tracer: Tracer | undefined
export const currentTracer = (): Tracer | undefined => tracer

/** Runs `fn` with `next` as the current trace; undefined suspends tracing, so that what `fn` makes lives outside of it. */
export function withTracer<R>(next: Tracer | undefined, fn: () => R): R {
  const previous = tracer
  tracer = next
  try {
    return fn()
  } finally {
    tracer = previous
  }
}

/** Handles that were assigned and are not computed yet. The next schedule takes them along, so no chain of updates grows forever. */
export const pending = new Set<Handle>()

/** The handle whose gradient is gathered at a leaf node. */
export const leaves = new WeakMap<Node, Handle>()

/** A node with a value that lies in `storage`. */
export function bufferNode(shape: Shape, dtype: DType, device: string, storage?: Storage): Node {
  const node = new Node('buffer', [], {}, shape, dtype, device)
  node.storage = storage
  return node
}

/** The same value under a new, untracked node: where gradients stop, and where a leaf wants a node of its own. */
export function aliasNode(node: Node): Node {
  if (node.storage) {
    node.exposed = true
    const alias = bufferNode(node.shape, node.dtype, node.device, node.storage)
    alias.exposed = true
    return alias
  }
  const alias = new Node('reshape', [node], { shape: node.shape }, node.shape, node.dtype, node.device)
  alias.tracked = false
  return alias
}

export class Handle {
  #node: Node
  #home: Tracer | undefined = tracer
  #leaf = false
  #grad: Handle | null = null

  /** @param node what the handle points to. */
  constructor(node: Node) {
    this.#node = node
  }

  /** The graph node that this handle points to now. */
  get node(): Node {
    if (this.#home !== tracer) this.#enter()
    return this.#node
  }

  /** Extents of all dimensions, outermost first; [] of a single number. */
  get shape(): Shape {
    return this.#node.shape
  }

  /** Type of the elements. */
  get dtype(): DType {
    return this.#node.dtype
  }

  /** Name of the device that computes it. */
  get device(): string {
    return this.#node.device
  }

  /** True for a tensor whose gradient is gathered in `grad`: it was made with `requiresGrad`, not computed. */
  get isLeaf(): boolean {
    return this.#leaf || !this.#node.tracked
  }

  /** Whether gradients flow to this tensor. Set it to true on a float tensor to make it a leaf, to false to freeze one. */
  get requiresGrad(): boolean {
    return this.#leaf || this.#node.tracked
  }

  set requiresGrad(wanted: boolean) {
    const node = this.node
    if (wanted === this.requiresGrad) return
    if (wanted) {
      if (node.dtype !== 'float32' && node.dtype !== 'float64' && node.dtype !== 'float16')
        throw new NablaError('autograd', `only floating-point tensors can require gradients, not ${node.dtype}; cast it first`, {
          dtype: node.dtype,
        })
      this.#leaf = true
      this.point(node.exposed ? aliasNode(node) : node)
    } else {
      if (!this.#leaf)
        throw new NablaError(
          'autograd',
          'requiresGrad can only be switched off on a leaf; use detach() to cut a computed tensor from its graph',
        )
      this.#leaf = false
      this.point(aliasNode(node))
    }
  }

  /** @internal Whether the flag was set on this handle: it stays through assignments. */
  get marked(): boolean {
    return this.#leaf
  }

  /** @internal What `grad` shows. */
  getGrad(): Handle | null {
    tracer?.gradient(this, true)
    return this.#grad
  }

  /** @internal */
  setGrad(grad: Handle | null): void {
    tracer?.gradient(this, false)
    if (this.#grad && this.#grad !== grad) pending.delete(this.#grad)
    this.#grad = grad
  }

  /** @internal The gradient, without telling a trace. */
  peekGrad(): Handle | null {
    return this.#grad
  }

  /** @internal Sets the gradient and tells nobody. */
  pointGrad(grad: Handle | null): void {
    this.#grad = grad
  }

  /** @internal The node, without telling a trace. */
  peek(): Node {
    return this.#node
  }

  /** @internal The trace in which the node is valid. */
  get home(): Tracer | undefined {
    return this.#home
  }

  /** @internal Moves the pointer and tells nobody. */
  point(node: Node): void {
    this.#node = node
    if (this.#leaf) {
      node.tracked = true
      leaves.set(node, this)
    }
  }

  /** @internal Stands in for the handle's value during a trace. */
  enter(placeholder: Node, trace: Tracer): void {
    this.#home = trace
    this.point(placeholder)
  }

  /** @internal Puts back what the handle pointed to before a trace. */
  release(node: Node): void {
    this.#home = undefined
    this.point(node)
  }

  /** @internal Moves the pointer to a node that no other handle has: an update, which the next schedule or the current trace takes along. */
  adopt(node: Node): void {
    if (this.#home !== tracer) this.#enter()
    this.point(node)
    if (tracer) tracer.assigned(this)
    else pending.add(this)
  }

  #enter(): void {
    if (tracer && !this.#home) tracer.bind(this)
    else if (this.#home)
      throw new NablaError(
        'compile',
        `this tensor of shape [${this.shape.join(', ')}] was made inside a compiled function and has no value outside of it; return it from the function`,
        { shape: this.shape },
      )
  }
}
