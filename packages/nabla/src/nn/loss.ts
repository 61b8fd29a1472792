/** Losses as modules: `forward(input, target)`. */
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/loss.js'
import { Buffer, Module } from './module.js'

/** A weight that belongs to the loss's state, as in PyTorch. */
const held = (weight: Tensor | null | undefined): Buffer | null => (weight ? new Buffer(weight) : null)

/** (input - target)^2, reduced. */
export class MSELoss extends Module {
  constructor(readonly options: f.LossOptions = {}) {
    super()
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.mseLoss(input, target, this.options)
  }
}

/** |input - target|, reduced. */
export class L1Loss extends Module {
  constructor(readonly options: f.LossOptions = {}) {
    super()
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.l1Loss(input, target, this.options)
  }
}

/** Squared below `beta` (default 1), absolute above. */
export class SmoothL1Loss extends Module {
  constructor(readonly options: f.LossOptions & { readonly beta?: number } = {}) {
    super()
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.smoothL1Loss(input, target, this.options)
  }
}

/** Squared below `delta` (default 1), linear above. */
export class HuberLoss extends Module {
  constructor(readonly options: f.LossOptions & { readonly delta?: number } = {}) {
    super()
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.huberLoss(input, target, this.options)
  }
}

/**
 * -log(softmax(input)[class]): input [N, C] or [N, C, ...] are scores, target class indices [N] or [N, ...] (int32 or uint8), or
 * probabilities in the input's shape.
 */
export class CrossEntropyLoss extends Module {
  readonly weight: Buffer | null

  constructor(readonly options: f.CrossEntropyOptions = {}) {
    super()
    this.weight = held(options.weight)
    const { labelSmoothing = 0 } = options
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
      throw new NablaError('argument', `[CrossEntropyLoss] labelSmoothing is ${labelSmoothing}; expected 0 to 1`, {
        labelSmoothing,
      })
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return f.crossEntropy(input, target, { ...this.options, weight: this.weight })
  }
}

/** -input[class] of log-probabilities. */
export class NLLLoss extends Module {
  readonly weight: Buffer | null

  constructor(readonly options: f.ClassLossOptions = {}) {
    super()
    this.weight = held(options.weight)
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return f.nllLoss(input, target, { ...this.options, weight: this.weight })
  }
}

/** Cross entropy of probabilities and targets in [0, 1]. */
export class BCELoss extends Module {
  constructor(readonly options: f.WeightedLossOptions = {}) {
    super()
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.binaryCrossEntropy(input, target, this.options)
  }
}

/** Cross entropy of logits and targets in [0, 1]. */
export class BCEWithLogitsLoss extends Module {
  constructor(readonly options: f.WeightedLossOptions & { readonly posWeight?: Tensor | null } = {}) {
    super()
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.binaryCrossEntropyWithLogits(input, target, this.options)
  }
}
