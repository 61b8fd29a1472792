/** Losses of numbers, of distributions and of sequences, as modules. */
import type { Tensor } from '../tensor/tensor.js'
import { klRules } from './functional/loss-options.js'
import * as f from './functional/loss.js'
import { Loss } from './loss-module.js'

/** Mean squared error: (input - target)^2. See `functional.mseLoss`. */
export class MSELoss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.mseLoss(input, target, this.options)
  }
}

/** Mean absolute error: |input - target|. See `functional.l1Loss`. */
export class L1Loss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.l1Loss(input, target, this.options)
  }
}

/** Squared below `beta` (default 1), absolute above (Girshick 2015). See `functional.smoothL1Loss`. */
export class SmoothL1Loss extends Loss<f.SmoothL1Options> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.smoothL1Loss(input, target, this.options)
  }
}

/** Squared below `delta` (default 1), linear above (Huber 1964). See `functional.huberLoss`. */
export class HuberLoss extends Loss<f.HuberOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.huberLoss(input, target, this.options)
  }
}

/** Divergence of the target from log-probabilities (Kullback and Leibler 1951). See `functional.klDiv`. */
export class KLDivLoss extends Loss<f.KlDivOptions> {
  constructor(options?: f.KlDivOptions) {
    super(options, klRules)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.klDiv(input, target, this.options)
  }
}

/** Negative log-likelihood of counts whose log-rate is the input. See `functional.poissonNllLoss`. */
export class PoissonNLLLoss extends Loss<f.PoissonNllOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.poissonNllLoss(input, target, this.options)
  }
}

/**
 * Negative log-likelihood under a normal distribution of known variance (Nix and Weigend 1994). See `functional.gaussianNllLoss`.
 */
export class GaussianNLLLoss extends Loss<f.GaussianNllOptions> {
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return f.gaussianNllLoss(input, target, variance, this.options)
  }
}

/** Likelihood of labels under unaligned frames (Graves et al. 2006). See `functional.ctcLoss`. */
export class CTCLoss extends Loss<f.CtcOptions> {
  forward(logProbs: Tensor, targets: Tensor, inputLengths: f.Lengths, targetLengths: f.Lengths): Tensor {
    return f.ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options)
  }
}
