/** Rotations, shifts, shears, changes of scale, perspectives: fixed, and drawn from ranges. */
import { unknownName } from '../core/errors.js'
import type { Recipe } from '../data/portable.js'
import { degreesOf, drawn, finite, type Pair, probability, rangeOf, refuse, within } from './check.js'
import { geometric, type Move, type PictureTransform } from './transform.js'
import { multiply, type Projection, project, shift, type WarpOptions, warpMove } from './warp.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** A point, x and y in pixels from the picture's upper left corner. */
export type Point = readonly [x: number, y: number]

/** Where a rotation turns, besides how it samples. */
export interface CentreOptions extends WarpOptions {
  /** What stays where it is, [x, y] in pixels. Default the picture's middle. */
  readonly center?: Point
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180

function checkWarp(name: string, { interpolation = 'nearest', fill = 0, maskFill = 0, center }: CentreOptions): void {
  const known = ['nearest', 'bilinear']
  if (!known.includes(interpolation)) throw unknownName('argument', 'interpolation', String(interpolation), known)
  finite(name, 'fill', fill)
  finite(name, 'maskFill', maskFill)
  if (center && (center.length !== 2 || !center.every(Number.isFinite))) refuse(name, 'center', center, 'two numbers [x, y]')
}

/** A fixed affine map: first sheared, scaled and turned about the centre, then moved. */
interface AffineSettings {
  /** Degrees, clockwise. */
  readonly angle: number
  readonly translate: Point
  readonly scale: number
  /** Degrees along x and y. */
  readonly shear: readonly [number, number]
}

/** R(angle) S(scale) SHy(shear y) SHx(shear x), then the translation: the matrix that torchvision.transforms.functional.affine inverts. */
function linear({ angle, translate, scale, shear }: AffineSettings): Projection {
  const [turn, sx, sy] = [radians(angle), radians(shear[0]), radians(shear[1])]
  const [cos, sin] = [Math.cos(turn - sy) / Math.cos(sy), Math.sin(turn - sy) / Math.cos(sy)]
  const a = cos
  const b = -cos * Math.tan(sx) - Math.sin(turn)
  const c = sin
  const d = -sin * Math.tan(sx) + Math.cos(turn)
  return [scale * a, scale * b, translate[0], scale * c, scale * d, translate[1], 0, 0, 1]
}

const around = ([x, y]: Point, map: Projection): Projection => multiply(shift(x, y), multiply(map, shift(-x, -y)))

const affineMove = (name: string, height: number, width: number, settings: AffineSettings, options: CentreOptions): Move =>
  warpMove(name, height, width, around(options.center ?? [width / 2, height / 2], linear(settings)), options)

/** A rotation, and whether the result is as large as what it holds. */
export interface RotateOptions extends CentreOptions {
  /** Make the result as large as the whole rotated picture needs; turns about the middle. Default false. */
  readonly expand?: boolean
}

function rotation(name: string, height: number, width: number, angle: number, options: RotateOptions): Move {
  const settings = { angle: -angle, translate: [0, 0], scale: 1, shear: [0, 0] } as const
  if (!options.expand) return affineMove(name, height, width, settings, options)
  const turn = multiply(linear(settings), shift(-width / 2, -height / 2))
  const corners = [project(turn, 0, 0), project(turn, width, 0), project(turn, 0, height), project(turn, width, height)]
  // The pixels that the corners lie in, on a grid whose lines are the old one's.
  const extent = (side: 0 | 1, old: number): number => {
    const places = corners.map((corner) => corner[side] + old / 2)
    const round = (x: number): number => Math.trunc(x * 1e4) / 1e4
    return Math.ceil(round(Math.max(...places))) - Math.floor(round(Math.min(...places)))
  }
  const quarters = angle / 90
  const [columns, rows] = !Number.isInteger(quarters)
    ? [extent(0, width), extent(1, height)]
    : quarters % 2 === 0
      ? [width, height]
      : [height, width]
  return warpMove(name, rows, columns, multiply(shift(columns / 2, rows / 2), turn), options)
}

function checkRotation(name: string, options: RotateOptions): void {
  checkWarp(name, options)
  if (options.expand && options.center)
    refuse(name, 'center', options.center, 'none with expand: the whole picture is kept, so it turns about its middle')
}

/** Turns a picture by `angle` degrees, counter-clockwise. */
export function rotate(angle: number, options: RotateOptions = {}): PictureTransform {
  within('rotate', 'angle', angle, -Infinity)
  checkRotation('rotate', options)
  return geometric(made('rotate', angle, options), (height, width) => rotation('rotate', height, width, angle, options))
}

/** Turns a picture by a random angle. `degrees`: [least, most] counter-clockwise, or one number d for [-d, d]. */
export function randomRotation(degrees: Pair, options: RotateOptions = {}): PictureTransform {
  const name = 'randomRotation'
  const range = degreesOf(name, 'degrees', degrees)
  checkRotation(name, options)
  return geometric(made(name, degrees, options), (height, width, random) =>
    rotation(name, height, width, drawn(random, range), options),
  )
}

/** A fixed affine map. */
export interface AffineOptions extends CentreOptions {
  /** Degrees, clockwise. Default 0. */
  readonly angle?: number
  /** Pixels to the right and down, after the rest. Default [0, 0]. */
  readonly translate?: readonly [number, number]
  /** Default 1. */
  readonly scale?: number
  /** Degrees along x, or along x and y. Default 0. */
  readonly shear?: Pair
}

/** Turns, scales, shears and moves a picture. */
export function affine(options: AffineOptions = {}): PictureTransform {
  const name = 'affine'
  const { angle = 0, translate = [0, 0], scale = 1, shear = 0 } = options
  within(name, 'angle', angle, -Infinity)
  finite(name, 'translate', translate)
  within(name, 'scale', scale, Number.MIN_VALUE)
  finite(name, 'shear', shear)
  checkWarp(name, options)
  const settings = { angle, translate, scale, shear: typeof shear === 'number' ? ([shear, 0] as const) : shear }
  return geometric(made(name, options), (height, width) => affineMove(name, height, width, settings, options))
}

/** What is drawn of an affine map. */
export interface RandomAffineOptions extends CentreOptions {
  /** Most shift to either side, as shares of width and height, 0..1. Default none. */
  readonly translate?: readonly [number, number]
  /** Least and most scale. Default none. */
  readonly scale?: readonly [number, number]
  /** Degrees along x: s for [-s, s], or [least, most]; four numbers add the range along y. Default none. */
  readonly shear?: Pair | readonly [number, number, number, number]
}

/** A random affine map. `degrees`: [least, most], or one number d for [-d, d]; 0 for no rotation. */
export function randomAffine(degrees: Pair, options: RandomAffineOptions = {}): PictureTransform {
  const name = 'randomAffine'
  const { translate = [0, 0], scale = [1, 1], shear = 0 } = options
  const turns = degreesOf(name, 'degrees', degrees)
  for (const share of translate) within(name, 'translate', share, 0, 1)
  rangeOf(name, 'scale', scale, Number.MIN_VALUE)
  checkWarp(name, options)
  const shears = typeof shear === 'number' ? [-shear, shear] : shear
  const alongX = degreesOf(name, 'shear', [shears[0]!, shears[1]!])
  const alongY = degreesOf(name, 'shear', [shears[2] ?? 0, shears[3] ?? 0])
  return geometric(made(name, degrees, options), (height, width, random) => {
    const angle = drawn(random, turns)
    const far = (share: number, size: number): number => Math.round(drawn(random, [-share * size, share * size]))
    const move = [far(translate[0], width), far(translate[1], height)] as const
    const settings = {
      angle,
      translate: move,
      scale: drawn(random, scale),
      shear: [drawn(random, alongX), drawn(random, alongY)] as const,
    }
    return affineMove(name, height, width, settings, options)
  })
}

/** The map that takes four points to four others, by its eight linear equations. */
function between(name: string, from: readonly Point[], to: readonly Point[]): Projection {
  const rows = from.flatMap(([x, y], i) => {
    const [u, v] = to[i]!
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ]
  })
  for (let k = 0; k < 8; k++) {
    const best = rows.slice(k).reduce((most, row, i) => (Math.abs(row[k]!) > Math.abs(rows[most]![k]!) ? k + i : most), k)
    ;[rows[k], rows[best]] = [rows[best]!, rows[k]!]
    const lead = rows[k]![k]!
    if (Math.abs(lead) < 1e-12)
      refuse(name, 'points', from.map(String), 'four corners of which no three lie on one line, before and after')
    rows.forEach((row, i) => {
      if (i === k) return
      const share = row[k]! / lead
      for (let j = k; j < 9; j++) row[j] = row[j]! - share * rows[k]![j]!
    })
  }
  return [...rows.map((row, i) => row[8]! / row[i]!), 1] as unknown as Projection
}

function checkCorners(name: string, what: string, points: readonly Point[]): void {
  if (points.length !== 4 || points.some((point) => point.length !== 2 || !point.every(Number.isFinite)))
    refuse(name, what, points.map(String), 'four points [x, y]')
}

const tilted = { interpolation: 'bilinear' } as const

/**
 * The picture as seen from elsewhere: `startpoints`, four points [x, y], come to lie at `endpoints`, as torchvision's
 * F.perspective(image, startpoints, endpoints) has it.
 */
export function perspective(
  startpoints: readonly Point[],
  endpoints: readonly Point[],
  options: WarpOptions = {},
): PictureTransform {
  const name = 'perspective'
  checkCorners(name, 'startpoints', startpoints)
  checkCorners(name, 'endpoints', endpoints)
  checkWarp(name, options)
  const map = between(name, startpoints, endpoints)
  return geometric(made(name, startpoints, endpoints, options), (height, width) =>
    warpMove(name, height, width, map, { ...tilted, ...options }),
  )
}

/** How far a random perspective goes. */
export interface RandomPerspectiveOptions extends WarpOptions {
  /** How far each corner may move in, as a share of half the picture. Default 0.5. */
  readonly distortionScale?: number
  /** Probability. Default 0.5. */
  readonly p?: number
}

/** Moves each corner of the picture inwards by a random way of its own. */
export function randomPerspective(options: RandomPerspectiveOptions = {}): PictureTransform {
  const name = 'randomPerspective'
  const { distortionScale = 0.5, p = 0.5 } = options
  within(name, 'distortionScale', distortionScale, 0, 1)
  probability(name, p)
  checkWarp(name, options)
  return geometric(made(name, options), (height, width, random) => {
    // A side of one pixel has no corners to move.
    if (!random.chance(p) || height < 2 || width < 2) return undefined
    const [mostX, mostY] = [Math.floor(distortionScale * (width >> 1)), Math.floor(distortionScale * (height >> 1))]
    const inwards = ([x, y]: Point): Point => [Math.abs(x - random.integer(mostX + 1)), Math.abs(y - random.integer(mostY + 1))]
    const [right, low] = [width - 1, height - 1]
    const from: Point[] = [
      [0, 0],
      [right, 0],
      [right, low],
      [0, low],
    ]
    const to = from.map(inwards)
    const crossed = to[0]![0] >= to[1]![0] || to[3]![0] >= to[2]![0] || to[0]![1] >= to[3]![1] || to[1]![1] >= to[2]![1]
    return crossed ? undefined : warpMove(name, height, width, between(name, from, to), { ...tilted, ...options })
  })
}
