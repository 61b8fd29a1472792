import { expect, test } from 'vitest'
import { identity, outline, poseOf, spreadOf } from './poses.js'

const warp = { angle: 30, scale: 1.2, move: [5, -3] } as const

/** The map that undoes a warp: A = R S, b = t, in coordinates of -1 to 1. */
function undoing({ angle, scale, move }: typeof warp, canvas: number): number[] {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180) * scale, Math.sin((angle * Math.PI) / 180) * scale]
  return [cos, -sin, (2 * move[0]) / canvas, sin, cos, (2 * move[1]) / canvas]
}

test('the identity leaves the pose of the image, the right map leaves nothing', () => {
  const before = poseOf(warp, identity, 40)
  expect(before.angle).toBeCloseTo(-30)
  expect(before.scale).toBeCloseTo(1 / 1.2)
  expect(Math.hypot(before.x, before.y)).toBeCloseTo(Math.hypot(5, 3) / 1.2)
  const after = poseOf(warp, undoing(warp, 40), 40)
  for (const [value, ideal] of [
    [after.angle, 0],
    [after.scale, 1],
    [after.x, 0],
    [after.y, 0],
  ] as const)
    expect(value).toBeCloseTo(ideal)
})

test('spread is within classes, and angles go around', () => {
  const pose = (angle: number) => ({ angle, scale: 1, x: 0, y: 0 })
  expect(spreadOf([pose(0), pose(0), pose(90), pose(90)], [0, 0, 1, 1]).angle).toBeCloseTo(0)
  expect(spreadOf([pose(179), pose(-179)], [0, 0]).angle).toBeCloseTo(1, 2)
  const moved = [-1, 1].map((x) => ({ ...pose(0), x }))
  expect(spreadOf(moved, [0, 0]).shift).toBeCloseTo(1)
})

test('the outline of the identity is the edge of the image', () => {
  const mask = outline(identity, 8)
  expect(mask[0]).toBe(1)
  expect(mask.reduce((a, b) => a + b, 0)).toBeGreaterThan(14)
  expect(mask[3 * 8 + 3]).toBe(0)
})
