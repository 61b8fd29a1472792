/** Why not the squared error: both costs of a logistic neuron as surfaces over its weight and bias. */
import type { ContourPicture, FigurePicture } from '@nabla/pictures'
import type { Tensor } from 'nabla'
import { over, type PlaneGrid } from '../plane.js'
import { logLoss } from './logistic.js'

const grid: PlaneGrid = { xRange: [-8, 14], yRange: [-10, 10], shape: [81, 81] }

/** Mean squared error of sigmoid(z). */
const squared = (z: Tensor, y: Tensor): Tensor => z.sigmoid().sub(y).square()

/** A cost for every (w, b) of the grid; x and y are [N, 1]. */
const costOver = (x: Tensor, y: Tensor, loss: typeof logLoss): Promise<Float32Array> =>
  over(grid, (points) => {
    const [w, b] = points.unbind(1)
    return loss(x.mul(w!.unsqueeze(0)).add(b!), y).mean(0) // [N, points] to [points]
  })

/** Share of the grid's inner points where the surface bends downwards in some direction: the least eigenvalue of the Hessian, by differences, is below 0. */
export function bentDown(values: ArrayLike<number>, [rows, columns]: readonly [number, number]): number {
  const at = (r: number, c: number): number => values[r * columns + c]!
  let [bent, all] = [0, 0]
  for (let r = 1; r + 1 < rows; r++)
    for (let c = 1; c + 1 < columns; c++) {
      const xx = at(r, c - 1) - 2 * at(r, c) + at(r, c + 1)
      const yy = at(r - 1, c) - 2 * at(r, c) + at(r + 1, c)
      const xy = (at(r + 1, c + 1) - at(r + 1, c - 1) - at(r - 1, c + 1) + at(r - 1, c - 1)) / 4
      const least = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy)
      if (least < -2e-5 * (1 + Math.abs(at(r, c)))) bent++ // beyond the rounding of differences of float32
      all++
    }
  return bent / all
}

/** Both surfaces for one standardised feature, and how much of each is not convex. */
export async function surfaces(
  x: Tensor,
  y: Tensor,
): Promise<{ picture: FigurePicture; bent: { log: number; squared: number } }> {
  const [log, square] = [await costOver(x, y, logLoss), await costOver(x, y, squared)]
  const contour = (title: string, values: Float32Array): ContourPicture => ({
    kind: 'contour',
    title,
    x: 'weight',
    y: 'bias',
    ...grid,
    values,
    value: 'cost',
    levels: 16,
    width: 460,
    height: 400,
  })
  return {
    picture: {
      kind: 'figure',
      title: 'One neuron with a sigmoid: log loss is a bowl, squared error has plateaus',
      rows: [[contour('log loss', log), contour('squared error', square)]],
    },
    bent: { log: bentDown(log, grid.shape), squared: bentDown(square, grid.shape) },
  }
}
