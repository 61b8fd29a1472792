/**
 * Padding by PyTorch's flat list: [before, after] of the last dimension, then of the one before it, and so on. A border is made of the tensor's own
 * elements by putting slices side by side, so that its gradient is slices again.
 *
 *     a b c d  by [2, 2]     constant  0 0 a b c d 0 0     reflect   c b a b c d c b
 *                            replicate a a a b c d d d     circular  c d a b c d a b
 */
import { NablaError, showShape } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { expand, pad as padPairs, slice } from './shapes.js'

/**
 * What a border is made of: one value ('constant'), the elements mirrored at the edge without repeating it ('reflect'), the edge
 * repeated ('replicate'), or the elements of the other end ('circular').
 */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular'

/** Both borders of a dimension of extent n, each of `count` elements. */
interface Border {
  /** The largest border that n elements can give; anything else is an error. */
  readonly most: (n: number) => number
  readonly before: (a: Node, dim: number, count: number) => Node
  readonly after: (a: Node, dim: number, count: number) => Node
}

/** One slice, `count` times. */
function repeated(a: Node, dim: number, from: number, count: number): Node {
  return expand(
    slice(a, dim, from, from + 1),
    a.shape.map((n, d) => (d === dim ? count : n)),
  )
}

const borders: Readonly<Record<Exclude<PadMode, 'constant'>, Border>> = {
  reflect: {
    most: (n) => n - 1,
    before: (a, dim, count) => b.flip(slice(a, dim, 1, count + 1), [dim]),
    after: (a, dim, count) => b.flip(slice(a, dim, a.shape[dim]! - 1 - count, a.shape[dim]! - 1), [dim]),
  },
  replicate: {
    most: (n) => (n > 0 ? Infinity : 0),
    before: (a, dim, count) => repeated(a, dim, 0, count),
    after: (a, dim, count) => repeated(a, dim, a.shape[dim]! - 1, count),
  },
  circular: {
    most: (n) => n,
    before: (a, dim, count) => slice(a, dim, a.shape[dim]! - count),
    after: (a, dim, count) => slice(a, dim, 0, count),
  },
}

/** The list as [before, after] for each dimension of `a`, first to last; checked. */
function pairsOf(a: Node, padding: readonly number[]): [number, number][] {
  const rank = a.shape.length
  if (padding.length % 2 !== 0 || padding.length > 2 * rank || padding.some((n) => !Number.isInteger(n)))
    throw new NablaError(
      'argument',
      `[pad] ${showShape(padding)} does not pad ${showShape(a.shape)}: expected whole numbers [before, after] for the last dimension, then for the one before it; ${2 * rank} numbers at most`,
      { padding, shape: a.shape },
    )
  return a.shape.map((n, d) => {
    const at = 2 * (rank - 1 - d)
    const [before, after] = [padding[at] ?? 0, padding[at + 1] ?? 0]
    if (n + before + after < 0)
      throw new NablaError(
        'shape',
        `[pad] cutting off ${-before} and ${-after} leaves nothing of dimension ${d} of ${showShape(a.shape)}, which has ${n}`,
        { padding, shape: a.shape },
      )
    return [before, after]
  })
}

/** Without what negative padding cuts off. */
const cropped = (a: Node, dim: number, before: number, after: number): Node =>
  slice(a, dim, Math.max(0, -before), a.shape[dim]! - Math.max(0, -after))

function bordered(a: Node, dim: number, before: number, after: number, mode: Exclude<PadMode, 'constant'>): Node {
  // What goes in circles is cut first, as in PyTorch; a mirror and a last element are those of the whole.
  if (mode === 'circular' && Math.min(before, after) < 0)
    return bordered(cropped(a, dim, before, after), dim, Math.max(0, before), Math.max(0, after), mode)
  const n = a.shape[dim]!
  const { most, before: left, after: right } = borders[mode]
  if (Math.max(before, after) > most(n))
    throw new NablaError(
      'argument',
      `[pad] ${mode} padding of ${before} and ${after} is too large for dimension ${dim} of ${showShape(a.shape)}: with ${n} elements it is ${most(n)} at most`,
      { mode, before, after, shape: a.shape },
    )
  const parts = [...(before > 0 ? [left(a, dim, before)] : []), a, ...(after > 0 ? [right(a, dim, after)] : [])]
  return cropped(parts.length > 1 ? b.cat(parts, dim) : a, dim, before, after)
}

/** `a` with a border; negative numbers cut off. `value` fills a constant border. */
export function pad(a: Node, padding: readonly number[], mode: PadMode = 'constant', value = 0): Node {
  const pairs = pairsOf(a, padding)
  if (mode === 'constant') return padPairs(a, pairs, value)
  if (!Object.hasOwn(borders, mode))
    throw new NablaError(
      'argument',
      `[pad] unknown mode "${String(mode)}"; known: constant, ${Object.keys(borders).join(', ')}`,
      {
        mode,
      },
    )
  return pairs.reduce((so, [before, after], d) => (before || after ? bordered(so, d, before, after, mode) : so), a)
}
