/**
 * Hooks: functions that run before and after a module's forward, and on the way back through it. With its first hook a module gets a
 * `forward` of its own, around the one of its class, and with its last hook it loses it again: whoever calls `module.forward(x)`, be it
 * the user or an outer module, runs the hooks, and a module without hooks costs nothing.
 *
 * A function given to `compile` is traced once for each signature: hooks run while it is traced, not in replays, and a hook that
 * is registered after the trace is not part of it.
 */
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composite } from '../tensor/autograd.js'
import { Tensor } from '../tensor/tensor.js'

/** What has a forward: a module, as hooks see it. */
export interface Callable {
  forward(...inputs: never[]): unknown
}

/** Ends a hook's registration. */
export interface HookHandle {
  /** Takes the hook away; a second call does nothing. */
  remove(): void
}

/** Called with the arguments of `forward` before it runs; an array that it returns takes their place. */
export type ForwardPreHook<M extends Callable> = (module: M, inputs: Parameters<M['forward']>) => unknown

/** Called with arguments and result of `forward`; what it returns, unless undefined, takes the result's place. */
export type ForwardHook<M extends Callable> = (
  module: M,
  inputs: Parameters<M['forward']>,
  output: ReturnType<M['forward']>,
) => unknown

/**
 * Called in the backward pass, once the gradients of a module's tensor arguments are known (null for one that takes none), with those of its
 * results; an array that it returns takes the place of the former.
 */
export type BackwardHook<M extends Callable> = (
  module: M,
  gradInputs: readonly (Tensor | null)[],
  gradOutputs: readonly (Tensor | null)[],
) => readonly (Tensor | null)[] | undefined

type AnyForward = (...inputs: unknown[]) => unknown
type Grads = readonly (Tensor | null)[]

/** All hooks of one module. A hook that is registered twice runs twice. */
class Hooks {
  readonly pre = new Map<HookHandle, (module: Callable, inputs: unknown[]) => unknown>()
  readonly post = new Map<HookHandle, (module: Callable, inputs: unknown[], output: unknown) => unknown>()
  readonly back = new Map<HookHandle, (module: Callable, gradInputs: Grads, gradOutputs: Grads) => Grads | undefined>()
  /** A forward that the module had to itself before it was wrapped. */
  readonly #own: PropertyDescriptor | undefined

  constructor(private readonly module: Callable) {
    this.#own = Object.getOwnPropertyDescriptor(module, 'forward')
    Object.defineProperty(module, 'forward', {
      configurable: true,
      writable: true,
      enumerable: false,
      value: (...inputs: unknown[]) => this.#run(inputs),
    })
  }

  add<H>(kind: Map<HookHandle, H>, hook: H): HookHandle {
    const handle: HookHandle = {
      remove: () => {
        if (kind.delete(handle) && this.pre.size + this.post.size + this.back.size === 0) this.#unwrap()
      },
    }
    kind.set(handle, hook)
    return handle
  }

  #unwrap(): void {
    table.delete(this.module)
    if (this.#own) Object.defineProperty(this.module, 'forward', this.#own)
    else Reflect.deleteProperty(this.module, 'forward')
  }

  #run(inputs: unknown[]): unknown {
    const { module } = this
    for (const hook of [...this.pre.values()]) {
      const replaced = hook(module, inputs)
      if (replaced !== undefined) inputs = Array.isArray(replaced) ? replaced : [replaced]
    }
    const watched = this.back.size ? this.#watch(inputs) : undefined
    const forward = (this.#own?.value ?? Object.getPrototypeOf(module).forward) as AnyForward
    let output = forward.apply(module, watched?.inputs ?? inputs)
    for (const hook of [...this.post.values()]) {
      const replaced = hook(module, inputs, output)
      if (replaced !== undefined) output = replaced
    }
    return watched ? watched.outputs(output) : output
  }

  /** Arguments and results that tell the backward hooks of their gradients. */
  #watch(inputs: unknown[]): { inputs: unknown[]; outputs: (output: unknown) => unknown } {
    const tensors = tensorsIn(inputs)
    let gradOutputs: Grads = []
    const call = (gradInputs: Grads): Grads => {
      for (const hook of [...this.back.values()]) gradInputs = hook(this.module, gradInputs, gradOutputs) ?? gradInputs
      return gradInputs
    }
    return {
      inputs: swap(inputs, gate(tensors, call)) as unknown[],
      outputs: (output) => {
        const seen = (grads: Grads): Grads => {
          gradOutputs = grads
          if (!tensors.some((tensor) => tensor.requiresGrad)) call(tensors.map(() => null))
          return grads
        }
        return swap(output, gate(tensorsIn(output), seen))
      },
    }
  }
}

const table = new WeakMap<Callable, Hooks>()

/** Adds a hook of one kind to a module. */
export function addHook(module: Callable, kind: 'pre' | 'post' | 'back', hook: (...args: never[]) => unknown): HookHandle {
  let hooks = table.get(module)
  if (!hooks) table.set(module, (hooks = new Hooks(module)))
  return hooks.add(hooks[kind] as Map<HookHandle, unknown>, hook)
}

/**
 * The same tensors; in the backward pass `seen` is given all their gradients at once, and what it gives flows on. All depend on one
 * joint node that is older than each of them: its turn comes when every one has had its gradient.
 */
function gate(tensors: readonly Tensor[], seen: (grads: Grads) => Grads): Map<Tensor, Tensor> {
  const watched = tensors.filter((tensor) => tensor.requiresGrad)
  const [first] = watched
  if (!first) return new Map()
  const sources = watched.map((tensor) => tensor.node)
  const grads = new Map<Tensor, Node>()
  const joint = composite(
    'backwardHook',
    sources,
    () => b.constant(0, [], 'float32', first.device),
    () => {
      const given = seen(tensors.map((tensor) => (grads.has(tensor) ? new Tensor(grads.get(tensor)!) : null)))
      grads.clear()
      return tensors.flatMap((tensor, i) => (tensor.requiresGrad ? [given[i]?.node] : []))
    },
  )
  return new Map(
    watched.map((tensor, i) => {
      const passed = composite(
        'backwardHook',
        [joint],
        () => sources[i]!,
        (grad) => {
          grad.exposed = true
          grads.set(tensor, grad)
          return [b.like(joint, 0)]
        },
      )
      return [tensor, new Tensor(passed)]
    }),
  )
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Every tensor in a value of nested arrays and records, once. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value]
  if (Array.isArray(value) || isPlain(value)) return [...new Set(Object.values(value).flatMap(tensorsIn))]
  return []
}

/** The value with tensors exchanged. */
function swap(value: unknown, by: ReadonlyMap<Tensor, Tensor>): unknown {
  if (value instanceof Tensor) return by.get(value) ?? value
  if (Array.isArray(value)) return value.map((item) => swap(item, by))
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, swap(item, by)]))
  return value
}
