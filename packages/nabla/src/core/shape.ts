/** Shapes: row-major extents, and the arithmetic on them. */
import { NablaError, showShape } from './errors.js'

/** Extents of all dimensions, outermost first; [] for a single number, and an extent may be 0. */
export type Shape = readonly number[]

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let s = 1
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = s
    s *= shape[d]!
  }
  return strides
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, d) => n === b[d])

/** The shape that both broadcast to, aligned at the last dimension; throws naming `op` where they clash. */
export function broadcastShapes(op: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length))
  return Array.from({ length: rank }, (_, i) => {
    let n = 1
    for (const shape of shapes) {
      const m = shape[shape.length - rank + i] ?? 1
      if (m === n || m === 1) continue
      if (n !== 1)
        throw new NablaError(
          'shape',
          `[${op}] shapes ${shapes.map(showShape).join(' and ')} do not broadcast: dimension ${i - rank} is ${n} in one and ${m} in another; they must be equal, or one of them 1`,
          { op, shapes },
        )
      n = m
    }
    return n
  })
}

/** A dimension as users write it (negative counts from the end), as an index into the shape; of a tensor without dimensions 0 and -1 are 0. */
export function dimIndex(op: string, dim: number, rank: number): number {
  const count = Math.max(rank, 1)
  const d = dim < 0 ? dim + count : dim
  if (!Number.isInteger(dim) || d < 0 || d >= count)
    throw new NablaError(
      'index',
      `[${op}] dimension ${dim} is out of range for a tensor of rank ${rank}: expected ${-count} to ${count - 1}`,
      { op, dim, rank },
    )
  return d
}

/** Checked extents of a new tensor: whole and not negative. */
export function checkShape(op: string, shape: Shape): void {
  for (const n of shape)
    if (!Number.isInteger(n) || n < 0)
      throw new NablaError('shape', `[${op}] ${showShape(shape)} is not a shape: extents are whole numbers of 0 or more`, {
        op,
        shape,
      })
}
