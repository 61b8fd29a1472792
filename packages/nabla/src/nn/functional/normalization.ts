/** Normalisation by the statistics of a batch, a row, a group of channels or a neighbourhood, with exact gradients. */
import { NablaError, showShape } from '../../core/errors.js'
import { type Shape, sameShape, sizeOf } from '../../core/shape.js'
import { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite, untracked } from '../../tensor/autograd.js'
import { mean } from '../../tensor/reduce.js'
import { Tensor } from '../../tensor/tensor.js'

interface Statistics {
  readonly mean: Node
  /** 1 / sqrt(variance + eps), with the plain (biased) variance. */
  readonly scale: Node
  readonly variance: Node
}

const count = (shape: Shape, dims: readonly number[]): number => dims.reduce((n, d) => n * shape[d]!, 1)

function statistics(x: Node, dims: readonly number[], eps: number): Statistics {
  const n = count(x.shape, dims)
  const mean = b.div(b.sum(x, dims), n)
  const centred = b.sub(x, mean)
  const variance = b.div(b.sum(b.mul(centred, centred), dims), n)
  return { mean, variance, scale: b.div(1, b.sqrt(b.add(variance, eps))) }
}

/**
 * (x - mean) / sqrt(var + eps) over `dims`. With y the result and g its gradient, that of x is
 * (g - mean(g) - y mean(g y)) / sqrt(var + eps).
 */
function standardize(name: string, x: Node, dims: readonly number[], eps: number): { y: Node; found: Statistics } {
  const n = count(x.shape, dims)
  const found = untracked(() => statistics(x, dims, eps))
  const y = composite(
    name,
    [x],
    () => b.mul(b.sub(x, found.mean), found.scale),
    (grad, result) => {
      const scale = Node.recording ? statistics(x, dims, eps).scale : found.scale
      const mean = b.div(b.sum(grad, dims), n)
      const along = b.div(b.sum(b.mul(grad, result), dims), n)
      return [b.mul(b.sub(b.sub(grad, mean), b.mul(result, along)), scale)]
    },
  )
  return { y, found }
}

function affine(y: Node, weight: Tensor | null, bias: Tensor | null, shape: Shape): Node {
  const scaled = weight ? b.mul(y, b.reshape(weight.node, shape)) : y
  return bias ? b.add(scaled, b.reshape(bias.node, shape)) : scaled
}

/** Each tensor that is given must have the shape [channels]. */
function checkChannels(op: string, x: Node, channels: number, tensors: Readonly<Record<string, Tensor | null>>): void {
  for (const [name, tensor] of Object.entries(tensors))
    if (tensor && !sameShape(tensor.shape, [channels]))
      throw new NablaError(
        'shape',
        `[${op}] ${name} has shape ${showShape(tensor.shape)}, but the input ${showShape(x.shape)} has ${channels} channels`,
        { input: x.shape, [name]: tensor.shape },
      )
}

/** The number of channels of [N, C, ...]. */
function channelsOf(op: string, x: Node): number {
  const channels = x.shape[1]
  if (channels === undefined)
    throw new NablaError('shape', `[${op}] the input has shape ${showShape(x.shape)}; expected [N, C, ...]`, { shape: x.shape })
  return channels
}

/** [C], shaped to broadcast over [N, C, ...]. */
const alongChannels = (shape: Shape): number[] => shape.map((n, d) => (d === 1 ? n : 1))

/** Moves running statistics [C] to a batch's mean and unbiased variance [C]. */
function track(
  running: { readonly mean: Tensor | null; readonly variance: Tensor | null },
  mean: Node,
  variance: Node,
  momentum: number | Tensor,
): void {
  const [m, rest] = typeof momentum === 'number' ? [momentum, 1 - momentum] : [momentum.node, b.sub(1, momentum.node)]
  const moved = (held: Tensor, batch: Node): Node => {
    const next = b.add(b.mul(held.node, rest), b.mul(batch, m))
    return next.dtype === held.dtype ? next : b.cast(next, held.dtype)
  }
  running.mean?.adopt(moved(running.mean, mean))
  running.variance?.adopt(moved(running.variance, variance))
}

/** By which statistics a batch is normalised, and what follows. */
export interface BatchNormOptions {
  /** Factor of each channel: [C]. Default none. */
  readonly weight?: Tensor | null
  /** Added to each channel: [C]. Default none. */
  readonly bias?: Tensor | null
  /** Normalise by this batch and move the running statistics; else by the running statistics. Default false. */
  readonly training?: boolean
  /** Weight of this batch in the running statistics. Default 0.1. */
  readonly momentum?: number | Tensor
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
}

/**
 * (x - mean) / sqrt(var + eps) weight + bias of each channel of [N, C, ...] (Ioffe and Szegedy 2015, "Batch normalization"). In
 * training the statistics are the batch's, and running ones (variances unbiased) are moved in place. Throws where training finds
 * one value per channel.
 */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor {
  const { weight = null, bias = null, training = false, momentum = 0.1, eps = 1e-5 } = options
  const x = input.node
  const channels = channelsOf('batchNorm', x)
  checkChannels('batchNorm', x, channels, { weight, bias, runningMean, runningVar })
  const perChannel = alongChannels(x.shape)
  if (!training) {
    if (!runningMean || !runningVar) throw new NablaError('argument', '[batchNorm] without training it needs running statistics')
    return new Tensor(affine(byRunning(x, runningMean, runningVar, eps), weight, bias, perChannel))
  }
  const dims = x.shape.flatMap((_, d) => (d === 1 ? [] : [d]))
  const n = count(x.shape, dims)
  if (n === 1)
    throw new NablaError(
      'shape',
      `[batchNorm] training needs more than one value per channel, but the input is ${showShape(x.shape)}`,
      { shape: x.shape },
    )
  const { y, found } = standardize('batchNorm', x, dims, eps)
  if (n > 0)
    untracked(() => {
      const [mean, variance] = [found.mean, found.variance].map((node) => b.reshape(node, [channels])) as [Node, Node]
      track({ mean: runningMean, variance: runningVar }, mean, b.mul(variance, n / (n - 1)), momentum)
    })
  return new Tensor(affine(y, weight, bias, perChannel))
}

/** (x - mean) / sqrt(var + eps) by given statistics [C] of [N, C, ...]. */
function byRunning(x: Node, mean: Tensor, variance: Tensor, eps: number): Node {
  const perChannel = alongChannels(x.shape)
  const scale = b.div(1, b.sqrt(b.add(variance.node, eps)))
  return b.mul(b.sub(x, b.reshape(mean.node, perChannel)), b.reshape(scale, perChannel))
}

/** By which statistics samples are normalised, and what follows. */
export interface InstanceNormOptions {
  /** Factor of each channel: [C]. Default none. */
  readonly weight?: Tensor | null
  /** Added to each channel: [C]. Default none. */
  readonly bias?: Tensor | null
  /** Normalise by each sample's own statistics (default), else by the running ones. */
  readonly useInputStats?: boolean
  /** Weight of this batch in the running statistics. Default 0.1. */
  readonly momentum?: number
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
}

/**
 * As `batchNorm`, by the statistics of each channel of each sample of [N, C, ...] (Ulyanov et al. 2016, "Instance
 * normalization"). Running statistics, if given, move to the samples' mean. Throws where a channel of a sample has one value.
 */
export function instanceNorm(
  input: Tensor,
  runningMean: Tensor | null = null,
  runningVar: Tensor | null = null,
  options: InstanceNormOptions = {},
): Tensor {
  const { weight = null, bias = null, useInputStats = true, momentum = 0.1, eps = 1e-5 } = options
  const x = input.node
  const channels = channelsOf('instanceNorm', x)
  checkChannels('instanceNorm', x, channels, { weight, bias, runningMean, runningVar })
  const perChannel = alongChannels(x.shape)
  if (!useInputStats) {
    if (!runningMean || !runningVar)
      throw new NablaError('argument', '[instanceNorm] without useInputStats it needs running statistics')
    return new Tensor(affine(byRunning(x, runningMean, runningVar, eps), weight, bias, perChannel))
  }
  const dims = x.shape.flatMap((_, d) => (d < 2 ? [] : [d]))
  const n = count(x.shape, dims)
  if (n === 1)
    throw new NablaError(
      'shape',
      `[instanceNorm] needs more than one value per channel of a sample, but the input is ${showShape(x.shape)}`,
      { shape: x.shape },
    )
  const { y, found } = standardize('instanceNorm', x, dims, eps)
  const batch = x.shape[0]!
  if (batch > 0 && n > 0)
    untracked(() => {
      const mean = (node: Node) => b.reshape(b.div(b.sum(node, [0]), batch), [channels])
      track({ mean: runningMean, variance: runningVar }, mean(found.mean), b.mul(mean(found.variance), n / (n - 1)), momentum)
    })
  return new Tensor(affine(y, weight, bias, perChannel))
}

/** What follows the normalisation of groups. */
export interface GroupNormOptions {
  /** Factor of each channel: [C]. Default none. */
  readonly weight?: Tensor | null
  /** Added to each channel: [C]. Default none. */
  readonly bias?: Tensor | null
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
}

/**
 * The C channels of [N, C, ...] in `numGroups` groups, each group of each sample to mean 0 and variance 1, then weight and bias
 * of each channel (Wu and He 2018, "Group normalization").
 */
export function groupNorm(input: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
  const { weight = null, bias = null, eps = 1e-5 } = options
  const x = input.node
  const channels = channelsOf('groupNorm', x)
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups)
    throw new NablaError(
      'argument',
      `[groupNorm] the ${channels} channels of the input ${showShape(x.shape)} are not divisible into ${numGroups} groups`,
      { shape: x.shape, numGroups },
    )
  checkChannels('groupNorm', x, channels, { weight, bias })
  const size = sizeOf(x.shape.slice(2)) * (channels / numGroups)
  if (size * x.shape[0]! === 1)
    throw new NablaError('shape', `[groupNorm] needs more than one value per group, but the input is ${showShape(x.shape)}`, {
      shape: x.shape,
    })
  const { y } = standardize('groupNorm', b.reshape(x, [x.shape[0]!, numGroups, size]), [2], eps)
  return new Tensor(affine(b.reshape(y, x.shape), weight, bias, alongChannels(x.shape)))
}

/** Where the dimensions of `normalizedShape` start in the input; what is given must have that shape. */
function firstNormalized(op: string, x: Node, normalizedShape: Shape, tensors: Readonly<Record<string, Tensor | null>>): number {
  const first = x.shape.length - normalizedShape.length
  if (normalizedShape.length === 0)
    throw new NablaError('argument', `[${op}] normalizedShape is empty; expected the last dimensions of the input`)
  if (first < 0 || !sameShape(x.shape.slice(first), normalizedShape))
    throw new NablaError('shape', `[${op}] the input ${showShape(x.shape)} does not end in ${showShape(normalizedShape)}`, {
      input: x.shape,
      normalizedShape,
    })
  for (const [name, tensor] of Object.entries(tensors))
    if (tensor && !sameShape(tensor.shape, normalizedShape))
      throw new NablaError(
        'shape',
        `[${op}] ${name} has shape ${showShape(tensor.shape)}; expected ${showShape(normalizedShape)}`,
        {
          [name]: tensor.shape,
          normalizedShape,
        },
      )
  return first
}

/** What follows the normalisation of the last dimensions. */
export interface LayerNormOptions {
  /** Factor of each element, of shape `normalizedShape`. Default none. */
  readonly weight?: Tensor | null
  /** Added to each element, of shape `normalizedShape`. Default none. */
  readonly bias?: Tensor | null
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number
}

/**
 * The last dimensions (of shape `normalizedShape`) to mean 0 and variance 1, then weight and bias of that shape (Ba et al. 2016,
 * "Layer normalization").
 */
export function layerNorm(input: Tensor, normalizedShape: Shape, options: LayerNormOptions = {}): Tensor {
  const { weight = null, bias = null, eps = 1e-5 } = options
  const x = input.node
  const first = firstNormalized('layerNorm', x, normalizedShape, { weight, bias })
  const dims = normalizedShape.map((_, i) => first + i)
  return new Tensor(affine(standardize('layerNorm', x, dims, eps).y, weight, bias, normalizedShape))
}

/** What follows the division by the root mean square. */
export interface RMSNormOptions {
  /** Factor of each element, of shape `normalizedShape`. Default none. */
  readonly weight?: Tensor | null
  /** Added to the mean square. Default: the distance from 1 to the next number of the dtype. */
  readonly eps?: number | null
}

const EPSILON: Readonly<Record<string, number>> = { float16: 2 ** -10, float32: 2 ** -23, float64: 2 ** -52 }

/**
 * x / sqrt(mean(x^2) + eps) weight over the last dimensions (Zhang and Sennrich 2019, "Root mean square layer normalization").
 */
export function rmsNorm(input: Tensor, normalizedShape: Shape, options: RMSNormOptions = {}): Tensor {
  const { weight = null } = options
  const x = input.node
  const first = firstNormalized('rmsNorm', x, normalizedShape, { weight })
  const eps = options.eps ?? EPSILON[x.dtype] ?? 2 ** -23
  const square = mean(
    b.mul(x, x),
    normalizedShape.map((_, i) => first + i),
    true,
  )
  return new Tensor(affine(b.div(x, b.sqrt(b.add(square, eps))), weight, null, normalizedShape))
}

/** Constants of the formula. */
export interface LocalResponseNormOptions {
  /** Factor of the mean square. Default 1e-4. */
  readonly alpha?: number
  /** Power of the divisor. Default 0.75. */
  readonly beta?: number
  /** Added to alpha times the mean square. Default 1. */
  readonly k?: number
}

/**
 * x / (k + alpha mean(x^2))^beta, the mean taken over `size` neighbouring channels of [N, C, ...], those beyond the ends
 * counting as 0 (Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks").
 */
export function localResponseNorm(input: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options
  const x = input.node
  if (!Number.isInteger(size) || size < 1)
    throw new NablaError('argument', `[localResponseNorm] size is ${size}; expected a whole number of channels`, { size })
  if (x.shape.length < 3)
    throw new NablaError(
      'shape',
      `[localResponseNorm] the input has shape ${showShape(x.shape)}; expected [N, C, ...] of rank 3 or more`,
      {
        shape: x.shape,
      },
    )
  if (sizeOf(x.shape) === 0) return new Tensor(b.reshape(x, x.shape))
  const around = x.shape.map((_, d): [number, number] => (d === 1 ? [Math.floor(size / 2), Math.floor((size - 1) / 2)] : [0, 0]))
  const windows = b.window(b.pad(b.mul(x, x), around), 1, size, 1) // [N, C, ..., size]
  const square = mean(windows, x.shape.length)
  return new Tensor(b.div(x, b.pow(b.add(b.mul(square, alpha), k), beta)))
}
