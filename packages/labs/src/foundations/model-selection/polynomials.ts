/** Polynomials through noisy points: the truth, the features, the fit by a formula. */
import { tensor } from 'nabla'
import { SampleRandom } from 'nabla/data'
import { lstsq } from 'nabla/linalg'

/** A cubic: 5 + 1.2 x - 3.4 x^2 / 2! + 5.6 x^3 / 3!, as "Dive into Deep Learning" has it, and the deviation of its noise. */
export const cubic = (x: number): number => 5 + 1.2 * x - (3.4 * x ** 2) / 2 + (5.6 * x ** 3) / 6
export const cubicNoise = 0.1

/** A wave over -1..1, which no polynomial is: for bias and variance. */
export const wave = (x: number): number => Math.sin(Math.PI * x)

/** Points and what was measured there. */
export interface Points {
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/** Points of `f` with normal noise; x normal, or uniform within -1..1. */
export function measured(
  f: (x: number) => number,
  count: number,
  noise: number,
  spread: 'normal' | 'uniform',
  seed: number,
): Points {
  const random = new SampleRandom(seed, 0, spread === 'normal' ? 3 : 4)
  const x = Array.from({ length: count }, () => (spread === 'normal' ? random.normal() : random.uniform(-1, 1)))
  return { x, y: x.map((v) => f(v) + noise * random.normal()) }
}

export const part = ({ x, y }: Points, rows: ArrayLike<number>): Points => ({
  x: Array.from(rows, (i) => x[i]!),
  y: Array.from(rows, (i) => y[i]!),
})

/** 1, x, x^2, ... up to the degree. */
export const powers = (x: number, degree: number): number[] => Array.from({ length: degree + 1 }, (_, i) => x ** i)

/** 1, x, x^2 / 2!, ...: the factorials keep high powers of large x small, for descent. */
export function tamedPowers(x: number, degree: number): number[] {
  const out = [1]
  for (let i = 1; i <= degree; i++) out.push((out[i - 1]! * x) / i)
  return out
}

/**
 * Weights of the polynomial of least squares, with a breath of a penalty on them, without which few points leave them open: the rows of
 * sqrt(penalty N) I under the features ask for weights of 0.
 */
export async function leastSquares({ x, y }: Points, degree: number, penalty = 1e-9): Promise<number[]> {
  const weight = Math.sqrt(penalty * x.length)
  const ask = Array.from({ length: degree + 1 }, (_, i) => Array.from({ length: degree + 1 }, (_, k) => (i === k ? weight : 0)))
  const X = tensor([...x.map((v) => powers(v, degree)), ...ask], { dtype: 'float64' })
  const target = tensor([...y, ...ask.map(() => 0)], { dtype: 'float64' })
  return Array.from(await lstsq(X, target).solution.data())
}

/** What the polynomial says at x. */
export const predict = (weights: readonly number[], x: readonly number[]): number[] =>
  x.map((v) => powers(v, weights.length - 1).reduce((sum, power, i) => sum + power * weights[i]!, 0))

/** Mean squared error. */
export function error(weights: readonly number[], { x, y }: Points): number {
  const said = predict(weights, x)
  return y.reduce((sum, v, i) => sum + (v - said[i]!) ** 2, 0) / y.length
}
