/** What generated JavaScript calls: rounding, bit views, and the C library functions that Math lacks. */
import { halfToNumber, numberToHalf } from '../core/half.js'

const floats = new Float32Array(1)
const ints = new Int32Array(floats.buffer)
const words = new Uint32Array(floats.buffer)

/** To the nearest whole number, ties to even; keeps the sign of zero. */
function rint(x: number): number {
  if (!(Math.abs(x) < 2 ** 52)) return x
  const y = x < 0 ? x - 2 ** 52 + 2 ** 52 : x + 2 ** 52 - 2 ** 52
  return y === 0 ? x * 0 : y
}

/** Float to integer as the C renderer has it: towards zero; what does not fit gives the smallest int32, or counts modulo 2^32. */
const toInt32 = (x: number): number => (x > -2147483649 && x < 2147483648 ? x | 0 : -2147483648)
const toUint32 = (x: number): number => (Math.abs(x) < 2 ** 63 ? x >>> 0 : 0)

/**
 * The C library's functions that Math lacks or has otherwise. They come out of one function that needs nothing from outside, so that its
 * text can go to where there are no imports: into a worker.
 */
export function special() {
  /** exp(-x * x) without the error of rounding the square: x = h + l with h * h exact. */
  function expMinusSquare(x: number): number {
    const h = Math.fround(x)
    return Math.exp(-h * h) * Math.exp((h - x) * (h + x))
  }

  /** erf(x) = 2/sqrt(pi) exp(-x^2) sum of 2^k x^(2k+1) / (2k+1)!! (Abramowitz and Stegun 7.1.6): no cancellation. */
  function erfSeries(x: number): number {
    let term = x
    let sum = x
    for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
      term *= (2 * x * x) / (2 * k + 1)
      sum += term
    }
    return (2 / Math.sqrt(Math.PI)) * expMinusSquare(x) * sum
  }

  /** erfc(x) for x >= 2 by its continued fraction (7.1.14), evaluated from behind. */
  function erfcFraction(x: number): number {
    let f = x
    for (let k = 120; k >= 1; k--) f = x + k / 2 / f
    return expMinusSquare(x) / (Math.sqrt(Math.PI) * f)
  }

  function erf(x: number): number {
    const a = Math.abs(x)
    if (!(a > 0)) return x
    return a < 2 ? erfSeries(x) : Math.sign(x) * (a > 6 ? 1 : 1 - erfcFraction(a))
  }

  function erfc(x: number): number {
    if (x < 2) return x < -6 ? 2 : x < -2 ? 2 - erfcFraction(-x) : 1 - erfSeries(x)
    return x > 28 ? 0 : x >= 2 ? erfcFraction(x) : NaN
  }

  /** log |gamma(x)|: Stirling's series above 10, the recurrence up to there, the reflection formula below 1/2. */
  function lgamma(x: number): number {
    if (Math.abs(x) === Infinity) return Infinity
    if (x <= 0 && x === Math.floor(x)) return Infinity
    if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * (x % 2)))) - lgamma(1 - x)
    let shift = 1
    let y = x
    while (y < 10) shift *= y++
    const z = 1 / (y * y)
    const tail = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z / 156)))))) / y
    return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + tail - Math.log(shift)
  }

  /** C's pow, which unlike JavaScript's holds that 1 to any power, and -1 to an infinite one, is 1. */
  const pow = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y)

  return { erf, erfc, lgamma, pow }
}

/** Lanes i and i + n/2 are combined first, then i and i + n/4, and so on. Takes part of a local array; leaves it as it is. */
function reduceLanes(lanes: ArrayLike<number>, start: number, count: number, combine: (a: number, b: number) => number): number {
  const values = Array.from({ length: count }, (_, i) => lanes[start + i]!)
  for (let n = count >> 1; n >= 1; n >>= 1) for (let i = 0; i < n; i++) values[i] = combine(values[i]!, values[i + n]!)
  return values[0]!
}

/** The free names of generated code. */
export const helpers = {
  fround: Math.fround,
  imul: Math.imul,
  floats,
  ints,
  words,
  rint,
  toInt32,
  toUint32,
  halfToNumber,
  numberToHalf,
  ...special(),
  reduceLanes,
}
