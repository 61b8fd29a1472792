/**
 * sin, cos, tan and their inverses as expression trees; see maths.ts for what holds of all of them.
 */
import { NablaError } from '../core/errors.js'
import {
  abs,
  add,
  and,
  bits,
  copysign,
  define,
  div,
  eq,
  f,
  float,
  i,
  inf,
  library,
  lt,
  mul,
  nan,
  ne,
  neg,
  or,
  poly,
  rint,
  sqrt,
  sub,
} from './arithmetic.js'
import { binary, bitcast, call, cast, constant, select } from './expr.js'
import type { Expr } from './expr.js'

// sin, cos, tan -----------------------------------------------------------------------------------------------------------------

const SIN = [-0.16666653752326965, 0.008332106284797192, -0.00019507888646330684]
const COS = [0.04166664555668831, -0.0013887308305129409, 2.4432101781712845e-5]
const TAN = [
  0.33333349227905273, 0.1333266943693161, 0.05405997484922409, 0.02127937413752079, 0.010847789235413074, 6.977624434512109e-5,
  0.004387850407510996,
]
// pi/2 in four parts; the first three have 8 bits, so that their products with n < 2^16 are exact
const HALF_PI = [1.5703125, 0.0004825592041015625, 0.00000126659870147705078125, 9.92093629470503e-10] as const
// the binary digits of 2/pi: the first 23 (the whole part of 2/pi 2^23), then 32 a word
const TWO_OVER_PI = [0x00517cc1, 0xb727220a, 0x94fe13ab, 0xe8fa9a6e, 0xe06db14a, 0xcc9e21c8] as const

/** x = n pi/2 + r + low with |r| <= pi/4 and low below the last bit of r; n counts modulo 4. */
interface Quadrant {
  readonly n: Expr
  readonly r: Expr
  readonly low: Expr
}

/** Cody and Waite: subtract n pi/2 part by part; what the last two roundings lose is kept in `low`. Good for |x| < 2^16. */
function nearQuadrant(x: Expr): Quadrant {
  const n = rint(mul(x, f(2 / Math.PI)))
  const [p1, p2, p3, p4] = HALF_PI
  const a = sub(sub(x, mul(n, f(p1))), mul(n, f(p2))) //  exact
  const third = mul(n, f(p3))
  const b = sub(a, third)
  const fourth = mul(n, f(p4))
  const r = sub(b, fourth)
  return { n: cast(n, 'int32'), r, low: add(sub(sub(b, r), fourth), sub(sub(a, b), third)) }
}

/**
 * Payne and Hanek: x = m 2^e with a 24-bit integer m, and only those digits of 2/pi matter whose product with x is neither a
 * multiple of 4 nor too small to be seen. Their 64-bit window, times m, gives x / (pi/2) modulo 4 in units of 2^-30: an absolute
 * error of 2^-29 in r, at any size of x. For 2^16 <= |x| < infinity.
 */
function farQuadrant(x: Expr): Quadrant {
  const u = (value: number): Expr => constant(value >>> 0, 'uint32')
  const b = bits(abs(x))
  const m = or(and(b, i(0x7fffff)), i(0x800000))
  const s = sub(binary('shr', b, i(23)), i(143))
  // words s / 32 and the two after it: first by twos, then by one
  const low64 = lt(s, i(64))
  const even = eq(and(s, i(32)), i(0))
  const pairs = [0, 1, 2, 3].map((k) => select(low64, u(TWO_OVER_PI[k]!), u(TWO_OVER_PI[k + 2]!)))
  const word = (k: number): Expr => select(even, pairs[k]!, pairs[k + 1]!)
  const [w0, w1, w2] = [word(0), word(1), word(2)]
  const shift = bitcast(and(s, i(31)), 'uint32')
  const rest = sub(u(31), shift) //  after one place more: a shift by 32 is not defined
  const window = (a: Expr, c: Expr): Expr => or(binary('shl', a, shift), binary('shr', binary('shr', c, u(1)), rest))
  const tail = cast(bitcast(binary('shr', window(w1, w2), u(8)), 'int32'), 'float32')
  const carry = cast(mul(mul(tail, f(2 ** -24)), cast(m, 'float32')), 'int32')
  const phase = add(add(mul(bitcast(m, 'uint32'), window(w0, w1)), bitcast(carry, 'uint32')), u(2 ** 29 + 1)) //  1 for what is cut off
  const fraction = sub(bitcast(and(phase, u(2 ** 30 - 1)), 'int32'), i(2 ** 29))
  const r = mul(cast(fraction, 'float32'), f((Math.PI / 2) * 2 ** -30))
  const n = bitcast(binary('shr', phase, u(30)), 'int32')
  const negative = lt(x, f(0))
  return { n: select(negative, sub(i(0), n), n), r: select(negative, neg(r), r), low: f(0) }
}

/** Either reduction; NaN and infinity reach the polynomial as 0 and are put right by `trigLimits`. */
function quadrant(x: Expr): Quadrant {
  const near = lt(abs(x), f(2 ** 16))
  const a = nearQuadrant(select(near, x, f(0)))
  const b = farQuadrant(x)
  return { n: select(near, a.n, b.n), r: select(near, a.r, b.r), low: select(near, a.low, b.low) }
}
const trigLimits = (x: Expr, y: Expr): Expr => select(lt(abs(x), inf()), y, nan())

/** sin of quadrant n: sin r, cos r, -sin r, -cos r. */
const sinOf = ({ r, low }: Quadrant, n: Expr): Expr => {
  const z = mul(r, r)
  const half = mul(z, f(0.5))
  const s = add(add(mul(mul(r, z), poly(z, SIN)), sub(low, mul(low, half))), r)
  const c = add(sub(sub(mul(mul(z, z), poly(z, COS)), mul(r, low)), half), f(1))
  const y = select(eq(and(n, i(1)), i(0)), s, c)
  return float(binary('xor', bits(y), binary('shl', and(n, i(2)), i(30))))
}

/**
 * For all finite x. Below 2^16 within 1.1 ulp (plus 2^-33 near the zeros; tan 1.7 ulp), beyond that within 2.1 ulp plus 2^-28
 * (tan 3.7). The reduction of huge arguments doubles the cost of the function; without it they would be noise.
 */
export const sin = define(
  'sin',
  (x) => {
    const q = quadrant(x)
    return select(eq(x, f(0)), x, trigLimits(x, sinOf(q, q.n)))
  },
  library('sin'),
)

export const cos = define(
  'cos',
  (x) => {
    const q = quadrant(x)
    return trigLimits(x, sinOf(q, add(q.n, i(1))))
  },
  library('cos'),
)

export const tan = define(
  'tan',
  (x) => {
    const { n, r, low } = quadrant(x)
    const z = mul(r, r)
    const t = add(add(mul(mul(r, z), poly(z, TAN)), add(low, mul(low, z))), r)
    return select(eq(x, f(0)), x, trigLimits(x, select(eq(and(n, i(1)), i(0)), t, div(f(-1), t))))
  },
  library('tan'),
)

// Inverse functions -------------------------------------------------------------------------------------------------------------

const ASIN = [0.16666752099990845, 0.07495306432247162, 0.045469772070646286, 0.02418077178299427, 0.04216642305254936]
const ATAN = [
  -0.33333298563957214, 0.1999852955341339, -0.1426401436328888, 0.10950861126184464, -0.08399208635091782, 0.05787891149520874,
  -0.031093616038560867, 0.010866343043744564, -0.0017821674700826406,
]
const PI_2_HIGH = 1.5707963705062866
const PI_2_LOW = -4.371139000186241e-8

/** asin(a) = a + a z P(z), or for a > 1/2 pi/2 - 2 asin(sqrt((1 - a) / 2)): the asin, and whether its complement is meant. */
const asinParts = (a: Expr): { t: Expr; far: Expr } => {
  const far = lt(f(0.5), a)
  const z = select(far, mul(sub(f(1), a), f(0.5)), mul(a, a))
  const s = select(far, sqrt(z), a)
  return { t: add(mul(mul(s, z), poly(z, ASIN)), s), far }
}

/** NaN outside -1..1. */
export const asin = define(
  'asin',
  (x) => {
    const { t, far } = asinParts(abs(x))
    const y = select(far, add(sub(f(PI_2_HIGH), add(t, t)), f(PI_2_LOW)), t)
    return copysign(y, x)
  },
  library('asin'),
)

export const acos = define(
  'acos',
  (x) => {
    const { t, far } = asinParts(abs(x))
    const negative = lt(x, f(0))
    const t2 = add(t, t)
    const outer = select(negative, add(sub(f(2 * PI_2_HIGH), t2), f(2 * PI_2_LOW)), t2)
    const inner = add(select(negative, add(f(PI_2_HIGH), t), sub(f(PI_2_HIGH), t)), f(PI_2_LOW))
    return select(far, outer, inner)
  },
  library('acos'),
)

/** atan of t in 0..1. */
const atanPoly = (t: Expr): Expr => {
  const z = mul(t, t)
  return add(mul(mul(t, z), poly(z, ATAN)), t)
}

export const atan = define(
  'atan',
  (x) => {
    const a = abs(x)
    const far = lt(f(1), a)
    const p = atanPoly(select(far, div(f(1), a), a))
    return copysign(select(far, add(sub(f(PI_2_HIGH), p), f(PI_2_LOW)), p), x)
  },
  library('atan'),
)

/** The angle of the point (x, y); signed zeros and infinities as C's atan2. */
export function atan2(y: Expr, x: Expr): Expr {
  if (y.type === 'float64') return call('atan2', y, x)
  if (y.type !== 'float32')
    throw new NablaError('dtype', `[atan2] is defined for float32 and float64, not for ${y.type}: cast first`, {
      op: 'atan2',
      type: y.type,
    })
  const ay = abs(y)
  const ax = abs(x)
  const steep = lt(ax, ay)
  const large = select(steep, ay, ax)
  const small = select(steep, ax, ay)
  const t = select(eq(large, f(0)), f(0), select(eq(small, inf()), f(1), div(small, large)))
  const p = atanPoly(t)
  const q = select(steep, add(sub(f(PI_2_HIGH), p), f(PI_2_LOW)), p)
  const left = lt(bits(x), i(0)) //  the sign bit, so that -0 is left of 0
  const r = select(left, add(sub(f(2 * PI_2_HIGH), q), f(2 * PI_2_LOW)), q)
  return select(or(ne(x, x), ne(y, y)), nan(), copysign(r, y))
}
