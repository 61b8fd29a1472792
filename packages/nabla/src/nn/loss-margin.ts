/** Losses that ask for a distance, as modules. */
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/loss.js'
import { Loss } from './loss-module.js'

/**
 * input where the target is 1, max(0, margin - input) (margin 1 by default) where it is -1. Shapes broadcast, and losses have the
 * shape that comes of it. See `functional.hingeEmbeddingLoss`.
 */
export class HingeEmbeddingLoss extends Loss<f.MarginOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.hingeEmbeddingLoss(input, target, this.options)
  }
}

/**
 * max(0, margin - target (input1 - input2)), with targets 1 or -1 and margin 0 by default. Shapes broadcast, and losses have the
 * shape that comes of it. See `functional.marginRankingLoss`.
 */
export class MarginRankingLoss extends Loss<f.MarginOptions> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.marginRankingLoss(input1, input2, target, this.options)
  }
}

/**
 * log(1 + exp(-target input)) for targets 1 or -1. Shapes broadcast, and losses have the shape that comes of it. See
 * `functional.softMarginLoss`.
 */
export class SoftMarginLoss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.softMarginLoss(input, target, this.options)
  }
}

/**
 * 1 - cos for pairs of vectors [N, D] with target 1, max(0, cos - margin) with target -1 ([N]), margin 0 by default. Losses are
 * [N]. See `functional.cosineEmbeddingLoss`.
 */
export class CosineEmbeddingLoss extends Loss<f.MarginOptions> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.cosineEmbeddingLoss(input1, input2, target, this.options)
  }
}

/**
 * max(0, |anchor - positive| - |anchor - negative| + margin) of vectors [..., D], margin 1 by default (Balntas et al. 2016).
 * Losses are [...]. See `functional.tripletMarginLoss`.
 */
export class TripletMarginLoss extends Loss<f.TripletOptions> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginLoss(anchor, positive, negative, this.options)
  }
}

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin), margin 1 by default, with a distance d of one's own: losses have
 * the shape that it gives. See `functional.tripletMarginWithDistanceLoss`.
 */
export class TripletMarginWithDistanceLoss extends Loss<f.TripletDistanceOptions> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginWithDistanceLoss(anchor, positive, negative, this.options)
  }
}
