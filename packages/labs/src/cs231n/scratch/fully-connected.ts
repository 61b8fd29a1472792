/**
 * A fully connected network of any depth:
 *
 *     { affine - [batch or layer normalisation] - ReLU - [dropout] } x (L - 1) - affine - softmax
 */
import { noGrad, NablaError, ones, type Tensor, zeros } from 'nabla'
import { affineBackward, type AffineCache, affineForward, reluBackward, reluForward } from './affine.js'
import { type BatchnormCache, batchnormBackwardAlt, batchnormForward, type Mode, type RunningStatistics } from './batchnorm.js'
import { dropoutBackward, type DropoutCache, dropoutForward } from './dropout.js'
import { type LayernormCache, layernormBackward, layernormForward } from './layernorm.js'
import { softmaxLoss } from './losses.js'
import { addPenalty, firstWeights, type LossAndGradients, type Network, type Parameters, type WeightScale } from './network.js'

export interface FullyConnectedOptions {
  /** Units of each hidden layer. */
  readonly hiddenDims: readonly number[]
  /** Numbers of one example. Default 3 * 32 * 32. */
  readonly inputDim?: number
  /** Default 10. */
  readonly numClasses?: number
  /** Probability that dropout keeps a unit; 1 is no dropout. Default 1. */
  readonly keep?: number
  readonly normalization?: 'batchnorm' | 'layernorm' | undefined
  /** Strength of the penalty. Default 0. */
  readonly reg?: number
  /** Default 0.01. */
  readonly weightScale?: WeightScale
  readonly dtype?: 'float32' | 'float64'
}

type Norm =
  | { readonly kind: 'batchnorm'; readonly cache: BatchnormCache }
  | { readonly kind: 'layernorm'; readonly cache: LayernormCache }

/** What one hidden layer keeps. */
interface HiddenCache {
  readonly affine: AffineCache
  readonly norm: Norm | undefined
  readonly relu: Tensor
  readonly dropout: DropoutCache
}

export class FullyConnectedNet implements Network {
  readonly params: Parameters = {}
  /** Running statistics of layer i at i - 1. */
  readonly running: readonly RunningStatistics[]
  readonly buffers: Readonly<Record<string, Tensor>>
  /** Ones where dropout keeps, for layer i at i - 1, instead of drawing: for checks. */
  masks: readonly (Tensor | undefined)[] = []
  /** Affine layers. */
  readonly depth: number
  readonly options: FullyConnectedOptions

  constructor(options: FullyConnectedOptions) {
    const { hiddenDims, inputDim = 3 * 32 * 32, numClasses = 10, weightScale = 1e-2, dtype = 'float32', keep = 1 } = options
    const sizes = [inputDim, ...hiddenDims, numClasses]
    if (!sizes.every((size) => Number.isInteger(size) && size > 0) || !(keep > 0 && keep <= 1))
      throw new NablaError(
        'argument',
        `[FullyConnectedNet] layers of ${sizes.join(', ')} units, keep ${keep}; expected whole numbers above 0, keep above 0 and at most 1`,
        { sizes, keep },
      )
    this.options = options
    this.depth = sizes.length - 1
    const running: RunningStatistics[] = []
    for (let i = 1; i <= this.depth; i++) {
      const [from, to] = [sizes[i - 1]!, sizes[i]!]
      this.params[`W${i}`] = firstWeights([from, to], from, weightScale, dtype)
      this.params[`b${i}`] = zeros([to], { dtype })
      if (i === this.depth || !options.normalization) continue
      this.params[`gamma${i}`] = ones([to], { dtype })
      this.params[`beta${i}`] = zeros([to], { dtype })
      if (options.normalization === 'batchnorm') running.push({ mean: zeros([to], { dtype }), variance: zeros([to], { dtype }) })
    }
    this.running = running
    this.buffers = Object.fromEntries(
      running.flatMap(({ mean, variance }, i) => [
        [`mean${i + 1}`, mean],
        [`variance${i + 1}`, variance],
      ]),
    )
  }

  /** Class scores [N, C], in test mode unless told otherwise. */
  scores(x: Tensor, mode: Mode = 'test'): Tensor {
    return noGrad(() => this.forward(x, mode).scores)
  }

  /** What each hidden layer gives, [N, hiddenDims[i]]: for histograms. */
  activations(x: Tensor, mode: Mode = 'train'): readonly Tensor[] {
    return noGrad(() => this.forward(x, mode).hidden)
  }

  loss(x: Tensor, y: Tensor): LossAndGradients {
    return noGrad(() => {
      const { scores, caches, last } = this.forward(x, 'train') // [N, C]
      const { loss, dx: dscores } = softmaxLoss(scores, y) // [], [N, C]
      return addPenalty({ loss, grads: this.backward(dscores, caches, last) }, this.params, this.options.reg ?? 0)
    })
  }

  private forward(x: Tensor, mode: Mode) {
    const caches: HiddenCache[] = []
    const hidden: Tensor[] = []
    let h = x.flatten(1) // [N, D]
    for (let i = 1; i < this.depth; i++) {
      const [linear, affine] = affineForward(h, this.params[`W${i}`]!, this.params[`b${i}`]!) // [N, H_i]
      const [normal, norm] = this.normalise(linear, i, mode) // [N, H_i]
      const [active, relu] = reluForward(normal)
      const { keep = 1 } = this.options
      const [out, dropout] = keep < 1 ? dropoutForward(active, { keep, mode, mask: this.masks[i - 1] }) : [active, undefined]
      caches.push({ affine, norm, relu, dropout })
      hidden.push(active)
      h = out // [N, H_i]
    }
    const [scores, last] = affineForward(h, this.params[`W${this.depth}`]!, this.params[`b${this.depth}`]!) // [N, C]
    return { scores, caches, last, hidden }
  }

  private normalise(x: Tensor, i: number, mode: Mode): [out: Tensor, norm: Norm | undefined] {
    const kind = this.options.normalization
    if (!kind) return [x, undefined]
    const [gamma, beta] = [this.params[`gamma${i}`]!, this.params[`beta${i}`]!]
    if (kind === 'layernorm') {
      const [out, cache] = layernormForward(x, gamma, beta)
      return [out, { kind, cache }]
    }
    const [out, cache] = batchnormForward(x, gamma, beta, { mode, running: this.running[i - 1] })
    return [out, { kind, cache }]
  }

  private backward(dscores: Tensor, caches: readonly HiddenCache[], last: AffineCache): Parameters {
    const grads: Parameters = {}
    const { dx, dw, db } = affineBackward(dscores, last)
    grads[`W${this.depth}`] = dw
    grads[`b${this.depth}`] = db
    let dh = dx // [N, H_(L-1)]
    for (let i = this.depth - 1; i >= 1; i--) {
      const { affine, norm, relu, dropout } = caches[i - 1]!
      dh = reluBackward(dropoutBackward(dh, dropout), relu) // [N, H_i]
      if (norm) {
        const { dx, dgamma, dbeta } =
          norm.kind === 'batchnorm' ? batchnormBackwardAlt(dh, norm.cache) : layernormBackward(dh, norm.cache)
        grads[`gamma${i}`] = dgamma
        grads[`beta${i}`] = dbeta
        dh = dx
      }
      const back = affineBackward(dh, affine)
      grads[`W${i}`] = back.dw
      grads[`b${i}`] = back.db
      dh = back.dx // [N, H_(i-1)]
    }
    return grads
  }
}
