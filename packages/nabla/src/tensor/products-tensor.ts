/** Products of tensors beyond matmul, on nodes: over chosen dimensions, of many factors, and those of vectors in space. */
import { NablaError, showShape } from '../core/errors.js'
import { broadcastShapes, dimIndex, type Shape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { counting } from '../ops/source.js'
import { composite } from './autograd.js'
import { diagonal } from './triangles.js'
import { checkRank, matmul, mm, rowsByRows } from './products.js'
import { sum } from './reduce.js'
import { roll } from './arrangements.js'
import { expand, permute } from './shapes.js'

/** Sums of products along the last dimensions of both: [..., k] and [*, k] to [..., *]. A scalar scales. */
export function inner(x: Node, y: Node): Node {
  if (x.shape.length === 0 || y.shape.length === 0) return b.mul(x, y)
  const k = x.shape[x.shape.length - 1]!
  if (k !== y.shape[y.shape.length - 1])
    throw new NablaError('shape', `[inner] ${showShape(x.shape)} and ${showShape(y.shape)} must have equal last dimensions`, {
      shapes: [x.shape, y.shape],
    })
  const [left, right] = [x.shape.slice(0, -1), y.shape.slice(0, -1)]
  const flat = rowsByRows(b.reshape(x, [sizeOf(left), k]), b.reshape(y, [sizeOf(right), k]))
  return b.reshape(flat, [...left, ...right])
}

/** The dimensions to sum over: the last `n` of the first with the first `n` of the second, or a list for each. */
export type Contracted = number | readonly [first: readonly number[], second: readonly number[]]

/** Sums of products over the dimensions `dims`: what is left of x, then what is left of y. Extents of 1 are summed against. */
export function tensordot(x: Node, y: Node, dims: Contracted): Node {
  const [dx, dy] = contractedDims(x.shape, y.shape, dims)
  const clash = dx.findIndex((d, i) => {
    const [n, m] = [x.shape[d]!, y.shape[dy[i]!]!]
    return n !== m && n !== 1 && m !== 1
  })
  if (clash >= 0)
    throw new NablaError(
      'shape',
      `[tensordot] dimension ${dx[clash]} of ${showShape(x.shape)} and dimension ${dy[clash]} of ${showShape(y.shape)} are summed together and must be equal`,
      { shapes: [x.shape, y.shape], dims },
    )
  /** Where the other's extent is 1, the sum comes first. */
  const summed = (a: Node, own: readonly number[], other: Node, others: readonly number[]): Node =>
    b.sum(
      a,
      own.filter((_, i) => other.shape[others[i]!] === 1),
    )
  const left = split(summed(x, dx, y, dy), dx)
  const right = split(summed(y, dy, x, dx), dy)
  return b.reshape(rowsByRows(left.matrix, right.matrix), [...left.free, ...right.free])
}

/** As a matrix: what is left in the rows, what is summed in the columns. */
function split(a: Node, contracted: readonly number[]): { matrix: Node; free: Shape } {
  const rest = a.shape.map((_, d) => d).filter((d) => !contracted.includes(d))
  const free = rest.map((d) => a.shape[d]!)
  const columns = sizeOf(contracted.map((d) => a.shape[d]!))
  return { matrix: b.reshape(permute(a, [...rest, ...contracted]), [sizeOf(free), columns]), free }
}

function contractedDims(x: Shape, y: Shape, dims: Contracted): readonly [readonly number[], readonly number[]] {
  const wrong = (why: string): never => {
    throw new NablaError('argument', `[tensordot] ${why}, for ${showShape(x)} and ${showShape(y)}`, { dims, shapes: [x, y] })
  }
  if (typeof dims === 'number') {
    if (!Number.isInteger(dims) || dims < 0 || dims > Math.min(x.length, y.length))
      wrong(`dims is ${dims}, expected 0 to ${Math.min(x.length, y.length)} dimensions to sum over`)
    return [Array.from({ length: dims }, (_, i) => x.length - dims + i), Array.from({ length: dims }, (_, i) => i)]
  }
  const [first, second] = dims
  if (first.length !== second.length)
    wrong(`dims name ${first.length} dimensions of the first and ${second.length} of the second`)
  const resolved = [
    first.map((d) => dimIndex('tensordot', d, x.length)),
    second.map((d) => dimIndex('tensordot', d, y.length)),
  ] as const
  for (const list of resolved) if (new Set(list).size !== list.length) wrong(`dims ${showShape(list)} name one twice`)
  return resolved
}

/**
 * Kronecker's product: every element of x times the whole of y, laid out as blocks. The lower rank is filled up with 1s in front.
 */
export function kron(x: Node, y: Node): Node {
  const rank = Math.max(x.shape.length, y.shape.length)
  const filled = (shape: Shape): number[] => [...new Array<number>(rank - shape.length).fill(1), ...shape]
  const [sx, sy] = [filled(x.shape), filled(y.shape)]
  const wide = b.mul(
    b.reshape(
      x,
      sx.flatMap((n) => [n, 1]),
    ),
    b.reshape(
      y,
      sy.flatMap((n) => [1, n]),
    ),
  )
  return b.reshape(
    wide,
    sx.map((n, d) => n * sy[d]!),
  )
}

/** The sum of a matrix's diagonal. */
export const trace = (a: Node): Node => sum(diagonal(checkRank('trace', 'the operand', a, 2)))

/** The cross product of vectors of 3 along `dim`; without it, along the first dimension of extent 3. Shapes broadcast. */
export function cross(x: Node, y: Node, dim?: number): Node {
  const shape = broadcastShapes('cross', x.shape, y.shape)
  const d = dim === undefined ? shape.indexOf(3) : dimIndex('cross', dim, shape.length)
  if (shape[d] !== 3 || [x, y].some((a) => a.shape[d - shape.length + a.shape.length] !== 3))
    throw new NablaError(
      'shape',
      `[cross] ${showShape(x.shape)} and ${showShape(y.shape)} ${dim === undefined ? 'have no dimension of 3' : `must have 3 elements along dimension ${dim}`}`,
      { shapes: [x.shape, y.shape], dim },
    )
  const [a, c] = [expand(x, shape), expand(y, shape)]
  const next = (v: Node): Node => roll(v, -1, d)
  const last = (v: Node): Node => roll(v, 1, d)
  return b.sub(b.mul(next(a), last(c)), b.mul(last(a), next(c)))
}

/**
 * The product of matrices, in the order that takes the fewest multiplications; the first may be a row, the last a column, as
 * vectors. Cormen et al., Introduction to Algorithms, 15.2.
 */
export function multiDot(factors: readonly Node[]): Node {
  if (factors.length < 2)
    throw new NablaError('argument', `[multiDot] needs two tensors or more, was given ${factors.length}`, {
      count: factors.length,
    })
  const last = factors.length - 1
  const matrices = factors.map((a, i) => {
    if (i === 0 && a.shape.length === 1) return b.reshape(a, [1, a.shape[0]!])
    if (i === last && a.shape.length === 1) return b.reshape(a, [a.shape[0]!, 1])
    return checkRank('multiDot', `factor ${i}`, a, 2)
  })
  matrices.forEach((a, i) => {
    const next = matrices[i + 1]
    if (next && a.shape[1] !== next.shape[0])
      throw new NablaError(
        'shape',
        `[multiDot] factor ${i} ${showShape(factors[i]!.shape)} has ${a.shape[1]} columns, but factor ${i + 1} ${showShape(factors[i + 1]!.shape)} has ${next.shape[0]} rows`,
        { shapes: factors.map((f) => f.shape) },
      )
  })
  const cuts = cheapestCuts([matrices[0]!.shape[0]!, ...matrices.map((a) => a.shape[1]!)])
  const product = (from: number, to: number): Node =>
    from === to ? matrices[from]! : mm(product(from, cuts[from]![to]!), product(cuts[from]![to]! + 1, to))
  const ends = [factors[0]!, factors[last]!].map((a, i) => (a.shape.length === 1 ? [] : [a.shape[i]!]))
  return b.reshape(product(0, last), ends.flat())
}

/** After which factor to cut the product of factors i to j; factor i is [sizes[i], sizes[i + 1]]. */
function cheapestCuts(sizes: readonly number[]): number[][] {
  const n = sizes.length - 1
  const cost = Array.from({ length: n }, () => new Array<number>(n).fill(0))
  const cuts = Array.from({ length: n }, () => new Array<number>(n).fill(0))
  for (let length = 1; length < n; length++)
    for (let i = 0; i + length < n; i++) {
      const j = i + length
      cost[i]![j] = Infinity
      for (let k = i; k < j; k++) {
        const total = cost[i]![k]! + cost[k + 1]![j]! + sizes[i]! * sizes[k + 1]! * sizes[j + 1]!
        if (total < cost[i]![j]!) {
          cost[i]![j] = total
          cuts[i]![j] = k
        }
      }
    }
  return cuts
}

/** Ones on the diagonal, of the shape and dtype of `a` [..., n, n]. */
export function identityLike(a: Node): Node {
  const rank = a.shape.length
  const [row, column] = [counting(a.shape, rank - 2, a.device, b), counting(a.shape, rank - 1, a.device, b)]
  return expand(b.cast(b.eq(row, column), a.dtype), a.shape)
}

/** A square matrix, or a batch of them. */
export function checkSquare(op: string, a: { readonly shape: Shape }): void {
  const [m, n] = a.shape.slice(-2)
  if (a.shape.length < 2 || m !== n)
    throw new NablaError(
      'shape',
      `[${op}] needs a square matrix or a batch of them [..., n, n], was given ${showShape(a.shape)}`,
      {
        op,
        shape: a.shape,
      },
    )
}

/** The n-th power of square matrices [..., m, m], by squaring; n >= 0. */
export function matrixPower(a: Node, n: number): Node {
  checkSquare('matrixPower', a)
  if (!Number.isInteger(n) || n < 0)
    throw new NablaError(
      'argument',
      `[matrixPower] the exponent is ${n}; expected a whole number of 0 or more (matrixPower of nabla/linalg takes negative ones)`,
      { n },
    )
  let power: Node | undefined
  for (let square = a, rest = n; rest > 0; rest >>= 1) {
    if (rest & 1) power = power ? matmul(power, square) : square
    if (rest > 1) square = matmul(square, square)
  }
  return (
    power ??
    composite(
      'matrixPower',
      [a],
      () => identityLike(a),
      () => [b.like(a, 0)],
    )
  )
}
