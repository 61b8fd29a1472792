/**
 * Reverse mode in its plainest form, on nodes alone: what tests and fuzzers need of autograd. The Tensor class has the full engine
 * (flags, accumulation into parameters, hooks).
 */
import { isFloat } from '../core/dtype.js'
import { type Node, topological } from '../graph/node.js'
import { builder } from './builder.js'
import type { Builder } from './op.js'
import { opOf } from './table.js'

/** The gradients of sum(output * seed) in `wrt`: undefined where output does not depend on one. */
export function gradients(output: Node, seed: Node, wrt: readonly Node[], b: Builder = builder): (Node | undefined)[] {
  const order = topological([output])
  const reaches = new Set<Node>(wrt)
  for (const node of order) if (node.inputs.some((input) => reaches.has(input))) reaches.add(node)
  const grads = new Map<Node, Node>([[output, seed]])
  for (const node of order.reverse()) {
    const grad = grads.get(node)
    if (!grad || !reaches.has(node) || !isFloat(node.dtype)) continue
    const parts = opOf(node.op).gradient?.(node, grad, b) ?? []
    parts.forEach((part, i) => {
      const input = node.inputs[i]!
      if (!part || !reaches.has(input) || !isFloat(input.dtype)) return
      const before = grads.get(input)
      grads.set(input, before ? b.add(before, part) : part)
    })
  }
  return wrt.map((node) => grads.get(node))
}
