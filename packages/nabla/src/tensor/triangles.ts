/** Triangles and diagonals of matrices, on nodes. A diagonal `offset` counts from the main one: above it positive, below it negative. */
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { counting } from '../ops/source.js'
import { reshape, slice } from './shapes.js'

/** True where column - row <= diagonal (lower triangle), in the last two dimensions. */
export function lowerMask(a: Node, diagonal: number, op = 'tril'): Node {
  const rank = a.shape.length
  if (rank < 2)
    throw new NablaError('shape', `[${op}] needs a matrix or a batch of them, was given ${showShape(a.shape)}`, {
      shape: a.shape,
    })
  return b.le(b.sub(counting(a.shape, rank - 1, a.device, b), counting(a.shape, rank - 2, a.device, b)), diagonal)
}

export const tril = (a: Node, diagonal = 0): Node => b.where(lowerMask(a, diagonal), a, b.like(a, 0))
export const triu = (a: Node, diagonal = 0): Node => b.where(lowerMask(a, diagonal - 1, 'triu'), b.like(a, 0), a)

/** Two different dimensions, checked. */
function plane(op: string, dim1: number, dim2: number, rank: number): [number, number] {
  const pair: [number, number] = [dimIndex(op, dim1, rank), dimIndex(op, dim2, rank)]
  if (rank < 2 || pair[0] === pair[1])
    throw new NablaError(
      'argument',
      `[${op}] needs two different dimensions, was given ${dim1} and ${dim2} of a tensor of rank ${rank}`,
      { dim1, dim2, rank },
    )
  return pair
}

/** Row and column at which a diagonal begins. */
const startOf = (offset: number): [number, number] => [Math.max(0, -offset), Math.max(0, offset)]

/** The diagonal of the plane of two dimensions, in a new last one: by the even distance of its elements in row-major order. */
export function diagonal(a: Node, offset = 0, dim1 = -2, dim2 = -1): Node {
  const rank = a.shape.length
  const [row, column] = plane('diagonal', dim1, dim2, rank)
  const rest = a.shape.flatMap((_, d) => (d === row || d === column ? [] : [d]))
  const [m, n] = [a.shape[row]!, a.shape[column]!]
  const [i, j] = startOf(offset)
  const count = Math.max(0, Math.min(m - i, n - j))
  const flat = reshape(b.permute(a, [...rest, row, column]), [...rest.map((d) => a.shape[d]!), m * n])
  const from = i * n + j
  return slice(flat, rank - 2, count ? from : 0, count ? from + (count - 1) * (n + 1) + 1 : 0, n + 1)
}

/** The last dimension as a diagonal of square matrices, whose rows and columns become dimensions `dim1` and `dim2`; zero elsewhere. */
export function diagEmbed(a: Node, offset = 0, dim1 = -2, dim2 = -1): Node {
  if (a.shape.length === 0)
    throw new NablaError('shape', '[diagEmbed] a tensor without dimensions is no diagonal; reshape it to [1]', { shape: a.shape })
  const [row, column] = plane('diagEmbed', dim1, dim2, a.shape.length + 1)
  const batch = a.shape.slice(0, -1)
  const count = a.shape.at(-1)!
  const n = count + Math.abs(offset)
  const [i, j] = startOf(offset)
  const none = batch.map((): [number, number] => [0, 0])
  // Each element followed by n zeros stands one further to the right in each row of n.
  const spaced = reshape(b.pad(reshape(a, [...batch, count, 1]), [...none, [0, 0], [0, n]]), [...batch, count * (n + 1)])
  const from = i * n + j
  const square = reshape(b.pad(spaced, [...none, [from, n * n - from - count * (n + 1)]]), [...batch, n, n])
  const order = batch.map((_, d) => d)
  for (const [at, d] of row < column
    ? [
        [row, batch.length],
        [column, batch.length + 1],
      ]
    : [
        [column, batch.length + 1],
        [row, batch.length],
      ])
    order.splice(at!, 0, d!)
  return b.permute(square, order)
}

/** A vector as a diagonal of a matrix; of a matrix a diagonal. */
export function diag(a: Node, offset = 0): Node {
  if (a.shape.length === 1) return diagEmbed(a, offset)
  if (a.shape.length === 2) return diagonal(a, offset)
  throw new NablaError('shape', `[diag] needs a vector or a matrix, was given ${showShape(a.shape)}`, { shape: a.shape })
}

/** Rows and columns of a triangle of a matrix, in row-major order: two lists. */
export function triangleIndices(rows: number, columns: number, offset: number, upper: boolean): [number[], number[]] {
  const out: [number[], number[]] = [[], []]
  for (let i = 0; i < rows; i++)
    for (let j = upper ? Math.max(0, i + offset) : 0; j < (upper ? columns : Math.min(columns, i + offset + 1)); j++) {
      out[0].push(i)
      out[1].push(j)
    }
  return out
}
