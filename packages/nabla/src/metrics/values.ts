/** What metrics are given: tensors or plain numbers; read together, checked one by one. */
import type { TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { tensor } from '../tensor/create.js'
import { realize } from '../tensor/realize.js'
import { Tensor } from '../tensor/tensor.js'
import type { Nested } from '../tensor/values.js'

/** A tensor, nested arrays of numbers, or a typed array. */
export type Numbers = Tensor | Nested | TypedArray

/** Plain numbers as a tensor that keeps all their digits. */
export const asTensor = (numbers: Numbers): Tensor =>
  numbers instanceof Tensor ? numbers : tensor(numbers, { dtype: 'float64', device: 'js' })

/** The values of several tensors, computed together. */
export async function read<T extends readonly Tensor[]>(...tensors: T): Promise<{ -readonly [K in keyof T]: TypedArray }> {
  realize(...tensors)
  return (await Promise.all(tensors.map((t) => t.data()))) as { -readonly [K in keyof T]: TypedArray }
}

export function checkSameShape(metric: string, preds: Tensor, target: Tensor): void {
  if (!sameShape(preds.shape, target.shape))
    throw new NablaError(
      'shape',
      `[${metric}] predictions ${showShape(preds.shape)} and targets ${showShape(target.shape)} must have the same shape`,
      { preds: preds.shape, target: target.shape },
    )
}

/** A count of classes, or of whatever there must be `least` of. */
export function checkWhole(metric: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new NablaError('argument', `[${metric}] ${name} is ${value}; expected a whole number of ${least} or more`, {
      [name]: value,
    })
  return value
}

/** One of a few words. */
export function checkWord<W extends string>(metric: string, name: string, value: W, known: readonly W[]): W {
  if (!known.includes(value))
    throw new NablaError('argument', `[${metric}] unknown ${name} "${String(value)}"; known: ${known.join(', ')}`, {
      [name]: value,
    })
  return value
}

/** Throws if a class is none. */
export function checkClass(metric: string, what: string, value: number, at: number, classes: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= classes)
    throw new NablaError('index', `[${metric}] ${what} ${value} at [${at}] is outside of the classes 0..${classes - 1}`, {
      value,
      index: at,
      classes,
    })
  return value
}
