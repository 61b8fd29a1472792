/** Parts of a picture, and pictures with a margin. */
import { NablaError } from '../core/errors.js'
import type { Recipe } from '../data/portable.js'
import { finite, type Pair, probability, refuse, sizeOf, whole } from './check.js'
import { checkPaddingMode, gather, line, type PaddingMode } from './gather.js'
import { geometric, type Move, type PictureTransform } from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** What stands where there was no picture. */
export interface FillOptions {
  /** Value of pixels, for all channels or one for each, in the picture's units (bytes: 0..255). Default 0. */
  readonly fill?: number | readonly number[]
  /** Value of pixels of masks. Default 0. */
  readonly maskFill?: number
}

/** How a margin is made. */
export interface PadOptions extends FillOptions {
  /** Constant (`fill`), or from the picture's own pixels: 'edge', 'reflect' (without the last pixel), 'symmetric' (with it). Default 'constant'. */
  readonly paddingMode?: PaddingMode
}

/** Pixels on every side; [left and right, top and bottom]; or [left, top, right, bottom]. */
export type Padding = number | readonly [number, number] | readonly [number, number, number, number]

/** A margin's [left, top, right, bottom]. */
function marginsOf(name: string, padding: Padding): [number, number, number, number] {
  const list = typeof padding === 'number' ? [padding, padding] : [...padding]
  const four = list.length === 2 ? [...list, ...list] : list
  if (four.length !== 4 || four.some((side) => !Number.isInteger(side) || side < 0))
    refuse(
      name,
      'padding',
      padding,
      'whole numbers of 0 or more: one for all sides, [left and right, top and bottom], or [left, top, right, bottom]',
    )
  return four as [number, number, number, number]
}

/** A window on a picture, which may reach outside of it. */
export function windowMove(
  name: string,
  [height, width]: readonly [number, number],
  [top, left]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  { fill = 0, maskFill = 0, paddingMode = 'constant' }: PadOptions = {},
): Move {
  const down = line(top, rows, height, paddingMode)
  const across = line(left, columns, width, paddingMode)
  return {
    height: rows,
    width: columns,
    pixels: (raster, mask) => gather(name, raster, down, across, mask ? maskFill : fill),
    point: (x, y) => [x - left, y - top],
  }
}

const checkPad = (name: string, { fill = 0, maskFill = 0, paddingMode = 'constant' }: PadOptions): void => {
  finite(name, 'fill', fill)
  finite(name, 'maskFill', maskFill)
  checkPaddingMode(name, paddingMode)
}

/** A picture with a margin around it. */
export function pad(padding: Padding, options: PadOptions = {}): PictureTransform {
  const [left, top, right, bottom] = marginsOf('pad', padding)
  checkPad('pad', options)
  return geometric(made('pad', padding, options), (height, width) =>
    windowMove('pad', [height, width], [-top, -left], [top + height + bottom, left + width + right], options),
  )
}

/** The part of `height` rows and `width` columns whose first pixel is at (top, left); what is outside of the picture is filled. */
export function crop(top: number, left: number, height: number, width: number, options: FillOptions = {}): PictureTransform {
  whole('crop', 'top', top, -Infinity)
  whole('crop', 'left', left, -Infinity)
  const size = sizeOf('crop', [height, width])
  checkPad('crop', options)
  return geometric(made('crop', top, left, height, width, options), (h, w) =>
    windowMove('crop', [h, w], [top, left], size, options),
  )
}

/** To the nearest whole number, and from the middle to the even one. */
const even = (x: number): number => {
  const low = Math.floor(x)
  return x - low === 0.5 ? low + (low % 2) : Math.round(x)
}

/** The middle of a picture. A smaller picture gets a margin. `size`: one number for a square, or [height, width]. */
export function centerCrop(size: Pair, options: FillOptions = {}): PictureTransform {
  const [rows, columns] = sizeOf('centerCrop', size)
  checkPad('centerCrop', options)
  const start = (whole: number, part: number): number => (part > whole ? -((part - whole) >> 1) : even((whole - part) / 2))
  return geometric(made('centerCrop', size, options), (height, width) =>
    windowMove('centerCrop', [height, width], [start(height, rows), start(width, columns)], [rows, columns], options),
  )
}

/** How `randomCrop` widens a picture first. */
export interface RandomCropOptions extends PadOptions {
  /** A margin that the picture gets before the crop. Default none. */
  readonly padding?: Padding
  /** Give smaller pictures the margin they need, instead of an error. Default false. */
  readonly padIfNeeded?: boolean
}

/**
 * A part of a picture, anywhere in it with equal chance; with a margin, the usual augmentation of small pictures:
 *
 *     randomCrop(32, { padding: 4 })
 *
 * `size`: one number for a square, or [height, width]. Throws NablaError('shape') when the picture, with its margin, is smaller than that.
 */
export function randomCrop(size: Pair, options: RandomCropOptions = {}): PictureTransform {
  const name = 'randomCrop'
  const [rows, columns] = sizeOf(name, size)
  const { padding = 0, padIfNeeded = false } = options
  const [left, top, right, bottom] = marginsOf(name, padding)
  checkPad(name, options)
  return geometric(made(name, size, options), (height, width, random) => {
    let [lowY, lowX, freeY, freeX] = [-top, -left, height + top + bottom - rows, width + left + right - columns]
    if (!padIfNeeded && (freeY < 0 || freeX < 0))
      throw new NablaError(
        'shape',
        `[${name}] a crop of ${rows} x ${columns} from a picture of ${height + top + bottom} x ${width + left + right}${padding === 0 ? '' : ', its padding included'}; expected one as large at least: resize before, or set padding or padIfNeeded`,
        { size: [rows, columns], height, width, padding },
      )
    // As much margin on either side as is missing.
    if (freeY < 0) [lowY, freeY] = [lowY + freeY, -freeY]
    if (freeX < 0) [lowX, freeX] = [lowX + freeX, -freeX]
    const y = lowY + (freeY > 0 ? random.integer(freeY + 1) : 0)
    const x = lowX + (freeX > 0 ? random.integer(freeX + 1) : 0)
    return windowMove(name, [height, width], [y, x], [rows, columns], options)
  })
}

/** How far `randomZoomOut` steps back. */
export interface ZoomOutOptions extends FillOptions {
  /** The result is between these many times as large; both 1 or more. Default [1, 4]. */
  readonly sideRange?: readonly [number, number]
  /** Probability. Default 0.5. */
  readonly p?: number
}

/** Places the picture anywhere on a larger empty one (Liu et al.: SSD, 2016), so that detectors see small objects. */
export function randomZoomOut(options: ZoomOutOptions = {}): PictureTransform {
  const name = 'randomZoomOut'
  const { sideRange = [1, 4], p = 0.5 } = options
  probability(name, p)
  const [least, most] = sideRange
  if (!(least >= 1 && most >= least && Number.isFinite(most)))
    refuse(name, 'sideRange', sideRange, '[least, most], both 1 or more')
  checkPad(name, options)
  return geometric(made(name, options), (height, width, random) => {
    if (!random.chance(p)) return undefined
    const scale = random.uniform(least, most)
    const size = [Math.floor(height * scale), Math.floor(width * scale)] as const
    const at = [random.integer(size[0] - height + 1), random.integer(size[1] - width + 1)] as const
    return windowMove(name, [height, width], [-at[0], -at[1]], size, options)
  })
}
