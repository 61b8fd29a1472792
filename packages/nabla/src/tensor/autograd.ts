/**
 * Reverse mode over the graph. Walks back from the outputs through tracked nodes, newest first (inputs have smaller ids than their
 * users), and asks each op's own gradient rule. Gradients are nodes as any other, so gradients of gradients need nothing more.
 */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { Node } from '../graph/node.js'
import { builder } from '../ops/builder.js'
import { opOf } from '../ops/table.js'
import { aliasNode, leaves } from './handle.js'

/** A gradient rule of its own for a composed value: given the gradient of `result`, those of the sources. */
export type Backward = (grad: Node, result: Node) => readonly (Node | undefined)[]

interface Edge {
  readonly name: string
  readonly sources: readonly Node[]
  readonly backward: Backward
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
  if (!Node.recording || !sources.some((source) => source.tracked)) return forward()
  const oldest = Node.next
  let result = untracked(forward)
  if (result.id < oldest || result.inputs.length === 0) result = untracked(() => aliasNode(result))
  result.tracked = true
  edges.set(result, { name, sources, backward })
  return result
}

/** True for a node that needs its inputs no more once it has a value. */
export const mayForget = (node: Node): boolean => !node.tracked || freed.has(node) || leaves.has(node)

/** Lets go of a computed node's past. */
export function forget(node: Node): void {
  node.inputs = []
  edges.delete(node)
}

export interface GradientOptions {
  /** Keep the graph for another backward pass. Default: as `createGraph`. */
  readonly retainGraph?: boolean
  /** Record the gradients' own graph, for gradients of higher order. Default false. */
  readonly createGraph?: boolean
}

/**
 * Gradients of `sum(outputs[i] * seeds[i])` at the leaves, or at `targets` if given: a map that holds those which the outputs depend on.
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
    outputs.forEach((output, i) => gather(output, seeds[i]!))
    for (let i = order.length - 1; i >= 0; i--) {
      const node = order[i]!
      const grad = grads.get(node)
      if (!grad || !useful.has(node)) continue
      const sources = sourcesOf(node)
      if (sources.length) {
        const parts = rule(node, grad)
        sources.forEach((source, s) => {
          const part = parts[s]
          if (part && useful.has(source)) gather(source, checked(node, s, source, part))
        })
      }
      if (!leaves.has(node) && !targets?.has(node)) grads.delete(node)
    }
    if (!retain)
      for (const node of order) {
        if (leaves.has(node) || !useful.has(node)) continue
        freed.add(node)
        if (node.storage) forget(node)
      }
    if (targets) {
      for (const node of grads.keys()) if (!targets.has(node)) grads.delete(node)
    } else for (const node of grads.keys()) if (!leaves.has(node)) grads.delete(node)
    return grads
  } finally {
    Node.recording = before
  }
}

/** Where gradients go on from `node`: nowhere from a leaf. */
function sourcesOf(node: Node): readonly Node[] {
  return leaves.has(node) ? [] : (edges.get(node)?.sources ?? node.inputs)
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
    for (const source of sources) if (source.tracked && !seen.has(source)) stack.push(source)
  }
  return [...seen].sort((a, b) => a.id - b.id)
}

function rule(node: Node, grad: Node): readonly (Node | undefined)[] {
  const edge = edges.get(node)
  if (edge) return edge.backward(grad, node)
  const gradient = opOf(node.op).gradient
  if (!gradient)
    throw new NablaError('autograd', `[${node.op}] has no gradient; detach() its input if none should flow`, { op: node.op })
  return gradient(node, grad, builder)
}

function checked(node: Node, position: number, source: Node, grad: Node): Node {
  if (!sameShape(source.shape, grad.shape))
    throw new NablaError(
      'autograd',
      `the gradient of ${describe(node)} for input ${position} has shape ${showShape(grad.shape)}, but the input has ${showShape(source.shape)}`,
      { op: node.op, expected: source.shape, given: grad.shape },
    )
  return source.dtype === grad.dtype ? grad : builder.cast(grad, source.dtype)
}

const describe = (node: Node): string => `${edges.get(node)?.name ?? node.op} ${showShape(node.shape)}`
