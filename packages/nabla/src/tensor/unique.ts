/** Distinct values and how often they occur, on nodes. How many there are depends on the values: every function here waits for them. */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { untracked } from './autograd.js'
import { hostValues, indexNode } from './host.js'
import { selected } from './picking.js'
import { moveDim, reshape } from './shapes.js'

export interface Distinct {
  /** The distinct elements, or slices along a dimension. */
  readonly values: Node
  /** For each element (or slice) which of them it is, int32. */
  readonly inverse: Node
  /** How often each occurs, int32. */
  readonly counts: Node
}

/**
 * Distinct elements, or slices along `dim`: in ascending order (NaN last, each for itself), or, of neighbours only (`consecutive`), in the
 * order in which they come.
 */
export function distinct(a: Node, dim: number | undefined, consecutive: boolean): Distinct {
  const op = consecutive ? 'uniqueConsecutive' : 'unique'
  const d = dim === undefined ? 0 : dimIndex(op, dim, a.shape.length)
  const table = dim === undefined ? reshape(a, [-1]) : a
  const n = table.shape[d] ?? 1
  const rows = hostValues(op, dim === undefined ? table : moveDim(a, d, 0))
  const width = n ? rows.length / n : 0
  const compare = (i: number, j: number): number => {
    for (let k = 0; k < width; k++) {
      const [x, y] = [rows[i * width + k]!, rows[j * width + k]!]
      if (x !== y) return x < y ? -1 : x > y ? 1 : Number.isNaN(x) ? (Number.isNaN(y) ? NaN : 1) : -1
    }
    return 0
  }
  const order = Array.from({ length: n }, (_, i) => i)
  if (!consecutive) order.sort((i, j) => compare(i, j) || i - j)
  const firsts: number[] = []
  const counts: number[] = []
  const inverse = new Int32Array(n)
  order.forEach((i, at) => {
    if (at === 0 || compare(order[at - 1]!, i) !== 0) {
      firsts.push(i)
      counts.push(0)
    }
    counts[counts.length - 1]!++
    inverse[i] = counts.length - 1
  })
  return {
    values: untracked(() => selected(table.shape.length ? table : reshape(table, [1]), d, indexNode(firsts, a.device))),
    inverse: reshape(indexNode(inverse, a.device), dim === undefined ? a.shape : [n]),
    counts: indexNode(counts, a.device),
  }
}

/** How often 0, 1, 2, ... occur in a list, or the sums of their weights; at least `minlength` of them. */
export function bincount(a: Node, weights: Node | undefined, minlength = 0): Node {
  if (isFloat(a.dtype) || a.dtype === 'bool' || a.shape.length !== 1)
    throw new NablaError('argument', `[bincount] needs a list of whole numbers, was given ${a.dtype} ${showShape(a.shape)}`, {
      dtype: a.dtype,
      shape: a.shape,
    })
  if (weights && (weights.shape.length !== 1 || weights.shape[0] !== a.shape[0]))
    throw new NablaError(
      'shape',
      `[bincount] weights ${showShape(weights.shape)} for ${showShape(a.shape)} numbers; expected as many`,
      {
        shape: a.shape,
        weights: weights.shape,
      },
    )
  if (!Number.isInteger(minlength) || minlength < 0)
    throw new NablaError('argument', `[bincount] minlength is ${minlength}; expected 0 or more`, { minlength })
  const values = hostValues('bincount', a)
  let count = minlength
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < 0)
      throw new NablaError('argument', `[bincount] ${values[i]} at [${i}] is negative; expected 0 or more`, {
        value: values[i],
        index: i,
      })
    count = Math.max(count, values[i]! + 1)
  }
  const dtype = weights ? (isFloat(weights.dtype) ? weights.dtype : 'float64') : 'int32'
  const none = b.constant(0, [count], dtype, a.device)
  if (sizeOf(a.shape) === 0) return none
  return b.scatterAdd(none, 0, b.cast(a, 'int32'), weights ? b.cast(weights, dtype) : b.constant(1, a.shape, dtype, a.device))
}

/** Each element or slice along `dim` as often as a list of counts says. */
export function repeatEach(a: Node, counts: Node, dim: number): Node {
  const d = dimIndex('repeatInterleave', dim, a.shape.length)
  const n = a.shape[d] ?? 1
  const values = hostValues('repeatInterleave', counts)
  if (counts.shape.length > 1 || (values.length !== n && values.length !== 1))
    throw new NablaError(
      'shape',
      `[repeatInterleave] counts of shape ${showShape(counts.shape)} for dimension ${dim} of ${showShape(a.shape)}; expected one, or a list of ${n}`,
      { counts: counts.shape, shape: a.shape },
    )
  const places: number[] = []
  for (let i = 0; i < n; i++) {
    const times = values[values.length === 1 ? 0 : i]!
    if (!Number.isInteger(times) || times < 0)
      throw new NablaError('argument', `[repeatInterleave] count ${times} at [${i}]; expected whole numbers of 0 or more`, {
        count: times,
      })
    for (let k = 0; k < times; k++) places.push(i)
  }
  return selected(a, d, indexNode(places, a.device))
}
