/** Activations as functions: element by element, but for those that take a dimension. Results have the input's shape. */
import type { DType } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import { dimIndex } from '../../core/shape.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import * as f from '../../tensor/activations.js'
import { aliasNode } from '../../tensor/handle.js'
import { uniformNode } from '../../tensor/random.js'
import { normalize as normalizeNode } from '../../tensor/norms.js'
import { Tensor } from '../../tensor/tensor.js'

/** max(x, 0); gradient 0 at 0. Nair and Hinton 2010. */
export const relu = (x: Tensor): Tensor => x.relu()

/** min(max(x, 0), 6). Krizhevsky 2010. */
export const relu6 = (x: Tensor): Tensor => new Tensor(f.relu6(x.node))

/** x where x > 0, else negativeSlope x. Maas, Hannun and Ng 2013. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => new Tensor(f.leakyRelu(x.node, negativeSlope))

/** x where x > 0, else weight x: weight [1], or [C] for the channels of [N, C, ...]. He et al. 2015. */
export const prelu = (x: Tensor, weight: Tensor): Tensor => new Tensor(f.prelu(x.node, weight.node))

/** Leaky ReLU, its slope drawn from [lower, upper] for each element while training, else their mean. Xu et al. 2015. */
export const rrelu = (x: Tensor, lower = 1 / 8, upper = 1 / 3, training = false): Tensor =>
  new Tensor(f.rrelu(x.node, lower, upper, training))

/** x where x > 0, else alpha (exp(x) - 1). Clevert, Unterthiner and Hochreiter 2015. */
export const elu = (x: Tensor, alpha = 1): Tensor => new Tensor(f.elu(x.node, alpha))

/** max(0, x) + min(0, alpha (exp(x / alpha) - 1)): an ELU whose slope is continuous. Barron 2017. */
export const celu = (x: Tensor, alpha = 1): Tensor => new Tensor(f.celu(x.node, alpha))

/** 1.0507 (x where x > 0, else 1.6733 (exp(x) - 1)): keeps mean 0 and variance 1. Klambauer et al. 2017. */
export const selu = (x: Tensor): Tensor => new Tensor(f.selu(x.node))

/** x Phi(x), with Phi the normal distribution function: exact by erf, or approximated with tanh. Hendrycks and Gimpel 2016. */
export const gelu = (x: Tensor, options: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor =>
  new Tensor(f.gelu(x.node, options.approximate))

/** x sigmoid(x), also known as swish. Elfwing, Uchibe and Doya 2017; Ramachandran, Zoph and Le 2017. */
export const silu = (x: Tensor): Tensor => new Tensor(f.silu(x.node))

/** x tanh(softplus(x)). Misra 2019. */
export const mish = (x: Tensor): Tensor => new Tensor(f.mish(x.node))

/** log(1 + exp(beta x)) / beta; x itself where beta x > threshold. Dugas et al. 2001. */
export const softplus = (x: Tensor, beta = 1, threshold = 20): Tensor => new Tensor(f.softplus(x.node, beta, threshold))

/** x / (1 + |x|). Turian, Bergstra and Bengio 2009. */
export const softsign = (x: Tensor): Tensor => new Tensor(f.softsign(x.node))

/** x moved towards 0 by lambd, 0 where |x| <= lambd. Donoho 1995. */
export const softshrink = (x: Tensor, lambd = 0.5): Tensor => new Tensor(f.softshrink(x.node, lambd))

/** x where |x| > lambd, else 0. Donoho and Johnstone 1994. */
export const hardshrink = (x: Tensor, lambd = 0.5): Tensor => new Tensor(f.hardshrink(x.node, lambd))

/** x - tanh(x). */
export const tanhshrink = (x: Tensor): Tensor => new Tensor(f.tanhshrink(x.node))

/** x where x > threshold, else value. */
export const threshold = (x: Tensor, threshold: number, value: number): Tensor =>
  new Tensor(f.threshold(x.node, threshold, value))

/** x within [min, max]; gradient 0 at the bounds. Collobert 2004. */
export const hardtanh = (x: Tensor, min = -1, max = 1): Tensor => new Tensor(f.hardtanh(x.node, min, max))

/** min(max(x + 3, 0), 6) / 6. Courbariaux, Bengio and David 2015; slope as in Howard et al. 2019. */
export const hardsigmoid = (x: Tensor): Tensor => new Tensor(f.hardsigmoid(x.node))

/** x hardsigmoid(x). Howard et al. 2019. */
export const hardswish = (x: Tensor): Tensor => new Tensor(f.hardswish(x.node))

/** 1 / (1 + exp(-x)). */
export const sigmoid = (x: Tensor): Tensor => x.sigmoid()

/** (exp(x) - exp(-x)) / (exp(x) + exp(-x)). */
export const tanh = (x: Tensor): Tensor => x.tanh()

/** log(sigmoid(x)), without overflow. */
export const logSigmoid = (x: Tensor): Tensor => new Tensor(f.logSigmoid(x.node))

/** In which dtype a softmax is computed. */
export interface SoftmaxOptions {
  /** Cast the input to this dtype first. */
  readonly dtype?: DType
}

const cast = (x: Tensor, { dtype }: SoftmaxOptions): Tensor => (dtype ? x.type(dtype) : x)

/** exp(x) / sum(exp(x)) along `dim`, without overflow. Bridle 1990. */
export const softmax = (x: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor => cast(x, options).softmax(dim)

/** softmax(-x) along `dim`. */
export const softmin = (x: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor =>
  new Tensor(f.softmin(cast(x, options).node, dim))

/** log(softmax(x)) along `dim`, computed as one. */
export const logSoftmax = (x: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor => cast(x, options).logSoftmax(dim)

/** The first half along `dim` times sigmoid of the second: that extent, which must be even, is halved. Dauphin et al. 2016. */
export const glu = (x: Tensor, dim = -1): Tensor => new Tensor(f.glu(x.node, dim))

/** How soft a random choice is. */
export interface GumbelSoftmaxOptions {
  /** Temperature; the lower, the nearer to a choice of one. Default 1. */
  readonly tau?: number
  /** Give the choice itself (one-hot), with the gradient of the soft one. Default false. */
  readonly hard?: boolean
  /** The dimension of the choices. Default -1, the last. */
  readonly dim?: number
}

/**
 * A random choice along `dim` that has a gradient: softmax((logits + g) / tau), g drawn from Gumbel's distribution. Jang, Gu and
 * Poole 2016.
 */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  const { tau = 1, hard = false, dim = -1 } = options
  if (!(tau > 0)) throw new NablaError('argument', `[gumbelSoftmax] tau is ${tau}; expected more than 0`, { tau })
  const { shape, dtype, device } = logits
  const exponential = b.neg(b.log(b.sub(1, uniformNode(shape, dtype, device)))) // 1 - u is never 0
  const noise = new Tensor(b.neg(b.log(b.maximum(exponential, 1e-30))))
  const soft = logits.add(noise).div(tau).softmax(dim)
  if (!hard || shape.length === 0) return soft
  const d = dimIndex('gumbelSoftmax', dim, shape.length)
  const first = b.expand(soft.argmax(d, { keepdim: true }).node, shape)
  const choice = b.cast(b.eq(first, counting(shape, d, device, b)), dtype)
  return new Tensor(b.add(soft.node, aliasNode(b.sub(choice, soft.node))))
}

/** 1 at each class, 0 elsewhere: [...shape, classes], int32. */
export const oneHot = (x: Tensor, classes?: number): Tensor => x.oneHot(classes)

/** x / max(norm(x), eps) along `dim` (default 1), with the p-norm (default 2); eps 1e-12 by default. */
export const normalize = (
  x: Tensor,
  options: { readonly p?: number; readonly dim?: number; readonly eps?: number } = {},
): Tensor => new Tensor(normalizeNode(x.node, options.p ?? 2, options.dim ?? 1, options.eps ?? 1e-12))
