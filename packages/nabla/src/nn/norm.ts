/** Normalisation layers. */
import { NablaError, showShape } from '../core/errors.js'
import type { Shape } from '../core/shape.js'
import { filledNode } from '../tensor/source.js'
import { defaultDevice } from '../compiler/devices.js'
import { Tensor } from '../tensor/tensor.js'
import { batchNorm, layerNorm } from './functional/normalization.js'
import { checkCount, type Place } from './linear.js'
import { Buffer, Module, Parameter } from './module.js'

export interface BatchNormLayerOptions extends Place {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
  /** Weight of a batch in the running statistics (default 0.1); null averages over all batches so far. */
  readonly momentum?: number | null
  /** Learn a weight and a bias for each channel. Default true. */
  readonly affine?: boolean
  /** Keep running statistics for evaluation. Default true; false uses the batch's always. */
  readonly trackRunningStats?: boolean
}

const filled = (value: number, shape: Shape, place: Place, dtype = place.dtype ?? 'float32'): Tensor =>
  new Tensor(filledNode(value, shape, dtype, place.device ?? defaultDevice()))

/** State names as PyTorch's: weight, bias, runningMean, runningVar, numBatchesTracked. */
abstract class BatchNormNd extends Module {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly runningMean: Buffer | null
  readonly runningVar: Buffer | null
  readonly numBatchesTracked: Buffer | null
  readonly eps: number
  readonly momentum: number | null

  constructor(
    readonly numFeatures: number,
    options: BatchNormLayerOptions = {},
  ) {
    super()
    const name = this.constructor.name
    checkCount(name, 'numFeatures', numFeatures)
    this.eps = options.eps ?? 1e-5
    this.momentum = options.momentum === undefined ? 0.1 : options.momentum
    if (this.momentum !== null && !(this.momentum >= 0 && this.momentum <= 1))
      throw new NablaError('argument', `[${name}] momentum is ${this.momentum}; expected 0 to 1, or null`, {
        momentum: this.momentum,
      })
    const affine = options.affine ?? true
    this.weight = affine ? new Parameter(filled(1, [numFeatures], options)) : null
    this.bias = affine ? new Parameter(filled(0, [numFeatures], options)) : null
    const track = options.trackRunningStats ?? true
    this.runningMean = track ? new Buffer(filled(0, [numFeatures], options)) : null
    this.runningVar = track ? new Buffer(filled(1, [numFeatures], options)) : null
    this.numBatchesTracked = track ? new Buffer(filled(0, [], options, 'int32')) : null
  }

  /** Ranks that the layer takes, in words and as numbers. */
  protected abstract readonly takes: { readonly ranks: readonly number[]; readonly expected: string }

  forward(input: Tensor): Tensor {
    if (!this.takes.ranks.includes(input.shape.length) || input.shape[1] !== this.numFeatures)
      throw new NablaError(
        'shape',
        `[${this.constructor.name}] the input has shape ${showShape(input.shape)}; expected ${this.takes.expected} with C = ${this.numFeatures}`,
        {
          shape: input.shape,
          numFeatures: this.numFeatures,
        },
      )
    const training = this.training || !this.runningMean
    let momentum: number | Tensor = this.momentum ?? 0.1
    if (this.training && this.numBatchesTracked) {
      this.numBatchesTracked.add_(1)
      if (this.momentum === null) momentum = this.numBatchesTracked.float().reciprocal()
    }
    const { weight, bias, eps } = this
    return batchNorm(input, this.runningMean, this.runningVar, { weight, bias, eps, training, momentum })
  }

  protected override extraRepr(): string {
    return String(this.numFeatures)
  }
}

/** Each feature of [N, C] or channel of [N, C, L] to mean 0 and variance 1 over the batch, then weight and bias. */
export class BatchNorm1d extends BatchNormNd {
  protected get takes() {
    return { ranks: [2, 3], expected: '[N, C] or [N, C, L]' }
  }
}

/** Each channel of [N, C, H, W] to mean 0 and variance 1 over the batch, then weight and bias. */
export class BatchNorm2d extends BatchNormNd {
  protected get takes() {
    return { ranks: [4], expected: '[N, C, H, W]' }
  }
}

export interface LayerNormLayerOptions extends Place {
  /** Default 1e-5. */
  readonly eps?: number
  /** Learn a weight and a bias for each element. Default true. */
  readonly elementwiseAffine?: boolean
}

/** The last dimensions to mean 0 and variance 1, then weight and bias of their shape. */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape
  readonly weight: Parameter | null
  readonly bias: Parameter | null
  readonly eps: number

  constructor(normalizedShape: number | Shape, options: LayerNormLayerOptions = {}) {
    super()
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
    for (const n of this.normalizedShape) checkCount('LayerNorm', 'normalizedShape', n)
    this.eps = options.eps ?? 1e-5
    const affine = options.elementwiseAffine ?? true
    this.weight = affine ? new Parameter(filled(1, this.normalizedShape, options)) : null
    this.bias = affine ? new Parameter(filled(0, this.normalizedShape, options)) : null
  }

  forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this
    return layerNorm(input, this.normalizedShape, { weight, bias, eps })
  }

  protected override extraRepr(): string {
    return showShape(this.normalizedShape)
  }
}
