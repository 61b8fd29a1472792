/** Losses that ask for a distance, as modules. */
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/loss.js'
import { Loss } from './loss-module.js'

/** input where the target is 1, max(0, margin - input) where it is -1. See `functional.hingeEmbeddingLoss`. */
export class HingeEmbeddingLoss extends Loss<f.MarginOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.hingeEmbeddingLoss(input, target, this.options)
  }
}

/** max(0, margin - target (input1 - input2)). See `functional.marginRankingLoss`. */
export class MarginRankingLoss extends Loss<f.MarginOptions> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.marginRankingLoss(input1, input2, target, this.options)
  }
}

/** log(1 + exp(-target input)) for targets 1 or -1. See `functional.softMarginLoss`. */
export class SoftMarginLoss extends Loss<f.LossOptions> {
  forward(input: Tensor, target: Tensor): Tensor {
    return f.softMarginLoss(input, target, this.options)
  }
}

/** 1 - cos for pairs with target 1, max(0, cos - margin) with target -1. See `functional.cosineEmbeddingLoss`. */
export class CosineEmbeddingLoss extends Loss<f.MarginOptions> {
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.cosineEmbeddingLoss(input1, input2, target, this.options)
  }
}

/** max(0, |anchor - positive| - |anchor - negative| + margin) (Balntas et al. 2016). See `functional.tripletMarginLoss`. */
export class TripletMarginLoss extends Loss<f.TripletOptions> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginLoss(anchor, positive, negative, this.options)
  }
}

/** The same with a distance of one's own. See `functional.tripletMarginWithDistanceLoss`. */
export class TripletMarginWithDistanceLoss extends Loss<f.TripletDistanceOptions> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginWithDistanceLoss(anchor, positive, negative, this.options)
  }
}
