/**
 * `compile(fn)`: a function is traced once per signature of its arguments, captured as one program, and replayed: a whole training step is
 * then one call. What a replay does in JavaScript is binding storages, nothing else.
 *
 * A handle's storage is written in place if nobody else can see it (`exposed`, graph/node.ts), else the handle gets a storage of its own.
 */
import { type Captured, capture } from '../compiler/index.js'
import { deviceByName } from '../compiler/devices.js'
import { NablaError } from '../core/errors.js'
import type { DType } from '../core/dtype.js'
import { type Shape, sizeOf } from '../core/shape.js'
import type { Device, KernelTime } from '../device/device.js'
import { Node, type Storage, topological } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { untracked } from './autograd.js'
import { bufferNode, currentTracer, type Handle, type Look, withTracer } from './handle.js'
import { realizeNodes } from './realize.js'
import { match, rebuild, type Spec, specOf } from './signature.js'
import { Tensor } from './tensor.js'
import { type Hook, Trace } from './trace.js'

/** A compiled function: called as the original. */
export interface Compiled<A extends readonly unknown[], R> {
  (...args: A): R
  /** Runs once with a clock around every kernel. */
  profile(...args: A): Promise<KernelTime[]>
}

/** Signatures kept; the one unused for longest goes first. */
const kept = 32

/**
 * The same function, compiled. Arguments and results are tensors, arrays and records of them, and plain values; a plain value that
 * changes compiles anew, so pass numbers that vary as tensors. `fn` itself runs only while it is traced: what it does besides tensor
 * work happens once. Results carry no graph; a gradient that an optimizer's step has used inside is null afterwards.
 */
export function compile<A extends readonly Tensor[], R>(fn: (...args: A) => R): Compiled<A, R>
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R): Compiled<A, R>
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R): Compiled<A, R> {
  const variants: Variant[] = []
  let warned = false
  const variantFor = (args: A): Variant => {
    for (let i = 0; i < variants.length; i++) {
      const variant = variants[i]!
      if (!variant.fits(args)) continue
      if (i > 0) {
        variants.splice(i, 1)
        variants.unshift(variant)
      }
      return variant
    }
    const variant = new Variant((...given) => fn(...(given as unknown as A)), args)
    variants.unshift(variant)
    if (variants.length > kept) {
      variants.pop()
      if (!warned)
        console.warn(
          `nabla: a compiled function was traced ${kept + 1} times with different signatures; pass numbers that change as tensors`,
        )
      warned = true
    }
    return variant
  }
  const compiled = (...args: A): R => (currentTracer() ? fn(...args) : (variantFor(args).run() as R))
  return Object.assign(compiled, {
    profile: async (...args: A): Promise<KernelTime[]> => {
      const variant = variantFor(args)
      return variant.profile()
    },
  })
}

/** Runs `fn` once, compiled, with a clock around every kernel. */
export function profile(fn: () => unknown): Promise<KernelTime[]> {
  return compile(fn).profile()
}

interface Type {
  readonly shape: Shape
  readonly dtype: DType
  readonly device: string
}

/** Where a program's storage comes from at each replay. A gradient is whatever handle its tensor then has for one. */
type Source =
  | { readonly kind: 'handle' | 'gradient'; readonly handle: Handle }
  | { readonly kind: 'argument'; readonly position: number }

/** One signature's program. */
class Variant {
  private readonly specs: readonly Spec[]
  /** The call's tensors, in order; filled by `fits`. */
  private readonly tensors: Tensor[] = []
  private readonly recording = Node.recording
  private readonly guards: readonly (() => boolean)[]
  private readonly checks: readonly { readonly source: Source; readonly look: Look }[]
  private readonly hooks: readonly Hook[]
  private readonly captured: Captured
  private readonly devices: Device[]
  private readonly types: readonly Type[]
  /** Leaf position -> source; leaves of the program's own data are bound once. */
  private readonly leafSources: (Source | undefined)[]
  private readonly leafStorages: Storage[]
  /** The first outputs are updates, then gradients, then what the function returned. */
  private readonly updates: Source[] = []
  private readonly grads: Source[] = []
  private readonly settled: { handle: Handle; grad: Handle | null }[] = []
  private readonly flags: { handle: Handle; leaf: boolean }[]
  private readonly relied: { handle: Handle; present: boolean }[]
  private readonly returned: Spec
  private readonly returnedFrom: number
  private readonly outputs: Storage[] = []

  constructor(fn: (...args: unknown[]) => unknown, args: readonly unknown[]) {
    this.specs = args.map((arg) => specOf(arg, this.tensors))
    const trace = new Trace()
    this.guards = trace.guards
    this.hooks = trace.hooks
    const wanted: Node[] = []
    const sources = new Map<Node, Source>()
    const inPlace = new Map<number, Node>()
    const stand = this.tensors.map((actual, position) => {
      const placeholder = bufferNode(actual.shape, actual.dtype, actual.device)
      placeholder.tracked = actual.requiresGrad && !actual.marked
      sources.set(placeholder, { kind: 'argument', position })
      return { placeholder, tensor: withTracer(trace, () => new Tensor(placeholder)), leaf: actual.marked }
    })
    for (const { tensor, leaf } of stand) if (leaf) withTracer(trace, () => tensor.requiresGrad_())

    let result: unknown
    const found: Tensor[] = []
    let nodes: Node[] = []
    let returned: Spec
    try {
      result = withTracer(trace, () =>
        fn(
          ...this.restand(
            args,
            stand.map((s) => s.tensor),
          ),
        ),
      )
      if (result instanceof Promise)
        throw new NablaError(
          'compile',
          'an async function cannot be compiled: it must compute its result before it returns; await outside',
        )
      returned = specOf(result, found)
      nodes = withTracer(trace, () => found.map((tensor) => tensor.node))
    } finally {
      const { updates, grads } = trace.end()
      const add = (node: Node) => wanted.push(node)
      const owners = new Map([...trace.touched.values()].map(({ handle, before }) => [before, handle]))
      const sourceOf = (handle: Handle): Source => {
        const owner = owners.get(handle)
        return owner ? { kind: 'gradient', handle: owner } : { kind: 'handle', handle }
      }
      for (const { placeholder, handle } of trace.bound.values()) sources.set(placeholder, sourceOf(handle))
      for (const { bound, after } of updates) {
        inPlace.set(this.updates.length, bound.placeholder)
        this.updates.push(sourceOf(bound.handle))
        add(after)
      }
      stand.forEach(({ tensor, placeholder }, position) => {
        if (tensor.peek() === placeholder) return
        inPlace.set(this.updates.length, placeholder)
        this.updates.push({ kind: 'argument', position })
        add(tensor.peek())
      })
      for (const { touched, after } of grads)
        if (after && after.home === trace && !trace.consumed.has(after)) {
          this.grads.push({ kind: 'handle', handle: touched.handle })
          add(after.peek())
        } else this.settled.push({ handle: touched.handle, grad: after?.home === trace ? null : after })
      stand.forEach(({ tensor }, position) => {
        const grad = tensor.peekGrad()
        if (!grad) return
        this.grads.push({ kind: 'argument', position })
        add(grad.peek())
      })
    }
    this.checks = trace.checks.flatMap(({ source, look }) => {
      const given = sources.get(source)
      return given ? [{ source: given, look }] : []
    })
    this.returned = returned
    this.returnedFrom = wanted.length
    wanted.push(...nodes)

    // Every output has a storage of its own: what is an input or another output is copied.
    const seen = new Set<Node>()
    const outputs = wanted.map((node) => {
      const own = node.op === 'buffer' || node.storage || seen.has(node) ? untracked(() => copyOf(node)) : node
      seen.add(own)
      return own
    })
    const reached = new Set(topological(outputs))
    for (const [position, node] of inPlace) if (!reached.has(node)) inPlace.delete(position)
    const changed = new Set([...inPlace.values()])
    const lasting = [...sources].flatMap(([node, { kind }]) => (kind === 'handle' && !changed.has(node) ? [node] : []))
    this.captured = capture(outputs, inPlace, new Set(lasting))
    this.types = outputs.map(({ shape, dtype, device }) => ({ shape, dtype, device }))
    this.devices = outputs.map((node) => deviceByName(node.device))
    this.leafSources = this.captured.leaves.map((leaf) => sources.get(leaf))
    this.leafStorages = this.captured.leaves.map((leaf) => leaf.storage!)
    this.flags = [...trace.bound.keys()].map((handle) => ({ handle, leaf: handle.marked }))
    this.relied = [...trace.touched.values()].flatMap((t) => (t.relies ? [{ handle: t.handle, present: t.before !== null }] : []))
  }

  /** The arguments with stand-ins for their tensors. */
  private restand(args: readonly unknown[], stand: readonly Tensor[]): unknown[] {
    return rebuild({ kind: 'list', items: args.map((_, i) => this.specs[i]!) }, stand) as unknown[]
  }

  /** Whether this program serves a call; if so it holds the call's tensors. */
  fits(args: readonly unknown[]): boolean {
    if (args.length !== this.specs.length || Node.recording !== this.recording) return false
    let at = 0
    for (let i = 0; i < args.length; i++) if ((at = match(this.specs[i]!, args[i], this.tensors, at)) < 0) return false
    for (const { handle, leaf } of this.flags) if (handle.marked !== leaf) return false
    for (const { handle, present } of this.relied) if ((handle.peekGrad() !== null) !== present) return false
    for (const holds of this.guards) if (!holds()) return false
    return true
  }

  run(): unknown {
    this.bind()
    this.captured.run(this.leafStorages, this.outputs)
    return this.finish()
  }

  async profile(): Promise<KernelTime[]> {
    this.bind()
    const times = this.captured.profile(this.leafStorages, this.outputs)
    this.finish()
    return times
  }

  private handleOf(source: Source): Handle {
    if (source.kind === 'argument') return this.tensors[source.position]!
    return source.kind === 'handle' ? source.handle : source.handle.peekGrad()!
  }

  /** Storages for all leaves and outputs. */
  private bind(): void {
    for (const { source, look } of this.checks) look(this.handleOf(source).node)
    for (const hook of this.hooks) hook.before()
    const { leafSources, leafStorages } = this
    let missing = false
    for (let i = 0; i < leafSources.length; i++) {
      const source = leafSources[i]
      if (!source) continue
      const storage = this.handleOf(source).node.storage
      if (storage) leafStorages[i] = storage
      else missing = true
    }
    if (missing) {
      realizeNodes(leafSources.flatMap((source) => (source ? [this.handleOf(source).node] : [])))
      leafSources.forEach((source, i) => {
        if (source) leafStorages[i] = this.handleOf(source).node.storage!
      })
    }
    for (let i = 0; i < this.types.length; i++) {
      const source = this.updates[i]
      const held = source && this.handleOf(source).node
      const type = this.types[i]!
      this.outputs[i] = held?.storage && !held.exposed ? held.storage : this.devices[i]!.allocate(type.dtype, sizeOf(type.shape))
    }
  }

  /** Handles take what was written for them; the results are new tensors. */
  private finish(): unknown {
    const { updates, grads, outputs } = this
    for (let i = 0; i < updates.length; i++) {
      const handle = this.handleOf(updates[i]!)
      if (handle.node.storage !== outputs[i]) handle.point(this.made(i))
    }
    for (let i = 0; i < grads.length; i++) {
      const source = grads[i]!
      const handle = this.handleOf(source) as Tensor
      const node = this.made(updates.length + i)
      const held = source.kind === 'argument' ? handle.grad : null
      if (held) held.adopt(untracked(() => b.add(held.node, node)))
      else handle.grad = new Tensor(node)
    }
    for (const { handle, grad } of this.settled) handle.setGrad(grad)
    for (const hook of this.hooks) hook.after()
    const results: Tensor[] = []
    for (let i = this.returnedFrom; i < outputs.length; i++) results.push(new Tensor(this.made(i)))
    return rebuild(this.returned, results)
  }

  private made(output: number): Node {
    const { shape, dtype, device } = this.types[output]!
    return bufferNode(shape, dtype, device, this.outputs[output]!)
  }
}

const copyOf = (node: Node): Node => new Node('reshape', [node], { shape: node.shape }, node.shape, node.dtype, node.device)
