/** Checks that the makers of transforms share: what was given, what is expected, what to do. */
import { NablaError } from '../core/errors.js'
import type { SampleRandom } from '../data/random.js'
import type { AnyRaster } from './transform.js'

/** One number for both, or one each. */
export type Pair = number | readonly [number, number]

const shown = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value))

/** Throws NablaError('argument') in the form all these checks have. */
export function refuse(name: string, what: string, value: unknown, expected: string): never {
  throw new NablaError('argument', `[${name}] ${what} ${shown(value)}: expected ${expected}`, { [what]: value })
}

/** A probability, 0..1. */
export function probability(name: string, p: number, what = 'p'): number {
  return p >= 0 && p <= 1 ? p : refuse(name, what, p, 'a probability from 0 to 1')
}

/** Height and width in pixels: one number is a square. */
export function sizeOf(name: string, size: Pair, what = 'size'): [number, number] {
  const sides = typeof size === 'number' ? [size, size] : [...size]
  if (sides.length !== 2 || sides.some((side) => !Number.isInteger(side) || side < 1))
    refuse(name, what, size, 'whole numbers of 1 or more: one for a square, or [height, width]')
  return sides as [number, number]
}

/** A finite number within limits. */
export function within(name: string, what: string, value: number, low: number, high = Infinity): number {
  if (Number.isFinite(value) && value >= low && value <= high) return value
  return refuse(name, what, value, high === Infinity ? `a number of ${low} or more` : `a number from ${low} to ${high}`)
}

/** A whole number within limits. */
export function whole(name: string, what: string, value: number, low: number, high = Infinity): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value
  return refuse(
    name,
    what,
    value,
    high === Infinity ? `a whole number of ${low} or more` : `a whole number from ${low} to ${high}`,
  )
}

/** [least, most], both within limits. */
export function rangeOf(
  name: string,
  what: string,
  range: readonly [number, number],
  low: number,
  high = Infinity,
): readonly [number, number] {
  const [least, most] = range
  if (range.length === 2 && least >= low && least <= most && most <= high && Number.isFinite(least) && Number.isFinite(most))
    return range
  return refuse(
    name,
    what,
    range,
    `[least, most]${low === -Infinity ? '' : ` from ${low}`}${high === Infinity ? '' : ` to ${high}`}, in this order`,
  )
}

/** A range of degrees: one number d is [-d, d]. */
export function degreesOf(name: string, what: string, degrees: Pair): readonly [number, number] {
  if (typeof degrees === 'number') {
    within(name, what, degrees, 0)
    return [-degrees, degrees]
  }
  return rangeOf(name, what, degrees, -Infinity)
}

/** A uniform number of a range. */
export const drawn = (random: SampleRandom, [least, most]: readonly [number, number]): number =>
  least === most ? least : random.uniform(least, most)

/** Colours are grey (1 channel) or red, green and blue (3). */
export function checkColours(name: string, { channels }: AnyRaster): void {
  if (channels !== 1 && channels !== 3)
    throw new NablaError(
      'shape',
      `[${name}] the picture has ${channels} channels; expected 1 (grey) or 3 (red, green, blue): leave transparency out when reading it`,
      { channels },
    )
}

/** What works on 256 levels cannot take floats. */
export function checkBytes(name: string, image: AnyRaster): asserts image is AnyRaster & { data: Uint8Array } {
  checkColours(name, image)
  if (!(image.data instanceof Uint8Array))
    throw new NablaError(
      'dtype',
      `[${name}] the picture holds floats; expected bytes: put it before toFloat or normalize, or toBytes before it`,
    )
}

/** One value for each channel: a single one serves all. */
export function perChannel(name: string, what: string, values: number | readonly number[], channels: number): readonly number[] {
  const list = typeof values === 'number' ? [values] : values
  if (list.length === channels) return list
  if (list.length === 1) return Array.from({ length: channels }, () => list[0]!)
  throw new NablaError(
    'shape',
    `[${name}] ${what} has ${list.length} values, the picture ${channels} channels; expected one value, or one for each channel`,
    { [what]: values, channels },
  )
}

/** Numbers, all finite. */
export function finite(name: string, what: string, values: number | readonly number[]): void {
  const list = typeof values === 'number' ? [values] : values
  if (list.length === 0 || !list.every(Number.isFinite)) refuse(name, what, values, 'a finite number, or one for each channel')
}
