/**
 * Resizing: every spatial dimension by itself is a resampling (resample-taps.ts), whose weights depend on where an element of the result
 * falls in the input. Positions are rounded as PyTorch rounds them, in float32 for float32, so that the same neighbours are chosen.
 */
import { type DType, isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import type { Tensor } from '../../tensor/tensor.js'
import { partition, resampleAll, type Resampling, resampling, type Tap } from './resample-taps.js'
import { oneOf, type Size, sizes, spaceNames, tensorOf } from './spatial.js'

/** How elements in between are found. */
export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area'

/** What size to resize to, and how. */
export interface InterpolateOptions {
  /** Extents of the result. Either this or `scaleFactor`. */
  readonly size?: Size | null
  /** Extents of the result as a multiple of the input's, rounded down. */
  readonly scaleFactor?: number | readonly number[] | null
  /**
   * How elements in between are found: 'nearest' (default) takes the element below, 'nearest-exact' the nearest, 'linear' (of [N, C, L]),
   * 'bilinear' (of [N, C, H, W]) and 'trilinear' (of [N, C, D, H, W]) weigh the neighbours, 'bicubic' (of [N, C, H, W]) fits a cubic
   * (Keys, 1981, with a = -0.75), 'area' takes the mean of what an element covers.
   */
  readonly mode?: InterpolateMode
  /** Corner elements fall onto corner elements, instead of corners onto corners. For the linear modes and bicubic. Default false. */
  readonly alignCorners?: boolean | null
  /** Positions by the rounded extents instead of by `scaleFactor` itself. Default false. */
  readonly recomputeScaleFactor?: boolean | null
  /** Average what a shrunken element covers ('bilinear' and 'bicubic'). Default false. */
  readonly antialias?: boolean
}

/** Where elements of the result fall: element o, of extent 1, lies at `scale` times o in the input. */
interface Axis {
  readonly from: number
  readonly to: number
  /** Input elements for each element of the result. */
  readonly scale: number
  readonly alignCorners: boolean
  /** Rounds to the precision in which positions are computed. */
  readonly round: (x: number) => number
}

type Rows = (axis: Axis) => Resampling

/** The position of the middle of element `o`. */
function middle({ scale, alignCorners, round }: Axis, o: number): number {
  return alignCorners ? round(scale * o) : round(round(scale * round(o + 0.5)) - 0.5)
}

const clip = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1)
const rows = (axis: Axis, row: (o: number) => readonly Tap[]): Resampling =>
  resampling(
    axis.from,
    Array.from({ length: axis.to }, (_, o) => row(o)),
  )

const nearest: Rows = (axis) => rows(axis, (o) => [[clip(Math.floor(Math.fround(axis.round(axis.scale * o))), axis.from), 1]])

const nearestExact: Rows = (axis) =>
  rows(axis, (o) => [[clip(Math.floor(Math.fround(axis.round(Math.max(0, middle(axis, o)) + 0.5))), axis.from), 1]])

const linear: Rows = (axis) =>
  rows(axis, (o) => {
    if (axis.from === axis.to) return [[o, 1]]
    const position = Math.max(0, middle(axis, o))
    const below = clip(Math.floor(position), axis.from)
    const part = Math.min(position - below, 1)
    return below + 1 < axis.from
      ? [
          [below, 1 - part],
          [below + 1, part],
        ]
      : [[below, 1]]
  })

/** Keys' cubic at a distance of `s` elements. */
const cubicWeight = (s: number, a: number): number =>
  s <= 1 ? ((a + 2) * s - (a + 3)) * s * s + 1 : s < 2 ? ((s - 5) * s + 8) * s * a - 4 * a : 0

const cubic: Rows = (axis) =>
  rows(axis, (o) => {
    const position = middle(axis, o)
    const below = Math.min(Math.floor(position), axis.from - 1)
    const part = Math.min(Math.max(position - below, 0), 1)
    return [-1, 0, 1, 2].map((k): Tap => [clip(below + k, axis.from), cubicWeight(Math.abs(part - k), -0.75)])
  })

/** A filter of `reach` elements to both sides, widened where the result is smaller, and its weights made to add up to 1. */
const widened =
  (reach: number, filter: (distance: number) => number): Rows =>
  (axis) =>
    rows(axis, (o) => {
      const width = Math.max(axis.scale, 1)
      const center = axis.scale * (o + 0.5)
      const start = Math.max(Math.trunc(center - reach * width + 0.5), 0)
      const stop = Math.min(Math.trunc(center + reach * width + 0.5), axis.from)
      const weights = Array.from({ length: stop - start }, (_, j) => filter(Math.abs((start + j - center + 0.5) / width)))
      const total = weights.reduce((sum, w) => sum + w, 0)
      return weights.map((w, j): Tap => [start + j, total === 0 ? w : w / total])
    })

interface Mode {
  /** Spatial dimensions that the mode takes. */
  readonly counts: readonly number[]
  readonly corners: boolean
  readonly rows: Rows
  readonly antialiased?: Rows
}

const modes: Readonly<Record<InterpolateMode, Mode>> = {
  nearest: { counts: [1, 2, 3], corners: false, rows: nearest },
  'nearest-exact': { counts: [1, 2, 3], corners: false, rows: nearestExact },
  linear: { counts: [1], corners: true, rows: linear },
  bilinear: { counts: [2], corners: true, rows: linear, antialiased: /* @__PURE__ */ widened(1, (s) => Math.max(0, 1 - s)) },
  bicubic: { counts: [2], corners: true, rows: cubic, antialiased: /* @__PURE__ */ widened(2, (s) => cubicWeight(s, -0.5)) },
  trilinear: { counts: [3], corners: true, rows: linear },
  area: { counts: [1, 2, 3], corners: false, rows: ({ from, to }) => partition(from, to) },
}

const fail = (message: string, facts: Readonly<Record<string, unknown>> = {}): never => {
  throw new NablaError('argument', `[interpolate] ${message}`, facts)
}

/** What is asked for: the new extents, and the factors if positions go by them. */
function target(space: readonly number[], options: InterpolateOptions): { out: number[]; factors: number[] | undefined } {
  const { size, scaleFactor } = options
  const recompute = options.recomputeScaleFactor ?? false
  if ((size ?? undefined) === undefined ? (scaleFactor ?? undefined) === undefined : (scaleFactor ?? undefined) !== undefined)
    fail(`give either size or scaleFactor, ${size == null ? 'there is neither' : 'not both'}`, { size, scaleFactor })
  if (size != null) {
    if (recompute) fail('recomputeScaleFactor makes no sense with size, only with scaleFactor', { size })
    return { out: sizes('interpolate', 'size', size, space.length, 1), factors: undefined }
  }
  const listed = [scaleFactor!].flat() as number[]
  const factors = listed.length === 1 ? space.map(() => listed[0]!) : listed
  if (factors.length !== space.length || factors.some((f) => !(f > 0 && Number.isFinite(f))))
    fail(`scaleFactor is ${showShape(listed)}; expected one or ${space.length} numbers above 0`, { scaleFactor })
  const out = space.map((n, i) => Math.floor(n * factors[i]!))
  if (out.some((n) => n < 1))
    fail(`scaleFactor ${showShape(listed)} leaves nothing of ${showShape(space)}: the result would be ${showShape(out)}`, { out })
  return { out, factors: recompute ? undefined : factors }
}

function axisOf(from: number, to: number, factor: number | undefined, alignCorners: boolean, dtype: DType): Axis {
  const round = dtype === 'float64' ? (x: number) => x : Math.fround
  const scale = alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : factor === undefined ? from / to : 1 / factor
  return { from, to, scale: round(scale), alignCorners, round }
}

/**
 * Resizes the spatial dimensions of [N, C, L], [N, C, H, W] or [N, C, D, H, W], to `size` or by `scaleFactor`.
 * Throws for a mode that does not fit the number of dimensions, and for `alignCorners` where it has no meaning.
 */
export function interpolate(input: Tensor, options: InterpolateOptions): Tensor {
  const name = oneOf('interpolate', 'mode', options.mode ?? 'nearest', Object.keys(modes) as InterpolateMode[])
  const mode = modes[name]
  const space = input.shape.slice(2)
  if (!mode.counts.includes(space.length))
    throw new NablaError(
      'shape',
      `[interpolate] mode '${name}' takes ${mode.counts.map((n) => `[N, C, ${spaceNames(n)}]`).join(' or ')}, not ${showShape(input.shape)}`,
      { mode: name, shape: input.shape },
    )
  if (!mode.corners && options.alignCorners != null)
    fail(`alignCorners has no meaning for mode '${name}'; leave it out`, { mode: name })
  if (options.antialias && !mode.antialiased)
    fail(`antialias is for the modes 'bilinear' and 'bicubic', not '${name}'`, { mode: name })
  if (!isFloat(input.dtype) && !name.startsWith('nearest'))
    throw new NablaError(
      'dtype',
      `[interpolate] mode '${name}' needs a float tensor, not ${input.dtype}; cast it first: x.float()`,
    )
  if (space.some((n) => n === 0))
    throw new NablaError('shape', `[interpolate] there is nothing to resize in ${showShape(input.shape)}`, { shape: input.shape })
  const { out, factors } = target(space, options)
  const build = options.antialias ? mode.antialiased! : mode.rows
  const all = space.map((n, i) => build(axisOf(n, out[i]!, factors?.[i], options.alignCorners ?? false, input.dtype)))
  return tensorOf(resampleAll(input.node, all), input)
}

/** As `interpolate`, with PyTorch's older name. Mode 'nearest' unless told. */
export const upsample = interpolate
