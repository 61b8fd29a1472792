/** What runs along one dimension, on nodes: sums, products and extremes so far, differences of neighbours. */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { counting } from '../ops/source.js'
import { logaddexp } from './elementwise.js'
import { floats } from './reduce.js'
import { cat, slice } from './shapes.js'

/** Running sum or product; of truth values and small integers in int32. */
export function cumulative(op: 'sum' | 'prod', a: Node, dim: number): Node {
  const d = dimIndex(`cum${op}`, dim, a.shape.length)
  if (a.shape.length > 0) return b.scan(a, d, op)
  return b[op](a, [])
}

/** Running maximum or minimum and where it is: the latest of equals, to which the gradient goes too. */
export function runningExtreme(op: 'max' | 'min', a: Node, dim: number): { values: Node; indices: Node } {
  const d = dimIndex(`cum${op}`, dim, a.shape.length)
  if (a.shape.length === 0) return { values: a, indices: b.constant(0, [], 'int32', a.device) }
  const values = b.scan(a, d, op)
  const position = b.expand(counting(a.shape, d, a.device, b), a.shape)
  const isExtreme = b.eq(a, values)
  const chosen = isFloat(a.dtype) ? b.or(isExtreme, b.ne(a, a)) : isExtreme
  return { values, indices: b.scan(b.where(chosen, position, 0), d, 'max') }
}

/**
 * log of the running sum of exp, without overflow: sums of 1, 2, 4, ... neighbours are added until they reach the beginning, so that small
 * sums before a large one keep their digits.
 */
export function logcumsumexp(a: Node, dim: number): Node {
  const d = dimIndex('logcumsumexp', dim, floats('logcumsumexp', a).shape.length)
  const n = a.shape[d] ?? 1
  let sums = a
  for (let span = 1; span < n; span *= 2) {
    const before = b.pad(
      slice(sums, d, 0, n - span),
      a.shape.map((_, i): [number, number] => [i === d ? span : 0, 0]),
      -Infinity,
    )
    sums = logaddexp(sums, before)
  }
  return sums
}

/** Differences of neighbours along `dim`, `n` times over; `prepend` and `append` are put before and behind first. */
export function diff(a: Node, n = 1, dim = -1, prepend?: Node, append?: Node): Node {
  if (a.shape.length === 0)
    throw new NablaError('shape', `[diff] a tensor without dimensions has no neighbours: shape ${showShape(a.shape)}`, {
      shape: a.shape,
    })
  if (!Number.isInteger(n) || n < 0)
    throw new NablaError('argument', `[diff] n is ${n}; expected a whole number of 0 or more`, { n })
  const d = dimIndex('diff', dim, a.shape.length)
  const parts = [prepend, a, append].filter((part) => part !== undefined)
  let out = parts.length > 1 ? cat(parts, d) : a
  for (let i = 0; i < n; i++) {
    const [later, earlier] = [slice(out, d, 1), slice(out, d, 0, Math.max(0, out.shape[d]! - 1))]
    out = out.dtype === 'bool' ? b.xor(later, earlier) : b.sub(later, earlier)
  }
  return out
}
