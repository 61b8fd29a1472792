/** Losses of numbers, of distributions and of sequences, as modules. */
import type { Tensor } from '../tensor/tensor.js'
import { klRules } from './functional/loss-options.js'
import * as f from './functional/loss.js'
import { Loss } from './loss-module.js'

/** Mean squared error: (input - target)^2. Input, target and losses have one shape. See `functional.mseLoss`. */
export class MSELoss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.mseLoss(input, target, this.options)
  }
}

/** Mean absolute error: |input - target|. Input, target and losses have one shape. See `functional.l1Loss`. */
export class L1Loss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.l1Loss(input, target, this.options)
  }
}

/**
 * d^2 / (2 beta) where |d| = |input - target| is below `beta` (default 1), else |d| - beta / 2 (Girshick 2015). Input, target and
 * losses have one shape. See `functional.smoothL1Loss`.
 */
export class SmoothL1Loss extends Loss<f.SmoothL1Options> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.smoothL1Loss(input, target, this.options)
  }
}

/**
 * d^2 / 2 where |d| = |input - target| is below `delta` (default 1), else delta (|d| - delta / 2) (Huber 1964). Input, target and
 * losses have one shape. See `functional.huberLoss`.
 */
export class HuberLoss extends Loss<f.HuberOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.huberLoss(input, target, this.options)
  }
}

/**
 * target (log(target) - input), the divergence of probabilities from log-probabilities (Kullback and Leibler 1951). Shapes
 * broadcast; reduction 'batchmean' is the divergence as it is defined. See `functional.klDiv`.
 */
export class KLDivLoss extends Loss<f.KlDivOptions> {
  constructor(options?: f.KlDivOptions) {
    super(options, klRules)
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return f.klDiv(input, target, this.options)
  }
}

/**
 * exp(input) - target input, the negative log-likelihood of counts whose log-rate is the input, up to a constant. Shapes
 * broadcast, and losses have the shape that comes of it. See `functional.poissonNllLoss`.
 */
export class PoissonNLLLoss extends Loss<f.PoissonNllOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.poissonNllLoss(input, target, this.options)
  }
}

/**
 * (log(variance) + (input - target)^2 / variance) / 2, the negative log-likelihood under a normal distribution of known variance
 * (Nix and Weigend 1994). The variance has the input's shape, or one value for each row. See `functional.gaussianNllLoss`.
 */
export class GaussianNLLLoss extends Loss<f.GaussianNllOptions> {
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return f.gaussianNllLoss(input, target, variance, this.options)
  }
}

/**
 * -log p(targets) of labels under unaligned frames (Graves et al. 2006): log-probabilities [T, N, C] or [T, C], labels [N, S] or
 * all one after the other. Losses are [N]. See `functional.ctcLoss`.
 */
export class CTCLoss extends Loss<f.CtcOptions> {
  forward(logProbs: Tensor, targets: Tensor, inputLengths: f.Lengths, targetLengths: f.Lengths): Tensor {
    return f.ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options)
  }
}
