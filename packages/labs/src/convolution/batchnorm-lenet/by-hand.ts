/** Batch normalisation on bare tensors, as a lesson writes it; autograd finds the way back. */
import { noGrad, ones, type Tensor, zeros } from 'nabla'
import { Buffer, Module, Parameter } from 'nabla/nn'

/** What the formula needs besides the batch, [C] each. */
export interface NormState {
  /** gamma, the scale that is learned. */
  readonly weight: Tensor
  /** beta, the shift that is learned. */
  readonly bias: Tensor
  /** Averages over the batches so far, moved in place while training. */
  readonly runningMean: Tensor
  readonly runningVar: Tensor
}

/**
 * x [N, C] or [N, C, H, W] with mean 0 and variance 1 for each of its C features or channels, then scaled and shifted. In training by the
 * batch's own mean and variance, over all dimensions but C; else by their averages. Ioffe and Szegedy, 2015, algorithms 1 and 2.
 */
export function batchNorm(
  x: Tensor,
  { weight, bias, runningMean, runningVar }: NormState,
  training: boolean,
  { momentum = 0.1, eps = 1e-5 } = {},
): Tensor {
  const along = x.shape.map((_, d) => (d === 1 ? -1 : 1)) // [C] as [1, C, 1, 1]
  let [mean, variance] = [runningMean, runningVar]
  if (training) {
    const dims = x.shape.flatMap((_, d) => (d === 1 ? [] : [d]))
    const count = dims.reduce((product, d) => product * x.size(d), 1)
    mean = x.mean(dims) //                                              [C]
    variance = x.sub(mean.reshape(along)).square().mean(dims) //        [C]
    noGrad(() => {
      runningMean.mul_(1 - momentum).add_(mean, { alpha: momentum })
      runningVar.mul_(1 - momentum).add_(variance, { alpha: (momentum * count) / (count - 1) }) // unbiased
    })
  }
  const normal = x.sub(mean.reshape(along)).div(variance.add(eps).sqrt().reshape(along)) // [N, C, H, W]
  return normal.mul(weight.reshape(along)).add(bias.reshape(along))
}

/** The formula as a layer: gamma 1 and beta 0 at the start. */
export class BatchNormByHand extends Module implements NormState {
  readonly weight: Parameter
  readonly bias: Parameter
  readonly runningMean: Buffer
  readonly runningVar: Buffer

  constructor(features: number) {
    super()
    this.weight = new Parameter(ones([features]))
    this.bias = new Parameter(zeros([features]))
    this.runningMean = new Buffer(zeros([features]))
    this.runningVar = new Buffer(ones([features]))
  }

  /** @param x [N, C] or [N, C, H, W] @returns its shape */
  override forward(x: Tensor): Tensor {
    return batchNorm(x, this, this.training)
  }
}
