/**
 * A trace watches one run of a function and finds out what it reads and what it changes.
 *
 *     handles from outside that are read    ->  placeholders, bound at each replay to the handle's value at that time
 *     handles from outside that are moved   ->  updates, written at each replay
 *     gradients left on outside handles     ->  outputs, unless an optimizer has used them
 *
 * When the trace ends every handle is as it was before: the first call replays as all others do.
 */
import type { Node } from '../graph/node.js'
import { bufferNode, type Handle, type Look, type Tracer } from './handle.js'

/** A handle from outside, and what happened to it. */
export interface Bound {
  readonly handle: Handle
  readonly placeholder: Node
  readonly before: Node
  moved: boolean
}

/** A handle whose `grad` was read or set. */
export interface Touched {
  readonly handle: Handle
  readonly before: Handle | null
  /** The program depends on whether there was a gradient before. */
  readonly relies: boolean
}

export interface Hook {
  before(): void
  after(): void
}

export class Trace implements Tracer {
  readonly bound = new Map<Handle, Bound>()
  readonly touched = new Map<Handle, Touched>()
  readonly guards: (() => boolean)[] = []
  readonly checks: { readonly source: Node; readonly look: Look }[] = []
  readonly hooks: Hook[] = []
  /** Gradients that an optimizer's step has used. */
  readonly consumed = new Set<Handle>()
  /** While handles are put back, nothing is recorded. */
  private ended = false

  bind(handle: Handle): void {
    const before = handle.peek()
    const placeholder = bufferNode(before.shape, before.dtype, before.device)
    // A leaf's placeholder is the leaf, by point(); behind any other the graph is not known here.
    placeholder.tracked = before.tracked
    this.bound.set(handle, { handle, placeholder, before, moved: false })
    handle.enter(placeholder, this)
  }

  assigned(handle: Handle): void {
    const bound = this.bound.get(handle)
    if (bound) bound.moved = true
  }

  gradient(handle: Handle, reads: boolean): void {
    if (this.ended || this.touched.has(handle)) return
    // Handles born in this trace start without a gradient and are gone after it.
    if (handle.home === this && !this.bound.has(handle)) return
    this.touched.set(handle, { handle, before: handle.peekGrad(), relies: reads })
  }

  guard(holds: () => boolean): void {
    this.guards.push(holds)
  }

  check(source: Node, look: Look): void {
    this.checks.push({ source, look })
  }

  hook(hook: Hook): void {
    this.hooks.push(hook)
  }

  consume(grad: Handle): void {
    this.consumed.add(grad)
  }

  /** What the handles point to now, then everything as it was before. */
  end(): { updates: { bound: Bound; after: Node }[]; grads: { touched: Touched; after: Handle | null }[] } {
    this.ended = true
    const updates: { bound: Bound; after: Node }[] = []
    for (const bound of this.bound.values()) {
      const after = bound.handle.peek()
      if (bound.moved && after !== bound.placeholder) updates.push({ bound, after })
      bound.handle.release(bound.before)
    }
    const grads: { touched: Touched; after: Handle | null }[] = []
    for (const touched of this.touched.values()) {
      const after = touched.handle.peekGrad()
      if (after !== touched.before) grads.push({ touched, after })
      touched.handle.pointGrad(touched.before)
    }
    return { updates, grads }
  }
}
