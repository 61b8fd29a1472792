/**
 * Convolution layers by hand, on plain numbers: a grid is an array of rows. What deep learning calls convolution is a cross-correlation,
 *
 *     Y[i][j] = sum over u, v of X[i + u][j + v] K[u][v]
 *
 * the window is not flipped. Its own gradients are cross-correlations too.
 */
import { NablaError } from 'nabla'

/** Rows of numbers, all of one length. */
export type Grid = readonly (readonly number[])[]

const rowsOf = (grid: Grid): number => grid.length
const columnsOf = (grid: Grid): number => grid[0]?.length ?? 0
const filled = (rows: number, columns: number, value: (i: number, j: number) => number): Grid =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => value(i, j)))

/** X [h, w] under a window K [p, q], one step at a time: [h - p + 1, w - q + 1]. */
export function corr2d(x: Grid, k: Grid): Grid {
  const [rows, columns] = [rowsOf(x) - rowsOf(k) + 1, columnsOf(x) - columnsOf(k) + 1]
  if (rows < 1 || columns < 1)
    throw new NablaError(
      'shape',
      `[corr2d] a window of ${rowsOf(k)} x ${columnsOf(k)} does not fit into ${rowsOf(x)} x ${columnsOf(x)}`,
    )
  return filled(rows, columns, (i, j) => {
    let sum = 0
    for (let u = 0; u < rowsOf(k); u++) for (let v = 0; v < columnsOf(k); v++) sum += x[i + u]![j + v]! * k[u]![v]!
    return sum
  })
}

/** Turned by half a turn: a convolution is the cross-correlation with the turned window. */
export const turned = (k: Grid): Grid => [...k].reverse().map((row) => [...row].reverse())

/** Zeros around a grid: so many rows above and below, so many columns left and right. */
export const padded = (x: Grid, rows: number, columns: number): Grid =>
  filled(rowsOf(x) + 2 * rows, columnsOf(x) + 2 * columns, (i, j) => x[i - rows]?.[j - columns] ?? 0)

/** Every so many rows and columns: what a stride leaves of a result. */
export const strided = (y: Grid, rows: number, columns: number): Grid =>
  filled(Math.ceil(rowsOf(y) / rows), Math.ceil(columnsOf(y) / columns), (i, j) => y[i * rows]![j * columns]!)

/** The gradients of corr2d by the gradient of its result: the window's is X under dY, the input's is dY, padded, under the turned window. */
export const corr2dBackward = (dy: Grid, x: Grid, k: Grid): { readonly dx: Grid; readonly dk: Grid } => ({
  dk: corr2d(x, dy),
  dx: corr2d(padded(dy, rowsOf(k) - 1, columnsOf(k) - 1), turned(k)),
})

const plus = (a: Grid, b: Grid): Grid => a.map((row, i) => row.map((value, j) => value + b[i]![j]!))

/** Several channels in: each under its own window, and the results added up. */
export const corr2dIn = (x: readonly Grid[], k: readonly Grid[]): Grid =>
  x.map((channel, c) => corr2d(channel, k[c]!)).reduce((sum, one) => plus(sum, one))

/** Several channels in and out: a set of windows for each channel that comes out. */
export const corr2dInOut = (x: readonly Grid[], k: readonly (readonly Grid[])[]): Grid[] =>
  k.map((windows) => corr2dIn(x, windows))

/** Rows and columns that come out: floor((n - k + 2 p + s) / s). */
export const outputSize = (input: number, window: number, padding: number, stride: number): number =>
  Math.floor((input - window + 2 * padding + stride) / stride)
