/**
 * Convolutions of 3 x 3 taps at stride 1 with fewer products: Winograd's minimal filtering F(2 x 2, 3 x 3), as Lavin and Gray brought it to
 * networks ("Fast Algorithms for Convolutional Neural Networks", 2015). A tile of 2 x 2 results y of filter g at pixels d (4 x 4) is
 *
 *     y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A          16 products for each channel instead of 36
 *
 * and the sum over channels is taken between the brackets: 16 plain products, one for each place of the tile. The input gradient is the same with its
 * taps turned round. Sums come in another order than tap by tap: results differ by a few units in the last place of the largest.
 *
 * Here is which contraction is such a convolution, and whether it pays; forward.ts has its loops, filter-gradient.ts the gradient of its filter.
 */
import type { Shape } from '../../core/shape.js'
import type { Machine } from '../../device/device.js'
import type { AffineForm } from '../../ops/op.js'
import { contractAttrs, extentsOf } from '../contraction.js'
import type { Value } from '../value.js'
import { RESULTS, TILE } from './transforms.js'

/** A contraction that is a 3 x 3 convolution: result [n, k, y, x] = sum over c, r, s of image [n, c, y + r, x + s] filter [k, c, r, s]. */
export interface Convolution {
  /** Which operand is the image; the other one is the filter. */
  readonly image: 0 | 1
  readonly channels: number
  /** Zeros before and after the image's rows and columns. */
  readonly padding: readonly (readonly [number, number])[]
  readonly filter: FilterAttrs
}

/** Where a filter's element [k, c, r, s] is found. */
export type FilterAttrs = {
  /** The operand's dimension that is k, c, r and s. */
  readonly dims: readonly [number, number, number, number]
  /** Whether r and s count backwards. */
  readonly turned: readonly [boolean, boolean]
}

/** The variable that a form is, alone; undefined for anything else. */
export function variableOf({ coef, offset, divisor }: AffineForm): number | undefined {
  const used = coef.flatMap((c, j) => (c !== 0 ? [j] : []))
  const alone = used.length === 1 && coef[used[0]!] === 1 && offset === 0 && divisor === 1
  return alone ? used[0] : undefined
}

/** A pixel's position: that of the result, plus a tap that counts up or down. */
export function tapOf(
  { coef, offset, divisor }: AffineForm,
  result: number,
): { tap: number; turned: boolean; first: number } | undefined {
  const others = coef.flatMap((c, j) => (c !== 0 && j !== result ? [j] : []))
  const [tap] = others
  if (divisor !== 1 || coef[result] !== 1 || others.length !== 1 || tap === undefined || Math.abs(coef[tap]!) !== 1)
    return undefined
  const turned = coef[tap] === -1
  return { tap, turned, first: turned ? offset - 2 : offset }
}

/** Zeros before and after a row of `size` pixels: `results` need them, in whole tiles, the first of them from pixel `first` on. */
export const paddingOf = (first: number, results: number, size: number): [number, number] => [
  -first,
  RESULTS * tilesOf(results) + 2 + first - size,
]

/** Tiles of a row of results; of an odd row the last one is half empty. */
export const tilesOf = (results: number): number => Math.ceil(results / RESULTS)

/** Products of one pair of channels, tap by tap, that are not with a zero of the border. */
function productsOf([h, w]: readonly [number, number], padding: Convolution['padding']): number {
  const along = (results: number, [before, after]: readonly [number, number]): number => {
    const size = RESULTS * tilesOf(results) + 2 - before - after
    let count = 0
    for (let y = 0; y < results; y++) for (let r = 0; r < 3; r++) if (y + r >= before && y + r < before + size) count++
    return count
  }
  return along(h, padding[0]!) * along(w, padding[1]!)
}

export function convolutionOf(v: Value): Convolution | undefined {
  const { out, reduced, a, b } = contractAttrs(v)
  if (v.dtype !== 'float32' || out.length !== 4 || reduced.length !== 3) return undefined
  const extents = extentsOf(v)
  for (const image of [0, 1] as const) {
    const [pixel, weight] = image === 0 ? [a, b] : [b, a]
    const { shape } = v.inputs[image]!
    if (pixel.length !== 4 || weight.length !== 4 || variableOf(pixel[0]!) !== 0) continue
    const c = variableOf(pixel[1]!)
    const taps = [tapOf(pixel[2]!, 2), tapOf(pixel[3]!, 3)]
    if (c === undefined || c < 4 || taps.some((t) => t === undefined || extents[t.tap] !== 3)) continue
    const [r, s] = taps as [NonNullable<(typeof taps)[0]>, NonNullable<(typeof taps)[0]>]
    const found = weight.map(variableOf)
    const dims = [1, c, r.tap, s.tap].map((j) => found.indexOf(j)) as [number, number, number, number]
    if (new Set([c, r.tap, s.tap]).size < 3 || dims.includes(-1)) continue
    const padding = [r, s].map(({ first }, d) => paddingOf(first, out[2 + d]!, shape[2 + d]!))
    return { image, channels: extents[c]!, padding, filter: { dims, turned: [r.turned, s.turned] } }
  }
  return undefined
}

/** Cycles saved for one pair of channels of an image. */
export const savedBy = (results: readonly [number, number], padding: Convolution['padding']): number =>
  (productsOf(results, padding) - TILE * tilesOf(results[0]) * tilesOf(results[1])) / 2

/** How a convolution's work is cut: `tiles` of results, rows by columns, that a job transforms at once, and filters at once. */
export type Blocks = {
  readonly tiles: readonly [number, number]
  readonly filters: number
}

/** Bytes of transformed pixels that a job keeps in the second-level cache, and of products; together less than a small stack. */
const PIXEL_BYTES = 512 << 10
const PRODUCT_BYTES = 256 << 10
/** Tiles of a block, at most: more would leave room for few filters. */
const MOST_TILES = 32

/** The largest divisor of n up to `most`. */
export function divisor(n: number, most: number): number {
  let d = Math.max(1, Math.min(n, Math.floor(most)))
  while (n % d !== 0) d--
  return d
}

/** The blocks of a convolution [n, k, h, w]; undefined where it does not pay, or does not divide. */
export function blocksOf(
  [n, k, h, w]: Shape,
  { channels, padding }: Pick<Convolution, 'channels' | 'padding'>,
  { lanes }: Pick<Machine, 'lanes'>,
): Blocks | undefined {
  const [rows, columns] = [tilesOf(h!), tilesOf(w!)]
  if (lanes < 2 || n! % lanes !== 0) return undefined
  const vectorBytes = 4 * lanes * TILE
  const most = Math.min(MOST_TILES, Math.floor(PIXEL_BYTES / (vectorBytes * channels)))
  if (most < 1) return undefined
  const across = divisor(columns, most)
  const down = across === columns ? divisor(rows, most / across) : 1
  const filters = divisor(k!, PRODUCT_BYTES / (vectorBytes * across * down))
  // By vector instructions: transforms of a tile's pixels (for each channel) and results (for each filter), and two products a cycle.
  const transforms = rows * columns * (28 * channels + 24 * k!)
  const saved = savedBy([h!, w!], padding) * channels * k!
  const reused = (n! / lanes) * rows * columns
  return transforms < 0.5 * saved && filters >= Math.min(k!, 8) && reused >= 16 ? { tiles: [down, across], filters } : undefined
}
