/**
 * Reverse mode over the graph. Walks back from the outputs through tracked nodes, newest first (inputs have smaller ids than their
 * users), and asks each op's own gradient rule. Gradients are nodes as any other, so gradients of gradients need nothing more.
 */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { Node } from '../graph/node.js'
import { builder } from '../ops/builder.js'
import { opOf } from '../ops/table.js'
import { aliasNode, type Handle, leaves } from './handle.js'

/** A gradient rule of its own for a composed value: given the gradient of `result`, those of the sources. */
export type Backward = (grad: Node, result: Node) => readonly (Node | undefined)[]

/** The same for several values together; where no gradient reaches a result, there is none. */
export type GroupBackward = (grads: readonly (Node | undefined)[], results: readonly Node[]) => readonly (Node | undefined)[]

interface Edge {
  readonly name: string
  readonly sources: readonly Node[]
  /** The values that the rule is for. */
  readonly results: readonly Node[]
  /** The oldest result that is tracked: when it is reached on the way back, the gradients of all are complete. */
  readonly leader: Node
  readonly backward: GroupBackward
}

const edges = new WeakMap<Node, Edge>()
/** Nodes whose backward pass has been used up. */
const freed = new WeakSet<Node>()

/** Runs `fn` without recording: nodes made in it take no part in gradients. Synchronous; see `noGrad` for the public form. */
export function untracked<R>(fn: () => R): R {
  const before = Node.recording
  Node.recording = false
  try {
    return fn()
  } finally {
    Node.recording = before
  }
}

/**
 * A value composed of several ops with one exact gradient, where differentiating the pieces would be less accurate or more work.
 * While `backward` runs, gradients may be recorded: what it uses must then be computed from `sources` or `result`.
 */
export function composite(name: string, sources: readonly Node[], forward: () => Node, backward: Backward): Node {
  const [result] = composites(
    name,
    sources,
    () => [forward()],
    ([grad], [own]) => backward(grad!, own!),
  )
  return result!
}

/** Several values that share a gradient rule. Those that are not floats take no part in it. */
export function composites(
  name: string,
  sources: readonly Node[],
  forward: () => readonly Node[],
  backward: GroupBackward,
): readonly Node[] {
  if (!Node.recording || !sources.some((source) => source.tracked)) return forward()
  const oldest = Node.next
  const seen = new Set<Node>()
  const results = untracked(() =>
    forward().map((node) => {
      const fresh = node.id >= oldest && node.inputs.length > 0 && !seen.has(node)
      const own = fresh ? node : aliasNode(node)
      seen.add(own)
      return own
    }),
  )
  const tracked = results.filter((node) => isFloat(node.dtype))
  if (tracked.length === 0) return results
  const leader = tracked.reduce((first, node) => (node.id < first.id ? node : first))
  for (const node of tracked) {
    node.tracked = true
    edges.set(node, { name, sources, results, leader, backward })
  }
  return results
}

/** Called with the complete gradient of a value on the way back; what it gives takes the gradient's place. */
export type GradientHook = (grad: Node) => Node | undefined

/** Hooks of leaves hang on the handle, for its node changes with every update; those of other tensors on the node. */
const hooks = new WeakMap<Node | Handle, Set<GradientHook>>()
/** Computed nodes whose gradient is wanted in the `grad` of a handle. */
export const retained = new WeakMap<Node, Handle>()

/** Adds a hook to what `handle` is now; gives the way to remove it. */
export function addHook(handle: Handle, hook: GradientHook): () => void {
  const node = handle.node
  const key = leaves.has(node) ? handle : node
  const all = hooks.get(key) ?? new Set()
  hooks.set(key, all.add(hook))
  return () => void all.delete(hook)
}

/** The gradient of `node` after its hooks, in the order in which they were added. */
function hooked(node: Node, grad: Node): Node {
  let result = grad
  for (const hook of hooks.get(leaves.get(node) ?? node) ?? []) {
    const next = hook(result)
    if (next) result = checked(node, node, next, 'from its hook')
  }
  return result
}

/** True for a node that needs its inputs no more once it has a value. */
export const mayForget = (node: Node): boolean => !node.tracked || freed.has(node) || leaves.has(node)

/** Lets go of a computed node's past. */
export function forget(node: Node): void {
  node.inputs = []
  edges.delete(node)
}

/** What a backward pass leaves behind. */
export interface GradientOptions {
  /** Keep the graph for another backward pass. Default: as `createGraph`. */
  readonly retainGraph?: boolean
  /** Record the gradients' own graph, for gradients of higher order. Default false. */
  readonly createGraph?: boolean
}

/**
 * Gradients of `sum(outputs[i] * seeds[i])` at the leaves and where they are to be retained, or at `targets` if given: a map that
 * holds those which the outputs depend on.
 */
export function gradients(
  outputs: readonly Node[],
  seeds: readonly Node[],
  targets: ReadonlySet<Node> | undefined,
  options: GradientOptions = {},
): Map<Node, Node> {
  const createGraph = options.createGraph ?? false
  const retain = options.retainGraph ?? createGraph
  const before = Node.recording
  Node.recording = createGraph
  try {
    const order = trackedBehind(outputs)
    const useful = new Set<Node>()
    for (const node of order)
      if ((targets ? targets.has(node) : leaves.has(node)) || sourcesOf(node).some((source) => useful.has(source)))
        useful.add(node)

    const grads = new Map<Node, Node>()
    const gather = (node: Node, grad: Node) => {
      const held = grads.get(node)
      grads.set(node, held ? builder.add(held, grad) : grad)
    }
    const wanted = (node: Node): boolean => (targets ? targets.has(node) : leaves.has(node) || retained.has(node))
    const used: Node[] = []
    outputs.forEach((output, i) => gather(output, seeds[i]!))
    for (let i = order.length - 1; i >= 0; i--) {
      const node = order[i]!
      if (!useful.has(node)) continue
      const grad = grads.get(node)
      if (grad) grads.set(node, hooked(node, grad))
      const edge = leaves.has(node) ? undefined : edges.get(node)
      if (edge && edge.leader !== node) continue // the leader answers for the group
      const results = edge?.results ?? [node]
      const sources = sourcesOf(node)
      if (sources.some((source) => useful.has(source))) {
        const parts = backwards(node, edge, grads)
        sources.forEach((source, s) => {
          const part = parts[s]
          if (part && useful.has(source)) gather(source, checked(node, source, part, `for input ${s}`))
        })
        used.push(...results)
      }
      for (const result of results) if (!wanted(result)) grads.delete(result)
    }
    if (!retain)
      for (const node of used) {
        freed.add(node)
        if (node.storage) forget(node)
      }
    for (const node of grads.keys()) if (!wanted(node)) grads.delete(node)
    return grads
  } finally {
    Node.recording = before
  }
}

/** Where gradients go on from `node`: nowhere from a leaf. */
function sourcesOf(node: Node): readonly Node[] {
  return leaves.has(node) ? [] : (edges.get(node)?.sources ?? node.inputs)
}

/** The leaves that `outputs` are computed from without passing through `sources`. */
export function leavesBehind(outputs: readonly Node[], sources: ReadonlySet<Node>): Node[] {
  const seen = new Set<Node>()
  const visit = (node: Node): void => {
    if (!node.tracked || seen.has(node) || sources.has(node)) return
    seen.add(node)
    for (const source of sourcesOf(node)) visit(source)
  }
  outputs.forEach(visit)
  return [...seen].filter((node) => leaves.has(node))
}

/** The tracked nodes behind `outputs`, oldest first. */
function trackedBehind(outputs: readonly Node[]): Node[] {
  const seen = new Set<Node>()
  const stack = outputs.filter((node) => node.tracked)
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    const sources = sourcesOf(node)
    if (!leaves.has(node) && (freed.has(node) || sources.length === 0))
      throw new NablaError(
        'autograd',
        freed.has(node)
          ? `the graph behind this tensor was already used by a backward pass and freed (at ${describe(node)}); call backward with { retainGraph: true } the first time if you need it twice`
          : `the graph behind ${describe(node)} is not here: it was built outside of the compiled function that differentiates it; build it inside, or detach() the tensor`,
        { op: node.op, shape: node.shape },
      )
    const leader = leaves.has(node) ? undefined : edges.get(node)?.leader
    for (const source of leader ? [leader, ...sources] : sources) if (source.tracked && !seen.has(source)) stack.push(source)
  }
  return [...seen].sort((a, b) => a.id - b.id)
}

/** The gradients of a node's sources, from those of its results; none where no gradient arrives. */
function backwards(node: Node, edge: Edge | undefined, grads: ReadonlyMap<Node, Node>): readonly (Node | undefined)[] {
  if (edge) {
    const given = edge.results.map((result) => grads.get(result))
    return given.some(Boolean) ? edge.backward(given, edge.results) : []
  }
  const grad = grads.get(node)
  if (!grad) return []
  const gradient = opOf(node.op).gradient
  if (!gradient)
    throw new NablaError('autograd', `[${node.op}] has no gradient; detach() its input if none should flow`, { op: node.op })
  return gradient(node, grad, builder)
}

/** A gradient that `node` gives for `target`, in the target's dtype. */
function checked(node: Node, target: Node, grad: Node, which: string): Node {
  if (!sameShape(target.shape, grad.shape))
    throw new NablaError(
      'autograd',
      `[${nameOf(node)}] the gradient ${which} has shape ${showShape(grad.shape)}; expected ${showShape(target.shape)}`,
      { op: node.op, expected: target.shape, given: grad.shape },
    )
  return target.dtype === grad.dtype ? grad : builder.cast(grad, target.dtype)
}

const nameOf = (node: Node): string => edges.get(node)?.name ?? node.op
const describe = (node: Node): string => `${nameOf(node)} ${showShape(node.shape)}`
