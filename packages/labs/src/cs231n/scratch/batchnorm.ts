/**
 * Batch normalisation (Ioffe and Szegedy 2015): every feature gets mean 0 and variance 1 over the batch, then a scale gamma and a shift beta that
 * are learned. The way back is written twice: step by step along the computation graph, and as what those steps come down to on paper.
 *
 *     x -+-> mean ---+
 *        |           v
 *        +--------> xc = x - mean -+-> square -> variance -> std -> 1 / std -+
 *                                  |                                         v
 *                                  +-----------------------------> x̂ = xc / std -> out = gamma x̂ + beta
 */
import { NablaError, type Tensor } from 'nabla'
import { moments, standardiseBackward } from './standardise.js'

/** Whether a layer is learning (batch statistics, dropped units) or in use. */
export type Mode = 'train' | 'test'

/** Averages over batches, of use when there is no batch to take statistics of. Both [D]. */
export interface RunningStatistics {
  readonly mean: Tensor
  readonly variance: Tensor
}

export interface BatchnormOptions {
  /** Default `train`. */
  readonly mode?: Mode
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
  /** Share of the old in the running averages. Default 0.9. */
  readonly momentum?: number
  /** Changed in place in training, read in test mode. Without them training keeps none. */
  readonly running?: RunningStatistics | undefined
}

/** What batch normalisation keeps in training. */
export interface BatchnormCache {
  readonly gamma: Tensor
  /** x - mean, [N, D]. */
  readonly xc: Tensor
  /** sqrt(variance + eps), [1, D]. */
  readonly std: Tensor
  /** [N, D] */
  readonly xHat: Tensor
}

export interface BatchnormGradients {
  readonly dx: Tensor
  readonly dgamma: Tensor
  readonly dbeta: Tensor
}

/**
 * gamma (x - mean) / sqrt(variance + eps) + beta for x [N, D], gamma and beta [D]. In training mean and (biased) variance are the batch's, and
 *
 *     running = momentum running + (1 - momentum) batch
 *
 * In test mode they are the running ones.
 */
export function batchnormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { mode = 'train', eps = 1e-5, momentum = 0.9, running }: BatchnormOptions = {},
): [out: Tensor, cache: BatchnormCache] {
  if (mode === 'test' && !running)
    throw new NablaError('argument', '[batchnormForward] test mode reads running statistics: give running: { mean, variance }', {
      mode,
    })
  const { mean, variance } = mode === 'test' ? running! : moments(x, [0]) // [1, D], or [D]
  const xc = x.sub(mean) // [N, D]
  const std = variance.add(eps).sqrt() // [1, D]
  const xHat = xc.div(std) // [N, D]
  const out = xHat.mul(gamma).add(beta) // [N, D]
  if (mode === 'train' && running) {
    average(running.mean, mean, momentum)
    average(running.variance, variance, momentum)
  }
  return [out, { gamma, xc, std, xHat }]
}

function average(running: Tensor, batch: Tensor, momentum: number): void {
  running.copy_(running.mul(momentum).add(batch.reshape(running.shape).mul(1 - momentum))) // [D]
}

/** Along the graph, from its end to its beginning: each line is the derivative of one node. */
export function batchnormBackward(dout: Tensor, { gamma, xc, std, xHat }: BatchnormCache): BatchnormGradients {
  const n = dout.shape[0]!
  // out = gamma x̂ + beta
  const dbeta = dout.sum(0) // [D]
  const dgamma = dout.mul(xHat).sum(0) // [D]
  const dxHat = dout.mul(gamma) // [N, D]
  // x̂ = xc inverse, with inverse = 1 / std: by both factors
  const inverse = std.reciprocal() // [1, D]
  const dxcDirect = dxHat.mul(inverse) // [N, D]
  const dInverse = dxHat.mul(xc).sum(0, { keepdim: true }) // [1, D]
  // inverse = 1 / std: -1 / std²
  const dStd = dInverse.mul(inverse.square().neg()) // [1, D]
  // std = sqrt(variance + eps): 1 / (2 std)
  const dVariance = dStd.mul(inverse).mul(0.5) // [1, D]
  // variance = mean(xc²): every xc has a share of 1/N, times 2 xc
  const dxcSquare = xc.mul(dVariance).mul(2 / n) // [N, D]
  // xc goes two ways, to x̂ and to the variance: gradients of ways add up
  const dxc = dxcDirect.add(dxcSquare) // [N, D]
  // xc = x - mean
  const dMean = dxc.sum(0, { keepdim: true }).neg() // [1, D]
  // mean = sum(x) / N
  const dx = dxc.add(dMean.div(n)) // [N, D]
  return { dx, dgamma, dbeta }
}

/** The same on paper: dx = (dx̂ - mean(dx̂) - x̂ mean(dx̂ x̂)) / std, with dx̂ = gamma dout. */
export function batchnormBackwardAlt(dout: Tensor, { gamma, std, xHat }: BatchnormCache): BatchnormGradients {
  const dx = standardiseBackward(dout.mul(gamma), { xHat, std, dims: [0] }) // [N, D]
  return { dx, dgamma: dout.mul(xHat).sum(0), dbeta: dout.sum(0) }
}
