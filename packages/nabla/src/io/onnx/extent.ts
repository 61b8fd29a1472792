/**
 * Extents that may depend on the batch. A function is traced for several batch sizes; a number that is the same in all traces is that
 * number, any other must be `scale * batch + plus` in all of them.
 */
import { NablaError } from '../../core/errors.js'

/** A number, or one that grows with the batch. */
export type Extent = number | { readonly scale: number; readonly plus: number }

export const isFixed = (extents: readonly Extent[]): extents is readonly number[] =>
  extents.every((extent) => typeof extent === 'number')

export const sameExtent = (a: Extent, b: Extent): boolean =>
  typeof a === 'number' || typeof b === 'number' ? a === b : a.scale === b.scale && a.plus === b.plus

export const sameShape = (a: readonly Extent[], b: readonly Extent[]): boolean =>
  a.length === b.length && a.every((extent, d) => sameExtent(extent, b[d]!))

/** The number that every trace has at this place, given the batch of each. */
export function fit(values: readonly number[], batches: readonly number[], what: string): Extent {
  const [first] = values
  if (values.every((value) => Object.is(value, first))) return first!
  const scale = (values[1]! - first!) / (batches[1]! - batches[0]!)
  const plus = first! - scale * batches[0]!
  if (!Number.isInteger(scale) || values.some((value, i) => value !== scale * batches[i]! + plus))
    throw new NablaError(
      'argument',
      `[onnx] ${what} depends on the batch in a way that is not a multiple of it (${values.join(', ')} for batches of ${batches.join(', ')}); export with a fixed batch`,
      { values, batches },
    )
  return { scale, plus }
}
