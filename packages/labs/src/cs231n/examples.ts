/**
 * Examples as rows of numbers: pixels or features, made ready batch by batch, so that 49,000 images stay bytes.
 *
 *     row = ((values - mean) / deviation, 1)      the 1 at the end is the bias trick: the last row of the weights is the bias
 */
import { type Tensor, tensor } from 'nabla'

export interface Preparation {
  /** Subtracted from every row. Default: nothing. */
  readonly mean?: Float32Array
  /** Every row is divided by it after that. Default: nothing. */
  readonly deviation?: Float32Array
  /** Append a 1. Default false. */
  readonly bias?: boolean
}

export class Examples {
  /** Numbers in a prepared row. */
  readonly columns: number
  readonly length: number

  constructor(
    /** Row by row. */
    readonly values: Uint8Array | Float32Array,
    readonly labels: Uint8Array,
    readonly preparation: Preparation = {},
  ) {
    this.length = labels.length
    this.columns = values.length / labels.length + (preparation.bias ? 1 : 0)
  }

  /** Rows as they are learnt from, on the host: [rows, columns]. */
  rows(numbers: ArrayLike<number>): Float32Array {
    const { values, columns } = this
    const { mean, deviation, bias } = this.preparation
    const width = bias ? columns - 1 : columns
    const rows = new Float32Array(numbers.length * columns).fill(1)
    for (let i = 0; i < numbers.length; i++) {
      const from = numbers[i]! * width
      const to = i * columns
      for (let j = 0; j < width; j++) {
        const value = values[from + j]! - (mean ? mean[j]! : 0)
        rows[to + j] = deviation ? value / deviation[j]! : value
      }
    }
    return rows
  }

  labelsOf(numbers: ArrayLike<number>): Int32Array {
    return Int32Array.from({ length: numbers.length }, (_, i) => this.labels[numbers[i]!]!)
  }

  /** float32 [rows, columns] and int32 [rows]. */
  batch(numbers: ArrayLike<number>): [rows: Tensor, labels: Tensor] {
    return [tensor(this.rows(numbers), { shape: [numbers.length, this.columns] }), tensor(this.labelsOf(numbers))]
  }
}

/** Mean and deviation of every column; a column that never changes has deviation 1. */
export function columnMoments(values: ArrayLike<number>, width: number): { mean: Float32Array; deviation: Float32Array } {
  const n = values.length / width
  const [sum, squares] = [new Float64Array(width), new Float64Array(width)]
  for (let i = 0; i < values.length; i += width) for (let j = 0; j < width; j++) sum[j]! += values[i + j]!
  const mean = sum.map((s) => s / n)
  for (let i = 0; i < values.length; i += width) for (let j = 0; j < width; j++) squares[j]! += (values[i + j]! - mean[j]!) ** 2
  return { mean: Float32Array.from(mean), deviation: Float32Array.from(squares, (s) => Math.sqrt(s / n) || 1) }
}

/** The share of examples whose highest score is their class; `score` gives [N, classes] for [N, columns]. */
export async function accuracyOf(score: (rows: Tensor) => Tensor, examples: Examples): Promise<number> {
  const classes = await predictions(score, examples)
  return classes.reduce((right, found, i) => right + Number(found === examples.labels[i]), 0) / examples.length
}

/** The class with the highest score of every example. */
export async function predictions(score: (rows: Tensor) => Tensor, examples: Examples): Promise<Int32Array> {
  const found = new Int32Array(examples.length)
  const size = 500
  for (let from = 0; from < examples.length; from += size) {
    const numbers = Array.from({ length: Math.min(size, examples.length - from) }, (_, i) => from + i)
    const [rows] = examples.batch(numbers)
    found.set((await score(rows).argmax(1).data()) as ArrayLike<number>, from)
  }
  return found
}
