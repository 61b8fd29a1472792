/** Tables of vectors, looked up by index; and sums, means and maxima of what is looked up. */
import { isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape, type Shape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import { composite, untracked } from '../../tensor/autograd.js'
import { checkIndices } from '../../tensor/check.js'
import { noGrad } from '../../tensor/differentiate.js'
import { rows } from '../../tensor/picking.js'
import { scatterAdd } from '../../tensor/scattering.js'
import { norm } from '../../tensor/norms.js'
import { extreme, sum } from '../../tensor/reduce.js'
import { expand, reshape } from '../../tensor/shapes.js'
import { Tensor } from '../../tensor/tensor.js'

/** How vectors are looked up, and what gradient they get. */
export interface EmbeddingOptions {
  /** Vectors of this index (negative counts from the end) get no gradient. Default none. */
  readonly paddingIdx?: number | null
  /** Vectors that are looked up are scaled down, in place, to this norm at most. Default: they are not. */
  readonly maxNorm?: number | null
  /** The p of that norm. Default 2. */
  readonly normType?: number
  /** A vector's gradient is divided by how often it was looked up. Default false. */
  readonly scaleGradByFreq?: boolean
}

/** The checked index of padding, or null. */
export function paddingIndex(op: string, given: number | null | undefined, count: number): number | null {
  if (given === null || given === undefined) return null
  if (!Number.isInteger(given) || given < -count || given >= count)
    throw new NablaError(
      'argument',
      `[${op}] paddingIdx is ${given}; expected an index of the table, ${-count} to ${count - 1}`,
      {
        paddingIdx: given,
        count,
      },
    )
  return given < 0 ? given + count : given
}

function checkTable(op: string, input: Tensor, weight: Tensor): void {
  if (weight.shape.length !== 2)
    throw new NablaError('shape', `[${op}] the table has shape ${showShape(weight.shape)}; expected [vectors, size]`, {
      weight: weight.shape,
    })
  if (isFloat(input.dtype) || input.dtype === 'bool')
    throw new NablaError('dtype', `[${op}] indices are integers, not ${input.dtype}; cast them: input.int()`, {
      dtype: input.dtype,
    })
  checkIndices(op, 'index', input.node, weight.shape[0]!, { of: 'the rows of the table' })
}

/** How often each of `count` rows is named by a list of indices, in the given dtype. */
const frequencies = (list: Node, count: number, like: Node): Node =>
  scatterAdd(b.constant(0, [count], like.dtype, like.device), 0, list, b.constant(1, list.shape, like.dtype, like.device))

/** Scales rows that are named down to the norm `maxNorm`, in place. */
function renormalize(weight: Tensor, list: Node, maxNorm: number, p: number): void {
  noGrad(() => {
    const w = weight.node
    const size = norm(w, p, 1, true)
    const named = b.gt(reshape(frequencies(list, w.shape[0]!, w), [-1, 1]), 0)
    const scaled = b.mul(w, b.div(maxNorm, b.add(size, 1e-7)))
    weight.assign(new Tensor(b.where(b.and(named, b.gt(size, maxNorm)), scaled, w)))
  })
}

/** Rows of the table for a list of indices [n]: [n, size], with the gradient that the options say. */
function lookup(op: string, list: Node, weight: Tensor, options: EmbeddingOptions): Node {
  const { maxNorm = null, normType = 2, scaleGradByFreq = false } = options
  const padding = paddingIndex(op, options.paddingIdx, weight.shape[0]!)
  if (maxNorm !== null) renormalize(weight, list, maxNorm, normType)
  const w = weight.node
  if (padding === null && !scaleGradByFreq) return rows(w, list)
  return composite(
    op,
    [w],
    () => rows(w, list),
    (grad) => {
      const each = b.reshape(list, [list.shape[0]!, 1])
      const kept = padding === null ? grad : b.where(b.eq(each, padding), 0, grad)
      const shared = scaleGradByFreq ? b.div(kept, reshape(rows(frequencies(list, w.shape[0]!, w), list), [-1, 1])) : kept
      return [scatterAdd(b.like(w, 0), 0, expand(each, grad.shape), shared)]
    },
  )
}

/**
 * The vectors that `input` (indices of any shape) names in the table `weight` [vectors, size]: [...input, size]. An index
 * outside of the table is an error where the indices are at hand, and NaN in the result where they are still to be computed.
 */
export function embedding(input: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkTable('embedding', input, weight)
  const found = lookup('embedding', reshape(input.node, [-1]), weight, options)
  return new Tensor(b.reshape(found, [...input.shape, weight.shape[1]!]))
}

/** How the vectors of a bag become one: their sum, mean or element-wise maximum. */
export type BagMode = 'sum' | 'mean' | 'max'

/** Where bags start, and how the vectors of a bag become one. */
export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** Where each bag starts in a list of indices: [bags], rising, the first 0. */
  readonly offsets?: Tensor | null
  /** How the vectors of a bag become one. Default 'mean'. */
  readonly mode?: BagMode
  /** A factor for each index, in the input's shape; with mode 'sum'. */
  readonly perSampleWeights?: Tensor | null
  /** `offsets` has one more element, the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean
}

/**
 * Sum, mean or maximum of the vectors in each bag of indices: [bags, n], or a list [n] with `offsets`; gives [bags, size].
 * Indices equal to `paddingIdx` do not count; an empty bag gives zeros.
 */
export function embeddingBag(input: Tensor, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor {
  const op = 'embeddingBag'
  const { offsets = null, mode = 'mean', perSampleWeights = null, includeLastOffset = false } = options
  checkTable(op, input, weight)
  checkBags(op, input, offsets, perSampleWeights, mode, includeLastOffset)
  const size = weight.shape[1]!
  const list = reshape(input.node, [-1])
  const count = list.shape[0]!
  const [bags, bag] = offsets
    ? [offsets.shape[0]! - (includeLastOffset ? 1 : 0), bagOf(offsets.node, count)]
    : [input.shape[0]!, undefined]
  const padding = paddingIndex(op, options.paddingIdx, weight.shape[0]!)
  const counts = padding === null ? undefined : b.reshape(b.ne(list, padding), [count, 1]) // [n, 1]: the index is none of padding
  const found = lookup(op, list, weight, options) // [n, size]
  if (count === 0) return new Tensor(b.add(b.constant(0, [bags, size], found.dtype, found.device), b.sum(found, [0])))

  const width = bag ? count : input.shape[1]!
  if (mode === 'max') {
    // [bags, n, size], of a list with each bag's own members.
    const shape = [bags, width, size]
    const own = bag && b.eq(b.reshape(bag, [1, count, 1]), counting(shape, 0, bag.device, b))
    const spread = (x: Node): Node => b.reshape(x, bag ? [1, ...x.shape] : [bags, width, x.shape[1]!])
    const valid = counts && own ? b.and(own, spread(counts)) : (own ?? (counts && spread(counts)))
    const members = expand(spread(found), shape)
    if (!valid) return new Tensor(extreme('max', members, 1).values)
    const some = b.gt(sum(b.cast(valid, 'int32'), 1), 0) // [bags, 1]
    const { values } = extreme('max', b.where(valid, members, -Infinity), 1)
    return new Tensor(b.where(some, values, 0))
  }
  /** Sums over each bag: [n, k] to [bags, k]. */
  const gathered = (x: Node): Node => {
    const k = x.shape[1]!
    if (!bag) return sum(b.reshape(x, [bags, width, k]), 1)
    return scatterAdd(b.constant(0, [bags, k], x.dtype, x.device), 0, expand(b.reshape(bag, [count, 1]), x.shape), x)
  }
  const weighted = perSampleWeights ? b.mul(found, reshape(perSampleWeights.node, [-1, 1])) : found
  const total = gathered(counts ? b.where(counts, weighted, 0) : weighted)
  if (mode === 'sum') return new Tensor(total)
  const sizes = gathered(counts ? b.cast(counts, found.dtype) : b.constant(1, [count, 1], found.dtype, found.device))
  return new Tensor(b.div(total, b.maximum(sizes, 1)))
}

/** The bag that each of `count` indices lies in, [count]: how many bags have started by then, less one. */
function bagOf(offsets: Node, count: number): Node {
  return untracked(() => {
    const starts = scatterAdd(
      b.constant(0, [count + 1], 'int32', offsets.device),
      0,
      offsets,
      b.constant(1, offsets.shape, 'int32', offsets.device),
    )
    const begun = b.slice(b.scan(starts, 0, 'sum'), [{ start: 0, stop: count, step: 1 }])
    return b.sub(begun, 1)
  })
}

function checkBags(
  op: string,
  input: Tensor,
  offsets: Tensor | null,
  factors: Tensor | null,
  mode: string,
  includeLastOffset: boolean,
): void {
  if (mode !== 'sum' && mode !== 'mean' && mode !== 'max')
    throw new NablaError('argument', `[${op}] unknown mode "${mode}"; known: sum, mean, max`, { mode })
  const wrong = (what: string, shape: Shape, expected: string): never => {
    throw new NablaError('shape', `[${op}] ${what} ${showShape(shape)}; expected ${expected}`, {
      input: input.shape,
      given: shape,
    })
  }
  const rank = input.shape.length
  if (rank !== 1 && rank !== 2) wrong('the input has shape', input.shape, 'bags [bags, n], or a list [n] with offsets')
  if (rank === 2 && offsets)
    throw new NablaError('argument', `[${op}] offsets go with a list of indices, not with bags ${showShape(input.shape)}`)
  if (rank === 1 && !offsets) throw new NablaError('argument', `[${op}] a list of indices needs offsets: where each bag starts`)
  if (offsets && (offsets.shape.length !== 1 || (includeLastOffset && offsets.shape[0] === 0)))
    wrong('offsets have shape', offsets.shape, 'a list')
  if (offsets) checkIndices(op, 'offset', offsets.node, input.shape[0]! + 1, { of: 'the list' })
  if (factors && mode !== 'sum')
    throw new NablaError('argument', `[${op}] perSampleWeights go with mode "sum", not "${mode}"`, { mode })
  if (factors && !sameShape(factors.shape, input.shape))
    wrong('perSampleWeights have shape', factors.shape, showShape(input.shape))
}
