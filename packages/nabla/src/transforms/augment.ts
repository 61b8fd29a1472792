/** Augmentation without a search: one, or a few, of fourteen transforms at random, each with a strength. For pictures of bytes. */
import type { Recipe } from '../data/portable.js'
import type { SampleRandom } from '../data/random.js'
import { affine, rotate } from './affine.js'
import { whole } from './check.js'
import { adjustBrightness, adjustContrast, adjustSaturation } from './color.js'
import { adjustSharpness } from './blur.js'
import { autocontrast, equalize, posterize, solarize } from './levels.js'
import { carried, imageOf, type Picture, type PictureTransform, withoutRandom } from './transform.js'
import type { WarpOptions } from './warp.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** The strongest that each transform may be. */
interface Strengths {
  readonly shear: number
  /** Shifts in pixels, along x and y. */
  readonly shift: readonly [number, number]
  readonly degrees: number
  /** How far the factors of the colours may be from 1. */
  readonly factor: number
  /** Bits that `posterize` may take away. */
  readonly bits: number
}

/** Each takes its strength as a share of the strongest, -1..1 where both directions make sense, else 0..1. */
type Step = (strength: number, most: Strengths, warp: WarpOptions) => PictureTransform | undefined

const degrees = (slope: number): number => (Math.atan(slope) * 180) / Math.PI

/** What is done with either sign, and what has one direction. */
const signed: readonly Step[] = [
  (s, { shear }, warp) => affine({ ...warp, center: [0, 0], shear: [degrees(s * shear), 0] }),
  (s, { shear }, warp) => affine({ ...warp, center: [0, 0], shear: [0, degrees(s * shear)] }),
  (s, { shift }, warp) => affine({ ...warp, translate: [Math.trunc(s * shift[0]), 0] }),
  (s, { shift }, warp) => affine({ ...warp, translate: [0, Math.trunc(s * shift[1])] }),
  (s, most, warp) => rotate(s * most.degrees, warp),
  (s, { factor }) => adjustBrightness(1 + s * factor),
  (s, { factor }) => adjustSaturation(1 + s * factor),
  (s, { factor }) => adjustContrast(1 + s * factor),
  (s, { factor }) => adjustSharpness(1 + s * factor),
]
const unsigned: readonly Step[] = [
  () => undefined,
  (s, { bits }) => posterize(8 - Math.round(s * bits)),
  (s) => solarize(255 * (1 - s)),
  () => autocontrast(),
  () => equalize(),
]

/** One of the fourteen transforms at random, at this strength (0..1). */
function anyStep(random: SampleRandom, strength: () => number, most: Strengths, warp: WarpOptions): PictureTransform | undefined {
  const chosen = random.integer(signed.length + unsigned.length)
  if (chosen >= signed.length) return unsigned[chosen - signed.length]!(strength(), most, warp)
  const size = strength()
  return signed[chosen]!(random.chance(0.5) ? -size : size, most, warp)
}

/** How many strengths there are, and what stands outside of a moved picture. */
export interface TrivialAugmentOptions extends WarpOptions {
  /** From none to the strongest in so many steps, 2 or more. Default 31. */
  readonly numMagnitudeBins?: number
}

/** How much `randAugment` does. */
export interface RandAugmentOptions extends TrivialAugmentOptions {
  /** Transforms one after another. Default 2. */
  readonly numOps?: number
  /** Strength of all of them, one of the bins. Default 9. */
  readonly magnitude?: number
}

function augmentation(recipe: Recipe, apply: (input: Picture, random: SampleRandom) => Picture): PictureTransform {
  const none = withoutRandom(recipe.name)
  return carried(recipe, <T extends Picture>(input: T, random: SampleRandom = none): T => apply(input, random) as T)
}

/** `numOps` random transforms of one strength (Cubuk et al.: RandAugment, 2020), as in torchvision. Pictures of bytes; boxes and masks are moved along. */
export function randAugment(options: RandAugmentOptions = {}): PictureTransform {
  const name = 'randAugment'
  const { numOps = 2, magnitude = 9, numMagnitudeBins: bins = 31, ...warp } = options
  whole(name, 'numOps', numOps, 0)
  whole(name, 'numMagnitudeBins', bins, 2)
  whole(name, 'magnitude', magnitude, 0, bins - 1)
  return augmentation(made(name, options), (input, random) => {
    let now = input
    for (let k = 0; k < numOps; k++) {
      const { height, width } = imageOf(name, now)
      const share = 150 / 331
      const most = { shear: 0.3, shift: [share * width, share * height], degrees: 30, factor: 0.9, bits: 4 } as const
      now = anyStep(random, () => magnitude / (bins - 1), most, warp)?.(now, random) ?? now
    }
    return now
  })
}

const wide: Strengths = { shear: 0.99, shift: [32, 32], degrees: 135, factor: 0.99, bits: 6 }

/** One random transform of random strength (Müller and Hutter: TrivialAugment, 2021; its wide space), as in torchvision. Pictures of bytes; boxes and masks are moved along. */
export function trivialAugmentWide(options: TrivialAugmentOptions = {}): PictureTransform {
  const name = 'trivialAugmentWide'
  const { numMagnitudeBins: bins = 31, ...warp } = options
  whole(name, 'numMagnitudeBins', bins, 2)
  return augmentation(
    made(name, options),
    (input, random) => anyStep(random, () => random.integer(bins) / (bins - 1), wide, warp)?.(input, random) ?? input,
  )
}
