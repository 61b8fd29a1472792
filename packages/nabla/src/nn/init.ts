/** Initialisation, in place and unrecorded: PyTorch's functions under PyTorch's names. */
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import { noGrad } from '../tensor/differentiate.js'
import type { Tensor } from '../tensor/tensor.js'

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu' | 'conv1d' | 'conv2d' | 'conv3d'

/** The factor by which weights are scaled so that variance is kept through a nonlinearity. `slope` is leaky ReLU's (default 0.01). */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3
    case 'relu':
      return Math.SQRT2
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope * slope))
    case 'selu':
      return 3 / 4
    default:
      return 1
  }
}

/** Inputs and outputs of one unit: of [out, in, ...kernel], both times the kernel's size. */
export function fans(op: string, shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new NablaError('shape', `[${op}] needs a tensor of rank 2 or more, was given ${showShape(shape)}`, { op, shape })
  const kernel = sizeOf(shape.slice(2))
  return { fanIn: shape[1]! * kernel, fanOut: shape[0]! * kernel }
}

export const uniform_ = (tensor: Tensor, low = 0, high = 1): Tensor => noGrad(() => tensor.uniform_(low, high))
export const normal_ = (tensor: Tensor, mean = 0, std = 1): Tensor => noGrad(() => tensor.normal_(mean, std))
export const constant_ = (tensor: Tensor, value: number): Tensor => noGrad(() => tensor.fill_(value))
export const zeros_ = (tensor: Tensor): Tensor => constant_(tensor, 0)
export const ones_ = (tensor: Tensor): Tensor => constant_(tensor, 1)

/** Glorot: uniform with bound gain sqrt(6 / (fanIn + fanOut)). */
export function xavierUniform_(tensor: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans('xavierUniform_', tensor.shape)
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut))
  return uniform_(tensor, -bound, bound)
}

/** Glorot: normal with deviation gain sqrt(2 / (fanIn + fanOut)). */
export function xavierNormal_(tensor: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans('xavierNormal_', tensor.shape)
  return normal_(tensor, 0, gain * Math.sqrt(2 / (fanIn + fanOut)))
}

export interface KaimingOptions {
  /** Slope of the leaky ReLU that follows. Default 0. */
  readonly a?: number
  /** Keep variance forward ('fanIn', default) or backward. */
  readonly mode?: 'fanIn' | 'fanOut'
  /** Default 'leakyRelu'. */
  readonly nonlinearity?: Nonlinearity
}

function kaimingStd(op: string, tensor: Tensor, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(op, tensor.shape)[mode])
}

/** He: uniform with bound gain sqrt(3 / fan). */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', tensor, options)
  return uniform_(tensor, -bound, bound)
}

/** He: normal with deviation gain / sqrt(fan). */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(tensor, 0, kaimingStd('kaimingNormal_', tensor, options))
}
