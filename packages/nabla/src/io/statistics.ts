/** What a tensor's values look like in five numbers. */
import { isFloat } from '../core/dtype.js'
import { halfToNumber } from '../core/half.js'
import type { TensorData } from './stored.js'

/** Of the finite values; what is not finite is counted. */
export interface TensorStatistics {
  /** Elements. */
  readonly count: number
  /** The smallest; null where there is none. */
  readonly min: number | null
  /** The largest. */
  readonly max: number | null
  /** The mean. */
  readonly mean: number | null
  /** The standard deviation (of the values themselves, not an estimate). */
  readonly std: number | null
  /** How many are NaN. */
  readonly nan: number
  /** How many are infinite. */
  readonly infinite: number
}

/** The statistics of a tensor's values, by Welford's running mean (1962), which does not cancel. */
export function statisticsOf({ dtype, data }: TensorData): TensorStatistics {
  let [min, max, mean, squares] = [Infinity, -Infinity, 0, 0]
  let [finite, nan, infinite] = [0, 0, 0]
  const half = dtype === 'float16'
  const float = isFloat(dtype)
  for (let i = 0; i < data.length; i++) {
    const value = half ? halfToNumber(data[i]!) : data[i]!
    if (float && !Number.isFinite(value)) {
      if (Number.isNaN(value)) nan++
      else infinite++
      continue
    }
    finite++
    if (value < min) min = value
    if (value > max) max = value
    const apart = value - mean
    mean += apart / finite
    squares += apart * (value - mean)
  }
  const none = finite === 0
  return {
    count: data.length,
    min: none ? null : min,
    max: none ? null : max,
    mean: none ? null : mean,
    std: none ? null : Math.sqrt(squares / finite),
    nan,
    infinite,
  }
}
