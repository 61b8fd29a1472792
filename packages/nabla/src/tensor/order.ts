/** What goes by order, on nodes: sorting, the largest, medians and quantiles, places in a sorted list. Gradients go to the chosen elements. */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { counting } from '../ops/source.js'
import { composite } from './autograd.js'
import { isnan } from './elementwise.js'
import { dropped, nonEmpty } from './reduce.js'
import { moveDim, narrow, reshape, unsqueeze } from './shapes.js'

export interface Chosen {
  readonly values: Node
  readonly indices: Node
}

const first = (a: Node): Node => b.constant(0, a.shape, 'int32', a.device)

/** Stable; NaN counts as largest. */
export function sort(a: Node, dim = -1, descending = false): Chosen {
  const d = dimIndex('sort', dim, a.shape.length)
  if (a.shape.length === 0) return { values: a, indices: first(a) }
  const indices = b.argsort(a, d, descending)
  return { values: b.gather(a, d, indices), indices }
}

/** The `k` largest (or smallest) along `dim`, in order. */
export function topk(a: Node, k: number, dim = -1, largest = true): Chosen {
  const d = dimIndex('topk', dim, a.shape.length)
  const n = a.shape[d] ?? 1
  if (!Number.isInteger(k) || k < 0 || k > n)
    throw new NablaError('argument', `[topk] k is ${k}, but dimension ${dim} of ${showShape(a.shape)} has ${n} elements`, {
      k,
      shape: a.shape,
    })
  if (a.shape.length === 0)
    return k === 1 ? sort(a) : { values: b.constant(0, [0], a.dtype, a.device), indices: b.constant(0, [0], 'int32', a.device) }
  const indices = narrow(b.argsort(a, d, largest), d, 0, k)
  return { values: b.gather(a, d, indices), indices }
}

/** The element at place `rank` of the ascending order along `d`; `rank` is a number, or a node with extent 1 there. */
function ranked(a: Node, d: number, rank: number | Node, keepdim: boolean): Chosen {
  const order = b.argsort(a, d, false)
  const indices = typeof rank === 'number' ? narrow(order, d, rank, 1) : b.gather(order, d, rank)
  return { values: dropped(b.gather(a, d, indices), [d], keepdim), indices: dropped(indices, [d], keepdim) }
}

/** A checked dimension of at least one element; undefined for a tensor without dimensions, which is its own choice. */
function chosenDim(op: string, a: Node, dim: number): number | undefined {
  const d = dimIndex(op, dim, a.shape.length)
  if (a.shape.length === 0) return undefined
  nonEmpty(op, a, [d])
  return d
}

/** The k-th smallest along `dim`, counting from 1. */
export function kthvalue(a: Node, k: number, dim = -1, keepdim = false): Chosen {
  const d = chosenDim('kthvalue', a, dim)
  const n = d === undefined ? 1 : a.shape[d]!
  if (!Number.isInteger(k) || k < 1 || k > n)
    throw new NablaError(
      'argument',
      `[kthvalue] k is ${k}; expected 1 to ${n}, the extent of dimension ${dim} of ${showShape(a.shape)}`,
      {
        k,
        shape: a.shape,
      },
    )
  return d === undefined ? { values: a, indices: first(a) } : ranked(a, d, k - 1, keepdim)
}

/** How many NaN there are along `d`, int32. */
const nanCount = (a: Node, d: number): Node => b.sum(b.cast(isnan(a), 'int32'), [d])

/** The lower of the two middle elements. NaN if there is one; or, ignoring NaN, of the others. */
export function median(a: Node, dim: number, keepdim = false, ignoreNan = false): Chosen {
  const d = chosenDim('median', a, dim)
  if (d === undefined) return { values: a, indices: first(a) }
  const n = a.shape[d]!
  const middle = (n - 1) >> 1
  if (!isFloat(a.dtype)) return ranked(a, d, middle, keepdim)
  const nans = nanCount(a, d)
  const rank = ignoreNan ? b.maximum(b.shr(b.sub(n - 1, nans), 1), 0) : b.where(b.gt(nans, 0), b.sub(n, nans), middle) // the first NaN stands behind all numbers
  return ranked(a, d, rank, keepdim)
}

/** The median of all elements; equals share the gradient. NaN of nothing. */
export function medianOfAll(a: Node, ignoreNan = false): Node {
  if (sizeOf(a.shape) === 0) return b.constant(NaN, [], a.dtype, a.device)
  const flat = reshape(a, [-1])
  return composite(
    'median',
    [flat],
    () => median(flat, 0, false, ignoreNan).values,
    (grad, y) => {
      const same = b.cast(b.or(b.eq(flat, y), b.and(isnan(flat), isnan(y))), flat.dtype)
      return [b.mul(same, b.div(grad, b.sum(same, [0])))]
    },
  )
}

/** The most frequent value along `dim`, the smallest of several, and where it is last. */
export function mode(a: Node, dim = -1, keepdim = false): Chosen {
  const d = chosenDim('mode', a, dim)
  if (d === undefined) return { values: a, indices: first(a) }
  const order = b.argsort(a, d, false)
  const sorted = b.gather(a, d, order)
  const n = a.shape[d]!
  const position = b.expand(counting(a.shape, d, a.device, b), a.shape)
  // The place of every element in its run of equals: how far behind the run's beginning it stands.
  const starts = b.pad(
    b.ne(b.slice(sorted, cut(sorted, d, 1, n)), b.slice(sorted, cut(sorted, d, 0, n - 1))),
    a.shape.map((_, i): [number, number] => [i === d ? 1 : 0, 0]),
  )
  const begin = b.scan(b.where(starts, position, 0), d, 'max')
  const rank = b.argmax(b.sub(position, begin), d)
  const indices = b.gather(order, d, rank)
  return { values: dropped(b.gather(a, d, indices), [d], keepdim), indices: dropped(indices, [d], keepdim) }
}

const cut = (a: Node, dim: number, start: number, stop: number) =>
  a.shape.map((n, d) => (d === dim ? { start, stop, step: 1 } : { start: 0, stop: n, step: 1 }))

/**
 * What lies between two elements: the straight line, the lower, the higher, the nearer (of a tie the even place), or their mean.
 */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint'

/** What is between elements, and whether the dimension is kept. */
export interface QuantileOptions {
  /** Keep the reduced dimension with extent 1. Default false. */
  readonly keepdim?: boolean
  /** What lies between two elements. Default 'linear'. */
  readonly interpolation?: Interpolation
}

const interpolations: readonly Interpolation[] = ['linear', 'lower', 'higher', 'nearest', 'midpoint']

/**
 * The value below which a part `q` (0 to 1) of the elements lies, along `dim` or of all. A list of q gives a new first dimension. NaN if
 * there is one; or, ignoring NaN, of the others.
 */
export function quantile(x: Node, q: number | Node, dim?: number, options: QuantileOptions = {}, ignoreNan = false): Node {
  const { keepdim = false, interpolation = 'linear' } = options
  const op = ignoreNan ? 'nanquantile' : 'quantile'
  if (!isFloat(x.dtype)) throw new NablaError('dtype', `[${op}] needs a float tensor, not ${x.dtype}; cast it first: x.float()`)
  if (typeof q === 'number' && !(q >= 0 && q <= 1)) throw new NablaError('argument', `[${op}] q is ${q}; expected 0 to 1`, { q })
  if (typeof q === 'object' && q.shape.length > 1)
    throw new NablaError('shape', `[${op}] q has shape ${showShape(q.shape)}; expected a number or a list of them`, {
      q: q.shape,
    })
  if (!interpolations.includes(interpolation))
    throw new NablaError(
      'argument',
      `[${op}] unknown interpolation "${String(interpolation)}"; known: ${interpolations.join(', ')}`,
    )
  const whole = dim === undefined || x.shape.length === 0
  const a = whole ? reshape(x, [-1]) : moveDim(x, dim, -1)
  const last = a.shape.length - 1
  const n = a.shape[last]!
  if (n === 0) throw new NablaError('shape', `[${op}] of no elements: ${showShape(x.shape)}`, { shape: x.shape })
  const parts = typeof q === 'number' ? b.constant(q, [1], a.dtype, a.device) : reshape(b.cast(q, a.dtype), [-1])
  const { values } = sort(a, last)
  const nans = b.cast(nanCount(a, last), a.dtype)
  const top = ignoreNan ? b.maximum(b.sub(n - 1, nans), 0) : b.constant(n - 1, nans.shape, a.dtype, a.device)
  const plain = b.mul(parts, top)
  const rank = ignoreNan ? plain : b.where(b.gt(nans, 0), n - 1, plain) // NaN stands behind all numbers
  const at = (place: Node): Node => b.gather(values, last, b.cast(place, 'int32'))
  const between = (): Node => {
    const low = b.floor(rank)
    const weight = interpolation === 'midpoint' ? b.like(rank, 0.5) : b.sub(rank, low)
    const [from, to] = [at(low), at(b.ceil(rank))]
    return b.add(from, b.mul(weight, b.sub(to, from)))
  }
  const simple = { lower: b.floor, higher: b.ceil, nearest: b.round }
  const out = interpolation in simple ? at(simple[interpolation as keyof typeof simple](rank)) : between()
  // [..., m] to [m, ...], without the m of a single q.
  const kept = whole ? x.shape.map(() => 1) : x.shape.map((m, d) => (d === dimIndex(op, dim, x.shape.length) ? 1 : m))
  const rest = keepdim ? kept : whole ? [] : a.shape.slice(0, -1)
  const many = typeof q === 'object' && q.shape.length === 1
  return reshape(moveDim(out, -1, 0), [...(many ? [parts.shape[0]!] : []), ...rest])
}

/**
 * For each of `values` the place in the ascending `sorted` (its last dimension; the dimensions before are equal, or `sorted` has none) where it could
 * be inserted: before its equals, or behind them (`right`). int32. NaN belongs at the end.
 */
export function searchsorted(sorted: Node, values: Node, right = false): Node {
  const list = sorted.shape.length === 1
  const batch = sorted.shape.slice(0, -1)
  if (
    sorted.shape.length === 0 ||
    (!list && (values.shape.length !== sorted.shape.length || batch.some((n, d) => n !== values.shape[d])))
  )
    throw new NablaError(
      'shape',
      `[searchsorted] ${showShape(values.shape)} cannot be looked up in ${showShape(sorted.shape)}: that is a list, or all dimensions but the last are equal`,
      { sorted: sorted.shape, values: values.shape },
    )
  const n = sorted.shape.at(-1)!
  const wide = unsqueeze(values, -1)
  const lists = list ? reshape(sorted, [...values.shape.map(() => 1), n]) : unsqueeze(sorted, -2)
  const behind = right ? b.gt(lists, wide) : b.ge(lists, wide)
  return dropped(b.sum(b.cast(b.not(behind), 'int32'), [wide.shape.length - 1]), [wide.shape.length - 1], false)
}
