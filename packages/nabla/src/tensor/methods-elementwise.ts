/** A tensor's element-wise methods with other operands: arithmetic, comparisons, bits, selection; and conversion between dtypes. */
import { type DType, isFloat } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { meet } from '../ops/operands.js'
import * as e from './elementwise.js'
import { Handle } from './handle.js'
import { UnaryMethods } from './methods-unary.js'

/** A tensor, or a number that takes the tensor's dtype. Shapes broadcast. */
export type Operand = Handle | number

/** An operand as the graph takes it. */
export function operand(value: Operand): Node | number {
  if (typeof value === 'number') return value
  if (value instanceof Handle) return value.node
  throw new NablaError('argument', `an operand is ${said(value)}; expected a tensor or a number`, { operand: value })
}

/** What was given where neither a tensor nor a number was. */
const said = (value: unknown): string =>
  typeof value === 'string' ? `the text "${value}"` : Array.isArray(value) ? 'a list: make it a tensor first' : String(value)

/** How much of an operand is added. */
export interface Scaled {
  /** Multiplies the operand that is added or subtracted. Default 1. */
  readonly alpha?: number
}

/** How a quotient is rounded. */
export interface DivOptions {
  /** Round towards zero ('trunc') or down ('floor'). Default: not at all. */
  readonly roundingMode?: 'trunc' | 'floor'
}

const scaled = <X extends Node | number>(x: X, { alpha = 1 }: Scaled): Node | number =>
  alpha === 1 ? x : typeof x === 'number' ? x * alpha : b.mul(x, alpha)

/** What a tensor computes with other operands, element by element. */
export abstract class ElementwiseMethods<T extends Handle> extends UnaryMethods<T> {
  /** x + alpha other. */
  add(other: Operand, options: Scaled = {}): T {
    return this.make(b.add(this.node, scaled(operand(other), options)))
  }
  /** x - alpha other. */
  sub(other: Operand, options: Scaled = {}): T {
    return this.make(b.sub(this.node, scaled(operand(other), options)))
  }
  /** other - alpha x. */
  rsub(other: Operand, options: Scaled = {}): T {
    return this.make(b.sub(operand(other), scaled(this.node, options)))
  }
  /** x other. */
  mul(other: Operand): T {
    return this.make(b.mul(this.node, operand(other)))
  }
  /** True division (integers give float32), or rounded towards zero ('trunc') or down ('floor'). */
  div(other: Operand, options: DivOptions = {}): T {
    if (options.roundingMode === 'floor') return this.floorDivide(other)
    const [x, y] = [this.node, operand(other)]
    if (options.roundingMode === undefined) return this.make(b.div(x, y))
    if (options.roundingMode !== 'trunc')
      throw new NablaError('argument', `[div] roundingMode is "${String(options.roundingMode)}"; expected 'trunc' or 'floor'`)
    // Of integers by the remainder, for their quotient has more digits than float32.
    return this.make(isFloat(meet('div', x, y)) ? b.trunc(b.div(x, y)) : b.floorDiv(b.sub(x, b.fmod(x, y)), y))
  }
  /** Division rounded down: Python's `//`. */
  floorDivide(other: Operand): T {
    return this.make(b.floorDiv(this.node, operand(other)))
  }
  /** With the sign of the divisor: Python's `%`. */
  remainder(other: Operand): T {
    return this.make(b.remainder(this.node, operand(other)))
  }
  /** With the sign of the dividend: C's `%`. */
  fmod(other: Operand): T {
    return this.make(b.fmod(this.node, operand(other)))
  }
  /** x to the power `exponent`. */
  pow(exponent: Operand): T {
    return this.make(b.pow(this.node, operand(exponent)))
  }
  /** The angle of the point (other, x). */
  atan2(other: Handle): T {
    return this.make(b.atan2(this.node, other.node))
  }
  /** sqrt(x^2 + other^2), without overflow in between. */
  hypot(other: Operand): T {
    return this.make(e.hypot(this.node, operand(other)))
  }
  /** log(exp(x) + exp(other)), without overflow. */
  logaddexp(other: Operand): T {
    return this.make(e.logaddexp(this.node, operand(other)))
  }
  /** log2(2^x + 2^other), without overflow. */
  logaddexp2(other: Operand): T {
    return this.make(e.logaddexp2(this.node, operand(other)))
  }
  /** x log(other), and 0 where x is 0 (unless other is NaN). */
  xlogy(other: Operand): T {
    return this.make(e.xlogy(this.node, operand(other)))
  }
  /** |x| with the sign of `other`. */
  copysign(other: Operand): T {
    return this.make(e.copysign(this.node, operand(other)))
  }
  /** The larger; NaN if one is; equals share the gradient. */
  maximum(other: Operand): T {
    return this.make(b.maximum(this.node, operand(other)))
  }
  /** The smaller; NaN if one is; equals share the gradient. */
  minimum(other: Operand): T {
    return this.make(b.minimum(this.node, operand(other)))
  }
  /** The larger, and the other one where one is NaN; equals give the gradient to x. */
  fmax(other: Operand): T {
    return this.make(e.fmax(this.node, operand(other)))
  }
  /** The smaller, and the other one where one is NaN; equals give the gradient to x. */
  fmin(other: Operand): T {
    return this.make(e.fmin(this.node, operand(other)))
  }
  /** x + weight (end - x). */
  lerp(end: Handle, weight: Operand): T {
    return this.make(b.add(this.node, b.mul(b.sub(end.node, this.node), operand(weight))))
  }
  /** x + value a b. */
  addcmul(a: Handle, c: Handle, value = 1): T {
    return this.make(b.add(this.node, b.mul(b.mul(a.node, c.node), value)))
  }
  /** x + value a / b. */
  addcdiv(a: Handle, c: Handle, value = 1): T {
    return this.make(b.add(this.node, b.mul(b.div(a.node, c.node), value)))
  }

  /** x < other; false with NaN. */
  lt(other: Operand): T {
    return this.make(b.lt(this.node, operand(other)))
  }
  /** x <= other; false with NaN. */
  le(other: Operand): T {
    return this.make(b.le(this.node, operand(other)))
  }
  /** x > other; false with NaN. */
  gt(other: Operand): T {
    return this.make(b.gt(this.node, operand(other)))
  }
  /** x >= other; false with NaN. */
  ge(other: Operand): T {
    return this.make(b.ge(this.node, operand(other)))
  }
  /** x = other; false with NaN. */
  eq(other: Operand): T {
    return this.make(b.eq(this.node, operand(other)))
  }
  /** Not x = other; true with NaN. */
  ne(other: Operand): T {
    return this.make(b.ne(this.node, operand(other)))
  }
  /** |x - other| <= atol + rtol |other|, element by element. */
  isclose(other: Operand, options: { readonly rtol?: number; readonly atol?: number; readonly equalNan?: boolean } = {}): T {
    const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options
    const y = typeof other === 'number' ? b.like(this.node, other) : other.node
    if (this.dtype === 'bool' && y.dtype === 'bool') return this.make(b.eq(this.node, y))
    const near = b.and(b.le(b.abs(b.sub(this.node, y)), b.add(b.mul(b.abs(y), rtol), atol)), e.isfinite(y))
    const close = b.or(b.eq(this.node, y), near)
    return this.make(equalNan ? b.or(close, b.and(e.isnan(this.node), e.isnan(y))) : close)
  }
  /** Bits (of bools: truth) in both; integers and bools only. */
  bitwiseAnd(other: Operand): T {
    return this.make(b.and(this.node, operand(other)))
  }
  /** Bits (of bools: truth) in either; integers and bools only. */
  bitwiseOr(other: Operand): T {
    return this.make(b.or(this.node, operand(other)))
  }
  /** Bits (of bools: truth) in one only; integers and bools only. */
  bitwiseXor(other: Operand): T {
    return this.make(b.xor(this.node, operand(other)))
  }
  /** All bits turned; of bools the other one. */
  bitwiseNot(): T {
    return this.make(b.not(this.node))
  }
  /** Bits of an integer moved up: x 2^other. */
  bitwiseLeftShift(other: Operand): T {
    return this.make(b.shl(this.node, operand(other)))
  }
  /** Bits of an integer moved down, the sign kept: x / 2^other rounded down. */
  bitwiseRightShift(other: Operand): T {
    return this.make(b.shr(this.node, operand(other)))
  }
  /** Whether both are not 0. */
  logicalAnd(other: Handle): T {
    return this.make(b.and(b.ne(this.node, 0), b.ne(other.node, 0)))
  }
  /** Whether one or both are not 0. */
  logicalOr(other: Handle): T {
    return this.make(b.or(b.ne(this.node, 0), b.ne(other.node, 0)))
  }
  /** Whether one is not 0 and the other is. */
  logicalXor(other: Handle): T {
    return this.make(b.ne(b.ne(this.node, 0), b.ne(other.node, 0)))
  }

  /** x within [min, max]; the gradient passes inside and at the bounds. */
  clamp(min?: Operand, max?: Operand): T {
    return this.make(e.clamp(this.node, min === undefined ? min : operand(min), max === undefined ? max : operand(max)))
  }
  /** x where `condition` holds, else `other`. */
  where(condition: Handle, other: Operand): T {
    return this.make(b.where(truth('where', condition), this.node, operand(other)))
  }
  /** `value` where `mask` holds, else x. */
  maskedFill(mask: Handle, value: Operand): T {
    return this.make(b.where(truth('maskedFill', mask), this.fill(value), this.node))
  }

  /** The same values in another dtype; floats lose their fraction on the way to integers. */
  type(dtype: DType): T {
    return this.make(this.dtype === dtype ? this.node : b.cast(this.node, dtype))
  }
  /** As float32. */
  float(): T {
    return this.type('float32')
  }
  /** As float64. */
  double(): T {
    return this.type('float64')
  }
  /** As float16. */
  half(): T {
    return this.type('float16')
  }
  /** As int32, without the fraction. */
  int(): T {
    return this.type('int32')
  }
  /** As uint8. */
  byte(): T {
    return this.type('uint8')
  }
  /** Whether elements are not 0. */
  bool(): T {
    return this.make(this.dtype === 'bool' ? this.node : b.ne(this.node, 0))
  }

  /** A number as a tensor of this dtype (a fill never promotes); another tensor cast to it. */
  private fill(value: Operand): Node | number {
    if (typeof value === 'number') return b.constant(value, [], this.dtype, this.device)
    return value.dtype === this.dtype ? value.node : b.cast(value.node, this.dtype)
  }
}

/** A condition's node: a bool tensor. */
export function truth(op: string, condition: Handle): Node {
  if (condition.dtype !== 'bool')
    throw new NablaError(
      'dtype',
      `[${op}] the condition is a bool tensor, not ${condition.dtype}; compare first: x.gt(0), or x.bool()`,
      { dtype: condition.dtype },
    )
  return condition.node
}
