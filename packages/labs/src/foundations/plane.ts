/** Functions over the plane, and what a classifier makes of it. */
import type { BoundaryPicture, PictureOptions } from '@nabla/pictures'
import { noGrad, type Tensor, tensor } from 'nabla'

export type Range = readonly [from: number, to: number]

/** An even grid over a rectangle, as pictures have it: row by row, the first row at the lower end of `yRange`. */
export interface PlaneGrid {
  readonly xRange: Range
  readonly yRange: Range
  readonly shape: readonly [rows: number, columns: number]
}

/** The grid's points: [rows * columns, 2]. */
export function pointsOf({ xRange, yRange, shape: [rows, columns] }: PlaneGrid): Tensor {
  const points = new Float32Array(rows * columns * 2)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      points[2 * (r * columns + c)] = xRange[0] + ((xRange[1] - xRange[0]) * c) / (columns - 1)
      points[2 * (r * columns + c) + 1] = yRange[0] + ((yRange[1] - yRange[0]) * r) / (rows - 1)
    }
  return tensor(points, { shape: [rows * columns, 2] })
}

/** The values of `f`, which takes points [N, 2] and gives one number each, over the grid. */
export const over = async (grid: PlaneGrid, f: (points: Tensor) => Tensor): Promise<Float32Array> =>
  (await noGrad(() => f(pointsOf(grid)).float()).data()) as Float32Array

/** From the least to the largest of `values`, with a margin on both sides. */
export function rangeOf(values: ArrayLike<number>, margin = 0.08): Range {
  let [least, most] = [Infinity, -Infinity]
  for (let i = 0; i < values.length; i++) [least, most] = [Math.min(least, values[i]!), Math.max(most, values[i]!)]
  const room = (most - least || 1) * margin
  return [least - room, most + room]
}

/** Points of two coordinates with a class each. */
export interface LabelledPoints {
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  readonly labels: ArrayLike<number>
}

/** Which class `classify` (points [N, 2] to class numbers [N]) sees where, with the examples over it. */
export async function boundary(
  { title, x, y, ...picture }: PictureOptions & Pick<BoundaryPicture, 'classes' | 'x' | 'y'>,
  points: LabelledPoints,
  classify: (points: Tensor) => Tensor,
): Promise<BoundaryPicture> {
  const grid: PlaneGrid = { xRange: rangeOf(points.x), yRange: rangeOf(points.y), shape: [100, 100] }
  return { kind: 'boundary', ...(title && { title }), x, y, ...picture, ...grid, values: await over(grid, classify), points }
}
