/** Pictures at another size, whole or in part. */
import type { Recipe } from '../data/portable.js'
import { drawn, type Pair, rangeOf, refuse, sizeOf, whole } from './check.js'
import { windowMove } from './crop.js'
import { checkInterpolation, type Interpolation, resample } from './resample.js'
import { geometric, type Move, type PictureTransform } from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** How the pixels of a resized picture are found. */
export interface ResizeOptions {
  /**
   * 'nearest' (PyTorch's, that rounds down), 'nearest-exact' (Pillow's, that looks at the pixels' middles), 'bilinear', 'bicubic', 'area' (the mean
   * of what a pixel covers) or 'lanczos'. Default 'bilinear'. Masks are always 'nearest'.
   */
  readonly interpolation?: Interpolation
  /** Whether bilinear and bicubic reduction looks at all pixels (as torchvision since 0.17) or only at the nearest. Default true. */
  readonly antialias?: boolean
  /** With one number as size: the most that the longer side may have. The shorter one then becomes shorter. Default none. */
  readonly maxSize?: number
}

function resizeMove(
  height: number,
  width: number,
  [rows, columns]: readonly [number, number],
  { interpolation = 'bilinear', antialias = true }: ResizeOptions,
): Move {
  const [scaleY, scaleX] = [rows / height, columns / width]
  return {
    height: rows,
    width: columns,
    pixels: (raster, mask) => resample(raster, rows, columns, mask ? 'nearest' : interpolation, antialias),
    point: (x, y) => [x * scaleX, y * scaleY],
  }
}

/** Height and width of a picture whose shorter side becomes `short`. */
function bySide(height: number, width: number, short: number, maxSize: number): [number, number] {
  const [least, most] = [Math.min(height, width), Math.max(height, width)]
  let long = Math.floor((short * most) / least)
  if (long > maxSize) [short, long] = [Math.max(1, Math.floor((maxSize * short) / long)), maxSize]
  return width <= height ? [long, short] : [short, long]
}

/** A picture at another size. `size`: one number for the shorter side, whose proportions stay, or [height, width]. */
export function resize(size: Pair, options: ResizeOptions = {}): PictureTransform {
  const name = 'resize'
  const fixed = sizeOf(name, size)
  const { interpolation = 'bilinear', maxSize = Infinity } = options
  checkInterpolation(interpolation)
  if (maxSize !== Infinity) {
    whole(name, 'maxSize', maxSize, 1)
    if (typeof size !== 'number')
      refuse(name, 'maxSize', maxSize, 'none where both sides are given: it limits the side that follows from the other')
    if (maxSize <= size) refuse(name, 'maxSize', maxSize, `more than size ${size}, which the shorter side gets`)
  }
  return geometric(made(name, size, options), (height, width) => {
    const to = typeof size === 'number' ? bySide(height, width, size, maxSize) : fixed
    return to[0] === height && to[1] === width ? undefined : resizeMove(height, width, to, options)
  })
}

/** One movement after another. */
const chain = (first: Move, second: Move): Move => ({
  height: second.height,
  width: second.width,
  pixels: (raster, mask) => second.pixels(first.pixels(raster, mask), mask),
  point: (x, y) => second.point(...first.point(x, y)),
})

/** What part of a picture is taken. */
export interface RandomResizedCropOptions extends Omit<ResizeOptions, 'maxSize'> {
  /** Least and most share of the picture's area. Default [0.08, 1]. */
  readonly scale?: readonly [number, number]
  /** Least and most width / height, drawn evenly in its logarithm. Default [3 / 4, 4 / 3]. */
  readonly ratio?: readonly [number, number]
}

/** A part of a picture of random area and proportions, at a fixed size (Szegedy et al.: Going deeper with convolutions, 2015). */
export function randomResizedCrop(size: Pair, options: RandomResizedCropOptions = {}): PictureTransform {
  const name = 'randomResizedCrop'
  const to = sizeOf(name, size)
  const scale = rangeOf(name, 'scale', options.scale ?? [0.08, 1], 0, 1)
  const ratio = rangeOf(name, 'ratio', options.ratio ?? [3 / 4, 4 / 3], Number.MIN_VALUE)
  checkInterpolation(options.interpolation ?? 'bilinear')
  const logs = [Math.log(ratio[0]), Math.log(ratio[1])] as const
  return geometric(made(name, size, options), (height, width, random) => {
    const part = (top: number, left: number, rows: number, columns: number): Move =>
      chain(windowMove(name, [height, width], [top, left], [rows, columns]), resizeMove(rows, columns, to, options))
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = height * width * drawn(random, scale)
      const shape = Math.exp(drawn(random, logs))
      const columns = Math.round(Math.sqrt(area * shape))
      const rows = Math.round(Math.sqrt(area / shape))
      if (columns > 0 && columns <= width && rows > 0 && rows <= height)
        return part(random.integer(height - rows + 1), random.integer(width - columns + 1), rows, columns)
    }
    // No such part was found: the largest one in the middle whose proportions are allowed.
    const shape = Math.min(Math.max(width / height, ratio[0]), ratio[1])
    const columns = Math.max(1, Math.min(width, Math.round(height * shape)))
    const rows = Math.max(1, Math.min(height, Math.round(width / shape)))
    return part((height - rows) >> 1, (width - columns) >> 1, rows, columns)
  })
}
