/** Mirror images. */
import type { Recipe } from '../data/portable.js'
import { probability } from './check.js'
import { gather, line } from './gather.js'
import { geometric, type Move, type PictureTransform } from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

const mirrored = (name: string, height: number, width: number, across: boolean): Move => {
  const rows = line(0, height, height, 'constant', !across)
  const columns = line(0, width, width, 'constant', across)
  return {
    height,
    width,
    pixels: (raster) => gather(name, raster, rows, columns),
    point: across ? (x, y) => [width - x, y] : (x, y) => [x, height - y],
  }
}

const flip = (recipe: Recipe, across: boolean, p: number): PictureTransform => {
  const { name } = recipe
  probability(name, p)
  return geometric(recipe, (height, width, random) =>
    p === 1 || random.chance(p) ? mirrored(name, height, width, across) : undefined,
  )
}

/** Left becomes right. */
export const horizontalFlip = (): PictureTransform => flip(made('horizontalFlip'), true, 1)
/** Top becomes bottom. */
export const verticalFlip = (): PictureTransform => flip(made('verticalFlip'), false, 1)
/** Left becomes right, with probability `p`. */
export const randomHorizontalFlip = (p = 0.5): PictureTransform => flip(made('randomHorizontalFlip', p), true, p)
/** Top becomes bottom, with probability `p`. */
export const randomVerticalFlip = (p = 0.5): PictureTransform => flip(made('randomVerticalFlip', p), false, p)
