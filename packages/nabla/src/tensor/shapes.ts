/** Views, on nodes: every function gives a new arrangement of its input's elements. Dimensions may be negative, as users write them. */
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex, type Shape, sameShape, sizeOf } from '../core/shape.js'
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

/** The transpose of a matrix; a vector or a scalar as it is. */
export function t(a: Node): Node {
  if (a.shape.length > 2)
    throw new NablaError('shape', `[t] is defined up to rank 2, the tensor has shape ${showShape(a.shape)}; see mT and permute`, {
      shape: a.shape,
    })
  return a.shape.length < 2 ? a : b.permute(a, [1, 0])
}

/** Moves dimensions `from` to positions `to`; the others keep their order. */
export function moveDim(a: Node, from: number | readonly number[], to: number | readonly number[]): Node {
  const rank = a.shape.length
  const sources = [from].flat().map((d) => dimIndex('movedim', d, rank))
  const targets = [to].flat().map((d) => dimIndex('movedim', d, rank))
  const distinct = (dims: readonly number[]): boolean => new Set(dims).size === dims.length
  if (sources.length !== targets.length || !distinct(sources) || !distinct(targets))
    throw new NablaError(
      'argument',
      `[movedim] ${showShape([from].flat())} cannot move to ${showShape([to].flat())}: expected as many dimensions, each once`,
      { from, to },
    )
  if (rank === 0) return a
  const rest = Array.from({ length: rank }, (_, d) => d).filter((d) => !sources.includes(d))
  const order = Array.from({ length: rank }, (_, d) => {
    const i = targets.indexOf(d)
    return i < 0 ? rest.shift()! : sources[i]!
  })
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

export function cat(parts: readonly Node[], dim = 0): Node {
  // A list of nothing joins tensors of any rank, as in PyTorch.
  const ranked = parts.filter((part) => part.shape.length !== 1 || part.shape[0] !== 0)
  if (ranked.length > 0 && ranked.length < parts.length && ranked.some((part) => part.shape.length !== 1)) return cat(ranked, dim)
  const first = parts[0]
  if (!first) throw new NablaError('argument', '[cat] needs at least one tensor')
  if (first.shape.length === 0) throw new NablaError('shape', '[cat] tensors without dimensions cannot be joined; use stack()')
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
    typeof size === 'number'
      ? Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) => Math.min(size, n - i * size))
      : size
  if (sizes.reduce((x, y) => x + y, 0) !== n)
    throw new NablaError(
      'shape',
      `[split] sizes ${showShape(sizes)} add up to ${sizes.reduce((x, y) => x + y, 0)}, but dimension ${dim} of ${showShape(a.shape)} has ${n}`,
    )
  let start = 0
  return sizes.map((length) => slice(a, d, start, (start += length)))
}

/** At most `count` pieces of equal size along `dim`; the last may be smaller. */
export function chunk(a: Node, count: number, dim = 0): Node[] {
  if (!Number.isInteger(count) || count < 1)
    throw new NablaError('argument', `[chunk] the number of pieces is ${count}; expected 1 or more`, { count })
  const n = a.shape[dimIndex('chunk', dim, a.shape.length)] ?? 0
  return split(a, n ? Math.ceil(n / count) : new Array<number>(count).fill(0), dim)
}

/** The slices along `dim`, without that dimension. */
export function unbind(a: Node, dim = 0): Node[] {
  if (a.shape.length === 0)
    throw new NablaError('shape', '[unbind] a tensor without dimensions has no slices', { shape: a.shape })
  return Array.from({ length: a.shape[dimIndex('unbind', dim, a.shape.length)]! }, (_, i) => select(a, dim, i))
}

/** Windows of `size` at every `step` along `dim`, in a new last dimension. */
export function unfold(a: Node, dim: number, size: number, step: number): Node {
  const d = dimIndex('unfold', dim, a.shape.length)
  const n = a.shape[d] ?? 1
  if (!Number.isInteger(size) || size < 0 || size > n || !Number.isInteger(step) || step < 1)
    throw new NablaError(
      'argument',
      `[unfold] size ${size} and step ${step} for dimension ${dim} of ${showShape(a.shape)}; expected a size of ${n} at most and a step of 1 or more`,
      { size, step, shape: a.shape },
    )
  if (a.shape.length === 0) return slice(b.reshape(a, [1]), 0, 0, size)
  if (size > 0) return b.window(a, d, size, step)
  const counts = a.shape.map((m, i) => (i === d ? Math.floor(m / step) + 1 : m))
  return b.reshape(slice(reshape(a, [-1]), 0, 0, 0), [...counts, 0])
}

/**
 * Pieces along `dim`: `sections` of nearly equal extent (the first are larger by one where it does not come out even), or those between given
 * indices, as Python's slices.
 */
export function tensorSplit(a: Node, sections: number | readonly number[], dim = 0): Node[] {
  if (a.shape.length === 0)
    throw new NablaError('shape', '[tensorSplit] a tensor without dimensions cannot be split', { shape: a.shape })
  const d = dimIndex('tensorSplit', dim, a.shape.length)
  const n = a.shape[d]!
  if (typeof sections !== 'number') {
    const ends = [...sections, n]
    return ends.map((end, i) => slice(a, d, i === 0 ? 0 : ends[i - 1]!, end))
  }
  if (!Number.isInteger(sections) || sections < 1)
    throw new NablaError('argument', `[tensorSplit] the number of sections is ${sections}; expected 1 or more`, { sections })
  const size = Math.floor(n / sections)
  return split(
    a,
    Array.from({ length: sections }, (_, i) => size + (i < n % sections ? 1 : 0)),
    d,
  )
}

export function pad(a: Node, padding: readonly (readonly [number, number])[], value = 0): Node {
  return padding.every(([lo, hi]) => lo === 0 && hi === 0) ? a : b.pad(a, padding, value)
}
