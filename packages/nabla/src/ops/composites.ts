/** What the builder composes of other ops: products of matrices, and tensors side by side. */
import { promote } from '../core/dtype.js'
import { showShape } from '../core/errors.js'
import { type Shape, broadcastShapes } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { constantForm, variableForm } from './affine.js'
import { makeNode } from './make.js'
import type { AffineForm, Builder } from './op.js'
import { castTo } from './operands.js'
import { wrongShape } from './rules.js'

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

/** Parts one after the other along `dim`, promoted to one dtype; empty ones are left out. */
export function concatenate(parts: readonly Node[], dim: number): Node {
  if (parts.length === 0) return makeNode('concat', parts, { dim })
  const dtype = parts.map((p) => p.dtype).reduce(promote)
  const cast = parts.map((p) => castTo(p, dtype))
  const full = cast.filter((p) => p.shape[dim] !== 0)
  if (full.length > 1) return makeNode('concat', full, { dim })
  return full[0] ?? cast[0]!
}
