/**
 * How a value lies in memory. A tensor's logical layout is row-major; what nobody sees from outside may differ:
 *
 *     plain           [N, C, H, W]            row-major
 *     lanes of dim 0  [N/16, C, H, W, 16]     batch lanes: 16 images fill a vector
 *     lanes of dim 1  [C/16, N, ..., 16]      panels: a block of columns (or channels), outermost
 *
 * A part of a whole (concat.ts) has the strides of the whole. A dimension that is not a multiple of the lane count is padded; what lies in the padding is never used.
 */
import type { Shape } from '../core/shape.js'
import { type Expr, index } from '../kernel/expr.js'
import { iadd, idiv, imod, imul, ravel } from '../kernel/simplify.js'

export interface Layout {
  readonly dim: number
  readonly lanes: number
}

export const layoutKey = (layout: Layout | undefined): string => (layout ? `lanes${layout.dim}x${layout.lanes}` : 'plain')

/** Elements of memory that a value needs. */
export const storedSize = (shape: Shape, layout: Layout | undefined): number =>
  shape.reduce((a, n, d) => a * (layout && d === layout.dim ? Math.ceil(n / layout.lanes) * layout.lanes : n), 1)

/** Address of element `at`. */
export function offsetOf(at: readonly Expr[], shape: Shape, layout: Layout | undefined): Expr {
  if (!layout) return ravel(at, shape)
  let flat: Expr = idiv(at[layout.dim]!, layout.lanes)
  shape.forEach((n, d) => {
    if (d !== layout.dim) flat = iadd(imul(flat, n), at[d]!)
  })
  return iadd(imul(flat, layout.lanes), imod(at[layout.dim]!, layout.lanes))
}

/** The index 0 in every dimension. */
export const origin = (shape: Shape): Expr[] => shape.map(() => index(0))
