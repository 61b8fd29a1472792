/** Looking at descriptions before anything is drawn: what does not fit is an error that says what; what is not finite is counted. */
import { NablaError } from 'nabla'
import type { Axis, Values } from './picture.js'

/** Throws NablaError('argument') that names the kind of picture. */
export function fail(kind: string, message: string, facts: Readonly<Record<string, unknown>> = {}): never {
  throw new NablaError('argument', `[${kind}] ${message}`, facts)
}

/** Checks that two rows of numbers that belong together are equally long. */
export function sameLength(kind: string, what: string, given: ArrayLike<unknown>, than: string, expected: number): void {
  if (given.length !== expected)
    fail(kind, `${what} has ${given.length} values, ${than} has ${expected}: expected as many`, { given: given.length, expected })
}

const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** Checks that values fill a matrix. */
export function fills(kind: string, values: Values, shape: readonly number[]): void {
  const count = shape.reduce((a, b) => a * b, 1)
  if (shape.some((d) => !Number.isInteger(d) || d < 1))
    fail(kind, `shape ${showShape(shape)} is nothing to draw: every dimension must be a whole number from 1`, { shape })
  if (values.length !== count) fail(kind, `${values.length} values of shape ${showShape(shape)}: expected ${count}`, { shape })
}

/** The axis in full. Throws where its range is none. */
export function axisOf(kind: string, axis: string | Axis): Axis {
  const full = typeof axis === 'string' ? { label: axis } : axis
  const [from, to] = full.range ?? [1, 2]
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to && (!full.log || from > 0)))
    fail(
      kind,
      `the axis "${full.label}" goes from ${from} to ${to}: expected finite numbers, the first smaller${full.log ? ' and above 0' : ''}`,
    )
  return full
}

export const titleOf = ({ label, unit }: Axis): string => (unit ? `${label} (${unit})` : label)

/** Whether an axis can show a value. */
export const shows = ({ log }: Axis, value: number): boolean =>
  Number.isFinite(value) && Math.abs(value) < 1e300 && (!log || value > 0)

/** Least and largest of the values an axis can show; undefined where there is none. */
export function extent(axis: Axis, ...all: Values[]): [number, number] | undefined {
  let [low, high] = [Infinity, -Infinity]
  for (const values of all)
    for (let i = 0; i < values.length; i++) {
      const v = values[i]!
      if (!shows(axis, v)) continue
      if (v < low) low = v
      if (v > high) high = v
    }
  return low <= high ? [low, high] : undefined
}

/** The range an axis shows: its own, or the values', made wider where it would be a point, and by `room` (a share) on both sides. */
export function domain(axis: Axis, found: readonly [number, number] | undefined, room = 0): [number, number] {
  if (axis.range) return [...axis.range]
  let [low, high] = found ?? (axis.log ? [1, 10] : [0, 1])
  if (axis.log) {
    if (high / low < 1.0001) [low, high] = [low / 2, high * 2]
    const factor = (high / low) ** room
    return [low / factor, high * factor]
  }
  if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
    const half = Math.abs(low) / 10 || 0.5
    ;[low, high] = [low - half, high + half]
  }
  return [low - (high - low) * room, high + (high - low) * room]
}

/** The sentence under a picture from which values are missing; undefined where none is. */
export function leftOut(missing: number, of: number, log = false): string | undefined {
  if (!missing) return undefined
  const why = log ? 'not finite, or not above 0 on a logarithmic axis' : 'not finite'
  return `${missing} of ${of} values ${missing === 1 ? 'is' : 'are'} left out: ${why}`
}
