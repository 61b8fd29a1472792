/**
 * Writing elements by index, on nodes: every function gives a new value. Where several elements go to one place they are taken in order, so
 * that the result is the same each time: sums add up in order, and of what is put the last stays.
 */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { broadcastShapes, dimIndex, sameShape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { as } from '../ops/operands.js'
import { counting } from '../ops/source.js'
import { composite } from './autograd.js'
import { checkIndices } from './check.js'
import { along, checkAlong, fromStart, listed } from './picking.js'
import { expand, reshape } from './shapes.js'

export type Reduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin'

/** What is scattered where, checked: tensors without dimensions as lists, the source cut to the index. */
interface Scatter {
  readonly a: Node
  readonly d: number
  readonly index: Node
  readonly source: Node
}

function prepare(op: string, a: Node, dim: number, index: Node, source: Node | number): Scatter {
  const d = dimIndex(op, dim, a.shape.length)
  const [to, at] = [listed(a), listed(index)]
  if (sizeOf(at.shape) > 0) checkAlong(op, to, d, at)
  checkIndices(op, 'index', index, to.shape[d]!, { of: `dimension ${dim} of ${showShape(a.shape)}` })
  if (typeof source === 'number') return { a: to, d, index: at, source: b.constant(source, at.shape, a.dtype, a.device) }
  const from = listed(source)
  if (from.shape.length !== at.shape.length || at.shape.some((n, i) => n > from.shape[i]!))
    throw new NablaError(
      'shape',
      `[${op}] the index ${showShape(index.shape)} reaches beyond the source ${showShape(source.shape)}; it is no larger in any dimension`,
      { op, index: index.shape, source: source.shape },
    )
  if (from.dtype !== a.dtype)
    throw new NablaError(
      'dtype',
      `[${op}] the source is ${from.dtype}, but the tensor ${a.dtype}; cast it: source.type('${a.dtype}')`,
      {
        op,
        expected: a.dtype,
        given: from.dtype,
      },
    )
  return {
    a: to,
    d,
    index: at,
    source: b.slice(
      from,
      at.shape.map((n) => ({ start: 0, stop: n, step: 1 })),
    ),
  }
}

const zerosLike = (a: Node): Node => b.like(a, 0)
const onesLike = (a: Node): Node => b.like(a, 1)

/** Whether anything goes to a place. */
const touched = ({ a, d, index }: Scatter): Node =>
  b.ne(b.scatter(b.constant(0, a.shape, 'int32', a.device), d, index, b.constant(1, index.shape, 'int32', a.device), 'set'), 0)

/** The elements of `s.source` put at their places. Gradients go to the elements that stay. */
function put(s: Scatter): Node {
  const { a, d, index, source } = s
  if (sizeOf(index.shape) === 0) return a
  return composite(
    'scatter',
    [a, source],
    () => b.scatter(a, d, index, source, 'set'),
    (grad) => {
      const order = b.expand(counting(index.shape, d, a.device, b), index.shape)
      const last = b.scatter(b.constant(-1, a.shape, 'int32', a.device), d, index, order, 'set')
      return [b.where(b.lt(last, 0), grad, 0), b.where(b.eq(b.gather(last, d, index), order), b.gather(grad, d, index), 0)]
    },
  )
}

/** a with source[i][j][k] at [index[i][j][k]][j][k] for dim 0, and so on; the last of several stays. */
export function scatter(a: Node, dim: number, index: Node, source: Node | number): Node {
  return reshape(put(prepare('scatter', a, dim, index, source)), a.shape)
}

export function scatterAdd(a: Node, dim: number, index: Node, source: Node | number): Node {
  const s = prepare('scatterAdd', a, dim, index, source)
  return sizeOf(s.index.shape) === 0 ? a : reshape(b.scatterAdd(s.a, s.d, s.index, s.source), a.shape)
}

/** `source` added to `a` at the places that `index` names along `d`, or put there: all three fit already. */
export function putLines(a: Node, d: number, index: Node, source: Node, accumulate: boolean): Node {
  if (sizeOf(index.shape) === 0) return a
  if (!accumulate) return put({ a, d, index, source })
  return a.dtype === 'bool'
    ? b.cast(b.scatterAdd(b.cast(a, 'int32'), d, index, b.cast(source, 'int32')), 'bool')
    : added({ a, d, index, source })
}

/** a and all that goes to a place, or only the latter (`includeSelf` false), as one: their sum, product, mean or extreme. */
export function scatterReduce(a: Node, dim: number, index: Node, source: Node, reduce: Reduction, includeSelf = true): Node {
  const reducer = Object.hasOwn(reducers, reduce) ? reducers[reduce] : undefined
  if (!reducer)
    throw new NablaError(
      'argument',
      `[scatterReduce] unknown reduction "${String(reduce)}"; known: ${Object.keys(reducers).join(', ')}`,
      { reduce },
    )
  const s = prepare('scatterReduce', a, dim, index, source)
  if (sizeOf(s.index.shape) === 0) return a
  const { neutral, apply } = reducer
  const base = includeSelf ? s.a : b.where(touched(s), as(neutral(a), s.a.dtype, s.a.shape, a.device), s.a)
  return reshape(apply({ ...s, a: base }, includeSelf), a.shape)
}

interface Reducer {
  /** What counts as nothing in place of an element that is not included. */
  readonly neutral: (a: Node) => number
  readonly apply: (s: Scatter, includeSelf: boolean) => Node
}

const added = ({ a, d, index, source }: Scatter): Node => b.scatterAdd(a, d, index, source)

const reducers: Readonly<Record<Reduction, Reducer>> = {
  sum: { neutral: () => 0, apply: added },
  mean: {
    neutral: () => 0,
    apply: (s, includeSelf) => {
      const start = includeSelf ? onesLike(s.a) : zerosLike(s.a)
      const count = b.maximum(b.scatterAdd(start, s.d, s.index, onesLike(s.source)), 1)
      return isFloat(s.a.dtype) ? b.div(added(s), count) : b.floorDiv(added(s), count)
    },
  },
  prod: { neutral: () => 1, apply: product },
  amax: {
    neutral: (a) => (isFloat(a.dtype) ? -Infinity : a.dtype === 'int32' ? -2147483648 : 0),
    apply: (s) => extreme(s, 'max'),
  },
  amin: {
    neutral: (a) => (isFloat(a.dtype) ? Infinity : a.dtype === 'int32' ? 2147483647 : 255),
    apply: (s) => extreme(s, 'min'),
  },
}

/** The larger or smaller; equals share the gradient. */
function extreme({ a, d, index, source }: Scatter, op: 'max' | 'min'): Node {
  return composite(
    `scatter ${op}`,
    [a, source],
    () => b.scatter(a, d, index, source, op),
    (grad, y) => {
      const own = b.cast(b.eq(a, y), a.dtype)
      const given = b.cast(b.eq(source, b.gather(y, d, index)), a.dtype)
      const share = b.div(grad, b.scatterAdd(own, d, index, given))
      return [b.mul(own, share), b.mul(given, b.gather(share, d, index))]
    },
  )
}

/** The gradient of a product is the product of the others: found from the product of what is not 0 and the number of zeros. */
function product({ a, d, index, source }: Scatter): Node {
  return composite(
    'scatter prod',
    [a, source],
    () => b.scatter(a, d, index, source, 'prod'),
    (grad) => {
      const isZero = (x: Node): Node => b.eq(x, 0)
      const count = (x: Node): Node => b.cast(isZero(x), 'int32')
      const zeros = b.scatterAdd(count(a), d, index, count(source))
      const filled = (x: Node): Node => b.where(isZero(x), 1, x)
      const rest = product({ a: filled(a), d, index, source: filled(source) })
      const others = (x: Node, z: Node, p: Node): Node => b.where(b.eq(z, count(x)), b.div(p, filled(x)), 0) // another zero makes it 0
      const at = (x: Node): Node => b.gather(x, d, index)
      return [b.mul(grad, others(a, zeros, rest)), b.mul(at(grad), others(source, at(zeros), at(rest)))]
    },
  )
}

/** A list of indices along `dim`, for a source with as many slices there. */
function lines(op: string, a: Node, dim: number, index: Node, source: Node): Scatter {
  const d = dimIndex(op, dim, a.shape.length)
  const [to, list, from] = [listed(a), listed(index), listed(source)]
  const expected = to.shape.map((n, i) => (i === d ? list.shape[0]! : n))
  if (list.shape.length > 1 || !sameShape(from.shape, expected))
    throw new NablaError(
      'shape',
      `[${op}] the index ${showShape(index.shape)} and the source ${showShape(source.shape)} do not fit dimension ${dim} of ${showShape(a.shape)}: expected a list, and a source of ${showShape(expected)}`,
      { op, shape: a.shape, index: index.shape, source: source.shape },
    )
  return prepare(op, to, d, along(to, d, fromStart(list, to.shape[d]!)), from)
}

/** a plus alpha times the slices of `source`, each at its index along `dim`. */
export function indexAdd(a: Node, dim: number, index: Node, source: Node, alpha = 1): Node {
  const s = lines('indexAdd', a, dim, index, source)
  return sizeOf(s.index.shape) === 0
    ? a
    : reshape(added({ ...s, source: alpha === 1 ? s.source : b.mul(s.source, alpha) }), a.shape)
}

/** a with the slices of `source` in place of those at the indices along `dim`. */
export const indexCopy = (a: Node, dim: number, index: Node, source: Node): Node =>
  reshape(put(lines('indexCopy', a, dim, index, source)), a.shape)

/** a with one value (a number or a tensor without dimensions) in the slices at the indices along `dim`. */
export function indexFill(a: Node, dim: number, index: Node, value: Node | number): Node {
  if (typeof value === 'object' && value.shape.length > 0)
    throw new NablaError(
      'shape',
      `[indexFill] the value has shape ${showShape(value.shape)}; expected a number or a tensor without dimensions`,
      {
        value: value.shape,
      },
    )
  const d = dimIndex('indexFill', dim, a.shape.length)
  const to = listed(a)
  const count = listed(index).shape[0]!
  const source = as(
    value,
    a.dtype,
    to.shape.map((n, i) => (i === d ? count : n)),
    a.device,
  )
  return reshape(put(lines('indexFill', a, dim, index, source)), a.shape)
}

/** The given tensor with the elements of `source` in row-major order where `mask` holds; the two broadcast. */
export function maskedScatter(given: Node, mask: Node, source: Node): Node {
  const shape = broadcastShapes('maskedScatter', given.shape, mask.shape)
  const [a, wide] = [expand(given, shape), expand(mask, shape)]
  const n = sizeOf(source.shape)
  if (sizeOf(a.shape) === 0 || n === 0) return a
  const place = b.sub(b.scan(b.cast(reshape(wide, [-1]), 'int32'), 0, 'sum'), 1)
  const taken = b.gather(reshape(source, [-1]), 0, b.maximum(place, 0))
  return b.where(wide, reshape(b.cast(taken, a.dtype), a.shape), a)
}
