/** A tensor's element-wise methods. Each is one line over the graph builder; `T` is the tensor class that results have. */
import type { DType } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import * as f from './activations.js'
import { Handle } from './handle.js'

/** A tensor, or a number that takes the tensor's dtype. Shapes broadcast. */
export type Operand = Handle | number

export const operand = (value: Operand): Node | number => (typeof value === 'number' ? value : value.node)

export abstract class ElementwiseMethods<T extends Handle> extends Handle {
  protected abstract make(node: Node): T

  neg(): T {
    return this.make(b.neg(this.node))
  }
  abs(): T {
    return this.make(b.abs(this.node))
  }
  /** -1, 0 or 1. */
  sign(): T {
    return this.make(b.sign(this.node))
  }
  floor(): T {
    return this.make(b.floor(this.node))
  }
  ceil(): T {
    return this.make(b.ceil(this.node))
  }
  trunc(): T {
    return this.make(b.trunc(this.node))
  }
  /** x - trunc(x). */
  frac(): T {
    return this.make(f.frac(this.node))
  }
  /** To the nearest integer, ties to even. */
  round(): T {
    return this.make(b.round(this.node))
  }
  sqrt(): T {
    return this.make(b.sqrt(this.node))
  }
  /** 1 / sqrt(x). */
  rsqrt(): T {
    return this.make(f.rsqrt(this.node))
  }
  square(): T {
    return this.make(f.square(this.node))
  }
  /** 1 / x. */
  reciprocal(): T {
    return this.make(f.reciprocal(this.node))
  }
  exp(): T {
    return this.make(b.exp(this.node))
  }
  exp2(): T {
    return this.make(f.exp2(this.node))
  }
  /** exp(x) - 1, exact near 0. */
  expm1(): T {
    return this.make(b.expm1(this.node))
  }
  log(): T {
    return this.make(b.log(this.node))
  }
  log2(): T {
    return this.make(f.log2(this.node))
  }
  log10(): T {
    return this.make(f.log10(this.node))
  }
  /** log(1 + x), exact near 0. */
  log1p(): T {
    return this.make(b.log1p(this.node))
  }
  sin(): T {
    return this.make(b.sin(this.node))
  }
  cos(): T {
    return this.make(b.cos(this.node))
  }
  tan(): T {
    return this.make(b.tan(this.node))
  }
  asin(): T {
    return this.make(b.asin(this.node))
  }
  acos(): T {
    return this.make(b.acos(this.node))
  }
  atan(): T {
    return this.make(b.atan(this.node))
  }
  sinh(): T {
    return this.make(b.sinh(this.node))
  }
  cosh(): T {
    return this.make(b.cosh(this.node))
  }
  tanh(): T {
    return this.make(b.tanh(this.node))
  }
  erf(): T {
    return this.make(b.erf(this.node))
  }
  /** 1 - erf(x). */
  erfc(): T {
    return this.make(f.erfc(this.node))
  }
  /** 1 / (1 + exp(-x)). */
  sigmoid(): T {
    return this.make(b.sigmoid(this.node))
  }
  /** max(x, 0); gradient 0 at 0. */
  relu(): T {
    return this.make(b.relu(this.node))
  }
  logicalNot(): T {
    return this.make(b.not(this.node.dtype === 'bool' ? this.node : b.ne(this.node, 0)))
  }
  isnan(): T {
    return this.make(f.isnan(this.node))
  }
  isinf(): T {
    return this.make(f.isinf(this.node))
  }
  isfinite(): T {
    return this.make(f.isfinite(this.node))
  }

  add(other: Operand): T {
    return this.make(b.add(this.node, operand(other)))
  }
  sub(other: Operand): T {
    return this.make(b.sub(this.node, operand(other)))
  }
  /** other - x. */
  rsub(other: Operand): T {
    return this.make(b.sub(operand(other), this.node))
  }
  mul(other: Operand): T {
    return this.make(b.mul(this.node, operand(other)))
  }
  /** True division (integers give float32), or rounded towards zero ('trunc') or down ('floor'). */
  div(other: Operand, options: { readonly roundingMode?: 'trunc' | 'floor' } = {}): T {
    if (options.roundingMode === 'floor') return this.floorDivide(other)
    const quotient = b.div(this.node, operand(other))
    if (options.roundingMode === undefined) return this.make(quotient)
    const whole = b.trunc(quotient)
    const integers = this.dtype === 'int32' && (typeof other === 'number' ? Number.isInteger(other) : other.dtype === 'int32')
    return this.make(integers ? b.cast(whole, 'int32') : whole)
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
  pow(exponent: Operand): T {
    return this.make(b.pow(this.node, operand(exponent)))
  }
  /** The angle of the point (other, x). */
  atan2(other: Handle): T {
    return this.make(b.atan2(this.node, other.node))
  }
  maximum(other: Operand): T {
    return this.make(b.maximum(this.node, operand(other)))
  }
  minimum(other: Operand): T {
    return this.make(b.minimum(this.node, operand(other)))
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

  lt(other: Operand): T {
    return this.make(b.lt(this.node, operand(other)))
  }
  le(other: Operand): T {
    return this.make(b.le(this.node, operand(other)))
  }
  gt(other: Operand): T {
    return this.make(b.gt(this.node, operand(other)))
  }
  ge(other: Operand): T {
    return this.make(b.ge(this.node, operand(other)))
  }
  eq(other: Operand): T {
    return this.make(b.eq(this.node, operand(other)))
  }
  ne(other: Operand): T {
    return this.make(b.ne(this.node, operand(other)))
  }
  /** |x - other| <= atol + rtol |other|, element by element. */
  isclose(other: Operand, options: { readonly rtol?: number; readonly atol?: number; readonly equalNan?: boolean } = {}): T {
    const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options
    const y = typeof other === 'number' ? b.like(this.node, other) : other.node
    const near = b.and(b.le(b.abs(b.sub(this.node, y)), b.add(b.mul(b.abs(y), rtol), atol)), f.isfinite(y))
    const close = b.or(b.eq(this.node, y), near)
    return this.make(equalNan ? b.or(close, b.and(f.isnan(this.node), f.isnan(y))) : close)
  }
  bitwiseAnd(other: Operand): T {
    return this.make(b.and(this.node, operand(other)))
  }
  bitwiseOr(other: Operand): T {
    return this.make(b.or(this.node, operand(other)))
  }
  bitwiseXor(other: Operand): T {
    return this.make(b.xor(this.node, operand(other)))
  }
  bitwiseNot(): T {
    return this.make(b.not(this.node))
  }
  bitwiseLeftShift(other: Operand): T {
    return this.make(b.shl(this.node, operand(other)))
  }
  bitwiseRightShift(other: Operand): T {
    return this.make(b.shr(this.node, operand(other)))
  }
  logicalAnd(other: Handle): T {
    return this.make(b.and(b.ne(this.node, 0), b.ne(other.node, 0)))
  }
  logicalOr(other: Handle): T {
    return this.make(b.or(b.ne(this.node, 0), b.ne(other.node, 0)))
  }
  logicalXor(other: Handle): T {
    return this.make(b.ne(b.ne(this.node, 0), b.ne(other.node, 0)))
  }

  /** x within [min, max]; the gradient passes inside and at the bounds. */
  clamp(min?: Operand, max?: Operand): T {
    return this.make(f.clamp(this.node, min === undefined ? min : operand(min), max === undefined ? max : operand(max)))
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
  float(): T {
    return this.type('float32')
  }
  double(): T {
    return this.type('float64')
  }
  half(): T {
    return this.type('float16')
  }
  int(): T {
    return this.type('int32')
  }
  byte(): T {
    return this.type('uint8')
  }
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
