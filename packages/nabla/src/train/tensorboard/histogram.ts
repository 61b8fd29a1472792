/** Histograms as TensorBoard wants them: buckets by their right edges, and the moments of all values. */

/** Counts in buckets, and sums. */
export interface Histogram {
  readonly min: number
  readonly max: number
  /** How many values. */
  readonly num: number
  readonly sum: number
  readonly sumSquares: number
  /** Right edges of the buckets, rising; a value lies in the first whose edge it does not exceed. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}

/** The values in `buckets` buckets of equal width. Values that are not finite are left out; of none there is one empty bucket. */
export function histogramOf(values: ArrayLike<number>, buckets = 30): Histogram {
  let [min, max, num, sum, sumSquares] = [Infinity, -Infinity, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    if (value < min) min = value
    if (value > max) max = value
    num++
    sum += value
    sumSquares += value * value
  }
  if (num === 0) return { min: 0, max: 0, num: 0, sum: 0, sumSquares: 0, edges: [0], counts: [0] }
  if (min === max) return { min, max, num, sum, sumSquares, edges: [max], counts: [num] }
  const counts = new Array<number>(buckets).fill(0)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    counts[Math.max(0, Math.min(buckets - 1, Math.ceil((buckets * (value - min)) / (max - min)) - 1))]!++
  }
  const edges = counts.map((_, i) => (i === buckets - 1 ? max : min + ((i + 1) * (max - min)) / buckets))
  return { min, max, num, sum, sumSquares, edges, counts }
}
