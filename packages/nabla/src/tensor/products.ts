/** Matrix products, on nodes. Each is one `contract`. */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import type { AffineForm } from '../ops/op.js'

/** A dimension that follows variable `v` of `count`, one to one. */
export const follows = (v: number, count: number): AffineForm => ({
  offset: 0,
  coef: Array.from({ length: count }, (_, i) => (i === v ? 1 : 0)),
  divisor: 1,
})

/** PyTorch's matmul: dot product, matrix by vector, and batches of matrices that broadcast. */
export function matmul(x: Node, y: Node): Node {
  const rx = x.shape.length
  const ry = y.shape.length
  if (rx === 0 || ry === 0)
    throw new NablaError(
      'shape',
      `[matmul] needs tensors of rank 1 or more, was given ${showShape(x.shape)} and ${showShape(y.shape)}; mul() scales`,
      {
        shapes: [x.shape, y.shape],
      },
    )
  const inner = x.shape[rx - 1]!
  const other = y.shape[Math.max(0, ry - 2)]!
  if (inner !== other)
    throw new NablaError(
      'shape',
      `[matmul] ${showShape(x.shape)} and ${showShape(y.shape)} do not fit: the first ends in ${inner}, the second has ${other} rows; they must be equal`,
      { shapes: [x.shape, y.shape] },
    )
  const left = rx === 1 ? b.reshape(x, [1, inner]) : x
  const right = ry === 1 ? b.reshape(y, [inner, 1]) : y
  const wide = b.matmul(left, right)
  const out = x.dtype === 'uint8' && y.dtype === 'uint8' ? b.cast(wide, 'uint8') : wide // wraps around, as its sums would
  if (rx > 1 && ry > 1) return out
  const batch = out.shape.slice(0, -2)
  return b.reshape(out, [
    ...batch,
    ...(rx > 1 ? [out.shape[out.shape.length - 2]!] : []),
    ...(ry > 1 ? [out.shape[out.shape.length - 1]!] : []),
  ])
}

/** A tensor's rank, as an operation demands it: `name` says which operand it is. */
export function checkRank(op: string, name: string, a: Node, rank: number): Node {
  if (a.shape.length !== rank)
    throw new NablaError(
      'shape',
      `[${op}] ${name} must be ${['a scalar', 'a vector', 'a matrix', 'a batch of matrices'][rank]} (rank ${rank}), but has shape ${showShape(a.shape)}`,
      { op, name, rank, shape: a.shape },
    )
  return a
}

/** The products that take exactly these ranks; shapes are checked by matmul. */
const exact =
  (op: string, first: number, second: number) =>
  (x: Node, y: Node): Node =>
    matmul(checkRank(op, 'the first operand', x, first), checkRank(op, 'the second operand', y, second))

/** [n, m] by [m, p]. */
export const mm = exact('mm', 2, 2)
/** [n, m] by [m]. */
export const mv = exact('mv', 2, 1)
/** [n] by [n]: a scalar. */
export const dot = exact('dot', 1, 1)

/** [b, n, m] by [b, m, p]; the batch does not broadcast. */
export function bmm(x: Node, y: Node): Node {
  const [count] = checkRank('bmm', 'the first operand', x, 3).shape
  const [other] = checkRank('bmm', 'the second operand', y, 3).shape
  if (count !== other)
    throw new NablaError(
      'shape',
      `[bmm] ${showShape(x.shape)} and ${showShape(y.shape)} are batches of ${count} and ${other} matrices; they must be equal (matmul() broadcasts)`,
      { shapes: [x.shape, y.shape] },
    )
  return matmul(x, y)
}

/** Every row of x [m, k] by every row of y [n, k]: [m, n]. */
export function rowsByRows(x: Node, y: Node): Node {
  const [m, k] = x.shape as [number, number]
  const [n] = y.shape as [number]
  return b.contract(x, y, {
    out: [m, n],
    reduced: [k],
    a: [follows(0, 3), follows(2, 3)],
    b: [follows(1, 3), follows(2, 3)],
  })
}

/** A bias [features] that fits what it is added to; scalars fit a single feature too. */
function addBias(op: string, out: Node, bias: Node | undefined, features: number): Node {
  if (!bias) return out
  if (bias.shape.length > 1 || ![1, features].includes(bias.shape[0] ?? 1))
    throw new NablaError('shape', `[${op}] bias ${showShape(bias.shape)} does not fit ${features} output features`, {
      bias: bias.shape,
      features,
    })
  return b.add(out, bias)
}

/** x [..., in] by weight [out, in], plus bias [out]: [..., out]. A weight [in] gives [...]. */
export function linear(x: Node, weight: Node, bias?: Node): Node {
  const inner = x.shape[x.shape.length - 1]
  const expected = weight.shape[weight.shape.length - 1]
  if (inner === undefined || inner !== expected || weight.shape.length > 2)
    throw new NablaError(
      'shape',
      `[linear] input ${showShape(x.shape)} does not fit weight ${showShape(weight.shape)}: the weight is [out, in], and the input's last dimension must be ${expected ?? 'in'}`,
      { input: x.shape, weight: weight.shape },
    )
  const batch = x.shape.slice(0, -1)
  if (weight.shape.length === 1) return addBias('linear', matmul(x, weight), bias, batch[batch.length - 1] ?? 1)
  const features = weight.shape[0]!
  const flat = rowsByRows(batch.length === 1 ? x : b.reshape(x, [sizeOf(batch), inner]), weight)
  const out = addBias('linear', flat, bias, features)
  return batch.length === 1 ? out : b.reshape(out, [...batch, features])
}

/** y[..., o] = sum over i, j of x1[..., i] weight[o, i, j] x2[..., j], plus bias [o]. */
export function bilinear(x1: Node, x2: Node, weight: Node, bias?: Node): Node {
  const [features, n1, n2] = checkRank('bilinear', 'the weight', weight, 3).shape as [number, number, number]
  const batch = x1.shape.slice(0, -1)
  if (!sameShape(batch, x2.shape.slice(0, -1)) || x1.shape[batch.length] !== n1 || x2.shape[batch.length] !== n2)
    throw new NablaError(
      'shape',
      `[bilinear] inputs ${showShape(x1.shape)} and ${showShape(x2.shape)} do not fit weight ${showShape(weight.shape)}: they must be [..., ${n1}] and [..., ${n2}], equal in all dimensions but the last`,
      { shapes: [x1.shape, x2.shape], weight: weight.shape },
    )
  const rows = sizeOf(batch)
  // half[r, o, i] = sum over j of x2[r, j] weight[o, i, j]
  const half = b.reshape(rowsByRows(b.reshape(x2, [rows, n2]), b.reshape(weight, [features * n1, n2])), [rows, features, n1])
  const flat = b.contract(half, b.reshape(x1, [rows, n1]), {
    out: [rows, features],
    reduced: [n1],
    a: [follows(0, 3), follows(1, 3), follows(2, 3)],
    b: [follows(0, 3), follows(2, 3)],
  })
  return b.reshape(addBias('bilinear', flat, bias, features), [...batch, features])
}
