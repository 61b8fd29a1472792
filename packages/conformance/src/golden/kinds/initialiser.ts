/**
 * `init`: what is drawn has the recorded distribution. Drawn from a fixed seed, so that a verdict is the same in every run; the bounds
 * are such that a right initialiser fails for one seed in millions.
 *
 *     mean    within 6 standard errors                      std s / sqrt(n)
 *     std     within 6 standard errors                      std s sqrt((kurtosis - 1) / 4n)
 *     bounds  nothing outside, and something near either    a gap of 30 / n of the range has probability e^-30
 *     form    Kolmogorov-Smirnov: largest distance of the two distribution functions at most 3.3 / sqrt(n)
 */
import { manualSeed, noGrad, realize, type Tensor, type TypedArray, zeros } from 'nabla'
import type { Check, Mismatch } from '../../case.js'
import { compareValues, show, within } from '../../compare.js'
import type { Recorded } from '../manifest.js'
import { camel } from '../names.js'
import { lookUp, tables } from '../tables.js'

/** As many elements are drawn, unless the tensor is tiny: then `mostDraws` of them. */
const wanted = 40_000
const mostDraws = 400

export function initialiser(entry: Recorded): Check[] {
  const { stats = {}, shape = [], kwargs } = entry
  if (typeof stats['gain'] === 'number') {
    const got = lookUp(tables.gain, entry.call)(kwargs)
    const expected = stats['gain']
    return [{ tensors: [], judge: () => compareValues('gain', [got], [expected], [], within(entry.rtol, entry.atol)) }]
  }
  const size = shape.reduce((a, b) => a * b, 1)
  const draws = stats['distribution'] === 'constant' ? 1 : Math.min(mostDraws, Math.ceil(wanted / size))
  manualSeed(20)
  const draw = drawer(entry)
  // Each draw is computed by itself: all of them are one small program that is run again, where together they would be one of hundreds of outputs.
  const tensors = Array.from({ length: draws }, () => {
    const tensor = draw()
    realize(tensor)
    return tensor
  })
  const other = tensors.find((tensor) => String(tensor.shape) !== String(shape))
  if (other) throw new Error(`the tensor has shape [${other.shape.join(', ')}], expected [${shape.join(', ')}]`)
  return [{ tensors, judge: (values) => judge(values, stats as unknown as Stats, entry.rtol) }]
}

function drawer(entry: Recorded): () => Tensor {
  const { tensor: path } = entry
  if (path === undefined) {
    const fill = lookUp(tables.init, entry.call)
    return () => {
      const tensor = zeros(entry.shape!)
      noGrad(() => fill(tensor, entry.kwargs))
      return tensor
    }
  }
  const { build } = lookUp(tables.module, entry.call)
  return () => {
    const parameters = new Map<string, Tensor>(build(entry.kwargs).namedParameters())
    const found = parameters.get(path) ?? parameters.get(camel(path))
    if (!found) throw new Error(`the module has no parameter ${path}; it has ${[...parameters.keys()].join(', ')}`)
    return found
  }
}

interface Stats {
  readonly distribution: string
  readonly mean: number
  readonly std: number
  readonly low?: number
  readonly high?: number
}

/** Fourth moments over squared variances; a normal distribution's where it is not known, for no initialiser has heavier tails. */
const kurtosis: Readonly<Record<string, number>> = { uniform: 1.8, normal: 3 }

function judge(values: readonly TypedArray[], stats: Stats, rtol: number): Mismatch | undefined {
  const { distribution, mean, std, low, high } = stats
  const sample = Float64Array.from(values.flatMap((part) => Array.from(part))).sort()
  const n = sample.length
  const off = (what: string, got: number, expected: number, allowed: number): Mismatch | undefined => {
    const error = Math.abs(got - expected)
    if (error <= allowed) return undefined
    const text = `${what} of ${n} elements is ${show(got)}, expected ${show(expected)}: error ${error.toExponential(2)}, allowed ${allowed.toExponential(1)}`
    return { text, error: Number.isNaN(error) ? Infinity : error }
  }
  if (distribution === 'constant')
    return off('smallest', sample[0]!, mean, rtol * Math.abs(mean)) ?? off('largest', sample[n - 1]!, mean, rtol * Math.abs(mean))

  const gotMean = sample.reduce((a, b) => a + b, 0) / n
  const gotStd = Math.sqrt(sample.reduce((a, b) => a + (b - gotMean) ** 2, 0) / n)
  const spread = Math.sqrt(((kurtosis[distribution] ?? 3) - 1) / (4 * n))
  const found = off('mean', gotMean, mean, (6 * std) / Math.sqrt(n)) ?? off('std', gotStd, std, 6 * std * spread)
  if (found) return found

  if (low !== undefined && high !== undefined) {
    // A truncated normal distribution is thin at its ends, so only a uniform one must come near them.
    const gap = distribution === 'uniform' ? (high - low) * Math.min(1, 30 / n) : high - low
    const rounding = 1e-6 * Math.max(Math.abs(low), Math.abs(high), high - low)
    const middle = gap / 2 - rounding / 2
    const outside =
      off('smallest', sample[0]!, low + middle, middle + rounding) ??
      off('largest', sample[n - 1]!, high - middle, middle + rounding)
    if (outside) return outside
  }
  const below = distributions[distribution]?.(stats)
  if (!below) return undefined
  let distance = 0
  sample.forEach((value, i) => {
    const p = below(value)
    distance = Math.max(distance, p - i / n, (i + 1) / n - p)
  })
  return off(`distance from a ${distribution} distribution`, distance, 0, 3.3 / Math.sqrt(n))
}

/** Distribution functions. */
const distributions: Readonly<Record<string, (stats: Stats) => (value: number) => number>> = {
  uniform:
    ({ low, high }) =>
    (value) =>
      (value - low!) / (high! - low!),
  normal:
    ({ mean, std }) =>
    (value) =>
      normalBelow((value - mean) / std),
}

/** The standard normal distribution function, to 1e-7 (Abramowitz and Stegun 26.2.17). */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
  return z < 0 ? tail : 1 - tail
}
