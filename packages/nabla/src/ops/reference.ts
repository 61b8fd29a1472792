/** Runs a graph by the ops' plain references: slow, simple, and what every device is compared with. */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { type Node, topological } from '../graph/node.js'
import type { Dense } from './op.js'
import { opOf } from './table.js'

/**
 * The values of `nodes` and of everything they are made of. `values` binds leaves (buffers, and any other node that is to be taken
 * as given); it is not changed. Throws on an unbound buffer, and where a reference breaks the shape or dtype its op promised.
 */
export function evaluate(nodes: readonly Node[], values: ReadonlyMap<Node, Dense>): Map<Node, Dense> {
  const known = new Map(values)
  for (const node of topological(nodes, (n) => known.has(n))) {
    if (known.has(node)) continue
    if (node.op === 'buffer')
      throw new NablaError('argument', `[evaluate] a buffer of shape ${showShape(node.shape)} has no value; bind one`, {
        shape: node.shape,
      })
    const value = opOf(node.op).reference(
      node.inputs.map((input) => known.get(input)!),
      node.attrs,
    )
    if (!sameShape(value.shape, node.shape) || value.dtype !== node.dtype)
      throw new NablaError(
        'shape',
        `[${node.op}] the reference gave ${value.dtype} ${showShape(value.shape)} where the shape rule says ${node.dtype} ${showShape(node.shape)}`,
        { op: node.op, shapes: [value.shape, node.shape] },
      )
    known.set(node, value)
  }
  return known
}
