/** The words in which maths.ts and trigonometry.ts are written: short names for arithmetic, and what float32 kernels of functions share. */
import { NablaError } from '../core/errors.js'
import { binary, bitcast, call, constant, select, unary } from './expr.js'
import type { CallOp, Expr } from './expr.js'

export const f = (value: number): Expr => constant(Math.fround(value), 'float32')
export const i = (value: number): Expr => constant(value | 0, 'int32')
export const add = (a: Expr, b: Expr): Expr => binary('add', a, b)
export const sub = (a: Expr, b: Expr): Expr => binary('sub', a, b)
export const mul = (a: Expr, b: Expr): Expr => binary('mul', a, b)
export const div = (a: Expr, b: Expr): Expr => binary('div', a, b)
export const lt = (a: Expr, b: Expr): Expr => binary('lt', a, b)
export const le = (a: Expr, b: Expr): Expr => binary('le', a, b)
export const eq = (a: Expr, b: Expr): Expr => binary('eq', a, b)
export const ne = (a: Expr, b: Expr): Expr => binary('ne', a, b)
export const and = (a: Expr, b: Expr): Expr => binary('and', a, b)
export const or = (a: Expr, b: Expr): Expr => binary('or', a, b)
export const neg = (a: Expr): Expr => unary('neg', a)
export const abs = (a: Expr): Expr => unary('abs', a)
export const sqrt = (a: Expr): Expr => unary('sqrt', a)
export const rint = (a: Expr): Expr => unary('rint', a)
export const bits = (a: Expr): Expr => bitcast(a, 'int32')
export const float = (a: Expr): Expr => bitcast(a, 'float32')
export const nan = (): Expr => f(NaN)
export const inf = (): Expr => f(Infinity)

/** c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule. */
export const poly = (x: Expr, c: readonly number[]): Expr =>
  c.reduceRight<Expr | undefined>((p, k) => (p ? add(mul(p, x), f(k)) : f(k)), undefined)!
/** Into [low, high]; NaN stays. */
export const clamp = (x: Expr, low: number, high: number): Expr => {
  const y = select(lt(f(high), x), f(high), x)
  return select(lt(y, f(low)), f(low), y)
}
/** |magnitude| with the sign bit of `sign`. */
export const copysign = (magnitude: Expr, sign: Expr): Expr =>
  float(or(and(bits(magnitude), i(0x7fffffff)), and(bits(sign), i(0x80000000))))
/** 2^n as a float32, for int32 n in -126..127. */
export const exponent = (n: Expr): Expr => float(binary('shl', add(n, i(127)), i(23)))
/** p * 2^n for n in -252..254, in two steps: overflow gives infinity, underflow rounds into the subnormals. */
export const scale = (p: Expr, n: Expr): Expr => {
  const half = binary('shr', n, i(1))
  return mul(mul(p, exponent(half)), exponent(sub(n, half)))
}
/** The top 12 bits of the significand: products of two such numbers are exact. */
export const head = (x: Expr): Expr => float(and(bits(x), i(0xfffff000)))

/** A function with a tree of its own for float32 and a library call for float64. */
export const define =
  (name: CallOp | 'sigmoid' | 'exp2' | 'log2', f32: (x: Expr) => Expr, f64: (x: Expr) => Expr) =>
  (x: Expr): Expr => {
    if (x.type === 'float32') return f32(x)
    if (x.type === 'float64') return f64(x)
    throw new NablaError('dtype', `[${name}] is defined for float32 and float64, not for ${x.type}: cast first`, {
      op: name,
      type: x.type,
    })
  }
export const library =
  (op: CallOp) =>
  (x: Expr): Expr =>
    call(op, x)
export const d = (value: number): Expr => constant(value, 'float64')
