/** Losses of likelihood: how unlikely numbers are under a distribution, and how far apart distributions are. */
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite } from '../../tensor/autograd.js'
import { checkWithin } from '../../tensor/check.js'
import { xlogy } from '../../tensor/elementwise.js'
import { sum } from '../../tensor/reduce.js'
import { Tensor } from '../../tensor/tensor.js'
import { checkOptions, floats, klRules, type LossOptions, reduced, type Reduction } from './loss-options.js'

/** What the target of a divergence is, and how divergences are reduced. */
export interface KlDivOptions {
  /**
   * 'batchmean' is the divergence as it is defined, averaged over the first dimension; 'mean' (default, as in PyTorch) also
   * divides by the number of classes.
   */
  readonly reduction?: Reduction | 'batchmean'
  /** The target is given as log-probabilities. Default false. */
  readonly logTarget?: boolean
}

/** What the input of a Poisson likelihood is, and which constants are added. */
export interface PoissonNllOptions extends LossOptions {
  /** The input is the logarithm of the rate. Default true. */
  readonly logInput?: boolean
  /** Adds Stirling's approximation of log(target!) for targets above 1. Default false. */
  readonly full?: boolean
  /** Added to the rate within its logarithm when `logInput` is false. Default 1e-8. */
  readonly eps?: number
}

/** Which constants a normal likelihood adds, and the least variance. */
export interface GaussianNllOptions extends LossOptions {
  /** Adds the constant log(2 pi) / 2. Default false. */
  readonly full?: boolean
  /** The variance counts as at least this much; its gradient passes all the same. Default 1e-6. */
  readonly eps?: number
}

/**
 * Divergence of the target from the input (Kullback and Leibler 1951): target (log(target) - input), the input being
 * log-probabilities and the target probabilities (or their logarithms: `logTarget`). Shapes broadcast; the first dimension is the
 * batch.
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  checkOptions('klDiv', options, klRules)
  const { reduction = 'mean', logTarget = false } = options
  const x = input.node
  const t = target.node
  const losses = floats('klDiv', logTarget ? b.mul(b.exp(t), b.sub(t, x)) : b.sub(xlogy(t, t), b.mul(t, x)))
  if (reduction !== 'batchmean') return reduced(losses, reduction)
  return new Tensor(b.div(sum(losses), input.shape[0] ?? 1))
}

/** log(t!) after Stirling, for t > 1: t log(t) - t + log(2 pi t) / 2; 0 below. */
function stirling(t: Node): Node {
  const large = b.gt(t, 1)
  const x = b.where(large, t, 1)
  const log = b.log(x)
  return b.where(large, b.add(b.sub(b.mul(x, log), x), b.mul(b.add(log, Math.log(2 * Math.PI)), 0.5)), 0)
}

/**
 * Negative log-likelihood of counts under a Poisson distribution with rate exp(input): exp(input) - target input, up to a
 * constant; with `logInput: false` the input is the rate itself: input - target log(input + eps). Shapes broadcast.
 */
export function poissonNllLoss(input: Tensor, target: Tensor, options: PoissonNllOptions = {}): Tensor {
  checkOptions('poissonNllLoss', options)
  const { logInput = true, full = false, eps = 1e-8 } = options
  const x = input.node
  const t = target.node
  const losses = logInput ? b.sub(b.exp(x), b.mul(t, x)) : b.sub(x, b.mul(t, b.log(b.add(x, eps))))
  return reduced(floats('poissonNllLoss', full ? b.add(losses, stirling(t)) : losses), options.reduction)
}

/** The variance, shaped to broadcast with the input: in its shape, or without its last dimension, or with 1 there. */
function varianceOf(input: Tensor, variance: Tensor): Node {
  const { shape } = input
  const rows = shape.slice(0, -1)
  if (sameShape(variance.shape, shape) || (shape.length > 0 && sameShape(variance.shape, [...rows, 1]))) return variance.node
  if (shape.length > 0 && sameShape(variance.shape, rows)) return b.reshape(variance.node, [...rows, 1])
  throw new NablaError(
    'shape',
    `[gaussianNllLoss] the variance has shape ${showShape(variance.shape)}; expected the input's ${showShape(shape)}, or one for each row: ${showShape([...rows, 1])}`,
    { input: shape, variance: variance.shape },
  )
}

/**
 * Negative log-likelihood of the target under a normal distribution with mean `input` and variance `variance` (Nix and Weigend
 * 1994): (log(variance) + (input - target)^2 / variance) / 2. The variance has the input's shape, or one value for each row:
 * [...rows] or [...rows, 1]. A negative one is refused where its values are at hand, and else counts as `eps`.
 */
export function gaussianNllLoss(input: Tensor, target: Tensor, variance: Tensor, options: GaussianNllOptions = {}): Tensor {
  checkOptions('gaussianNllLoss', options)
  const { full = false, eps = 1e-6 } = options
  const given = varianceOf(input, variance)
  checkWithin('gaussianNllLoss', 'variance', variance.node, 0, Infinity)
  const v = composite(
    'variance',
    [given],
    () => b.maximum(given, eps),
    (grad) => [grad],
  )
  const d = b.sub(input.node, target.node)
  const losses = b.mul(b.add(b.log(v), b.div(b.mul(d, d), v)), 0.5)
  return reduced(floats('gaussianNllLoss', full ? b.add(losses, Math.log(2 * Math.PI) / 2) : losses), options.reduction)
}
