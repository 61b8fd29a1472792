/**
 * Resampling along one dimension: every element of the result is a weighted sum of a few elements of the input.
 *
 *     y[o] = sum over t of weight[o, t] * x[index[o, t]]
 *
 * Such a map is a sparse matrix with `taps` entries a row. Its transpose is one too, so the gradient of a resampling is a resampling: it
 * gathers, as the way forward does, and nothing is ever scattered. Interpolation, area means and adaptive pooling are all made of these.
 */
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite } from '../../tensor/autograd.js'
import { dataNode } from '../../tensor/source.js'
import { encode } from '../../tensor/values.js'

/** A sparse [to, from] matrix, `taps` entries in every row. */
export interface Resampling {
  readonly from: number
  readonly to: number
  readonly taps: number
  /** Columns of the entries, [to, taps]. */
  readonly index: Int32Array
  /** Their values, [to, taps]; where a row has fewer entries, 0. */
  readonly weight: Float64Array
}

/** An entry of a row: the element that is read, and what it counts. */
export type Tap = readonly [index: number, weight: number]

/** The matrix with the given rows. */
export function resampling(from: number, rows: readonly (readonly Tap[])[]): Resampling {
  const to = rows.length
  const taps = Math.max(1, ...rows.map((row) => row.length))
  const index = new Int32Array(to * taps)
  const weight = new Float64Array(to * taps)
  rows.forEach((row, o) => {
    for (let t = 0; t < taps; t++) {
      // What fills a short row reads what the row reads anyway.
      index[o * taps + t] = row[t]?.[0] ?? row[0]?.[0] ?? 0
      weight[o * taps + t] = row[t]?.[1] ?? 0
    }
  })
  return { from, to, taps, index, weight }
}

function transposed({ from, to, taps, index, weight }: Resampling): Resampling {
  const rows: Tap[][] = Array.from({ length: from }, () => [])
  for (let o = 0; o < to; o++)
    for (let t = 0; t < taps; t++) {
      const w = weight[o * taps + t]!
      if (w !== 0) rows[index[o * taps + t]!]!.push([o, w])
    }
  return resampling(to, rows)
}

const replaced = (shape: readonly number[], dim: number, ...extents: number[]): number[] => [
  ...shape.slice(0, dim),
  ...extents,
  ...shape.slice(dim + 1),
]

/** `a` resampled along `dim`, whose extent is `r.from`: extent `r.to`. */
export function resample(a: Node, dim: number, r: Resampling): Node {
  if (r.taps === 1 && r.weight.every((w) => w === 1)) {
    const view = picked(a, dim, r)
    if (view) return view
  }
  return composite(
    'resample',
    [a],
    () => gathered(a, dim, r),
    (grad) => [resample(grad, dim, transposed(r))],
  )
}

/** Where single elements are picked in even steps, or each a whole number of times, this is a view. */
function picked(a: Node, dim: number, { from, to, index }: Resampling): Node | undefined {
  const times = to / from
  if (to > from && Number.isInteger(times) && index.every((i, o) => i === Math.floor(o / times))) {
    const each = b.expand(b.reshape(a, replaced(a.shape, dim, from, 1)), replaced(a.shape, dim, from, times))
    return b.reshape(each, replaced(a.shape, dim, to))
  }
  const start = index[0] ?? 0
  const step = to > 1 ? index[1]! - start : 1
  if (step < 1 || index.some((i, o) => i !== start + o * step)) return undefined
  const range = (n: number, d: number) =>
    d === dim ? { start, stop: to > 0 ? start + (to - 1) * step + 1 : start, step } : { start: 0, stop: n, step: 1 }
  return b.slice(a, a.shape.map(range))
}

function gathered(a: Node, dim: number, { to, taps, index, weight }: Resampling): Node {
  const count = to * taps
  const rank = a.shape.length
  const along = (extents: readonly number[], rest: number): number[] => [...extents, ...new Array<number>(rest).fill(1)]
  const at = b.reshape(dataNode(index, [count], 'int32', a.device), along([count], rank - 1 - dim))
  const read = b.gather(a, dim, b.expand(at, replaced(a.shape, dim, count)))
  if (taps === 1 && weight.every((w) => w === 1)) return read
  const weights = dataNode(encode(weight, a.dtype), [to, taps], a.dtype, a.device)
  const weighed = b.mul(b.reshape(read, replaced(a.shape, dim, to, taps)), b.reshape(weights, along([to, taps], rank - 1 - dim)))
  return b.reshape(b.sum(weighed, [dim + 1]), replaced(a.shape, dim, to))
}

/** `a` with its last dimensions resampled; those that shrink most come first, so that the rest has less to do. */
export function resampleAll(a: Node, all: readonly Resampling[]): Node {
  const first = a.shape.length - all.length
  return all
    .map((r, i) => ({ r, dim: first + i }))
    .sort((x, y) => x.r.to * y.r.from - y.r.to * x.r.from)
    .reduce((node, { r, dim }) => resample(node, dim, r), a)
}

/** Means of `to` parts of `from` elements; where they do not divide, parts overlap as PyTorch's adaptive pooling has them. */
export const partition = (from: number, to: number): Resampling =>
  resampling(
    from,
    Array.from({ length: to }, (_, i) => {
      const [start, stop] = part(from, to, i)
      return Array.from({ length: stop - start }, (_, j): Tap => [start + j, 1 / (stop - start)])
    }),
  )

/** Part `i` of `to` parts: its first element, and the one after its last. */
export const part = (from: number, to: number, i: number): [number, number] => [
  Math.floor((i * from) / to),
  Math.ceil(((i + 1) * from) / to),
]
