/** What the builder composes of other ops: products of matrices, and tensors side by side. */
import { promote } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, broadcastShapes, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { constantForm, variableForm } from './affine.js'
import type { AffineForm, Builder } from './op.js'
import { castTo } from './operands.js'
import { wrongShape } from './rules.js'
import { counting } from './source.js'

/** [..., m, k] x [..., k, n]; batch dimensions broadcast by leaving their variable out of the index. */
export function matmul(x: Node, y: Node, b: Builder): Node {
  const shapes = `shapes ${showShape(x.shape)} and ${showShape(y.shape)}`
  if (x.shape.length < 2 || y.shape.length < 2)
    wrongShape(
      'matmul',
      `${shapes}: both operands need at least 2 dimensions; reshape a vector to one row or one column`,
      x.shape,
      y.shape,
    )
  const [m, k] = x.shape.slice(-2) as [number, number]
  const [k2, n] = y.shape.slice(-2) as [number, number]
  if (k !== k2)
    wrongShape(
      'matmul',
      `${shapes} do not multiply: the inner extents ${k} (last of the first) and ${k2} (last but one of the second) differ; is a transpose missing?`,
      x.shape,
      y.shape,
    )
  const [left, right] = [x.shape.slice(0, -2), y.shape.slice(0, -2)]
  const clash = Array.from({ length: Math.min(left.length, right.length) }, (_, i) => -1 - i).find(
    (d) => left.at(d) !== right.at(d) && left.at(d) !== 1 && right.at(d) !== 1,
  )
  if (clash !== undefined)
    wrongShape(
      'matmul',
      `${shapes} do not multiply: their batch dimensions ${left.at(clash)} and ${right.at(clash)} do not broadcast; they must be equal, or one of them 1`,
      x.shape,
      y.shape,
    )
  const batch = broadcastShapes('matmul', left, right)
  const count = batch.length + 3
  const lead = (shape: Shape): AffineForm[] =>
    shape.slice(0, -2).map((extent, d) => {
      const v = batch.length - (shape.length - 2) + d
      return extent === batch[v] ? variableForm(v, count) : constantForm(0, count)
    })
  const v = (i: number): AffineForm => variableForm(batch.length + i, count) // 0: m, 1: n, 2: k
  return b.contract(x, y, {
    out: [...batch, m, n],
    reduced: [k],
    a: [...lead(x.shape), v(0), v(2)],
    b: [...lead(y.shape), v(2), v(1)],
  })
}

/** Parts side by side along `dim`: each padded to the whole, and chosen by position in a balanced tree. */
export function concatenate(parts: readonly Node[], dim: number, b: Builder): Node {
  const [first] = parts
  if (!first) throw new NablaError('argument', '[cat] needs at least one tensor', { op: 'cat' })
  for (const part of parts) {
    const clash =
      part.shape.length === first.shape.length ? part.shape.findIndex((n, d) => d !== dim && n !== first.shape[d]) : -2
    if (clash !== -1)
      wrongShape(
        'cat',
        clash === -2
          ? `shapes ${showShape(first.shape)} and ${showShape(part.shape)} differ in rank`
          : `shapes ${showShape(first.shape)} and ${showShape(part.shape)} differ at dimension ${clash}: ${first.shape[clash]} and ${part.shape[clash]}; only dimension ${dim} may differ`,
        first.shape,
        part.shape,
      )
  }
  if (dim < 0 || dim >= first.shape.length)
    throw new NablaError('index', `[cat] dimension ${dim} is out of range for shape ${showShape(first.shape)}`, {
      op: 'cat',
      dim,
    })
  const dtype = parts.map((p) => p.dtype).reduce(promote)
  const full = parts.map((p) => castTo(p, dtype)).filter((p) => p.shape[dim]! > 0)
  if (full.length === 0) return castTo(first, dtype)
  const total = full.reduce((n, p) => n + p.shape[dim]!, 0)
  let end = 0
  const placed = full.map((part) => {
    const start = end
    end += part.shape[dim]!
    return {
      start,
      node: b.pad(
        part,
        part.shape.map((_, d) => (d === dim ? [start, total - end] : [0, 0])),
      ),
    }
  })
  const shape = first.shape.map((n, d) => (d === dim ? total : n))
  const position = (): Node => counting(shape, dim, first.device, b)
  const choose = (from: number, to: number): Node => {
    if (to - from === 1) return placed[from]!.node
    const middle = (from + to) >> 1
    return b.where(b.lt(position(), placed[middle]!.start), choose(from, middle), choose(middle, to))
  }
  return sizeOf(shape) === 0 ? placed[0]!.node : choose(0, placed.length)
}
