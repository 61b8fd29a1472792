/** Losses of scores for classes of which one is right. */
import { isFloat } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import { sameShape, sizeOf } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { logsumexp, sum } from '../../tensor/reduce.js'
import { Tensor } from '../../tensor/tensor.js'
import { checkOptions, floats, type LossOptions, reduced } from './loss-options.js'
import { classDim, type ClassTargets, classTargets, classWeights } from './loss-targets.js'

/** How the losses of samples with one class each are weighted and reduced. */
export interface ClassLossOptions extends LossOptions {
  /** A factor for each class: [C]. The mean is then weighted: the sum is divided by the weights of the samples' classes. */
  readonly weight?: Tensor | null
  /** Samples of this class count nothing, in the mean too. Default -100. */
  readonly ignoreIndex?: number
}

/** How cross entropies are weighted, smoothed and reduced. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** This share of every target is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number
}

/** Reduces the samples' losses: samples count by the weight of their class, ignored ones not at all. */
function bySample(
  each: Node,
  target: Tensor,
  { chosen, dim, known }: ClassTargets,
  weights: Node | undefined,
  { reduction = 'mean', ignoreIndex = -100 }: ClassLossOptions,
): Tensor {
  const kept = b.ne(target.node, ignoreIndex)
  const losses = b.where(kept, known(each), 0)
  if (reduction !== 'mean') return reduced(losses, reduction)
  const counts = weights ? b.where(kept, sum(b.where(chosen, weights, 0), dim), 0) : b.cast(kept, each.dtype)
  return new Tensor(b.div(sum(losses), sum(counts)))
}

/**
 * Negative log-likelihood: -input[class] of log-probabilities [N, C, ...] (or [C]); target class indices [N, ...] (int32 or
 * uint8). An index outside of 0..C-1, other than `ignoreIndex`, throws where its value is at hand, and else makes the loss NaN.
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  checkOptions('nllLoss', options)
  const targets = classTargets('nllLoss', input, target, options.ignoreIndex ?? -100)
  const weights = classWeights('nllLoss', options.weight, input, targets.dim)
  const scores = floats('nllLoss', b.neg(weights ? b.mul(input.node, weights) : input.node))
  return bySample(sum(b.where(targets.chosen, scores, 0), targets.dim), target, targets, weights, options)
}

/**
 * Cross entropy: -log(softmax(input)[class]) of scores [N, C, ...] (or [C]). The target is class indices [N, ...] (int32 or
 * uint8), or float probabilities in the input's shape: then -sum(target log(softmax(input))), and the mean divides by the number
 * of samples. A class index outside of 0..C-1, other than `ignoreIndex`, throws where its value is at hand, and else makes the
 * loss NaN; the mean over no sample is NaN.
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions('crossEntropy', options)
  const { labelSmoothing: e = 0, ignoreIndex = -100 } = options
  const dim = classDim('crossEntropy', input)
  const weights = classWeights('crossEntropy', options.weight, input, dim)
  const x = floats('crossEntropy', input.node)
  const total = logsumexp(x, dim, true)
  if (isFloat(target.dtype) && sameShape(input.shape, target.shape))
    return softTargets(total, input, target, weights, dim, options)

  const targets = classTargets('crossEntropy', input, target, ignoreIndex)
  const { chosen, classes } = targets
  // In the plain case logsumexp(x) - x[class]: the softmax itself is made only by the gradient.
  if (e === 0 && !weights)
    return bySample(b.sub(sum(total, dim), sum(b.where(chosen, x, 0), dim)), target, targets, weights, options)
  const surprise = b.sub(total, x)
  const losses = weights ? b.mul(surprise, weights) : surprise
  const share = e === 0 ? b.where(chosen, losses, 0) : b.mul(losses, b.where(chosen, b.like(x, 1 - e + e / classes), e / classes))
  return bySample(sum(share, dim), target, targets, weights, options)
}

/** Cross entropy with probabilities as targets. */
function softTargets(
  total: Node,
  input: Tensor,
  target: Tensor,
  weights: Node | undefined,
  dim: number,
  { reduction = 'mean', labelSmoothing: e = 0, ignoreIndex = -100 }: CrossEntropyOptions,
): Tensor {
  if (ignoreIndex >= 0)
    throw new NablaError(
      'argument',
      `[crossEntropy] ignoreIndex ${ignoreIndex} has no meaning for probabilities as targets; leave it out, or give class indices`,
      { ignoreIndex },
    )
  const t = e > 0 ? b.add(b.mul(target.node, 1 - e), e / input.shape[dim]!) : target.node
  const losses = b.mul(b.sub(total, input.node), t)
  const each = sum(weights ? b.mul(losses, weights) : losses, dim)
  return reduction === 'mean' ? new Tensor(b.div(sum(each), sizeOf(each.shape))) : reduced(each, reduction)
}
