/** conv - ReLU - 2 x 2 max pool - affine - ReLU - affine - softmax, with filters that keep the image's size. */
import { NablaError, noGrad, type Tensor, zeros } from 'nabla'
import { affineBackward, affineForward } from './affine.js'
import { softmaxLoss } from './losses.js'
import { addPenalty, firstWeights, type LossAndGradients, type Network, type Parameters, type WeightScale } from './network.js'
import { affineReluBackward, affineReluForward, convReluPoolBackward, convReluPoolForward } from './sandwiches.js'

export interface ThreeLayerOptions {
  /** [C, H, W] of one image, H and W even. Default [3, 32, 32]. */
  readonly inputDim?: readonly [channels: number, height: number, width: number]
  /** Default 32. */
  readonly numFilters?: number
  /** Rows and columns of a filter, odd. Default 7. */
  readonly filterSize?: number
  /** Units of the hidden affine layer. Default 100. */
  readonly hiddenDim?: number
  /** Default 10. */
  readonly numClasses?: number
  /** Default 0.001. */
  readonly weightScale?: WeightScale
  /** Strength of the penalty. Default 0. */
  readonly reg?: number
  readonly dtype?: 'float32' | 'float64'
}

const pool = { poolHeight: 2, poolWidth: 2, stride: 2 } as const

export class ThreeLayerConvNet implements Network {
  readonly params: Parameters
  readonly options: ThreeLayerOptions

  constructor(options: ThreeLayerOptions = {}) {
    const { inputDim = [3, 32, 32], numFilters = 32, filterSize = 7, hiddenDim = 100, numClasses = 10 } = options
    const { weightScale = 1e-3, dtype = 'float32' } = options
    const [channels, height, width] = inputDim
    if (filterSize % 2 === 0 || height % 2 || width % 2)
      throw new NablaError(
        'argument',
        `[ThreeLayerConvNet] filters of ${filterSize}, images of ${height} x ${width}; expected an odd and even numbers`,
        { filterSize, height, width },
      )
    const pooled = (numFilters * height * width) / 4
    const window = channels * filterSize * filterSize
    this.options = options
    this.params = {
      W1: firstWeights([numFilters, channels, filterSize, filterSize], window, weightScale, dtype),
      b1: zeros([numFilters], { dtype }),
      W2: firstWeights([pooled, hiddenDim], pooled, weightScale, dtype),
      b2: zeros([hiddenDim], { dtype }),
      W3: firstWeights([hiddenDim, numClasses], hiddenDim, weightScale, dtype),
      b3: zeros([numClasses], { dtype }),
    }
  }

  scores(x: Tensor): Tensor {
    return noGrad(() => this.forward(x).scores)
  }

  loss(x: Tensor, y: Tensor): LossAndGradients {
    return noGrad(() => {
      const { scores, caches } = this.forward(x)
      const { loss, dx: dscores } = softmaxLoss(scores, y) // [], [N, C]
      const third = affineBackward(dscores, caches.third)
      const second = affineReluBackward(third.dx, caches.second)
      const dPooled = second.dx.reshape(caches.pooled) // [N, F, H/2, W/2]
      const first = convReluPoolBackward(dPooled, caches.first)
      const grads = { W1: first.dw, b1: first.db, W2: second.dw, b2: second.db, W3: third.dw, b3: third.db }
      return addPenalty({ loss, grads }, this.params, this.options.reg ?? 0)
    })
  }

  private forward(x: Tensor) {
    const { W1, b1, W2, b2, W3, b3 } = this.params as Readonly<Record<'W1' | 'b1' | 'W2' | 'b2' | 'W3' | 'b3', Tensor>>
    const pad = (W1.shape[2]! - 1) / 2
    const [maps, first] = convReluPoolForward(x, W1, b1, { stride: 1, pad }, pool) // [N, F, H/2, W/2]
    const [hidden, second] = affineReluForward(maps, W2, b2) // [N, hiddenDim]
    const [scores, third] = affineForward(hidden, W3, b3) // [N, C]
    return { scores, caches: { first, second, third, pooled: maps.shape } }
  }
}
