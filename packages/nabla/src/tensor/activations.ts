/** Activations of neural networks, on nodes, each with PyTorch's gradient at its kinks. */
import { NablaError, showShape } from '../core/errors.js'
import { dimIndex } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composite } from './autograd.js'
import { uniformNode } from './random.js'
import { softmax } from './reduce.js'
import { slice } from './shapes.js'

/** x where x > 0, else slope x; at 0 the slope counts. */
export const leakyRelu = (a: Node, slope = 0.01): Node => b.where(b.gt(a, 0), a, b.mul(a, slope))

/**
 * x where x > 0, else weight x, with a learned weight: one for all, or one for each channel (dimension 1).
 * He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", 2015.
 */
export function prelu(a: Node, weight: Node): Node {
  const channels = a.shape.length > 1 ? a.shape[1]! : 1
  const count = weight.shape.length === 0 ? 1 : weight.shape[0]!
  if (weight.shape.length > 1 || (count !== 1 && count !== channels))
    throw new NablaError(
      'shape',
      `[prelu] the weight has shape ${showShape(weight.shape)}; expected [1], or one for each of the ${channels} channels (dimension 1) of ${showShape(a.shape)}`,
      { weight: weight.shape, shape: a.shape },
    )
  const ranked = b.reshape(
    weight,
    a.shape.map((_, d) => (d === 1 ? count : 1)),
  )
  const positive = b.gt(a, 0)
  // Where x > 0 the weight sees a 0, so that an infinite x gives its gradient no NaN.
  return b.where(positive, a, b.mul(b.where(positive, 0, a), ranked))
}

/** Leaky ReLU whose slope is drawn uniformly from [lower, upper] for each element while training, and is their mean otherwise. */
export function rrelu(a: Node, lower: number, upper: number, training: boolean): Node {
  if (!(lower <= upper)) throw new NablaError('argument', `[rrelu] lower is ${lower} and upper ${upper}; expected lower <= upper`)
  if (!training) return leakyRelu(a, (lower + upper) / 2)
  return b.where(b.gt(a, 0), a, b.mul(a, uniformNode(a.shape, a.dtype, a.device, lower, upper)))
}

/** scale x where x > 0, else scale alpha (exp(inner x) - 1). */
function exponentialLinear(name: string, a: Node, alpha: number, scale: number, inner: number): Node {
  const below = (): Node => b.mul(b.minimum(a, 0), inner)
  return composite(
    name,
    [a],
    () => b.where(b.le(a, 0), b.mul(b.expm1(below()), scale * alpha), b.mul(a, scale)),
    (grad) => [b.mul(grad, b.where(b.le(a, 0), b.mul(b.exp(below()), scale * alpha * inner), scale))],
  )
}

/** x where x > 0, else alpha (exp(x) - 1). Clevert, Unterthiner, Hochreiter, 2015. */
export const elu = (a: Node, alpha = 1): Node => exponentialLinear('elu', a, alpha, 1, 1)

/** max(0, x) + min(0, alpha (exp(x / alpha) - 1)): an elu whose slope is 1 on both sides of 0. Barron, 2017. */
export function celu(a: Node, alpha = 1): Node {
  if (alpha === 0)
    throw new NablaError('argument', '[celu] alpha is 0; expected another number, for x is divided by it', { alpha })
  return exponentialLinear('celu', a, alpha, 1, 1 / alpha)
}

/** scale (x where x > 0, else alpha (exp(x) - 1)), with the constants that keep mean 0 and variance 1. Klambauer et al., 2017. */
export const selu = (a: Node): Node => exponentialLinear('selu', a, 1.6732632423543772, 1.0507009873554805, 1)

/** x P(X <= x) for a standard normal X: exact by erf, or with tanh. Hendrycks, Gimpel, 2016. */
export function gelu(a: Node, approximate: 'none' | 'tanh' = 'none'): Node {
  if (approximate === 'tanh') {
    const inner = b.mul(b.add(a, b.mul(b.mul(b.mul(a, a), a), 0.044715)), Math.sqrt(2 / Math.PI))
    return b.mul(b.mul(a, 0.5), b.add(b.tanh(inner), 1))
  }
  if (approximate !== 'none')
    throw new NablaError('argument', `[gelu] approximate is "${String(approximate)}"; expected 'none' or 'tanh'`, { approximate })
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

/** x tanh(softplus(x)). Misra, 2019. */
export const mish = (a: Node): Node => b.mul(a, b.tanh(softplus(a)))
export const softsign = (a: Node): Node => b.div(a, b.add(b.abs(a), 1))

/** x within [min, max]; no gradient at the bounds and beyond. */
export function hardtanh(a: Node, min = -1, max = 1): Node {
  if (min > max) throw new NablaError('argument', `[hardtanh] min ${min} is above max ${max}`, { min, max })
  return composite(
    'hardtanh',
    [a],
    () => b.minimum(b.maximum(a, min), max),
    (grad) => [b.where(b.and(b.gt(a, min), b.lt(a, max)), grad, 0)],
  )
}
/** x within [0, 6]. */
export const relu6 = (a: Node): Node => hardtanh(a, 0, 6)

/** (x + 3) / 6 within [0, 1]; gradient 1/6 strictly between -3 and 3. Howard et al., 2019. */
export const hardsigmoid = (a: Node): Node => b.div(relu6(b.add(a, 3)), 6)

/** x hardsigmoid(x); gradient 0 below -3, x / 3 + 1/2 up to 3, 1 above. Howard et al., 2019. */
export const hardswish = (a: Node): Node =>
  composite(
    'hardswish',
    [a],
    () => b.div(b.mul(a, b.minimum(b.maximum(b.add(a, 3), 0), 6)), 6),
    (grad) => [b.where(b.lt(a, -3), 0, b.where(b.le(a, 3), b.mul(grad, b.add(b.div(a, 3), 0.5)), grad))],
  )

/** 0 where |x| <= lambd, else x. */
export const hardshrink = (a: Node, lambd = 0.5): Node => b.where(b.le(b.abs(a), lambd), 0, a)

/** x moved towards 0 by lambd, and 0 where |x| <= lambd. */
export function softshrink(a: Node, lambd = 0.5): Node {
  if (!(lambd >= 0)) throw new NablaError('argument', `[softshrink] lambd is ${lambd}; expected 0 or more`, { lambd })
  return b.where(b.gt(a, lambd), b.sub(a, lambd), b.where(b.lt(a, -lambd), b.add(a, lambd), 0))
}

/** x - tanh(x). */
export const tanhshrink = (a: Node): Node => b.sub(a, b.tanh(a))

/** x where x > limit, else value. */
export const threshold = (a: Node, limit: number, value: number): Node => b.where(b.le(a, limit), value, a)

/** Gated linear unit: the first half along `dim` times sigmoid of the second. Dauphin et al., 2016. */
export function glu(a: Node, dim = -1): Node {
  const d = dimIndex('glu', dim, a.shape.length)
  const n = a.shape[d]
  if (n === undefined || n % 2 !== 0)
    throw new NablaError(
      'shape',
      `[glu] dimension ${dim} of ${showShape(a.shape)} has ${n ?? 'no'} elements; expected an even number, to be halved`,
      { dim, shape: a.shape },
    )
  return b.mul(slice(a, d, 0, n / 2), b.sigmoid(slice(a, d, n / 2)))
}

/** softmax(-x). */
export const softmin = (a: Node, dim: number): Node => softmax(b.neg(a), dim)
