/** Losses of scores for classes as modules: of which one is right, or any number. */
import type { Tensor } from '../tensor/tensor.js'
import { hingeRules } from './functional/loss-options.js'
import * as f from './functional/loss.js'
import { held, Loss, WeightedLoss } from './loss-module.js'
import type { Buffer } from './module.js'

/**
 * -log(softmax(input)[class]): input [N, C, ...] or [C] are scores, target class indices [N, ...] (int32 or uint8), or
 * probabilities in the input's shape. See `functional.crossEntropy`.
 */
export class CrossEntropyLoss extends WeightedLoss<f.CrossEntropyOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.crossEntropy(input, target, this.settings)
  }
}

/** -input[class] of log-probabilities [N, C, ...] or [C]. See `functional.nllLoss`. */
export class NLLLoss extends WeightedLoss<f.ClassLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.nllLoss(input, target, this.settings)
  }
}

/** Cross entropy of probabilities and targets in 0..1. See `functional.binaryCrossEntropy`. */
export class BCELoss extends WeightedLoss<f.WeightedLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.binaryCrossEntropy(input, target, this.settings)
  }
}

/** Cross entropy of logits and targets in 0..1. See `functional.binaryCrossEntropyWithLogits`. */
export class BCEWithLogitsLoss extends WeightedLoss<f.LogitsLossOptions> {
  readonly posWeight: Buffer | null

  constructor(options?: f.LogitsLossOptions) {
    super(options)
    this.posWeight = held(this.options.posWeight)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.binaryCrossEntropyWithLogits(input, target, { ...this.settings, posWeight: this.posWeight })
  }
}

/** Hinge loss of scores [N, C] against the right class (Crammer and Singer 2001). See `functional.multiMarginLoss`. */
export class MultiMarginLoss extends WeightedLoss<f.MultiMarginOptions> {
  constructor(options?: f.MultiMarginOptions) {
    super(options, hingeRules)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.multiMarginLoss(input, target, this.settings)
  }
}

/** Hinge loss of scores [N, C] against every right class, listed up to the first -1. See `functional.multilabelMarginLoss`. */
export class MultiLabelMarginLoss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelMarginLoss(input, target, this.options)
  }
}

/** Cross entropy of logits [..., C], averaged over the classes. See `functional.multilabelSoftMarginLoss`. */
export class MultiLabelSoftMarginLoss extends WeightedLoss<f.WeightedLossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelSoftMarginLoss(input, target, this.settings)
  }
}
