/** Normalisation layers. */
import { NablaError, showShape } from '../core/errors.js'
import type { Shape } from '../core/shape.js'
import { filledNode } from '../tensor/source.js'
import { defaultDevice } from '../compiler/devices.js'
import { Tensor } from '../tensor/tensor.js'
import {
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  localResponseNorm,
  type LocalResponseNormOptions,
  rmsNorm,
} from './functional/normalization.js'
import { checkCount, type Place } from './linear.js'
import { Buffer, Module, Parameter } from './module.js'

/** What a batch norm learns and keeps. */
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

/** Weight and bias of each channel, and running statistics with the number of batches behind them. */
abstract class ChannelNorm extends Module {
  /** Factor of each channel, [numFeatures], 1 at the start; null where none is learned. */
  readonly weight: Parameter | null
  /** Added to each channel, [numFeatures], 0 at the start; null where none is learned. */
  readonly bias: Parameter | null
  /** Running means [numFeatures], 0 at the start; null where none are kept. */
  readonly runningMean: Buffer | null
  /** Running variances (unbiased) [numFeatures], 1 at the start; null where none are kept. */
  readonly runningVar: Buffer | null
  /** How many batches the running statistics have seen: int32, one element; null where none are kept. */
  readonly numBatchesTracked: Buffer | null
  /** Added to the variance. */
  readonly eps: number
  /** Weight of a batch in the running statistics, 0 to 1; null: their mean over all batches so far. */
  readonly momentum: number | null

  constructor(
    /** Number of channels C of the input, 1 or more. */
    readonly numFeatures: number,
    options: BatchNormLayerOptions,
    defaults: { readonly affine: boolean; readonly trackRunningStats: boolean },
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
    const affine = options.affine ?? defaults.affine
    this.weight = affine ? new Parameter(filled(1, [numFeatures], options)) : null
    this.bias = affine ? new Parameter(filled(0, [numFeatures], options)) : null
    const track = options.trackRunningStats ?? defaults.trackRunningStats
    this.runningMean = track ? new Buffer(filled(0, [numFeatures], options)) : null
    this.runningVar = track ? new Buffer(filled(1, [numFeatures], options)) : null
    this.numBatchesTracked = track ? new Buffer(filled(0, [], options, 'int32')) : null
  }

  /** The layouts that the layer takes, such as '[N, C, H, W]'. */
  protected abstract readonly layouts: readonly string[]

  /** Throws if the input's shape is none of the layouts. */
  protected check(input: Tensor): void {
    const { shape } = input
    const fits = this.layouts.some((layout) => {
      const dims = layout.slice(1, -1).split(', ')
      return dims.length === shape.length && shape[dims.indexOf('C')] === this.numFeatures
    })
    if (!fits)
      throw new NablaError(
        'shape',
        `[${this.constructor.name}] the input has shape ${showShape(shape)}; expected ${this.layouts.join(' or ')} with C = ${this.numFeatures}`,
        { shape, numFeatures: this.numFeatures },
      )
  }

  protected override extraRepr(): string {
    return String(this.numFeatures)
  }
}

/**
 * State names as PyTorch's: weight, bias, runningMean, runningVar, numBatchesTracked. Weights start at 1 and biases at 0.
 */
abstract class BatchNormNd extends ChannelNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super(numFeatures, options, { affine: true, trackRunningStats: true })
  }

  /** The input's shape; in training, running statistics are moved. One value per channel in training is an error. */
  forward(input: Tensor): Tensor {
    this.check(input)
    const training = this.training || !this.runningMean
    let momentum: number | Tensor = this.momentum ?? 0.1
    if (this.training && this.numBatchesTracked) {
      this.numBatchesTracked.add_(1)
      if (this.momentum === null) momentum = this.numBatchesTracked.type(input.dtype).reciprocal()
    }
    const { weight, bias, eps } = this
    return batchNorm(input, this.runningMean, this.runningVar, { weight, bias, eps, training, momentum })
  }
}

/**
 * Each feature of [N, C] or channel of [N, C, L] to mean 0 and variance 1 over the batch, then weight and bias (Ioffe and
 * Szegedy 2015, "Batch normalization").
 */
export class BatchNorm1d extends BatchNormNd {
  protected get layouts() {
    return ['[N, C]', '[N, C, L]']
  }
}

/** Each channel of [N, C, H, W] to mean 0 and variance 1 over the batch, then weight and bias (Ioffe and Szegedy 2015). */
export class BatchNorm2d extends BatchNormNd {
  protected get layouts() {
    return ['[N, C, H, W]']
  }
}

/** Each channel of [N, C, D, H, W] to mean 0 and variance 1 over the batch, then weight and bias (Ioffe and Szegedy 2015). */
export class BatchNorm3d extends BatchNormNd {
  protected get layouts() {
    return ['[N, C, D, H, W]']
  }
}

/** What an instance norm learns and keeps. */
export interface InstanceNormLayerOptions extends Place {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
  /** Weight of a batch in the running statistics. Default 0.1. */
  readonly momentum?: number | null
  /** Learn a weight and a bias for each channel. Default false. */
  readonly affine?: boolean
  /** Keep running statistics, and use them in evaluation. Default false. */
  readonly trackRunningStats?: boolean
}

abstract class InstanceNormNd extends ChannelNorm {
  constructor(numFeatures: number, options: InstanceNormLayerOptions = {}) {
    super(numFeatures, options, { affine: false, trackRunningStats: false })
  }

  /** The input's shape. One value per channel of a sample is an error. */
  forward(input: Tensor): Tensor {
    this.check(input)
    const single = input.shape.length < Math.max(...this.layouts.map((layout) => layout.split(', ').length))
    const { weight, bias, eps, runningMean, runningVar } = this
    const useInputStats = this.training || !runningMean
    const y = instanceNorm(single ? input.unsqueeze(0) : input, runningMean, runningVar, {
      weight,
      bias,
      eps,
      useInputStats,
      momentum: this.momentum ?? 0,
    })
    return single ? y.squeeze(0) : y
  }
}

/**
 * Each channel of each sample of [N, C, L] or [C, L] to mean 0 and variance 1 (Ulyanov et al. 2016, "Instance normalization").
 */
export class InstanceNorm1d extends InstanceNormNd {
  protected get layouts() {
    return ['[N, C, L]', '[C, L]']
  }
}

/** Each channel of each sample of [N, C, H, W] or [C, H, W] to mean 0 and variance 1 (Ulyanov et al. 2016). */
export class InstanceNorm2d extends InstanceNormNd {
  protected get layouts() {
    return ['[N, C, H, W]', '[C, H, W]']
  }
}

/** Each channel of each sample of [N, C, D, H, W] or [C, D, H, W] to mean 0 and variance 1 (Ulyanov et al. 2016). */
export class InstanceNorm3d extends InstanceNormNd {
  protected get layouts() {
    return ['[N, C, D, H, W]', '[C, D, H, W]']
  }
}

/** What a group norm learns. */
export interface GroupNormLayerOptions extends Place {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
  /** Learn a weight and a bias for each channel. Default true. */
  readonly affine?: boolean
}

/**
 * Channels of [N, C, ...] in groups, each group of each sample to mean 0 and variance 1, then weight and bias of each channel
 * (Wu and He 2018, "Group normalization").
 */
export class GroupNorm extends Module {
  /** Factor of each channel, [numChannels], 1 at the start; null with `affine: false`. */
  readonly weight: Parameter | null
  /** Added to each channel, [numChannels], 0 at the start; null with `affine: false`. */
  readonly bias: Parameter | null
  /** Added to the variance. */
  readonly eps: number

  constructor(
    /** How many groups the channels form; a divisor of `numChannels`. */
    readonly numGroups: number,
    /** Number of channels C of the input, 1 or more. */
    readonly numChannels: number,
    options: GroupNormLayerOptions = {},
  ) {
    super()
    checkCount('GroupNorm', 'numGroups', numGroups)
    checkCount('GroupNorm', 'numChannels', numChannels)
    if (numChannels % numGroups)
      throw new NablaError('argument', `[GroupNorm] ${numChannels} channels are not divisible into ${numGroups} groups`, {
        numGroups,
        numChannels,
      })
    this.eps = options.eps ?? 1e-5
    const affine = options.affine ?? true
    this.weight = affine ? new Parameter(filled(1, [numChannels], options)) : null
    this.bias = affine ? new Parameter(filled(0, [numChannels], options)) : null
  }

  /** [N, numChannels, ...] to the same shape. */
  forward(input: Tensor): Tensor {
    if (input.shape[1] !== this.numChannels)
      throw new NablaError(
        'shape',
        `[GroupNorm] the input has shape ${showShape(input.shape)}; expected [N, C, ...] with C = ${this.numChannels}`,
        { shape: input.shape, numChannels: this.numChannels },
      )
    const { weight, bias, eps } = this
    return groupNorm(input, this.numGroups, { weight, bias, eps })
  }

  protected override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}`
  }
}

/** What a layer norm learns. */
export interface LayerNormLayerOptions extends Place {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
  /** Learn a weight and a bias for each element. Default true. */
  readonly elementwiseAffine?: boolean
  /** Learn a bias, if a weight is learned. Default true. */
  readonly bias?: boolean
}

/** A number or a list as the shape of the last dimensions, checked. */
function lastShape(layer: string, given: number | Shape): Shape {
  const shape = typeof given === 'number' ? [given] : given
  if (shape.length === 0) throw new NablaError('argument', `[${layer}] normalizedShape is empty; expected one dimension or more`)
  for (const n of shape) checkCount(layer, 'normalizedShape', n)
  return shape
}

/** The last dimensions to mean 0 and variance 1, then weight and bias of their shape (Ba et al. 2016, "Layer normalization"). */
export class LayerNorm extends Module {
  /** Extents of the last dimensions of the input, which are normalised together; a number is one dimension. */
  readonly normalizedShape: Shape
  /** Factor of each element, [...normalizedShape], 1 at the start; null with `elementwiseAffine: false`. */
  readonly weight: Parameter | null
  /** Added to each element, [...normalizedShape], 0 at the start; null where none is learned. */
  readonly bias: Parameter | null
  /** Added to the variance. */
  readonly eps: number

  constructor(normalizedShape: number | Shape, options: LayerNormLayerOptions = {}) {
    super()
    this.normalizedShape = lastShape('LayerNorm', normalizedShape)
    this.eps = options.eps ?? 1e-5
    const affine = options.elementwiseAffine ?? true
    this.weight = affine ? new Parameter(filled(1, this.normalizedShape, options)) : null
    this.bias = affine && (options.bias ?? true) ? new Parameter(filled(0, this.normalizedShape, options)) : null
  }

  /** [..., ...normalizedShape] to the same shape. */
  forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this
    return layerNorm(input, this.normalizedShape, { weight, bias, eps })
  }

  protected override extraRepr(): string {
    return showShape(this.normalizedShape)
  }
}

/** What an RMS norm learns. */
export interface RMSNormLayerOptions extends Place {
  /** Added to the mean square. Default: the distance from 1 to the next number of the input's dtype. */
  readonly eps?: number | null
  /** Learn a weight for each element. Default true. */
  readonly elementwiseAffine?: boolean
}

/**
 * x / sqrt(mean(x^2) + eps) weight over the last dimensions (Zhang and Sennrich 2019, "Root mean square layer normalization").
 */
export class RMSNorm extends Module {
  /** Extents of the last dimensions of the input, which are normalised together; a number is one dimension. */
  readonly normalizedShape: Shape
  /** Factor of each element, [...normalizedShape], 1 at the start; null with `elementwiseAffine: false`. */
  readonly weight: Parameter | null
  /** Added to the mean square; null: the distance from 1 to the next number of the input's dtype. */
  readonly eps: number | null

  constructor(normalizedShape: number | Shape, options: RMSNormLayerOptions = {}) {
    super()
    this.normalizedShape = lastShape('RMSNorm', normalizedShape)
    this.eps = options.eps ?? null
    this.weight = (options.elementwiseAffine ?? true) ? new Parameter(filled(1, this.normalizedShape, options)) : null
  }

  /** [..., ...normalizedShape] to the same shape. */
  forward(input: Tensor): Tensor {
    const { weight, eps } = this
    return rmsNorm(input, this.normalizedShape, { weight, eps })
  }

  protected override extraRepr(): string {
    return showShape(this.normalizedShape)
  }
}

/**
 * x / (k + alpha mean(x^2))^beta, the mean over `size` neighbouring channels (Krizhevsky et al. 2012, "ImageNet classification
 * with deep convolutional neural networks").
 */
export class LocalResponseNorm extends Module {
  /** @param options alpha (default 1e-4), beta (0.75) and k (1). */
  constructor(
    /** How many neighbouring channels count, 1 or more. */
    readonly size: number,
    readonly options: LocalResponseNormOptions = {},
  ) {
    super()
    checkCount('LocalResponseNorm', 'size', size)
  }

  /** [N, C, ...] to the same shape. */
  forward(input: Tensor): Tensor {
    return localResponseNorm(input, this.size, this.options)
  }

  protected override extraRepr(): string {
    return String(this.size)
  }
}
