/**
 * From wishes to values: the wanted nodes and all pending updates are computed together, in one schedule. A computed node
 * that takes part in no gradient forgets its past.
 */
import { schedule } from '../compiler/index.js'
import { NablaError } from '../core/errors.js'
import { Node } from '../graph/node.js'
import { forget, mayForget } from './autograd.js'
import { currentTracer, type Handle, pending } from './handle.js'

/** Gives every node a value, and every pending update too. Returns at once: devices work behind. */
export function realizeNodes(nodes: readonly Node[]): void {
  if (currentTracer())
    throw new NablaError(
      'compile',
      'values cannot be read while a function is being compiled: return the tensor and read it outside, or decide with tensors (where, maskedFill)',
    )
  if (pending.size === 0 && nodes.every((node) => node.storage)) return
  const wanted = new Set<Node>()
  for (const node of nodes) if (!node.storage) wanted.add(node)
  for (const handle of pending) if (!handle.peek().storage) wanted.add(handle.peek())
  pending.clear()
  scheduledAt = Node.next
  if (wanted.size === 0) return
  schedule([...wanted])
  for (const node of wanted) if (mayForget(node)) forget(node)
}

/** Nodes that a program may make without ever asking for a value before pending updates are computed anyway. */
const patience = 20_000
let scheduledAt = 0

/** After an update: a loop that never reads a value gets its updates computed now and then. */
export function keepShort(): void {
  if (Node.next - scheduledAt > patience && !currentTracer()) realizeNodes([])
}

/** Computes the values of all given tensors in one schedule, without waiting for them. */
export function realize(...tensors: readonly Handle[]): void {
  realizeNodes(tensors.map((tensor) => tensor.node))
}
