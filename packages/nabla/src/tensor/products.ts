/** Matrix products, on nodes. Each is one `contract`. */
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
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
  const out = b.matmul(left, right)
  if (rx > 1 && ry > 1) return out
  const batch = out.shape.slice(0, -2)
  return b.reshape(out, [
    ...batch,
    ...(rx > 1 ? [out.shape[out.shape.length - 2]!] : []),
    ...(ry > 1 ? [out.shape[out.shape.length - 1]!] : []),
  ])
}

/** x [..., in] by weight [out, in], plus bias [out]: [..., out]. */
export function linear(x: Node, weight: Node, bias?: Node): Node {
  const inner = x.shape[x.shape.length - 1]
  const [features, expected] = weight.shape as [number, number]
  if (inner === undefined || inner !== expected)
    throw new NablaError(
      'shape',
      `[linear] input ${showShape(x.shape)} does not fit weight ${showShape(weight.shape)}: the input's last dimension must be ${expected}`,
      { input: x.shape, weight: weight.shape },
    )
  const batch = x.shape.slice(0, -1)
  const rows = sizeOf(batch)
  const flat = b.contract(batch.length === 1 ? x : b.reshape(x, [rows, inner]), weight, {
    out: [rows, features],
    reduced: [inner],
    a: [follows(0, 3), follows(2, 3)],
    b: [follows(1, 3), follows(2, 3)],
  })
  const out = bias ? b.add(flat, bias) : flat
  return batch.length === 1 ? out : b.reshape(out, [...batch, features])
}
