/**
 * Pictures under a projective map: rotations, shears, changes of scale, tilted planes.
 *
 * A map is a 3 x 3 matrix, row by row, that takes (x, y, 1) to (u w, v w, w). The middle of every pixel of the result is taken back into
 * the picture, and what is there is the pixel's colour; outside of the picture there is only the fill.
 */
import { NablaError } from '../core/errors.js'
import type { Raster } from '../data/raster.js'
import { perChannel } from './check.js'
import type { FillOptions } from './crop.js'
import { valuesLike } from './gather.js'
import type { Move, Pixels } from './transform.js'

/** Nine numbers, row by row. */
export type Projection = readonly [number, number, number, number, number, number, number, number, number]

/** What is at a place between pixels: the nearest of them, or a mixture of four. */
export type WarpInterpolation = 'nearest' | 'bilinear'

/** How a picture is sampled, and what is outside of it. */
export interface WarpOptions extends FillOptions {
  /** Default 'nearest', but for perspectives 'bilinear'. Masks are always 'nearest'. */
  readonly interpolation?: WarpInterpolation
}

/** First `b`, then `a`. */
export function multiply(a: Projection, b: Projection): Projection {
  const at = (i: number, j: number): number => a[3 * i]! * b[j]! + a[3 * i + 1]! * b[3 + j]! + a[3 * i + 2]! * b[6 + j]!
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)]
}

/** Moves by (x, y). */
export const shift = (x: number, y: number): Projection => [1, 0, x, 0, 1, y, 0, 0, 1]

/** The map back. Throws NablaError('argument') for a map that makes a line of the picture. */
export function inverse(name: string, m: Projection): Projection {
  const [a, b, c, d, e, f, g, h, i] = m
  const cofactors = [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
  ]
  const determinant = a * cofactors[0]! + b * cofactors[3]! + c * cofactors[6]!
  if (!(Math.abs(determinant) > 1e-12))
    throw new NablaError(
      'argument',
      `[${name}] leaves nothing of the picture's area (determinant ${determinant}); expected a map that can be undone`,
      {
        matrix: m,
      },
    )
  return [...cofactors, a * e - b * d].map((value) => value / determinant) as unknown as Projection
}

/** Where a map takes a point. */
export function project(m: Projection, x: number, y: number): readonly [number, number] {
  const w = m[6] * x + m[7] * y + m[8]
  return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w]
}

/** The movement of a map from the picture to a result of this size. */
export function warpMove(
  name: string,
  height: number,
  width: number,
  forward: Projection,
  { interpolation = 'nearest', fill = 0, maskFill = 0 }: WarpOptions,
): Move {
  const back = inverse(name, forward)
  return {
    height,
    width,
    pixels: (raster, mask) =>
      mask || interpolation === 'nearest'
        ? warpNearest(name, raster, height, width, back, mask ? maskFill : fill)
        : warpBilinear(name, raster, height, width, back, fill),
    point: (x, y) => project(forward, x, y),
  }
}

/** Places that rounding has put just below a pixel's edge belong to it. */
const edge = 1e-9

function warpNearest<D extends Pixels>(
  name: string,
  { data, channels, height, width }: Raster<D>,
  rows: number,
  columns: number,
  m: Projection,
  fill: number | readonly number[],
): Raster<D> {
  const fills = perChannel(name, 'fill', fill, channels)
  const out = valuesLike(data, channels * rows * columns)
  const [plane, size] = [height * width, rows * columns]
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) {
      const w = m[6] * (j + 0.5) + m[7] * (i + 0.5) + m[8]
      const x = Math.floor((m[0] * (j + 0.5) + m[1] * (i + 0.5) + m[2]) / w + edge)
      const y = Math.floor((m[3] * (j + 0.5) + m[4] * (i + 0.5) + m[5]) / w + edge)
      const inside = w > 0 && x >= 0 && x < width && y >= 0 && y < height
      for (let c = 0, from = y * width + x, to = at; c < channels; c++, from += plane, to += size)
        out[to] = inside ? data[from]! : fills[c]!
    }
  }
  return { data: out, channels, height: rows, width: columns }
}

function warpBilinear<D extends Pixels>(
  name: string,
  { data, channels, height, width }: Raster<D>,
  rows: number,
  columns: number,
  m: Projection,
  fill: number | readonly number[],
): Raster<D> {
  const fills = perChannel(name, 'fill', fill, channels)
  const out = valuesLike(data, channels * rows * columns)
  const rounding = out instanceof Uint8Array ? new Uint8ClampedArray(out.buffer) : out
  const [plane, size] = [height * width, rows * columns]
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) {
      const w = m[6] * (j + 0.5) + m[7] * (i + 0.5) + m[8]
      const x = (m[0] * (j + 0.5) + m[1] * (i + 0.5) + m[2]) / w - 0.5
      const y = (m[3] * (j + 0.5) + m[4] * (i + 0.5) + m[5]) / w - 0.5
      const x0 = Math.floor(x)
      const y0 = Math.floor(y)
      const [dx, dy] = [x - x0, y - y0]
      const seen = w > 0 && x0 >= -1 && x0 < width && y0 >= -1 && y0 < height
      // Weights of the four pixels around the place; those outside count for the fill.
      const [left, right] = [seen && x0 >= 0, seen && x0 + 1 < width]
      const [above, below] = [y0 >= 0, y0 + 1 < height]
      const w00 = left && above ? (1 - dx) * (1 - dy) : 0
      const w01 = right && above ? dx * (1 - dy) : 0
      const w10 = left && below ? (1 - dx) * dy : 0
      const w11 = right && below ? dx * dy : 0
      const rest = 1 - w00 - w01 - w10 - w11
      for (let c = 0, from = y0 * width + x0, to = at; c < channels; c++, from += plane, to += size) {
        let sum = rest * fills[c]!
        if (w00 > 0) sum += w00 * data[from]!
        if (w01 > 0) sum += w01 * data[from + 1]!
        if (w10 > 0) sum += w10 * data[from + width]!
        if (w11 > 0) sum += w11 * data[from + width + 1]!
        rounding[to] = sum
      }
    }
  }
  return { data: out, channels, height: rows, width: columns }
}
