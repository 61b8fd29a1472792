/** Dense arrays for the references: elements read and written as numbers, whatever their dtype; and numbers as attributes. */
import { type DType, dtypes } from '../core/dtype.js'
import { halfToNumber, numberToHalf } from '../core/half.js'
import { type Shape, sizeOf } from '../core/shape.js'
import type { Dense } from './op.js'

/** Zeros. */
export const zeros = (shape: Shape, dtype: DType): Dense => ({ shape, dtype, data: new dtypes[dtype].array(sizeOf(shape)) })

/** A dense array of given values, rounded to its dtype. */
export function denseOf(shape: Shape, dtype: DType, values: ArrayLike<number>): Dense {
  const result = zeros(shape, dtype)
  const set = writer(result)
  for (let i = 0; i < result.data.length; i++) set(i, values[i]!)
  return result
}

/** Element i (row-major) as a number. */
export function reader(d: Dense): (i: number) => number {
  const { data } = d
  return d.dtype === 'float16' ? (i) => halfToNumber(data[i]!) : (i) => data[i]!
}

/** Stores element i, rounded or wrapped to the dtype; anything but 0 is true. */
export function writer(d: Dense): (i: number, value: number) => void {
  const { data } = d
  if (d.dtype === 'float16') return (i, value) => void (data[i] = numberToHalf(value))
  if (d.dtype === 'bool') return (i, value) => void (data[i] = value !== 0 ? 1 : 0)
  return (i, value) => void (data[i] = value)
}

/** All elements as numbers. */
export const numbersOf = (d: Dense): number[] => (d.dtype === 'float16' ? Array.from(d.data, halfToNumber) : Array.from(d.data))

/** A number as a value of `dtype` holds it. */
export function rounded(value: number, dtype: DType): number {
  const one = denseOf([1], dtype, [value])
  return reader(one)(0)
}

/**
 * A number as an attribute. Attributes are hashed as JSON, which knows neither NaN nor infinities nor -0: those are written as
 * strings; `Number(attribute)` reads all of them back.
 */
export const numberAttr = (value: number): number | string =>
  Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value)

/** Calls `visit` with every multi-index below `shape`, in row-major order; the array is reused. */
export function eachIndex(shape: Shape, visit: (at: readonly number[], flat: number) => void): void {
  const size = sizeOf(shape)
  const at = new Array<number>(shape.length).fill(0)
  for (let flat = 0; flat < size; flat++) {
    visit(at, flat)
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++at[d]! < shape[d]!) break
      at[d] = 0
    }
  }
}

/** The two halves of a shape around a dimension: outer * n * inner elements. */
export function around(shape: Shape, dim: number): { outer: number; n: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, dim)), n: shape[dim]!, inner: sizeOf(shape.slice(dim + 1)) }
}
