/** Losses of answers to yes-or-no questions. */
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { logSigmoid, softplus } from '../../tensor/activations.js'
import { composite } from '../../tensor/autograd.js'
import { checkWithin } from '../../tensor/check.js'
import { mean } from '../../tensor/reduce.js'
import type { Tensor } from '../../tensor/tensor.js'
import { checkOptions, checkSame, elementwise, floats, reduced, weighted, type WeightedLossOptions } from './loss-options.js'

/** How losses of logits are weighted and reduced. */
export interface LogitsLossOptions extends WeightedLossOptions {
  /** A factor for the loss of positive targets, broadcast: one for each class, as a rule. */
  readonly posWeight?: Tensor | null
}

/** -(t log(p) + (1 - t) log(1 - p)), with logarithms of at least -100; the gradient's divisor p (1 - p) is at least 1e-12. */
const crossEntropyOf = (p: Node, t: Node): Node =>
  composite(
    'binaryCrossEntropy',
    [p, t],
    () => {
      const yes = b.mul(t, b.maximum(b.log(p), -100))
      const no = b.mul(b.sub(1, t), b.maximum(b.log1p(b.neg(p)), -100))
      return b.neg(b.add(yes, no))
    },
    (grad) => [
      b.div(b.mul(grad, b.sub(p, t)), b.maximum(b.mul(b.sub(1, p), p), 1e-12)),
      b.mul(grad, b.sub(b.log1p(b.neg(p)), b.log(p))),
    ],
  )

/**
 * Cross entropy of probabilities: -(target log(input) + (1 - target) log(1 - input)), its logarithms cut off at -100. Input and
 * target have one shape. A probability outside of 0..1 throws where its value is at hand, and else makes the loss NaN.
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  checkWithin('binaryCrossEntropy', 'probability', input.node, 0, 1, '; for scores of any size: binaryCrossEntropyWithLogits')
  return elementwise('binaryCrossEntropy', input, target, options, crossEntropyOf)
}

/**
 * Cross entropy of logits, that is, of sigmoid(input), without overflow: (1 - t) x + (1 + (posWeight - 1) t) log(1 + exp(-x)).
 * Input and target have one shape.
 */
export function binaryCrossEntropyWithLogits(input: Tensor, target: Tensor, options: LogitsLossOptions = {}): Tensor {
  const { posWeight } = options
  return elementwise('binaryCrossEntropyWithLogits', input, target, options, (x, t) => {
    const tail = softplus(b.neg(x), 1, Infinity)
    const factor = posWeight ? b.add(b.mul(b.sub(posWeight.node, 1), t), 1) : undefined
    return b.add(b.mul(b.sub(1, t), x), factor ? b.mul(tail, factor) : tail)
  })
}

/**
 * One question for each class: the cross entropy of the logits [..., C] with targets 0 or 1 of the same shape, averaged over the
 * classes: [...]. `weight` [C] is a factor for each class.
 */
export function multilabelSoftMarginLoss(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  checkOptions('multilabelSoftMarginLoss', options)
  checkSame('multilabelSoftMarginLoss', input, target)
  const x = input.node
  const t = target.node
  const each = b.neg(b.add(b.mul(t, logSigmoid(x)), b.mul(b.sub(1, t), logSigmoid(b.neg(x)))))
  const losses = weighted(floats('multilabelSoftMarginLoss', each), options.weight)
  return reduced(losses.shape.length ? mean(losses, -1) : losses, options.reduction)
}
