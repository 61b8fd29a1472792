/**
 * Where the transformer looks, and how alike the digits of a class lie after it.
 *
 * Each image was made by q -> R S q + t (points from the canvas's middle, y down), and theta takes a point r of the transformer's result to
 * A r + b of the image. So r shows the upright digit at
 *
 *     q = S^-1 R^-1 (A r + b - t)
 *
 * and what is left of turn, scale and shift stands in that map. Were the transformer perfect, they would be the same for all images of a class.
 */
import type { Warp } from './warped.js'

/** What is left of a warp: turn in degrees, scale, shift in pixels. */
export interface Pose {
  readonly angle: number
  readonly scale: number
  readonly x: number
  readonly y: number
}

/** [A | b] row by row, as an affine grid takes it: coordinates from -1 to 1. */
export type Theta = ArrayLike<number>

export const identity: Theta = [1, 0, 0, 0, 1, 0]

/** The pose of a digit in what comes out of the transformer; with the identity, the pose in the image itself. */
export function poseOf({ angle, scale, move }: Warp, theta: Theta, canvas: number): Pose {
  const turn = (angle * Math.PI) / 180
  const [cos, sin] = [Math.cos(turn) / scale, Math.sin(turn) / scale]
  // S^-1 R^-1 = [cos, sin; -sin, cos]
  const undo = (x: number, y: number): readonly [number, number] => [cos * x + sin * y, cos * y - sin * x]
  const [a, c] = undo(theta[0]!, theta[3]!)
  const [b, d] = undo(theta[1]!, theta[4]!)
  const [x, y] = undo((theta[2]! * canvas) / 2 - move[0], (theta[5]! * canvas) / 2 - move[1])
  return { angle: (Math.atan2(c - b, a + d) * 180) / Math.PI, scale: Math.sqrt(Math.abs(a * d - b * c)), x, y }
}

/** How far poses of a class are from each other. */
export interface Spread {
  /** Circular deviation in degrees (Mardia: sqrt(-2 ln R)). */
  readonly angle: number
  /** Deviation of the logarithm of the scale. */
  readonly scale: number
  /** Root of the mean squared distance from the class's middle, in pixels. */
  readonly shift: number
}

/** The spread within the classes, over all of them. */
export function spreadOf(poses: readonly Pose[], labels: ArrayLike<number>): Spread {
  const byClass = new Map<number, Pose[]>()
  for (const [i, pose] of poses.entries()) {
    const own = byClass.get(labels[i]!)
    if (own) own.push(pose)
    else byClass.set(labels[i]!, [pose])
  }
  let [angle, scale, shift] = [0, 0, 0]
  for (const own of byClass.values()) {
    const n = own.length
    const mean = (f: (pose: Pose) => number): number => own.reduce((sum, pose) => sum + f(pose), 0) / n
    const about = (f: (pose: Pose) => number): number => {
      const middle = mean(f)
      return mean((pose) => (f(pose) - middle) ** 2)
    }
    const radians = (pose: Pose): number => (pose.angle * Math.PI) / 180
    const together = Math.hypot(
      mean((pose) => Math.cos(radians(pose))),
      mean((pose) => Math.sin(radians(pose))),
    )
    angle += n * -2 * Math.log(Math.max(together, 1e-12))
    scale += n * about((pose) => Math.log(Math.max(pose.scale, 1e-6)))
    shift += n * (about(({ x }) => x) + about(({ y }) => y))
  }
  const count = Math.max(1, poses.length)
  return {
    angle: (Math.sqrt(Math.max(0, angle) / count) * 180) / Math.PI,
    scale: Math.sqrt(scale / count),
    shift: Math.sqrt(shift / count),
  }
}

/** The outline of what the transformer looks at, as a mask of the image. */
export function outline(theta: Theta, canvas: number): Float32Array {
  const mask = new Float32Array(canvas * canvas)
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([x, y]) => [
    ((theta[0]! * x! + theta[1]! * y! + theta[2]! + 1) * canvas) / 2,
    ((theta[3]! * x! + theta[4]! * y! + theta[5]! + 1) * canvas) / 2,
  ])
  corners.forEach(([x, y], i) => {
    const [toX, toY] = corners[(i + 1) % 4]!
    const steps = Math.ceil(4 * canvas)
    for (let k = 0; k <= steps; k++) {
      const column = Math.round(x! + ((toX! - x!) * k) / steps - 0.5)
      const row = Math.round(y! + ((toY! - y!) * k) / steps - 0.5)
      if (column >= 0 && row >= 0 && column < canvas && row < canvas) mask[row * canvas + column] = 1
    }
  })
  return mask
}
