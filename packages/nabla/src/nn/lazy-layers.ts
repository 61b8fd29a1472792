/** The lazy layers, as PyTorch has them: linear, convolutions and their transposes, batch and instance norms. */
import type { Tensor } from '../tensor/tensor.js'
import {
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerOptions,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTransposeLayerOptions,
} from './conv.js'
import { type Size, spaceNames } from './functional/spatial.js'
import { type Becoming, Lazy } from './lazy.js'
import { Linear, type LinearOptions } from './linear.js'
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormLayerOptions,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormLayerOptions,
} from './norm.js'

/** A Linear whose `inFeatures` is the last extent of its first input. */
export class LazyLinear extends Lazy<Linear> {
  constructor(outFeatures: number, options: LinearOptions = {}) {
    super(options, {
      build: (size, place) => new Linear(size, outFeatures, { ...options, ...place }),
      example: 1,
      sizeOf: (input) => input.shape.at(-1),
      takes: '[..., inFeatures]',
      sizeIn: (given) => given('weight')?.shape[1],
    })
  }
}

/** Channels of [N, C, ...] with so many dimensions of space, or of [C, ...]. */
const channelsOf =
  (space: number) =>
  (input: Tensor): number | undefined =>
    [undefined, input.shape[0], input.shape[1]][Math.max(0, input.shape.length - space)]

const layouts = (space: number): string => `[N, C, ${spaceNames(space)}] or [C, ${spaceNames(space)}]`

type ConvLike<M, O> = new (inChannels: number, outChannels: number, kernelSize: Size, options: O) => M

/** @param inputs of a weight's shape, the input channels */
abstract class LazyConvNd<M extends Becoming, O extends ConvLayerOptions | ConvTransposeLayerOptions> extends Lazy<M> {
  protected constructor(
    Layer: ConvLike<M, O>,
    space: number,
    inputs: (weight: readonly number[], groups: number) => number | undefined,
    outChannels: number,
    kernelSize: Size,
    options: O,
  ) {
    const groups = options.groups ?? 1
    super(options, {
      build: (size, place) => new Layer(size, outChannels, kernelSize, { ...options, ...place }),
      example: groups,
      sizeOf: channelsOf(space),
      takes: layouts(space),
      sizeIn: (given) => {
        const weight = given('weight')
        return weight && inputs(weight.shape, groups)
      },
    })
  }
}

const convInputs = (weight: readonly number[], groups: number): number | undefined => weight[1] && weight[1] * groups
const transposeInputs = (weight: readonly number[]): number | undefined => weight[0]

/** A Conv1d whose `inChannels` are those of its first input. */
export class LazyConv1d extends LazyConvNd<Conv1d, ConvLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(Conv1d, 1, convInputs, outChannels, kernelSize, options)
  }
}

/** A Conv2d whose `inChannels` are those of its first input. */
export class LazyConv2d extends LazyConvNd<Conv2d, ConvLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(Conv2d, 2, convInputs, outChannels, kernelSize, options)
  }
}

/** A Conv3d whose `inChannels` are those of its first input. */
export class LazyConv3d extends LazyConvNd<Conv3d, ConvLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super(Conv3d, 3, convInputs, outChannels, kernelSize, options)
  }
}

/** A ConvTranspose1d whose `inChannels` are those of its first input. */
export class LazyConvTranspose1d extends LazyConvNd<ConvTranspose1d, ConvTransposeLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super(ConvTranspose1d, 1, transposeInputs, outChannels, kernelSize, options)
  }
}

/** A ConvTranspose2d whose `inChannels` are those of its first input. */
export class LazyConvTranspose2d extends LazyConvNd<ConvTranspose2d, ConvTransposeLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super(ConvTranspose2d, 2, transposeInputs, outChannels, kernelSize, options)
  }
}

/** A ConvTranspose3d whose `inChannels` are those of its first input. */
export class LazyConvTranspose3d extends LazyConvNd<ConvTranspose3d, ConvTransposeLayerOptions> {
  constructor(outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super(ConvTranspose3d, 3, transposeInputs, outChannels, kernelSize, options)
  }
}

type NormLike<M, O> = new (numFeatures: number, options: O) => M

abstract class LazyNormNd<M extends Becoming, O extends BatchNormLayerOptions> extends Lazy<M> {
  protected constructor(Layer: NormLike<M, O>, sizeOf: (input: Tensor) => number | undefined, takes: string, options: O) {
    super(options, {
      build: (size, place) => new Layer(size, { ...options, ...place }),
      example: 1,
      sizeOf,
      takes,
      sizeIn: (given) => (given('weight') ?? given('runningMean'))?.shape[0],
    })
  }
}

/** Channels of [N, C, ...] of these ranks. */
const batchChannels =
  (...ranks: readonly number[]) =>
  (input: Tensor): number | undefined =>
    ranks.includes(input.shape.length) ? input.shape[1] : undefined

/** A BatchNorm1d whose `numFeatures` are those of its first input. */
export class LazyBatchNorm1d extends LazyNormNd<BatchNorm1d, BatchNormLayerOptions> {
  constructor(options: BatchNormLayerOptions = {}) {
    super(BatchNorm1d, batchChannels(2, 3), '[N, C] or [N, C, L]', options)
  }
}

/** A BatchNorm2d whose `numFeatures` are those of its first input. */
export class LazyBatchNorm2d extends LazyNormNd<BatchNorm2d, BatchNormLayerOptions> {
  constructor(options: BatchNormLayerOptions = {}) {
    super(BatchNorm2d, batchChannels(4), '[N, C, H, W]', options)
  }
}

/** A BatchNorm3d whose `numFeatures` are those of its first input. */
export class LazyBatchNorm3d extends LazyNormNd<BatchNorm3d, BatchNormLayerOptions> {
  constructor(options: BatchNormLayerOptions = {}) {
    super(BatchNorm3d, batchChannels(5), '[N, C, D, H, W]', options)
  }
}

/** An InstanceNorm1d whose `numFeatures` are those of its first input. */
export class LazyInstanceNorm1d extends LazyNormNd<InstanceNorm1d, InstanceNormLayerOptions> {
  constructor(options: InstanceNormLayerOptions = {}) {
    super(InstanceNorm1d, channelsOf(1), layouts(1), options)
  }
}

/** An InstanceNorm2d whose `numFeatures` are those of its first input. */
export class LazyInstanceNorm2d extends LazyNormNd<InstanceNorm2d, InstanceNormLayerOptions> {
  constructor(options: InstanceNormLayerOptions = {}) {
    super(InstanceNorm2d, channelsOf(2), layouts(2), options)
  }
}

/** An InstanceNorm3d whose `numFeatures` are those of its first input. */
export class LazyInstanceNorm3d extends LazyNormNd<InstanceNorm3d, InstanceNormLayerOptions> {
  constructor(options: InstanceNormLayerOptions = {}) {
    super(InstanceNorm3d, channelsOf(3), layouts(3), options)
  }
}
