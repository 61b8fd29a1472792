/** Arrays that share their first dimension, by row: what TensorDataset gives one at a time, here and in workers. */
import type { DType, TypedArray } from '../core/dtype.js'
import { portable } from './portable.js'

/** Numbers with a shape, in a sample: they become a tensor [N, ...shape]. */
export interface ShapedArray {
  /** Row-major; float16 as bits. */
  readonly data: TypedArray
  /** Extents; their product is the number of values. */
  readonly shape: readonly number[]
  /** Default: that of the array. */
  readonly dtype?: DType
}

/** All rows of one tensor. */
export interface Column {
  readonly dtype: DType
  /** Of one row. */
  readonly shape: readonly number[]
  readonly data: TypedArray
}

/** Row i of every column; shares their values. */
export const columnRows = /* @__PURE__ */ portable(
  import.meta.url,
  'columnRows',
  (length: number, columns: readonly Column[]) => ({
    length,
    get: (index: number): ShapedArray[] =>
      columns.map(({ dtype, shape, data }) => {
        const size = shape.reduce((a, b) => a * b, 1)
        return { data: data.subarray(index * size, (index + 1) * size), shape, dtype }
      }),
  }),
)
