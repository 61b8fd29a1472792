/**
 * Pictures at another size, by weighted sums along rows and then along columns.
 *
 * For every pixel of the result a filter says which pixels of the line count how much. Without antialiasing a filter is as wide as its
 * kernel on the source's pixels, so that reducing a picture skips pixels; with it, it widens by the factor of reduction.
 */
import type { Raster } from '../data/raster.js'
import { unknownName } from '../core/errors.js'
import { gather, nearestLine, valuesLike } from './gather.js'
import type { Pixels } from './transform.js'

/** Ways to find the pixels of a picture of another size. */
export type Interpolation = 'nearest' | 'nearest-exact' | 'bilinear' | 'bicubic' | 'area' | 'lanczos'

/** For each pixel of the result, the pixels from[i] .. from[i + 1] of these lists. */
interface Taps {
  readonly from: Int32Array
  readonly pixels: Int32Array
  readonly weights: Float32Array
}

/** Keys' cubic convolution with slope `a` (Keys: Cubic convolution interpolation, 1981). */
const cubic =
  (a: number) =>
  (x: number): number => {
    const d = Math.abs(x)
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1
    return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0
  }

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

interface Filter {
  /** Pixels on either side that the kernel reaches. */
  readonly support: number
  readonly kernel: (x: number) => number
}

/** The kernels as PyTorch has them with antialiasing (and Pillow), and without; area and lanczos know no difference. */
const smooth: Readonly<Record<string, Filter>> = {
  bilinear: { support: 1, kernel: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, kernel: cubic(-0.5) },
  lanczos: { support: 3, kernel: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
}
const sharp: Readonly<Record<string, Filter>> = {
  bilinear: smooth.bilinear!,
  bicubic: { support: 2, kernel: cubic(-0.75) },
}

const interpolations: readonly Interpolation[] = ['nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area', 'lanczos']

export function checkInterpolation(given: Interpolation, known: readonly Interpolation[] = interpolations): void {
  if (!known.includes(given)) throw unknownName('argument', 'interpolation', String(given), known)
}

/** Collects the taps of a line; `line(i)` gives the first pixel and the weights of one pixel of the result. */
function tapsOf(to: number, size: number, one: (i: number) => { first: number; weights: number[] }): Taps {
  const from = new Int32Array(to + 1)
  const pixels: number[] = []
  const weights: number[] = []
  for (let i = 0; i < to; i++) {
    const tap = one(i)
    const sum = tap.weights.reduce((total, weight) => total + weight, 0)
    tap.weights.forEach((weight, k) => {
      pixels.push(Math.min(Math.max(tap.first + k, 0), size - 1))
      weights.push(weight / sum)
    })
    from[i + 1] = pixels.length
  }
  return { from, pixels: Int32Array.from(pixels), weights: Float32Array.from(weights) }
}

/** The taps that make `to` pixels of `size`. */
function tapsFor(size: number, to: number, mode: Interpolation, antialias: boolean): Taps {
  const scale = size / to
  if (mode === 'area')
    return tapsOf(to, size, (i) => {
      const first = Math.floor((i * size) / to)
      return { first, weights: new Array<number>(Math.ceil(((i + 1) * size) / to) - first).fill(1) }
    })
  const plain = antialias ? undefined : sharp[mode]
  if (plain)
    return tapsOf(to, size, (i) => {
      const at = (i + 0.5) * scale - 0.5
      const first = Math.floor(at) - plain.support + 1
      return { first, weights: Array.from({ length: 2 * plain.support }, (_, k) => plain.kernel(first + k - at)) }
    })
  const { support, kernel } = smooth[mode]!
  const stretch = Math.max(scale, 1)
  return tapsOf(to, size, (i) => {
    const centre = (i + 0.5) * scale
    const first = Math.max(Math.floor(centre - support * stretch + 0.5), 0)
    const last = Math.min(Math.floor(centre + support * stretch + 0.5), size)
    return { first, weights: Array.from({ length: last - first }, (_, k) => kernel((first + k - centre + 0.5) / stretch)) }
  })
}

/** Lines come in the same few sizes: the last ones are kept. */
const kept = new Map<string, Taps>()
function tapsKept(size: number, to: number, mode: Interpolation, antialias: boolean): Taps {
  const key = `${size} ${to} ${mode} ${antialias}`
  let taps = kept.get(key)
  if (!taps) {
    taps = tapsFor(size, to, mode, antialias)
    if (kept.size >= 64) kept.delete(kept.keys().next().value!)
    kept.set(key, taps)
  }
  return taps
}

/** Along the rows of all planes: [lines, width] -> [lines, to]. */
function across(data: Float32Array, lines: number, width: number, to: number, { from, pixels, weights }: Taps): Float32Array {
  const out = new Float32Array(lines * to)
  for (let y = 0, at = 0; y < lines; y++) {
    const start = y * width
    for (let x = 0; x < to; x++) {
      let sum = 0
      for (let k = from[x]!; k < from[x + 1]!; k++) sum += weights[k]! * data[start + pixels[k]!]!
      out[at++] = sum
    }
  }
  return out
}

/** Along the columns of one plane, whole rows at a time, into `out` (a view that rounds, for bytes). */
function down(
  data: Float32Array,
  start: number,
  width: number,
  out: Float32Array | Uint8ClampedArray,
  at: number,
  to: number,
  { from, pixels, weights }: Taps,
): void {
  const row = new Float32Array(width)
  for (let y = 0; y < to; y++) {
    row.fill(0)
    for (let k = from[y]!; k < from[y + 1]!; k++) {
      const weight = weights[k]!
      const source = start + pixels[k]! * width
      for (let x = 0; x < width; x++) row[x] = row[x]! + weight * data[source + x]!
    }
    out.set(row, at + y * width)
  }
}

/** A picture at another size. Bytes are rounded to the nearest, and kept within 0..255. */
export function resample<D extends Pixels>(
  raster: Raster<D>,
  height: number,
  width: number,
  mode: Interpolation,
  antialias: boolean,
): Raster<D> {
  if (height === raster.height && width === raster.width) return raster
  if (mode === 'nearest' || mode === 'nearest-exact') {
    const exact = mode === 'nearest-exact'
    return gather('resize', raster, nearestLine(raster.height, height, exact), nearestLine(raster.width, width, exact))
  }
  const { channels, data } = raster
  const floats = data instanceof Uint8Array ? new Float32Array(data) : (data as Float32Array)
  const wide =
    width === raster.width
      ? floats
      : across(floats, channels * raster.height, raster.width, width, tapsKept(raster.width, width, mode, antialias))
  const out = valuesLike(data, channels * height * width)
  const rounding: Float32Array | Uint8ClampedArray =
    out instanceof Uint8Array ? new Uint8ClampedArray(out.buffer) : (out as Float32Array)
  if (height === raster.height) rounding.set(wide)
  else {
    const taps = tapsKept(raster.height, height, mode, antialias)
    for (let c = 0; c < channels; c++) down(wide, c * raster.height * width, width, rounding, c * height * width, height, taps)
  }
  return { data: out, channels, height, width }
}
