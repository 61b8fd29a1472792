/**
 * Pooling by hand, on plain numbers. Every window gives one number, its largest or its mean; on the way back the largest takes the whole
 * gradient, or all take an even share. Windows that overlap add up.
 */
import { NablaError } from 'nabla'
import type { Grid } from '../conv-basics/by-hand.js'

export interface Pooling {
  readonly mode: 'max' | 'avg'
  /** Rows and columns of a window. */
  readonly window: readonly [number, number]
  /** From one window to the next. Default: as large as the window. */
  readonly stride?: readonly [number, number]
  /** Border on every side: it is never the largest, and counts as zeros in a mean. Default none. */
  readonly padding?: readonly [number, number]
}

/** Calls `visit` for every window with its place in the result and the places in the grid that lie under it. */
function everyWindow(
  x: Grid,
  { window: [p, q], stride: [s, t] = [p, q], padding: [above, left] = [0, 0] }: Pooling,
  visit: (i: number, j: number, under: readonly (readonly [number, number])[]) => void,
): void {
  const [height, width] = [x.length, x[0]!.length]
  if (height + 2 * above < p || width + 2 * left < q)
    throw new NablaError('shape', `[pooling] a window of ${p} x ${q} does not fit into ${height} x ${width}`)
  for (let i = 0; i * s + p <= height + 2 * above; i++)
    for (let j = 0; j * t + q <= width + 2 * left; j++) {
      const under: [number, number][] = []
      for (let u = i * s - above; u < i * s - above + p; u++)
        for (let v = j * t - left; v < j * t - left + q; v++) if (u >= 0 && u < height && v >= 0 && v < width) under.push([u, v])
      visit(i, j, under)
    }
}

/** Where the largest lies; the first of equals. */
const largest = (x: Grid, under: readonly (readonly [number, number])[]): readonly [number, number] =>
  under.reduce((best, at) => (x[at[0]]![at[1]]! > x[best[0]]![best[1]]! ? at : best))

/** One number for every window. */
export function pool2d(x: Grid, pooling: Pooling): Grid {
  const [p, q] = pooling.window
  const y: number[][] = []
  everyWindow(x, pooling, (i, j, under) => {
    const row = (y[i] ??= [])
    const [u, v] = largest(x, under)
    row[j] = pooling.mode === 'max' ? x[u]![v]! : under.reduce((sum, [u, v]) => sum + x[u]![v]!, 0) / (p * q)
  })
  return y
}

/** The gradient of the grid by that of the result. */
export function pool2dBackward(dy: Grid, x: Grid, pooling: Pooling): Grid {
  const [p, q] = pooling.window
  const dx = x.map((row) => row.map(() => 0))
  everyWindow(x, pooling, (i, j, under) => {
    const share = pooling.mode === 'max' ? dy[i]![j]! : dy[i]![j]! / (p * q)
    for (const [u, v] of pooling.mode === 'max' ? [largest(x, under)] : under) dx[u]![v] = dx[u]![v]! + share
  })
  return dx
}
