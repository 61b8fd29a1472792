/** Losses of scores for classes as modules: of which one is right, or any number. */
import type { Tensor } from '../tensor/tensor.js'
import { hingeRules } from './functional/loss-options.js'
import * as f from './functional/loss.js'
import { held, Loss, WeightedLoss } from './loss-module.js'
import type { Buffer } from './module.js'

/**
 * -weight[class] log(softmax(input)[class]): input [N, C, ...] or [C] are scores, target class indices [N, ...] (int32 or uint8),
 * or probabilities in the input's shape. Losses are [N, ...]. See `functional.crossEntropy`.
 */
export class CrossEntropyLoss extends WeightedLoss<f.CrossEntropyOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.crossEntropy(input, target, this.settings)
  }
}

/**
 * -weight[class] input[class]: input [N, C, ...] or [C] are log-probabilities, target class indices [N, ...] (int32 or uint8).
 * Losses are [N, ...]. See `functional.nllLoss`.
 */
export class NLLLoss extends WeightedLoss<f.ClassLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.nllLoss(input, target, this.settings)
  }
}

/**
 * -weight (target log(input) + (1 - target) log(1 - input)) of probabilities and targets in 0..1, both of one shape, which the
 * losses have too; logarithms are cut off at -100. See `functional.binaryCrossEntropy`.
 */
export class BCELoss extends WeightedLoss<f.WeightedLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.binaryCrossEntropy(input, target, this.settings)
  }
}

/**
 * -weight (posWeight target log(s) + (1 - target) log(1 - s)) with s = sigmoid(input), without overflow, of logits and targets in
 * 0..1, both of one shape, which the losses have too. See `functional.binaryCrossEntropyWithLogits`.
 */
export class BCEWithLogitsLoss extends WeightedLoss<f.LogitsLossOptions> {
  /** Factor for the loss of positive targets, kept in the state; null if none was given. */
  readonly posWeight: Buffer | null

  constructor(options?: f.LogitsLossOptions) {
    super(options)
    this.posWeight = held(this.options.posWeight)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.binaryCrossEntropyWithLogits(input, target, { ...this.settings, posWeight: this.posWeight })
  }
}

/**
 * The sum over classes i != y of weight[y] max(0, margin - x[y] + x[i])^p / C, for scores x [N, C] (or [C]) and right classes y
 * [N] (Crammer and Singer 2001). Losses are [N]. See `functional.multiMarginLoss`.
 */
export class MultiMarginLoss extends WeightedLoss<f.MultiMarginOptions> {
  constructor(options?: f.MultiMarginOptions) {
    super(options, hingeRules)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.multiMarginLoss(input, target, this.settings)
  }
}

/**
 * The sum over right classes y and others i of max(0, 1 - x[y] + x[i]) / C, for scores x [N, C] (or [C]) and targets of that
 * shape, whose rows list the right classes up to the first -1. Losses are [N]. See `functional.multilabelMarginLoss`.
 */
export class MultiLabelMarginLoss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelMarginLoss(input, target, this.options)
  }
}

/**
 * The mean over the classes of -weight (target log(s) + (1 - target) log(1 - s)) with s = sigmoid(input), for logits [..., C] and
 * targets 0 or 1 of that shape. Losses are [...]. See `functional.multilabelSoftMarginLoss`.
 */
export class MultiLabelSoftMarginLoss extends WeightedLoss<f.WeightedLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelSoftMarginLoss(input, target, this.settings)
  }
}
