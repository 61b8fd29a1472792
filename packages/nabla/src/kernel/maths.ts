/**
 * Transcendental functions as expression trees over the arithmetic ops, so that every renderer computes the same thing and
 * vectorises it: no tables, no branches, only selects.
 *
 * float32: range reduction and a polynomial. The reductions and layouts follow the Cephes library (S. Moshier) and fdlibm (Sun);
 * the coefficients are our own minimax fits (Remez exchange in 40 digits, rounded to float32 one by one with the rest refitted).
 * A renderer may contract a * b + c into one rounding or not: splits are made so that the products that have to be exact are exact.
 * float64: the device's own library, through `call`.
 */
import { NablaError } from '../core/errors.js'
import {
  abs,
  add,
  and,
  bits,
  clamp,
  copysign,
  d,
  define,
  div,
  eq,
  exponent,
  f,
  float,
  head,
  i,
  inf,
  le,
  library,
  lt,
  mul,
  nan,
  ne,
  neg,
  or,
  poly,
  rint,
  scale,
  sub,
} from './arithmetic.js'
import { binary, call, cast, constant, select } from './expr.js'
import type { Expr } from './expr.js'

export * from './random.js'
export * from './trigonometry.js'

// exp and its family ------------------------------------------------------------------------------------------------------------

// ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact
const LN2_HIGH = 0.693359375
const LN2_LOW = -2.1219444e-4
const EXP = [0.4999999403953552, 0.16666512191295624, 0.04166804254055023, 0.008369713090360165, 0.0013845538487657905]
const EXPM1 = [
  0.5, 0.16666635870933533, 0.041666511446237564, 0.008341511711478233, 0.0013930542627349496, 0.00015014337259344757,
]

/** x = n ln 2 + r with |r| <= ln 2 / 2, n a whole float32. */
const splitExp = (x: Expr): { n: Expr; r: Expr } => {
  const n = rint(mul(x, f(Math.LOG2E)))
  return { n, r: sub(sub(x, mul(n, f(LN2_HIGH))), mul(n, f(LN2_LOW))) }
}
/** exp(x) * 2^shift for x within the clamp. */
const expScaled = (x: Expr, low: number, high: number, shift: number): Expr => {
  const { n, r } = splitExp(clamp(x, low, high))
  const p = add(add(mul(mul(r, r), poly(r, EXP)), r), f(1))
  return scale(p, add(cast(n, 'int32'), i(shift)))
}
const exp32 = (x: Expr): Expr => expScaled(x, -104, 89, 0)

/** exp(-inf) is 0, results below the smallest subnormal are 0, above the largest float32 inf. */
export const exp = define('exp', exp32, library('exp'))

export const exp2 = define(
  'exp2',
  (x) => {
    const y = clamp(x, -151, 129)
    const n = rint(y)
    const r = sub(y, n)
    const q = poly(
      r,
      [
        0.6931471824645996, 0.24022650718688965, 0.055504098534584045, 0.009618117474019527, 0.0013336582342162728,
        0.00015438541595358402, 1.3971310181659646e-5,
      ],
    )
    return scale(add(mul(r, q), f(1)), cast(n, 'int32'))
  },
  (x) => call('pow', d(2), x),
)

/** exp(x) - 1 without cancellation. */
export const expm1 = define(
  'expm1',
  (x) => {
    const { n, r } = splitExp(clamp(x, -26, 89))
    const p = add(mul(mul(r, r), poly(r, EXPM1)), r)
    // 2^n (1 + p) - 1 = 2 (h p + (h - 1/2)) with h = 2^(n-1), which is finite up to n = 128
    const h = exponent(sub(cast(n, 'int32'), i(1)))
    const y = mul(add(mul(h, p), sub(h, f(0.5))), f(2))
    return select(lt(abs(x), f(2 ** -25)), x, select(eq(n, f(0)), p, y))
  },
  library('expm1'),
)

/** 1 / (1 + exp(-x)), written on exp(-|x|) so that nothing overflows and small values keep their digits. */
export const sigmoid = define(
  'sigmoid',
  (x) => {
    const e = exp32(neg(abs(x)))
    return div(select(lt(x, f(0)), e, f(1)), add(e, f(1)))
  },
  (x) => {
    const e = call('exp', neg(abs(x)))
    return div(select(lt(x, d(0)), e, d(1)), add(e, d(1)))
  },
)

export const sinh = define(
  'sinh',
  (x) => {
    const a = abs(x)
    const h = expScaled(a, 0, 91, -1) //  exp(a) / 2 stays finite a little longer than exp(a)
    const large = sub(h, div(f(0.25), h))
    const z = mul(x, x)
    const small = add(
      mul(mul(a, z), poly(z, [0.1666666716337204, 0.00833331048488617, 0.00019842895562760532, 2.7822131869470468e-6])),
      a,
    )
    return copysign(select(lt(a, f(1)), small, large), x)
  },
  library('sinh'),
)

export const cosh = define(
  'cosh',
  (x) => {
    const h = expScaled(abs(x), 0, 91, -1)
    return add(h, div(f(0.25), h))
  },
  library('cosh'),
)

/** Polynomial below 0.625, 1 - 2 / (exp(2x) + 1) above; odd, so that tanh(-0) is -0. */
export const tanh = define(
  'tanh',
  (x) => {
    const a = abs(x)
    const z = mul(x, x)
    const small = add(
      mul(
        mul(a, z),
        poly(z, [-0.3333328068256378, 0.13331405818462372, -0.05373651534318924, 0.020628243684768677, -0.005692571401596069]),
      ),
      a,
    )
    const e = expScaled(add(a, a), 0, 20, 0)
    const large = sub(f(1), div(f(2), add(e, f(1))))
    return copysign(select(lt(a, f(0.625)), small, large), x)
  },
  library('tanh'),
)

/** Odd polynomial below 0.925; above, 1 - exp(-a Q(a)), where Q is fitted to -log(erfc(a)) / a. */
export const erf = define(
  'erf',
  (x) => {
    const a = clamp(abs(x), 0, 4)
    const z = mul(a, a)
    const small = add(
      mul(
        a,
        poly(
          z,
          [
            0.12837916612625122, -0.3761262893676758, 0.11283625662326813, -0.026855740696191788, 0.0051924604922533035,
            -0.0008050804026424885, 8.002774848137051e-5,
          ],
        ),
      ),
      a,
    )
    const q = poly(
      a,
      [
        1.1286370754241943, 0.6351980566978455, 0.10615895688533783, -0.02369443140923977, 0.00361025077290833,
        -0.000314828910632059, 1.0429551366542e-5,
      ],
    )
    const large = sub(f(1), expScaled(neg(mul(a, q)), -20, 0, 0))
    return copysign(select(lt(a, f(0.925)), small, large), x)
  },
  library('erf'),
)

// log and its family ------------------------------------------------------------------------------------------------------------

const LOG = [
  0.3333331346511841, -0.2500016689300537, 0.20002223551273346, -0.16666990518969546, 0.1421629935503006, -0.12334367632865906,
  0.1180189847946167, -0.12406803667545319, 0.08096086978912354,
]

/** x = 2^e m with m in [sqrt(1/2), sqrt(2)), for finite x > 0; e whole. */
const splitLog = (x: Expr): { e: Expr; m: Expr } => {
  const subnormal = lt(x, f(2 ** -126))
  const b = bits(select(subnormal, mul(x, f(2 ** 23)), x))
  const k = binary('shr', sub(b, i(0x3f3504f3)), i(23))
  const m = float(sub(b, binary('shl', k, i(23))))
  return { e: cast(sub(k, select(subnormal, i(23), i(0))), 'float32'), m }
}
/** log(1 + r) - r. */
const logTail = (r: Expr): Expr => {
  const z = mul(r, r)
  return sub(mul(mul(r, z), poly(r, LOG)), mul(z, f(0.5)))
}
/** Puts right what the bit arithmetic did to 0, negative numbers, infinity and NaN. */
const logLimits = (x: Expr, y: Expr): Expr =>
  select(lt(f(0), x), select(eq(x, inf()), inf(), y), select(eq(x, f(0)), f(-Infinity), nan()))

/** log(0) is -inf, log of a negative number NaN. */
export const log = define(
  'log',
  (x) => {
    const { e, m } = splitLog(x)
    const r = sub(m, f(1))
    return logLimits(x, add(mul(e, f(LN2_HIGH)), add(r, add(logTail(r), mul(e, f(LN2_LOW))))))
  },
  library('log'),
)

export const log2 = define(
  'log2',
  (x) => {
    const { e, m } = splitLog(x)
    const r = sub(m, f(1))
    const t = logTail(r)
    const c = f(Math.LOG2E - 1)
    return logLimits(x, add(e, add(r, add(t, add(mul(r, c), mul(t, c))))))
  },
  (x) => mul(call('log', x), d(Math.LOG2E)),
)

/** log(1 + x); what rounding 1 + x loses is added back to first order. */
export const log1p = define(
  'log1p',
  (x) => {
    const u = add(f(1), x)
    const lost = select(lt(x, f(1)), sub(x, sub(u, f(1))), sub(f(1), sub(u, x)))
    const { e, m } = splitLog(u)
    const near = eq(e, f(0))
    const r = select(near, x, sub(m, f(1)))
    const c = select(near, f(0), div(lost, u))
    const y = add(mul(e, f(LN2_HIGH)), add(r, add(logTail(r), add(mul(e, f(LN2_LOW)), c))))
    return select(eq(x, f(0)), x, logLimits(u, y))
  },
  library('log1p'),
)

// pow ---------------------------------------------------------------------------------------------------------------------------

/**
 * a to the power b, with the special values of C's powf. log2 |a| is computed to 35 bits as a sum of two float32, so that the
 * product with b is right to the last bits (the scheme of fdlibm's e_powf.c; all leading products are of 12-bit factors).
 */
export function pow(a: Expr, b: Expr): Expr {
  const known = b.kind === 'const' ? b.value : undefined
  if (known === 0) return constant(1, a.type)
  if (known === 1) return a
  if (known === 2) return mul(a, a)
  if (known === 3) return mul(mul(a, a), a)
  if (known === -1) return div(constant(1, a.type), a)
  if (a.type === 'float64') return call('pow', a, b)
  if (a.type !== 'float32')
    throw new NablaError('dtype', `[pow] is defined for float32 and float64, not for ${a.type}: cast first`, {
      op: 'pow',
      type: a.type,
    })

  const x = abs(a)
  const y = clamp(b, -(2 ** 40), 2 ** 40) //  beyond, only x = 1 does not overflow or vanish
  const { e, m } = splitLog(x)
  // log(m) = 2 atanh(s), s = (m - 1) / (m + 1) as sh + sl
  const num = sub(m, f(1))
  const den = add(m, f(1))
  const dh = head(den)
  const dl = sub(m, sub(dh, f(1)))
  const sh = head(div(num, den))
  const sl = div(sub(sub(num, mul(sh, dh)), mul(sh, dl)), den)
  const s = add(sh, sl)
  // = 2/3 s (3 + s^2 + s^4 R(s^2)), the bracket as th + tl
  const z = mul(s, s)
  const s2 = mul(sh, sh)
  const r = add(mul(mul(z, z), poly(z, POW)), mul(sl, add(sh, s)))
  const th = head(add(add(f(3), s2), r))
  const tl = sub(r, sub(sub(th, f(3)), s2))
  const u = mul(sh, th)
  const v = add(mul(sl, th), mul(tl, s))
  const ph = head(add(u, v))
  const pl = sub(v, sub(ph, u))
  // times 2 / (3 ln 2), plus the exponent: log2 x = lh + ll
  const zh = mul(ph, f(0.961669921875))
  const zl = add(mul(ph, f(1.2677205e-4)), mul(pl, f(0.96179669392597)))
  const lh = head(add(add(zh, zl), e))
  const ll = sub(zl, sub(sub(lh, e), zh))
  // y log2 x = n + w
  const yh = head(y)
  const low = add(mul(sub(y, yh), lh), mul(y, ll))
  const high = mul(yh, lh)
  const n = rint(clamp(add(high, low), -160, 160))
  const w = add(sub(high, n), low)
  const power = scale(add(mul(w, poly(w, EXP2)), f(1)), cast(n, 'int32'))
  const total = add(high, low)
  const magnitude = select(lt(f(140), total), inf(), select(lt(total, f(-155)), f(0), power))

  const edge = or(eq(x, f(0)), eq(x, inf())) //  0 and inf to a positive or negative power
  const finite = select(edge, select(binary('xor', eq(x, f(0)), lt(y, f(0))), f(0), inf()), magnitude)
  const whole = eq(rint(y), y)
  const halfY = mul(y, f(0.5))
  const odd = and(whole, ne(rint(halfY), halfY))
  const signed = select(odd, copysign(finite, a), finite)
  const defined = or(or(le(f(0), a), whole), eq(x, inf()))
  const result = select(defined, signed, nan())
  const clean = select(or(ne(a, a), ne(b, b)), nan(), result)
  return select(or(eq(b, f(0)), eq(a, f(1))), f(1), clean)
}
const POW = [0.6000022888183594, 0.4282061755657196, 0.3513021171092987]
const EXP2 = [
  0.6931471824645996, 0.24022650718688965, 0.055504098534584045, 0.009618117474019527, 0.0013336582342162728,
  0.00015438541595358402, 1.3971310181659646e-5,
]
