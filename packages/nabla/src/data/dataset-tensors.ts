/** Tensors as a data set. */
import type { DType, TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { BaseDataset, type Dataset } from './dataset.js'
import { type Column, columnRows, type ShapedArray } from './column-rows.js'
import { type Recipe, recipeKey, recipeOf } from './portable.js'

/**
 * Tensors that share their first dimension; row i is the i-th slice of each. Their values are read once, at the first batch. A sample is an
 * array of `{ data, shape, dtype }`.
 */
export class TensorDataset extends BaseDataset<ShapedArray[]> implements Dataset<Tensor[]> {
  /** Number of rows: the first extent of every tensor. */
  readonly length: number
  private readonly tensors: readonly Tensor[]
  private columns: Promise<Column[]> | undefined

  constructor(...tensors: Tensor[]) {
    super()
    const shapes = tensors.map((t) => t.shape)
    const length = shapes[0]?.[0]
    if (length === undefined || shapes.some((shape) => shape[0] !== length))
      throw new NablaError(
        'shape',
        `[TensorDataset] expected one or more tensors with the same first dimension, got ${shapes.map(showShape).join(' and ') || 'none'}`,
        { shapes },
      )
    this.length = length
    this.tensors = tensors
  }

  private read(): Promise<Column[]> {
    this.columns ??= Promise.all(
      this.tensors.map(async (t) => ({ dtype: t.dtype, shape: t.shape.slice(1), data: (await t.data()) as TypedArray })),
    )
    return this.columns
  }

  /** Row `index` of each tensor; shares their values. */
  async get(index: number): Promise<ShapedArray[]> {
    return columnRows(this.length, await this.read()).get(index)
  }

  /** Workers get the values in shared memory; waits for them. */
  get [recipeKey](): Recipe {
    const columns = this.tensors.map((t) => ({ dtype: t.dtype, shape: t.shape.slice(1), data: t.dataSync() as TypedArray }))
    return recipeOf(columnRows(this.length, columns))!
  }

  async batch(rows: Uint32Array): Promise<Tensor[]> {
    return (await this.read()).map(({ dtype, shape, data }) => {
      const size = sizeOf(shape)
      const out = data.slice(0, 0).constructor as new (length: number) => TypedArray
      const gathered = new out(rows.length * size)
      for (let i = 0; i < rows.length; i++) gathered.set(data.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size)
      return tensor(gathered, { shape: [rows.length, ...shape] as readonly number[], dtype: dtype as DType })
    })
  }
}
