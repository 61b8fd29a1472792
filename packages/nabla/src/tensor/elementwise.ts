/** Element-wise compositions on nodes that are no activations: bounds, roots, hyperbolic and special functions, pairs, tests for NaN. */
import { isFloat } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { as, deviceOf, meet, meetShape, type Operand, toNumber } from '../ops/operands.js'
import { composite } from './autograd.js'

/** Integers as float32, for functions of floats. */
const real = (a: Node): Node => (isFloat(a.dtype) ? a : b.cast(a, 'float32'))

/** f(x) with its derivative written out, where differentiating the composition would be wrong or inexact. */
function withSlope(name: string, x: Node, f: (x: Node) => Node, slope: (x: Node, y: Node) => Node): Node {
  const a = real(x)
  return composite(
    name,
    [a],
    () => f(a),
    (grad, y) => [b.mul(grad, slope(a, y))],
  )
}

/** Operands as nodes of one shape and dtype, as in arithmetic. */
function together(op: string, ...operands: readonly Operand[]): Node[] {
  const dtype = toNumber(meet(op, ...operands))
  const shape = meetShape(op, ...operands)
  const device = deviceOf(...operands)
  return operands.map((x) => as(x, dtype, shape, device))
}

// ---------------------------------------------------------------- bounds and rounding

/**
 * x within [min, max]. The gradient passes inside and at the bounds; beyond a bound that is a tensor it goes to the bound. Where min is
 * above max, max counts.
 */
export function clamp(a: Node, min?: Operand, max?: Operand): Node {
  if (min === undefined && max === undefined) throw new NablaError('argument', '[clamp] needs min, max or both')
  const [x, lo, hi] = together('clamp', a, min ?? a, max ?? a) as [Node, Node, Node]
  return composite(
    'clamp',
    [x, lo, hi],
    () => {
      const low = min === undefined ? x : b.maximum(x, lo)
      return max === undefined ? low : b.minimum(low, hi)
    },
    (grad) => {
      const above = min === undefined ? undefined : b.ge(x, lo)
      const below = max === undefined ? undefined : b.le(x, hi)
      const ordered = above && below ? b.lt(lo, hi) : undefined
      const bound = (beyond: Node): Node => b.where(beyond, grad, 0)
      return [
        b.where(above && below ? b.and(above, below) : (above ?? below)!, grad, 0),
        typeof min === 'object' ? bound(ordered ? b.and(b.lt(x, lo), ordered) : b.lt(x, lo)) : undefined,
        typeof max === 'object' ? bound(below && min !== undefined ? b.or(b.gt(x, hi), b.lt(hi, lo)) : b.gt(x, hi)) : undefined,
      ]
    },
  )
}

/** x - trunc(x). */
export const frac = (a: Node): Node => b.sub(a, b.trunc(a))

/** To `decimals` digits behind the point (before it if negative), ties to even. */
export function round(a: Node, decimals: number): Node {
  if (!Number.isInteger(decimals))
    throw new NablaError('argument', `[round] decimals is ${decimals}; expected a whole number`, { decimals })
  if (decimals === 0 || !isFloat(a.dtype)) return b.round(a)
  const ten = 10 ** Math.abs(decimals)
  return decimals > 0 ? b.div(b.round(b.mul(a, ten)), ten) : b.mul(b.round(b.div(a, ten)), ten)
}

const largest = { float16: 65504, float32: 3.4028234663852886e38, float64: Number.MAX_VALUE } as const

/** NaN and infinities replaced; no gradient flows where something was. Infinities become the largest numbers unless told. */
export function nanToNum(a: Node, nan = 0, posinf?: number, neginf?: number): Node {
  if (!isFloat(a.dtype)) return a
  const top = largest[a.dtype as keyof typeof largest]
  const finite = b.where(b.gt(a, top), posinf ?? top, b.where(b.lt(a, -top), neginf ?? -top, a))
  return b.where(isnan(a), nan, finite)
}

// ---------------------------------------------------------------- roots, powers, logarithms

/** 1 / sqrt(x); gradient -y^3 / 2. */
export const rsqrt = (x: Node): Node =>
  withSlope(
    'rsqrt',
    x,
    (a) => b.div(1, b.sqrt(a)),
    (_, y) => b.mul(b.mul(b.mul(y, y), y), -0.5),
  )
/** x^2; of truth values int32. */
export function square(x: Node): Node {
  const a = x.dtype === 'bool' ? b.cast(x, 'int32') : x
  return b.mul(a, a)
}
export const reciprocal = (a: Node): Node => b.div(1, a)
export const exp2 = (a: Node): Node => b.elementwise('exp2', a)
export const log2 = (a: Node): Node => b.elementwise('log2', a)
export const log10 = (a: Node): Node => b.mul(b.log(a), Math.LOG10E)

/** log(x / (1 - x)). With `eps`, x is brought within [eps, 1 - eps] first; without, it is NaN outside of [0, 1]. */
export function logit(x: Node, eps?: number): Node {
  const a = real(x)
  const low = eps ?? 0
  return withSlope(
    'logit',
    a,
    () => {
      const z = eps === undefined ? a : b.minimum(b.maximum(a, low), 1 - low)
      return b.log(b.div(z, b.sub(1, z)))
    },
    () => {
      const outside = b.or(b.lt(a, low), b.gt(a, 1 - low))
      return b.where(outside, eps === undefined ? NaN : 0, b.div(1, b.mul(a, b.sub(1, a))))
    },
  )
}

// ---------------------------------------------------------------- hyperbolic and special functions

/** An odd function by its right half. */
const odd = (a: Node, half: (magnitude: Node) => Node): Node => copysign(half(b.abs(a)), a)

/** Above this 1 + x^2 is x^2, to the last digit and beyond. */
const LARGE = 1e9

export const asinh = (x: Node): Node =>
  withSlope(
    'asinh',
    x,
    (a) =>
      odd(a, (m) => {
        const s = b.minimum(m, LARGE)
        const square = b.mul(s, s)
        const near = b.log1p(b.add(s, b.div(square, b.add(b.sqrt(b.add(square, 1)), 1))))
        return b.where(b.gt(m, LARGE), b.add(b.log(m), Math.LN2), near)
      }),
    (a) => b.div(1, b.sqrt(b.add(b.mul(a, a), 1))),
  )

export const acosh = (x: Node): Node =>
  withSlope(
    'acosh',
    x,
    (a) => {
      const t = b.sub(b.minimum(a, LARGE), 1)
      const near = b.log1p(b.add(t, b.sqrt(b.mul(t, b.add(t, 2)))))
      return b.where(b.gt(a, LARGE), b.add(b.log(a), Math.LN2), b.where(b.lt(a, 1), NaN, near))
    },
    (a) => b.div(1, b.sqrt(b.sub(b.mul(a, a), 1))),
  )

export const atanh = (x: Node): Node =>
  withSlope(
    'atanh',
    x,
    (a) => odd(a, (m) => b.mul(b.log1p(b.div(b.mul(m, 2), b.sub(1, m))), 0.5)),
    (a) => b.div(1, b.sub(1, b.mul(a, a))),
  )

/** 1 - erf(x). */
export const erfc = (a: Node): Node => b.sub(1, b.erf(a))

/** a polynomial of z, highest power first. */
const polynomial = (z: Node, coefficients: readonly number[]): Node =>
  coefficients.slice(1).reduce<Node>((so, c) => b.add(b.mul(so, z), c), b.like(z, coefficients[0]!))

/**
 * The x with erf(x) = y, for y within [-1, 1]: a first guess (Giles, "Approximating the erfinv function", 2010), then Newton's steps
 * x - (erf(x) - y) / erf'(x). Gradient sqrt(pi) / 2 exp(x^2).
 */
export const erfinv = (y: Node): Node =>
  withSlope(
    'erfinv',
    y,
    (a) => {
      const w = b.neg(b.log1p(b.neg(b.mul(a, a))))
      const middle = polynomial(
        b.sub(w, 2.5),
        [
          2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727,
          1.50140941,
        ],
      )
      const tail = polynomial(
        b.sub(b.sqrt(w), 3),
        [
          -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406,
          2.83297682,
        ],
      )
      let x = b.mul(b.where(b.lt(w, 5), middle, tail), a)
      if (a.dtype === 'float64')
        for (let step = 0; step < 2; step++) {
          const slope = b.mul(b.exp(b.neg(b.mul(x, x))), 2 / Math.sqrt(Math.PI))
          x = b.sub(x, b.div(b.sub(b.erf(x), a), slope))
        }
      return b.where(b.lt(b.abs(a), 1), x, b.div(a, b.where(b.eq(b.abs(a), 1), 0, NaN)))
    },
    (_, x) => b.mul(b.exp(b.mul(x, x)), Math.sqrt(Math.PI) / 2),
  )

/** sin(pi x) / (pi x), and 1 at 0. */
export const sinc = (x: Node): Node =>
  withSlope(
    'sinc',
    x,
    (a) => {
      const t = b.mul(a, Math.PI)
      return b.where(b.eq(a, 0), 1, b.div(b.sin(t), t))
    },
    (a) => {
      const t = b.mul(a, Math.PI)
      return b.where(b.eq(a, 0), 0, b.div(b.mul(b.sub(b.mul(t, b.cos(t)), b.sin(t)), Math.PI), b.mul(t, t)))
    },
  )

// ---------------------------------------------------------------- pairs

/** |a| with the sign of c, that of a zero too; the gradient of c is 0. */
export function copysign(a: Node, c: Operand): Node {
  const [x, y] = together('copysign', real(a), c) as [Node, Node]
  const signs = (): Node => b.where(signbit(x), b.where(signbit(y), 1, -1), b.where(signbit(y), -1, 1))
  return composite(
    'copysign',
    [x, y],
    () => b.where(signbit(y), b.neg(b.abs(x)), b.abs(x)),
    (grad) => [b.where(b.eq(x, 0), 0, b.mul(grad, b.cast(signs(), x.dtype))), b.like(y, 0)],
  )
}

/** True for negative numbers and for -0. */
export function signbit(a: Node): Node {
  if (!isFloat(a.dtype)) return b.lt(a, 0)
  return b.or(b.lt(a, 0), b.and(b.eq(a, 0), b.lt(b.div(1, a), 0)))
}

/** sqrt(a^2 + c^2), without overflow in between. Gradient (a, c) / y. */
export function hypot(a: Node, c: Operand): Node {
  const [x, y] = together('hypot', real(a), c) as [Node, Node]
  return composite(
    'hypot',
    [x, y],
    () => {
      const [u, v] = [b.abs(x), b.abs(y)]
      const top = b.maximum(u, v)
      const safe = b.where(b.and(b.gt(top, 0), b.lt(top, Infinity)), top, 1)
      const [p, q] = [b.div(u, safe), b.div(v, safe)]
      const infinite = b.or(b.eq(u, Infinity), b.eq(v, Infinity))
      return b.where(infinite, Infinity, b.mul(b.sqrt(b.add(b.mul(p, p), b.mul(q, q))), safe))
    },
    (grad, result) => [b.mul(grad, b.div(x, result)), b.mul(grad, b.div(y, result))],
  )
}

/** log(base^a + base^c) by the larger of the two: m + log1p(base^-|a - c|). */
function logSum(name: string, a: Node, c: Operand, exp: (x: Node) => Node, log1p: (x: Node) => Node): Node {
  const [x, y] = together(name, real(a), c) as [Node, Node]
  return composite(
    name,
    [x, y],
    () => {
      const top = b.maximum(x, y)
      const equal = b.and(b.eq(x, y), isinf(x)) // two infinities of one sign
      return b.where(equal, x, b.add(top, log1p(exp(b.neg(b.abs(b.sub(x, y)))))))
    },
    (grad, result) => [b.mul(grad, exp(b.sub(x, result))), b.mul(grad, exp(b.sub(y, result)))],
  )
}

export const logaddexp = (a: Node, c: Operand): Node => logSum('logaddexp', a, c, b.exp, b.log1p)
export const logaddexp2 = (a: Node, c: Operand): Node => logSum('logaddexp2', a, c, exp2, (x) => b.mul(b.log1p(x), Math.LOG2E))

/** a log(c), and 0 where a is 0 (unless c is NaN). */
export function xlogy(a: Node, c: Operand): Node {
  const [x, y] = together('xlogy', real(a), c) as [Node, Node]
  const zero = (): Node => b.and(b.eq(x, 0), b.eq(y, y))
  return composite(
    'xlogy',
    [x, y],
    () => b.where(zero(), 0, b.mul(x, b.log(y))),
    (grad) => [b.mul(grad, b.where(b.and(b.eq(x, 0), b.le(y, 0)), 0, b.log(y))), b.div(b.mul(grad, x), y)],
  )
}

/** The larger of two, and the other where one is NaN. */
export const fmax = (a: Node, c: Operand): Node => ignoringNan('fmax', a, c, b.ge, b.maximum)
/** The smaller of two, and the other where one is NaN. */
export const fmin = (a: Node, c: Operand): Node => ignoringNan('fmin', a, c, b.le, b.minimum)

/** The first where it is `better` or the second NaN; so goes the gradient, that of equals too. */
function ignoringNan(
  name: string,
  a: Node,
  c: Operand,
  better: (x: Node, y: Node) => Node,
  whole: (x: Node, y: Operand) => Node,
): Node {
  if (!isFloat(meet(name, a, c))) return whole(a, c) // no NaN to pass over
  const [x, y] = together(name, a, c) as [Node, Node]
  return b.where(b.or(better(x, y), isnan(y)), x, y)
}

// ---------------------------------------------------------------- tests

/** False for every element of an integer tensor. */
export const isnan = (a: Node): Node => b.ne(a, a)
export const isinf = (a: Node): Node => (isFloat(a.dtype) ? b.eq(b.abs(a), Infinity) : b.ne(a, a))
export const isfinite = (a: Node): Node => (isFloat(a.dtype) ? b.lt(b.abs(a), Infinity) : b.eq(a, a))
