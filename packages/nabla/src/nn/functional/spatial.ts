/** Settings of layers that slide over space: one number for all dimensions, or one each. */
import { NablaError, showShape } from '../../core/errors.js'
import type { Shape } from '../../core/shape.js'

/** One number for all spatial dimensions, or a list with one each. */
export type Size = number | readonly number[]

/** A setting as `count` whole numbers, each at least `least`. */
export function sizes(op: string, name: string, given: Size, count: number, least: number): number[] {
  const list = typeof given === 'number' ? new Array<number>(count).fill(given) : [...given]
  if (list.length !== count || list.some((n) => !Number.isInteger(n) || n < least))
    throw new NablaError(
      'argument',
      `[${op}] ${name} is ${typeof given === 'number' ? given : showShape(given)}; expected ${count === 1 ? 'a whole number' : `one or ${count} whole numbers`} of ${least} or more`,
      {
        op,
        [name]: given,
      },
    )
  return list
}

/** Checks an input of [N, C, ...] or [C, ...] with `count` spatial dimensions; true if it has no batch dimension. */
export function unbatched(op: string, shape: Shape, count: number): boolean {
  if (shape.length !== count + 2 && shape.length !== count + 1) {
    const space = ['L', 'H, W', 'D, H, W'][count - 1]!
    throw new NablaError('shape', `[${op}] the input has shape ${showShape(shape)}; expected [N, C, ${space}] or [C, ${space}]`, {
      op,
      shape,
    })
  }
  return shape.length === count + 1
}
