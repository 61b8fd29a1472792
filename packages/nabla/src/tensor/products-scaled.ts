/**
 * Products added to something, on nodes: beta input + alpha product, where the input broadcasts to the product. With beta = 0 the
 * input's values do not matter, NaN and infinity included.
 */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composite } from './autograd.js'
import { bmm, checkRank, follows, mm, mv } from './products.js'
import { expand } from './shapes.js'

/** Factors of a sum of input and product. */
export interface Scales {
  /** Factor of the input. Default 1; at 0 the input's values are ignored. */
  readonly beta?: number
  /** Factor of the product. Default 1. */
  readonly alpha?: number
}

function combine(op: string, input: Node, product: Node, { beta = 1, alpha = 1 }: Scales): Node {
  for (const [name, value] of Object.entries({ beta, alpha }))
    if (!isFloat(product.dtype) && !Number.isInteger(value))
      throw new NablaError('argument', `[${op}] ${name} is ${value}, but the product of ${product.dtype} takes whole numbers`, {
        op,
        [name]: value,
      })
  const added = product.shape.length - input.shape.length
  if (added < 0 || input.shape.some((n, d) => n !== 1 && n !== product.shape[d + added]))
    throw new NablaError(
      'shape',
      `[${op}] input ${showShape(input.shape)} does not broadcast to ${showShape(product.shape)}, the shape of the product`,
      { input: input.shape, product: product.shape },
    )
  const scaled = b.mul(product, alpha)
  if (beta !== 0) return b.add(b.mul(expand(input, product.shape), beta), scaled)
  return composite(
    op,
    [input, scaled],
    () => scaled,
    (grad) => [b.like(input, 0), grad],
  )
}

/** input [n, p] + mat1 [n, m] mat2 [m, p]. */
export const addmm = (input: Node, mat1: Node, mat2: Node, scales: Scales): Node =>
  combine('addmm', input, mm(mat1, mat2), scales)

/** input [n] + mat [n, m] vec [m]. */
export const addmv = (input: Node, mat: Node, vec: Node, scales: Scales): Node => combine('addmv', input, mv(mat, vec), scales)

/** input [b, n, p] + batch1 [b, n, m] batch2 [b, m, p]. */
export const baddbmm = (input: Node, batch1: Node, batch2: Node, scales: Scales): Node =>
  combine('baddbmm', input, bmm(batch1, batch2), scales)

/** input [n, m] + vec1 [n] times vec2 [m]. */
export const addr = (input: Node, vec1: Node, vec2: Node, scales: Scales): Node =>
  combine('addr', input, outer(vec1, vec2), scales)

/** input [n, p] + the sum over the batch of batch1 [b, n, m] batch2 [b, m, p]. */
export function addbmm(input: Node, batch1: Node, batch2: Node, scales: Scales): Node {
  const [count, n, m] = checkRank('addbmm', 'batch1', batch1, 3).shape as [number, number, number]
  const [others, rows, p] = checkRank('addbmm', 'batch2', batch2, 3).shape as [number, number, number]
  if (count !== others || m !== rows)
    throw new NablaError(
      'shape',
      `[addbmm] ${showShape(batch1.shape)} and ${showShape(batch2.shape)} do not multiply: they must be [b, n, m] and [b, m, p]`,
      { shapes: [batch1.shape, batch2.shape] },
    )
  const product = b.contract(batch1, batch2, {
    out: [n, p],
    reduced: [count, m],
    a: [follows(2, 4), follows(0, 4), follows(3, 4)],
    b: [follows(2, 4), follows(3, 4), follows(1, 4)],
  })
  return combine('addbmm', input, product, scales)
}

/** a [n] and c [m] to [n, m], every product. */
export function outer(a: Node, c: Node): Node {
  checkRank('outer', 'the first operand', a, 1)
  checkRank('outer', 'the second operand', c, 1)
  return b.mul(b.reshape(a, [a.shape[0]!, 1]), c)
}
