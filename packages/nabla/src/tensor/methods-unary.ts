/** A tensor's element-wise methods of one tensor. Each is one line over the graph builder; `T` is the tensor class that results have. */
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import * as e from './elementwise.js'
import { Handle } from './handle.js'

/** What a tensor computes of its own elements, one by one. */
export abstract class UnaryMethods<T extends Handle> extends Handle {
  protected abstract make(node: Node): T

  /** -x. */
  neg(): T {
    return this.make(b.neg(this.node))
  }
  /** |x|; the gradient at 0 is 0. */
  abs(): T {
    return this.make(b.abs(this.node))
  }
  /** -1, 0 or 1. */
  sign(): T {
    return this.make(b.sign(this.node))
  }
  /** The largest integer not above x. */
  floor(): T {
    return this.make(b.floor(this.node))
  }
  /** The smallest integer not below x. */
  ceil(): T {
    return this.make(b.ceil(this.node))
  }
  /** x without its fraction. */
  trunc(): T {
    return this.make(b.trunc(this.node))
  }
  /** x - trunc(x). */
  frac(): T {
    return this.make(e.frac(this.node))
  }
  /** To the nearest integer, or to `decimals` digits behind the point (before it if negative); ties to even. */
  round(options: { readonly decimals?: number } = {}): T {
    return this.make(e.round(this.node, options.decimals ?? 0))
  }
  /** The square root; NaN below 0. */
  sqrt(): T {
    return this.make(b.sqrt(this.node))
  }
  /** 1 / sqrt(x). */
  rsqrt(): T {
    return this.make(e.rsqrt(this.node))
  }
  /** x^2. */
  square(): T {
    return this.make(e.square(this.node))
  }
  /** 1 / x. */
  reciprocal(): T {
    return this.make(e.reciprocal(this.node))
  }
  /** e to the x. */
  exp(): T {
    return this.make(b.exp(this.node))
  }
  /** 2 to the x. */
  exp2(): T {
    return this.make(e.exp2(this.node))
  }
  /** exp(x) - 1, exact near 0. */
  expm1(): T {
    return this.make(b.expm1(this.node))
  }
  /** The natural logarithm; -inf at 0, NaN below. */
  log(): T {
    return this.make(b.log(this.node))
  }
  /** The logarithm to base 2. */
  log2(): T {
    return this.make(e.log2(this.node))
  }
  /** The logarithm to base 10. */
  log10(): T {
    return this.make(e.log10(this.node))
  }
  /** log(1 + x), exact near 0. */
  log1p(): T {
    return this.make(b.log1p(this.node))
  }
  /** The sine. */
  sin(): T {
    return this.make(b.sin(this.node))
  }
  /** The cosine. */
  cos(): T {
    return this.make(b.cos(this.node))
  }
  /** The tangent. */
  tan(): T {
    return this.make(b.tan(this.node))
  }
  /** The arc sine; NaN outside of [-1, 1]. */
  asin(): T {
    return this.make(b.asin(this.node))
  }
  /** The arc cosine; NaN outside of [-1, 1]. */
  acos(): T {
    return this.make(b.acos(this.node))
  }
  /** The arc tangent. */
  atan(): T {
    return this.make(b.atan(this.node))
  }
  /** The hyperbolic sine. */
  sinh(): T {
    return this.make(b.sinh(this.node))
  }
  /** The hyperbolic cosine. */
  cosh(): T {
    return this.make(b.cosh(this.node))
  }
  /** The hyperbolic tangent. */
  tanh(): T {
    return this.make(b.tanh(this.node))
  }
  /** Inverse of sinh: log(x + sqrt(x^2 + 1)). */
  asinh(): T {
    return this.make(e.asinh(this.node))
  }
  /** Inverse of cosh: log(x + sqrt(x^2 - 1)); NaN below 1. */
  acosh(): T {
    return this.make(e.acosh(this.node))
  }
  /** Inverse of tanh: log((1 + x) / (1 - x)) / 2; NaN outside of [-1, 1]. */
  atanh(): T {
    return this.make(e.atanh(this.node))
  }
  /** sin(pi x) / (pi x), and 1 at 0. */
  sinc(): T {
    return this.make(e.sinc(this.node))
  }
  /** Degrees to radians. */
  deg2rad(): T {
    return this.make(b.mul(this.node, Math.PI / 180))
  }
  /** Radians to degrees. */
  rad2deg(): T {
    return this.make(b.mul(this.node, 180 / Math.PI))
  }
  /** The error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
  erf(): T {
    return this.make(b.erf(this.node))
  }
  /** 1 - erf(x). */
  erfc(): T {
    return this.make(e.erfc(this.node))
  }
  /** The x with erf(x) = y, for y within [-1, 1]; NaN outside. */
  erfinv(): T {
    return this.make(e.erfinv(this.node))
  }
  /** log(x / (1 - x)), the inverse of sigmoid; `eps` brings x within [eps, 1 - eps] first, without it x outside of [0, 1] gives NaN. */
  logit(eps?: number): T {
    return this.make(e.logit(this.node, eps))
  }
  /** 1 / (1 + exp(-x)). */
  sigmoid(): T {
    return this.make(b.sigmoid(this.node))
  }
  /** max(x, 0); gradient 0 at 0. */
  relu(): T {
    return this.make(b.relu(this.node))
  }
  /** Whether elements are 0. */
  logicalNot(): T {
    return this.make(b.not(this.node.dtype === 'bool' ? this.node : b.ne(this.node, 0)))
  }
  /** NaN, inf and -inf replaced by numbers: 0 and the largest and smallest of the dtype unless told. Their gradient is 0. */
  nanToNum(options: { readonly nan?: number; readonly posinf?: number; readonly neginf?: number } = {}): T {
    return this.make(e.nanToNum(this.node, options.nan, options.posinf, options.neginf))
  }
  /** True for negative numbers and for -0. */
  signbit(): T {
    return this.make(e.signbit(this.node))
  }
  /** Whether elements are NaN. */
  isnan(): T {
    return this.make(e.isnan(this.node))
  }
  /** Whether elements are inf or -inf. */
  isinf(): T {
    return this.make(e.isinf(this.node))
  }
  /** Whether elements are neither NaN nor infinite. */
  isfinite(): T {
    return this.make(e.isfinite(this.node))
  }
}
