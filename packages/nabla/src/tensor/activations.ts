/** Activations and other element-wise compositions, on nodes, each with PyTorch's gradient at its kinks. */
import { isFloat } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composite } from './autograd.js'

/** x within [min, max]; the gradient passes inside and at the bounds. */
export function clamp(a: Node, min?: number | Node, max?: number | Node): Node {
  if (min === undefined && max === undefined) throw new NablaError('argument', '[clamp] needs min, max or both')
  if ((min !== undefined && typeof min !== 'number') || (max !== undefined && typeof max !== 'number')) {
    const low = min === undefined ? a : b.maximum(a, min)
    return max === undefined ? low : b.minimum(low, max)
  }
  return composite(
    'clamp',
    [a],
    () => {
      const low = min === undefined ? a : b.maximum(a, min)
      return max === undefined ? low : b.minimum(low, max)
    },
    (grad) => {
      const above = min === undefined ? undefined : b.ge(a, min)
      const below = max === undefined ? undefined : b.le(a, max)
      return [b.where(above && below ? b.and(above, below) : (above ?? below)!, grad, 0)]
    },
  )
}

/** x where x > 0, else slope x; at 0 the slope counts. */
export const leakyRelu = (a: Node, slope = 0.01): Node => b.where(b.gt(a, 0), a, b.mul(a, slope))

/** x where x > 0, else alpha (exp(x) - 1). */
export function elu(a: Node, alpha = 1): Node {
  return composite(
    'elu',
    [a],
    () => b.where(b.gt(a, 0), a, b.mul(b.expm1(b.minimum(a, 0)), alpha)),
    (grad, y) => [b.where(b.gt(a, 0), grad, b.mul(grad, b.add(y, alpha)))],
  )
}

/** scale (x where x > 0, else alpha (exp(x) - 1)), with the constants that keep mean 0 and variance 1. */
export const selu = (a: Node): Node => b.mul(elu(a, 1.6732632423543772), 1.0507009873554805)

/** x P(X <= x) for a standard normal X: exact by erf, or with tanh. */
export function gelu(a: Node, approximate: 'none' | 'tanh' = 'none'): Node {
  if (approximate === 'tanh') {
    const inner = b.mul(b.add(a, b.mul(b.mul(b.mul(a, a), a), 0.044715)), Math.sqrt(2 / Math.PI))
    return b.mul(b.mul(a, 0.5), b.add(b.tanh(inner), 1))
  }
  return b.mul(b.mul(a, 0.5), b.add(b.erf(b.mul(a, Math.SQRT1_2)), 1))
}

/** x sigmoid(x). */
export const silu = (a: Node): Node => b.mul(a, b.sigmoid(a))

/** log(1 + exp(beta x)) / beta, and x itself above the threshold; gradient sigmoid(beta x). */
export function softplus(a: Node, beta = 1, threshold = 20): Node {
  return composite(
    'softplus',
    [a],
    () => {
      const x = b.mul(a, beta)
      const soft = b.add(b.log1p(b.exp(b.neg(b.abs(x)))), b.maximum(x, 0))
      return b.where(b.gt(x, threshold), a, b.div(soft, beta))
    },
    (grad) => {
      const x = b.mul(a, beta)
      return [b.where(b.gt(x, threshold), grad, b.mul(grad, b.sigmoid(x)))]
    },
  )
}

/** log(sigmoid(x)), without overflow. */
export const logSigmoid = (a: Node): Node => b.neg(softplus(b.neg(a), 1, Infinity))

export const mish = (a: Node): Node => b.mul(a, b.tanh(softplus(a)))
export const softsign = (a: Node): Node => b.div(a, b.add(b.abs(a), 1))
export const hardtanh = (a: Node, min = -1, max = 1): Node =>
  composite(
    'hardtanh',
    [a],
    () => b.minimum(b.maximum(a, min), max),
    (grad) => [b.where(b.and(b.gt(a, min), b.lt(a, max)), grad, 0)],
  )
export const relu6 = (a: Node): Node => hardtanh(a, 0, 6)
export const hardsigmoid = (a: Node): Node => b.div(relu6(b.add(a, 3)), 6)
export const hardswish = (a: Node): Node => b.div(b.mul(a, relu6(b.add(a, 3))), 6)

/** 1 / sqrt(x). */
export const rsqrt = (a: Node): Node => b.div(1, b.sqrt(a))
export const square = (a: Node): Node => b.mul(a, a)
export const reciprocal = (a: Node): Node => b.div(1, a)
export const exp2 = (a: Node): Node => b.exp(b.mul(a, Math.LN2))
export const log2 = (a: Node): Node => b.mul(b.log(a), Math.LOG2E)
export const log10 = (a: Node): Node => b.mul(b.log(a), Math.LOG10E)
export const erfc = (a: Node): Node => b.sub(1, b.erf(a))
export const frac = (a: Node): Node => b.sub(a, b.trunc(a))

/** False for every element of an integer tensor. */
export const isnan = (a: Node): Node => b.ne(a, a)
export const isinf = (a: Node): Node => (isFloat(a.dtype) ? b.eq(b.abs(a), Infinity) : b.ne(a, a))
export const isfinite = (a: Node): Node => (isFloat(a.dtype) ? b.lt(b.abs(a), Infinity) : b.eq(a, a))
