/** The same elements at other places, or several times, on nodes. Dimensions may be negative, as users write them. */
import { NablaError, showShape } from '../core/errors.js'
import { checkShape, dimIndex, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { expand, slice, transpose, unsqueeze } from './shapes.js'

/** Tiles the whole tensor `times[d]` times along each dimension. */
export function repeat(a: Node, times: readonly number[]): Node {
  checkShape('repeat', times)
  const added = times.length - a.shape.length
  if (added < 0)
    throw new NablaError(
      'shape',
      `[repeat] needs a count for each of the ${a.shape.length} dimensions of ${showShape(a.shape)}, was given ${times.length}`,
    )
  const shape = [...new Array<number>(added).fill(1), ...a.shape]
  const spread = b.expand(
    b.reshape(
      a,
      shape.flatMap((n) => [1, n]),
    ),
    shape.flatMap((n, d) => [times[d]!, n]),
  )
  return b.reshape(
    spread,
    shape.map((n, d) => n * times[d]!),
  )
}

/** As repeat, but counts are aligned at the last dimension: those that are missing are 1. */
export const tile = (a: Node, times: readonly number[]): Node =>
  repeat(a, [...new Array<number>(Math.max(0, a.shape.length - times.length)).fill(1), ...times])

/** Repeats each element `count` times along `dim`. */
export function repeatInterleave(a: Node, count: number, dim: number): Node {
  checkShape('repeatInterleave', [count])
  const d = dimIndex('repeatInterleave', dim, a.shape.length)
  const wide = expand(unsqueeze(a, d + 1), [...a.shape.slice(0, d + 1), count, ...a.shape.slice(d + 1)])
  return b.reshape(
    wide,
    a.shape.map((n, i) => (i === d ? n * count : n)),
  )
}

/** Elements in reverse order along the given dimensions. */
export function flip(a: Node, dims: readonly number[]): Node {
  const rank = a.shape.length
  const indices = dims.map((d) => dimIndex('flip', d, rank)) // of a scalar too, which has nothing to turn
  return rank === 0 ? a : b.flip(a, indices)
}

/** Elements moved on by `shifts` along `dims`, those beyond the end to the beginning; without `dims`, of all elements in row-major order. */
export function roll(a: Node, shifts: number | readonly number[], dims?: number | readonly number[]): Node {
  const by = [shifts].flat()
  if (dims === undefined) {
    if (by.length !== 1)
      throw new NablaError('argument', `[roll] ${by.length} shifts need as many dimensions; none were given`, { shifts })
    return b.reshape(rolled(b.reshape(a, [sizeOf(a.shape)]), by[0]!, 0), a.shape)
  }
  const along = [dims].flat()
  if (along.length !== by.length)
    throw new NablaError('argument', `[roll] ${by.length} shifts and ${along.length} dimensions; expected as many`, {
      shifts,
      dims,
    })
  return along.reduce((so, dim, i) => rolled(so, by[i]!, dimIndex('roll', dim, a.shape.length)), a)
}

function rolled(a: Node, shift: number, d: number): Node {
  const n = a.shape[d] ?? 0
  const by = n ? ((shift % n) + n) % n : 0
  return by === 0 ? a : b.cat([slice(a, d, n - by), slice(a, d, 0, n - by)], d)
}

/** Turned `k` times by 90 degrees in a plane, from the first of `dims` towards the second. */
export function rot90(a: Node, k: number, dims: readonly [number, number]): Node {
  const [from, to] = dims.map((d) => dimIndex('rot90', d, a.shape.length)) as [number, number]
  if (dims.length !== 2 || from === to || a.shape.length < 2)
    throw new NablaError(
      'argument',
      `[rot90] ${showShape(dims)} is no plane of ${showShape(a.shape)}; expected two different dimensions`,
      {
        dims,
        shape: a.shape,
      },
    )
  switch (((k % 4) + 4) % 4) {
    case 1:
      return transpose(b.flip(a, [to]), from, to)
    case 2:
      return b.flip(a, [from, to])
    case 3:
      return b.flip(transpose(a, from, to), [to])
    default:
      return a
  }
}
