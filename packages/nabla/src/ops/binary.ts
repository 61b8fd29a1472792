/**
 * Element-wise arithmetic of two operands of one shape and dtype. What PyTorch leaves to the processor is defined here: integers
 * wrap around, and an integer divided by zero gives 0 (quotient and remainder).
 */
import { type DType, dtypes, isFloat } from '../core/dtype.js'
import { type Expr, binary as e, select, unary } from '../kernel/expr.js'
import * as maths from '../kernel/maths.js'
import type { Node } from '../graph/node.js'
import { binarySamples, floats, mapDense, same } from './elementwise.js'
import type { Builder, Dense, ElementwiseOp, Sample, TensorType } from './op.js'
import { checkFloat, checkNumeric, checkPair } from './rules.js'

interface Definition {
  readonly doc: string
  /** On numbers; of integers when `dtype` is one. */
  readonly f: (a: number, b: number, dtype: DType) => number
  readonly expr: (a: Expr, b: Expr) => Expr
  readonly gradient?: (a: Node, b: Node, grad: Node, build: Builder, y: Node) => readonly (Node | undefined)[]
  readonly range?: readonly [number, number]
  readonly samples?: readonly Sample[]
  readonly floatOnly?: boolean
  readonly cost?: number
}

const define = (name: string, d: Definition): ElementwiseOp => ({
  name,
  kind: 'elementwise',
  doc: d.doc,
  infer(inputs: readonly TensorType[]) {
    const a = checkPair(name, inputs)
    ;(d.floatOnly ? checkFloat : checkNumeric)(name, a)
    return { shape: a.shape, dtype: a.dtype }
  },
  expr: (args) => d.expr(args[0]!, args[1]!),
  reference(inputs: readonly Dense[]) {
    const { dtype } = inputs[0]!
    return mapDense(inputs, dtype, (a, b) => d.f(a, b, dtype))
  },
  samples: [
    ...binarySamples(...(d.range ?? [-2, 2]), ...(d.floatOnly ? [] : (['int32', 'uint8'] as const))),
    ...(d.samples ?? []),
  ],
  ...(d.gradient && {
    gradient: (node: Node, grad: Node, b: Builder) => d.gradient!(node.inputs[0]!, node.inputs[1]!, grad, b, node),
  }),
  ...(d.floatOnly && { floats: true }),
  ...(d.cost !== undefined && { cost: d.cost }),
})

/** A divisor that traps nowhere: 1 in place of 0, and in place of -1 (the smallest integer has no opposite). */
function safeDivisor(b: Expr): Expr {
  if (b.kind === 'const') return b.value === 0 || b.value === -1 ? same(1, b) : b
  const zero = e('eq', b, same(0, b))
  return select(b.type === 'int32' ? e('or', zero, e('eq', b, same(-1, b))) : zero, same(1, b), b)
}

/** The quotient of integers, rounded down; 0 where b is 0. */
function integerFloorDiv(a: Expr, b: Expr): Expr {
  const safe = safeDivisor(b)
  const quotient = e('div', a, safe)
  const zero = same(0, a)
  if (a.type !== 'int32') return select(e('eq', b, zero), zero, quotient)
  const rest = e('mod', a, safe)
  const below = e('and', e('ne', rest, zero), e('lt', e('xor', rest, safe), zero))
  const floor = select(below, e('sub', quotient, same(1, a)), quotient)
  return select(e('eq', b, zero), zero, select(e('eq', b, same(-1, a)), unary('neg', a), floor))
}

function integerRemainder(a: Expr, b: Expr): Expr {
  const safe = safeDivisor(b)
  const rest = e('mod', a, safe)
  if (a.type !== 'int32') return rest
  const zero = same(0, a)
  return select(e('and', e('ne', rest, zero), e('lt', e('xor', rest, safe), zero)), e('add', rest, safe), rest)
}

/** a - b * floor(a / b), exactly: the remainder of truncation, moved by b where the signs differ. */
function floatRemainder(a: Expr, b: Expr): Expr {
  const zero = same(0, a)
  const rest = e('mod', a, b)
  const differ = e('and', e('ne', rest, zero), e('xor', e('lt', b, zero), e('lt', rest, zero)))
  return select(differ, e('add', rest, b), rest)
}

/** As PyTorch: from the exact remainder, so that a quotient that rounds up to a whole number is still rounded down. */
function floatFloorDiv(a: Expr, b: Expr): Expr {
  const zero = same(0, a)
  const one = same(1, a)
  const rest = e('mod', a, b)
  const whole = e('div', e('sub', a, rest), b)
  const differ = e('and', e('ne', rest, zero), e('xor', e('lt', b, zero), e('lt', rest, zero)))
  const quotient = select(differ, e('sub', whole, one), whole)
  const floor = unary('floor', quotient)
  const nearest = select(e('lt', same(0.5, a), e('sub', quotient, floor)), e('add', floor, one), floor)
  const ratio = e('div', a, b)
  const signed = select(e('lt', ratio, zero), same(-0, a), select(e('eq', ratio, zero), ratio, zero))
  return select(e('eq', b, zero), ratio, select(e('eq', quotient, zero), signed, nearest))
}

function floorDivNumber(a: number, b: number): number {
  if (b === 0) return a / b
  const rest = a % b
  let quotient = (a - rest) / b
  if (rest !== 0 && b < 0 !== rest < 0) quotient -= 1
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0
  const floor = Math.floor(quotient)
  return quotient - floor > 0.5 ? floor + 1 : floor
}

function remainderNumber(a: number, b: number): number {
  const rest = a % b
  return rest !== 0 && b < 0 !== rest < 0 ? rest + b : rest
}

const wraps = (dtype: DType): number => 2 ** (8 * dtypes[dtype].bytes)

/** a to the b modulo the dtype's range; a negative exponent gives 1 / a^|b| truncated. */
function integerPowNumber(a: number, b: number, dtype: DType): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 ? -1 : 1) : 0
  const modulus = BigInt(wraps(dtype))
  let result = 1n
  let base = BigInt(a) % modulus
  for (let n = BigInt(b); n > 0n; n >>= 1n) {
    if (n & 1n) result = (result * base) % modulus
    base = (base * base) % modulus
  }
  return Number(result)
}

/** By repeated squaring over the bits of the exponent. */
function integerPow(a: Expr, b: Expr): Expr {
  const one = same(1, a)
  const zero = same(0, a)
  const odd = (x: Expr): Expr => e('ne', e('and', x, one), zero)
  let result: Expr = one
  let base = a
  const bits = b.kind === 'const' && b.value >= 0 ? Math.max(1, 32 - Math.clz32(b.value)) : a.type === 'uint32' ? 32 : 31
  for (let i = 0; i < bits; i++) {
    result = select(odd(e('shr', b, same(i, b))), e('mul', result, base), result)
    base = e('mul', base, base)
  }
  if (a.type === 'uint32' || (b.kind === 'const' && b.value >= 0)) return result
  const inverse = select(e('eq', a, one), one, select(e('eq', a, same(-1, a)), select(odd(b), same(-1, a), one), zero))
  return select(e('lt', b, zero), inverse, result)
}

/** Half the gradient to each of two equals. */
const shared = (a: Node, b: Node, grad: Node, build: Builder): Node => build.where(build.eq(a, b), build.mul(grad, 0.5), grad)

const allSigns: Sample = {
  inputs: [
    { shape: [5], dtype: 'float32', values: [5, -5, 5, -5, 7.5] },
    { shape: [5], dtype: 'float32', values: [3, 3, -3, -3, 2] },
  ],
}

export const binaryOps: readonly ElementwiseOp[] = [
  define('add', {
    doc: 'a + b.',
    f: (a, b) => a + b,
    expr: (a, b) => e('add', a, b),
    gradient: (_a, _b, grad) => [grad, grad],
  }),
  define('sub', {
    doc: 'a - b.',
    f: (a, b) => a - b,
    expr: (a, b) => e('sub', a, b),
    gradient: (_a, _b, grad, build) => [grad, build.neg(grad)],
  }),
  define('mul', {
    doc: 'a * b.',
    f: (a, b, dtype) => (isFloat(dtype) ? a * b : Math.imul(a, b)),
    expr: (a, b) => e('mul', a, b),
    gradient: (a, b, grad, build) => [build.mul(grad, b), build.mul(grad, a)],
  }),
  define('div', {
    doc: 'a / b of floats; the builder casts integers to float32.',
    f: (a, b) => a / b,
    expr: (a, b) => e('div', a, b),
    gradient: (_a, b, grad, build, y) => [build.div(grad, b), build.neg(build.div(build.mul(grad, y), b))],
    range: [0.5, 2],
    floatOnly: true,
    cost: 4,
  }),
  define('floorDiv', {
    doc: "a / b rounded down, as PyTorch's `//`; 0 for an integer divided by 0. It has no gradient (the quotient is flat).",
    f: (a, b, dtype) => (isFloat(dtype) ? floorDivNumber(a, b) : b === 0 ? 0 : Math.floor(a / b)),
    expr: (a, b) => (floats(a) ? floatFloorDiv(a, b) : integerFloorDiv(a, b)),
    gradient: () => [undefined, undefined],
    range: [0.6, 0.9],
    samples: [
      {
        inputs: [
          { shape: [6], dtype: 'float32', values: [5, -5, 5, -5, 1, -1] },
          { shape: [6], dtype: 'float32', values: [3, 3, -3, -3, 0.1, 0.1] },
        ],
        differentiable: false,
      },
    ],
    cost: 12,
  }),
  define('remainder', {
    doc: "a - b * floor(a / b): the sign of b, as PyTorch's `%`; 0 for an integer divided by 0.",
    f: (a, b, dtype) => (isFloat(dtype) ? remainderNumber(a, b) : b === 0 ? 0 : remainderNumber(a, b)),
    expr: (a, b) => (floats(a) ? floatRemainder(a, b) : integerRemainder(a, b)),
    gradient: (a, b, grad, build) => [grad, build.neg(build.mul(grad, build.floorDiv(a, b)))],
    range: [0.6, 0.9],
    samples: [allSigns],
    cost: 12,
  }),
  define('fmod', {
    doc: "a - b * trunc(a / b): the sign of a, as C's; 0 for an integer divided by 0.",
    f: (a, b, dtype) => (isFloat(dtype) ? a % b : b === 0 ? 0 : a % b),
    expr: (a, b) => (floats(a) ? e('mod', a, b) : e('mod', a, safeDivisor(b))),
    gradient: (a, b, grad, build) => [grad, build.neg(build.mul(grad, build.trunc(build.div(a, b))))],
    range: [0.6, 0.9],
    samples: [allSigns],
    cost: 12,
  }),
  define('pow', {
    doc: 'a to the power b. Integers wrap around; with a negative exponent they give 1 / a^|b| truncated.',
    f: (a, b, dtype) =>
      isFloat(dtype)
        ? a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b))
          ? 1
          : a ** b
        : integerPowNumber(a, b, dtype),
    expr: (a, b) => (floats(a) ? maths.pow(a, b) : integerPow(a, b)),
    gradient: (a, b, grad, build, y) => {
      const zero = build.like(grad, 0)
      const base = build.where(build.eq(b, 0), zero, build.mul(grad, build.mul(b, build.pow(a, build.sub(b, 1)))))
      // 0^b is 0 for every b > 0: there its logarithm must not be asked for.
      const silent = build.and(build.eq(a, 0), build.ge(b, 0))
      return [base, build.where(silent, zero, build.mul(grad, build.mul(y, build.log(a))))]
    },
    range: [0.5, 2],
    cost: 30,
  }),
  define('atan2', {
    doc: 'The angle of the point (b, a), from -pi to pi.',
    f: Math.atan2,
    expr: maths.atan2,
    gradient: (a, b, grad, build) => {
      const scaled = build.div(grad, build.add(build.mul(a, a), build.mul(b, b)))
      return [build.mul(scaled, b), build.neg(build.mul(scaled, a))]
    },
    range: [0.5, 2],
    samples: [
      {
        inputs: [
          { shape: [4], dtype: 'float32', values: [1, 1, -1, -1] },
          { shape: [4], dtype: 'float32', values: [2, -2, 2, -2] },
        ],
      },
    ],
    floatOnly: true,
    cost: 20,
  }),
  define('maximum', {
    doc: 'The larger; NaN if either is. Equals share the gradient half and half.',
    f: (a, b) => (b < a || a !== a ? a : b),
    expr: (a, b) => (floats(a) ? select(e('or', e('lt', b, a), e('ne', a, a)), a, b) : e('max', a, b)),
    gradient: (a, b, grad, build) => {
      const half = shared(a, b, grad, build)
      return [build.where(build.lt(a, b), 0, half), build.where(build.lt(b, a), 0, half)]
    },
  }),
  define('minimum', {
    doc: 'The smaller; NaN if either is. Equals share the gradient half and half.',
    f: (a, b) => (a < b || a !== a ? a : b),
    expr: (a, b) => (floats(a) ? select(e('or', e('lt', a, b), e('ne', a, a)), a, b) : e('min', a, b)),
    gradient: (a, b, grad, build) => {
      const half = shared(a, b, grad, build)
      return [build.where(build.lt(b, a), 0, half), build.where(build.lt(a, b), 0, half)]
    },
  }),
]
