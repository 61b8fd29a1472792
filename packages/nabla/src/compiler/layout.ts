/**
 * How a value lies in memory. A tensor's logical layout is row-major; what nobody sees from outside may differ:
 *
 *     plain           [N, C, H, W]            row-major
 *     lanes of dim 0  [N/16, C, H, W, 16]     batch lanes: 16 images fill a vector
 *     lanes of dim 1  [C/16, N, ..., 16]      panels: a block of columns (or channels), outermost
 *
 * A part of a whole (concat.ts) has the strides of the whole. A dimension that is not a multiple of the lane count is padded; what lies in the padding is never used.
 */
import { type Shape, sizeOf } from '../core/shape.js'
import { type Expr, index } from '../kernel/expr.js'
import { iadd, idiv, imod, imul, ravel } from '../kernel/simplify.js'

export interface Layout {
  readonly dim: number
  readonly lanes: number
}

export const layoutKey = (layout: Layout | undefined): string => (layout ? `lanes${layout.dim}x${layout.lanes}` : 'plain')

/** Planes whose size is a multiple of so many elements would lie in few of a cache's sets: a column through them throws itself out. */
const ALIASED = 256
/** Elements between such planes: a cache line. */
const APART = 16

/**
 * Elements between neighbours along a dimension, by dimension, in a layout with lanes; the lanes' own dimension has that of its blocks. Planes (all that
 * follows the first other dimension) are kept from being a multiple of ALIASED.
 */
function stridesOf(shape: Shape, { dim, lanes }: Layout): number[] {
  const strides: number[] = []
  const first = shape.findIndex((_, d) => d !== dim)
  let stride = lanes
  for (let d = shape.length - 1; d >= 0; d--) {
    if (d === dim) continue
    if (d === first && stride > lanes && stride % ALIASED === 0) stride += APART
    strides[d] = stride
    stride *= shape[d]!
  }
  strides[dim] = stride
  return strides
}

/** Elements of memory that a value needs. */
export const storedSize = (shape: Shape, layout: Layout | undefined): number =>
  layout ? Math.ceil(shape[layout.dim]! / layout.lanes) * stridesOf(shape, layout)[layout.dim]! : sizeOf(shape)

/** Elements between neighbours along a dimension; of the dimension of the lanes, between its blocks. */
export const strideOf = (shape: Shape, layout: Layout | undefined, dim: number): number =>
  layout ? stridesOf(shape, layout)[dim]! : sizeOf(shape.slice(dim + 1))

/** Address of element `at`. */
export function offsetOf(at: readonly Expr[], shape: Shape, layout: Layout | undefined): Expr {
  if (!layout) return ravel(at, shape)
  const { dim, lanes } = layout
  const strides = stridesOf(shape, layout)
  const block = imul(idiv(at[dim]!, lanes), strides[dim]!)
  const within = at.reduce((sum, e, d) => (d === dim ? sum : iadd(sum, imul(e, strides[d]!))), block)
  return iadd(within, imod(at[dim]!, lanes))
}

/** The index 0 in every dimension. */
export const origin = (shape: Shape): Expr[] => shape.map(() => index(0))
