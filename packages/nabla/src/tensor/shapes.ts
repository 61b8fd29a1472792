/** Views, on nodes: every function gives a new arrangement of its input's elements. Dimensions may be negative, as users write them. */
import { NablaError, showShape } from '../core/errors.js'
import { checkShape, dimIndex, type Shape, sameShape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'

/** Fills in the one extent given as -1. */
export function reshape(a: Node, shape: Shape, op = 'reshape'): Node {
  const unknown = shape.indexOf(-1)
  const filled = shape.slice()
  if (unknown >= 0) {
    const known = shape.reduce((n, extent, d) => (d === unknown ? n : n * extent), 1)
    filled[unknown] = known === 0 ? 0 : sizeOf(a.shape) / known
  }
  if (
    shape.lastIndexOf(-1) !== unknown ||
    sizeOf(filled) !== sizeOf(a.shape) ||
    !filled.every((n) => Number.isInteger(n) && n >= 0)
  )
    throw new NablaError(
      'shape',
      `[${op}] ${showShape(a.shape)} has ${sizeOf(a.shape)} elements and cannot be seen as ${showShape(shape)}`,
      { op, from: a.shape, to: shape },
    )
  return sameShape(filled, a.shape) ? a : b.reshape(a, filled)
}

export function flatten(a: Node, startDim = 0, endDim = -1): Node {
  const rank = a.shape.length
  const from = dimIndex('flatten', startDim, rank)
  const to = dimIndex('flatten', endDim, rank)
  if (rank === 0) return b.reshape(a, [1])
  if (to < from)
    throw new NablaError('argument', `[flatten] startDim ${startDim} comes after endDim ${endDim} for ${showShape(a.shape)}`)
  return reshape(a, [...a.shape.slice(0, from), sizeOf(a.shape.slice(from, to + 1)), ...a.shape.slice(to + 1)])
}

export function unflatten(a: Node, dim: number, sizes: Shape): Node {
  const d = dimIndex('unflatten', dim, a.shape.length)
  const unknown = sizes.indexOf(-1)
  const known = sizes.reduce((n, extent, i) => (i === unknown ? n : n * extent), 1)
  const filled = sizes.map((extent, i) => (i === unknown ? a.shape[d]! / known : extent))
  return reshape(a, [...a.shape.slice(0, d), ...filled, ...a.shape.slice(d + 1)], 'unflatten')
}

export function permute(a: Node, dims: readonly number[]): Node {
  const order = dims.map((dim) => dimIndex('permute', dim, a.shape.length))
  if (new Set(order).size !== a.shape.length || order.length !== a.shape.length)
    throw new NablaError('argument', `[permute] ${showShape(dims)} does not name each dimension of ${showShape(a.shape)} once`, {
      dims,
      shape: a.shape,
    })
  return order.every((d, i) => d === i) ? a : b.permute(a, order)
}

export function transpose(a: Node, dim0: number, dim1: number): Node {
  const rank = a.shape.length
  const order = Array.from({ length: rank }, (_, d) => d)
  if (rank === 0) return a
  const i = dimIndex('transpose', dim0, rank)
  const j = dimIndex('transpose', dim1, rank)
  order[i] = j
  order[j] = i
  return permute(a, order)
}

/** Moves dimension `from` to position `to`; the others keep their order. */
export function moveDim(a: Node, from: number, to: number): Node {
  const rank = a.shape.length
  const source = dimIndex('movedim', from, rank)
  const order = Array.from({ length: rank }, (_, d) => d).filter((d) => d !== source)
  order.splice(dimIndex('movedim', to, rank), 0, source)
  return permute(a, order)
}

/** Removes extents of 1: all of them, or those of `dim` where they are 1. */
export function squeeze(a: Node, dim?: number | readonly number[]): Node {
  const rank = a.shape.length
  const dims = dim === undefined ? a.shape.map((_, d) => d) : [dim].flat().map((d) => dimIndex('squeeze', d, rank))
  return reshape(
    a,
    a.shape.filter((n, d) => n !== 1 || !dims.includes(d)),
  )
}

export function unsqueeze(a: Node, dim: number): Node {
  const d = dimIndex('unsqueeze', dim, a.shape.length + 1)
  return b.reshape(a, [...a.shape.slice(0, d), 1, ...a.shape.slice(d)])
}

/** Repeats extents of 1 without copying; -1 keeps an extent, new dimensions come first. */
export function expand(a: Node, shape: Shape): Node {
  const added = shape.length - a.shape.length
  const full = shape.map((n, d) => (n === -1 && d >= added ? a.shape[d - added]! : n))
  if (added < 0 || full.some((n, d) => n < 0 || (d >= added && a.shape[d - added] !== 1 && a.shape[d - added] !== n)))
    throw new NablaError(
      'shape',
      `[expand] ${showShape(a.shape)} does not expand to ${showShape(shape)}: each extent must be equal or 1, aligned at the last dimension`,
      { from: a.shape, to: shape },
    )
  const ranked = added ? b.reshape(a, [...new Array<number>(added).fill(1), ...a.shape]) : a
  return sameShape(ranked.shape, full) ? ranked : b.expand(ranked, full)
}

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

/** Repeats each element `count` times along `dim`. */
export function repeatInterleave(a: Node, count: number, dim: number): Node {
  const d = dimIndex('repeatInterleave', dim, a.shape.length)
  const wide = expand(unsqueeze(a, d + 1), [...a.shape.slice(0, d + 1), count, ...a.shape.slice(d + 1)])
  return b.reshape(
    wide,
    a.shape.map((n, i) => (i === d ? n * count : n)),
  )
}

/** Elements `start` to `stop` (exclusive, both may be negative or beyond the end) by `step` along `dim`, as Python's slices. */
export function slice(a: Node, dim: number, start = 0, stop = Infinity, step = 1): Node {
  const d = dimIndex('slice', dim, a.shape.length)
  const n = a.shape[d]!
  if (!Number.isInteger(step) || step < 1)
    throw new NablaError('argument', `[slice] step is ${step}; expected a whole number of 1 or more (flip() reverses)`)
  const clip = (i: number) => Math.min(Math.max(i < 0 ? i + n : i, 0), n)
  const from = clip(start)
  const to = Math.max(clip(stop), from)
  if (from === 0 && to === n && step === 1) return a
  return b.slice(
    a,
    a.shape.map((extent, i) => (i === d ? { start: from, stop: to, step } : { start: 0, stop: extent, step: 1 })),
  )
}

export function narrow(a: Node, dim: number, start: number, length: number): Node {
  const d = dimIndex('narrow', dim, a.shape.length)
  const n = a.shape[d]!
  const from = start < 0 ? start + n : start
  if (from < 0 || length < 0 || from + length > n)
    throw new NablaError(
      'index',
      `[narrow] elements ${start} to ${start + length} are outside of dimension ${dim} of ${showShape(a.shape)}, which has ${n}`,
      {
        start,
        length,
        shape: a.shape,
      },
    )
  return slice(a, d, from, from + length)
}

export function select(a: Node, dim: number, index: number): Node {
  const d = dimIndex('select', dim, a.shape.length)
  const n = a.shape[d]!
  const i = index < 0 ? index + n : index
  if (!Number.isInteger(index) || i < 0 || i >= n)
    throw new NablaError(
      'index',
      `[select] index ${index} is out of range for dimension ${dim} of ${showShape(a.shape)}, which has ${n} elements`,
      {
        index,
        shape: a.shape,
      },
    )
  return b.reshape(
    slice(a, d, i, i + 1),
    a.shape.filter((_, k) => k !== d),
  )
}

/** One index of a subscript: an element, a range [start, stop, step], everything (null), or a new axis. */
export type Index = number | readonly [start: number | null, stop?: number | null, step?: number] | null | 'newaxis' | '...'

/** Python's subscripts: `at(x, [0, null, [1, 3]])` is x[0, :, 1:3]. */
export function at(a: Node, indices: readonly Index[]): Node {
  const taken = indices.filter((i) => i !== 'newaxis' && i !== '...').length
  if (taken > a.shape.length || indices.filter((i) => i === '...').length > 1)
    throw new NablaError('index', `[at] ${taken} indices are too many for ${showShape(a.shape)}`, { indices, shape: a.shape })
  let out = a
  let d = 0
  for (const index of indices) {
    if (index === '...') d += a.shape.length - taken
    else if (index === 'newaxis') out = unsqueeze(out, d++)
    else if (index === null) d++
    else if (typeof index === 'number') out = select(out, d, index)
    else out = slice(out, d++, index[0] ?? 0, index[1] ?? Infinity, index[2] ?? 1)
  }
  return out
}

export function flip(a: Node, dims: readonly number[]): Node {
  return b.flip(
    a,
    dims.map((d) => dimIndex('flip', d, a.shape.length)),
  )
}

export function roll(a: Node, shift: number, dim: number): Node {
  const d = dimIndex('roll', dim, a.shape.length)
  const n = a.shape[d]!
  const by = n ? ((shift % n) + n) % n : 0
  return by === 0 ? a : b.cat([slice(a, d, n - by), slice(a, d, 0, n - by)], d)
}

export function cat(parts: readonly Node[], dim = 0): Node {
  const first = parts[0]
  if (!first) throw new NablaError('argument', '[cat] needs at least one tensor')
  const d = dimIndex('cat', dim, first.shape.length)
  for (const part of parts)
    if (part.shape.length !== first.shape.length || part.shape.some((n, i) => i !== d && n !== first.shape[i]))
      throw new NablaError(
        'shape',
        `[cat] shapes ${parts.map((p) => showShape(p.shape)).join(', ')} differ outside of dimension ${d}; only there they may`,
        { shapes: parts.map((p) => p.shape), dim: d },
      )
  return parts.length === 1 ? first : b.cat(parts, d)
}

export function stack(parts: readonly Node[], dim = 0): Node {
  const first = parts[0]
  if (!first) throw new NablaError('argument', '[stack] needs at least one tensor')
  for (const part of parts)
    if (!sameShape(part.shape, first.shape))
      throw new NablaError(
        'shape',
        `[stack] shapes ${showShape(first.shape)} and ${showShape(part.shape)} differ; all must be equal`,
        {
          shapes: parts.map((p) => p.shape),
        },
      )
  const d = dimIndex('stack', dim, first.shape.length + 1)
  return cat(
    parts.map((part) => unsqueeze(part, d)),
    d,
  )
}

/** Pieces of `size` along `dim` (the last may be smaller), or of the given sizes. */
export function split(a: Node, size: number | readonly number[], dim = 0): Node[] {
  const d = dimIndex('split', dim, a.shape.length)
  const n = a.shape[d]!
  if (typeof size === 'number' && !(size >= 1)) throw new NablaError('argument', `[split] size is ${size}; expected 1 or more`)
  const sizes =
    typeof size === 'number' ? Array.from({ length: Math.ceil(n / size) }, (_, i) => Math.min(size, n - i * size)) : size
  if (sizes.reduce((x, y) => x + y, 0) !== n)
    throw new NablaError(
      'shape',
      `[split] sizes ${showShape(sizes)} add up to ${sizes.reduce((x, y) => x + y, 0)}, but dimension ${dim} of ${showShape(a.shape)} has ${n}`,
    )
  let start = 0
  return sizes.map((length) => slice(a, d, start, (start += length)))
}

export function pad(a: Node, padding: readonly (readonly [number, number])[], value = 0): Node {
  return padding.every(([lo, hi]) => lo === 0 && hi === 0) ? a : b.pad(a, padding, value)
}
