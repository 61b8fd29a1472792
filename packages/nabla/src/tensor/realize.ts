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
  const wanted = [...nodes, ...Array.from(pending, (handle) => handle.peek())]
  pending.clear()
  due = []
  compute(wanted)
}

function compute(nodes: readonly Node[]): void {
  scheduledAt = Node.next
  const wanted = [...new Set(nodes.filter((node) => !node.storage))]
  if (wanted.length === 0) return
  schedule(wanted)
  for (const node of wanted) if (mayForget(node)) forget(node)
}

/** What the last optimizer step left to compute: updates, statistics, the loss. */
let due: readonly Node[] = []

/**
 * Between two training steps: what the last one left is computed now, unless somebody has asked for a value since. So a loop that reads
 * nothing for a long time runs step by step, and one that reads the loss computes it together with the updates.
 */
export function settleStep(): void {
  if (due.length === 0 || currentTracer()) return
  const nodes = due
  due = []
  compute(nodes)
  for (const handle of pending) if (handle.peek().storage) pending.delete(handle)
}

/** A training step is complete: everything pending is due before the next. */
export function stepDone(): void {
  if (currentTracer()) return
  settleStep()
  due = Array.from(pending, (handle) => handle.peek())
}

/** Nodes that a program may make without ever asking for a value before pending updates are computed anyway. */
const patience = 20_000
let scheduledAt = 0

/** After an update outside of optimizers: a loop that never reads a value gets its updates computed now and then. */
export function keepShort(): void {
  if (Node.next - scheduledAt > patience && !currentTracer()) realizeNodes([])
}

/** Computes the values of all given tensors in one schedule, without waiting for them. */
export function realize(...tensors: readonly Handle[]): void {
  realizeNodes(tensors.map((tensor) => tensor.node))
}
