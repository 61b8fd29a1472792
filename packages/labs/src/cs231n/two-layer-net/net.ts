/**
 * A network of two layers, put together from layers with hand-written ways back:
 *
 *     x [N, D] -- affine -- ReLU --> h [N, H] -- affine --> scores [N, C] -- softmax loss --> L
 *        W1 [D, H], b1 [H]                        W2 [H, C], b2 [C]
 */
import { noGrad, type Tensor, zeros } from 'nabla'
import { affineBackward, affineForward } from '../scratch/affine.js'
import { softmaxLoss } from '../scratch/losses.js'
import {
  addPenalty,
  firstWeights,
  type LossAndGradients,
  type Network,
  type Parameters,
  type WeightScale,
} from '../scratch/network.js'
import { affineReluBackward, affineReluForward } from '../scratch/sandwiches.js'

export interface TwoLayerOptions {
  /** Numbers of one example. */
  readonly inputs: number
  /** Hidden units. */
  readonly hidden: number
  readonly classes: number
  /** Of the penalty: strength / 2 times the sum of all squared weights. */
  readonly strength: number
  /** How large first weights are. Default 0.001. */
  readonly weightScale?: WeightScale
  readonly dtype?: 'float32' | 'float64'
}

export class TwoLayerNet implements Network {
  readonly params: Parameters

  constructor(readonly options: TwoLayerOptions) {
    const { inputs, hidden, classes, weightScale = 1e-3, dtype = 'float32' } = options
    this.params = {
      W1: firstWeights([inputs, hidden], inputs, weightScale, dtype),
      b1: zeros([hidden], { dtype }),
      W2: firstWeights([hidden, classes], hidden, weightScale, dtype),
      b2: zeros([classes], { dtype }),
    }
  }

  /** Class scores [N, C]. */
  scores(x: Tensor): Tensor {
    return noGrad(() => this.forward(x).scores)
  }

  loss(x: Tensor, y: Tensor): LossAndGradients {
    return noGrad(() => {
      const { scores, first, second } = this.forward(x)
      const { loss, dx: dscores } = softmaxLoss(scores, y) // [], [N, C]
      const { dx: dh, dw: W2, db: b2 } = affineBackward(dscores, second) // [N, H]
      const { dw: W1, db: b1 } = affineReluBackward(dh, first)
      return addPenalty({ loss, grads: { W1, b1, W2, b2 } }, this.params, this.options.strength)
    })
  }

  private forward(x: Tensor) {
    const { W1, b1, W2, b2 } = this.params
    const [h, first] = affineReluForward(x, W1!, b1!) // [N, H]
    const [scores, second] = affineForward(h, W2!, b2!) // [N, C]
    return { scores, first, second }
  }
}
