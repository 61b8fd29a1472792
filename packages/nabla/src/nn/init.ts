/**
 * Initialisation by random numbers whose size fits the layer; in place and unrecorded, PyTorch's functions under PyTorch's names. Others are
 * in init-structure.ts. For a way of your own, `module.apply((m) => { if (m instanceof nn.Linear) nn.init.normal_(m.weight, 0, 0.02) })`.
 */
import { NablaError, showShape, unknownName } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import { erf } from '../ops/special.js'
import { rand } from '../tensor/create.js'
import { noGrad } from '../tensor/differentiate.js'
import type { Tensor } from '../tensor/tensor.js'

export { dirac_, eye_, orthogonal_, sparse_ } from './init-structure.js'

/** The factor of each nonlinearity; leaky ReLU's depends on its slope. */
const gains = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  conv_transpose1d: () => 1,
  conv_transpose2d: () => 1,
  conv_transpose3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leaky_relu: (slope: number) => Math.sqrt(2 / (1 + slope * slope)),
  selu: () => 3 / 4,
}

/** What follows a layer, by the names of PyTorch. */
export type Nonlinearity = keyof typeof gains

/**
 * The factor by which weights are scaled so that variance is kept through a nonlinearity: 1 for linear layers and the sigmoid, 5/3 for
 * tanh, sqrt(2) for ReLU, sqrt(2 / (1 + slope^2)) for leaky ReLU, 3/4 for SELU. `slope` is leaky ReLU's, default 0.01.
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  if (!Object.hasOwn(gains, nonlinearity)) throw unknownName('argument', 'nonlinearity', nonlinearity, Object.keys(gains))
  return gains[nonlinearity](slope)
}

/** Inputs and outputs of one unit: of [out, in, ...kernel], both times the kernel's size. An error below rank 2. */
export function fans(op: string, shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new NablaError('shape', `[${op}] needs a tensor of rank 2 or more, was given ${showShape(shape)}`, { op, shape })
  const kernel = sizeOf(shape.slice(2))
  return { fanIn: shape[1]! * kernel, fanOut: shape[0]! * kernel }
}

/** Uniform in [low, high). */
export const uniform_ = (tensor: Tensor, low = 0, high = 1): Tensor => noGrad(() => tensor.uniform_(low, high))
/** Normal with the given mean and standard deviation. */
export const normal_ = (tensor: Tensor, mean = 0, std = 1): Tensor => noGrad(() => tensor.normal_(mean, std))
/** Every element is `value`. */
export const constant_ = (tensor: Tensor, value: number): Tensor => noGrad(() => tensor.fill_(value))
/** Zeros. */
export const zeros_ = (tensor: Tensor): Tensor => constant_(tensor, 0)
/** Ones. */
export const ones_ = (tensor: Tensor): Tensor => constant_(tensor, 1)

/**
 * Normal, but nothing outside of [a, b] (bounds of the values, not in deviations): by the inverse of the distribution function, so exact
 * for any bounds.
 */
export function truncNormal_(tensor: Tensor, mean = 0, std = 1, a = -2, b = 2): Tensor {
  if (!(a < b) || !(std > 0))
    throw new NablaError('argument', `[truncNormal_] std is ${std} and the bounds are [${a}, ${b}]; expected std > 0 and a < b`, {
      std,
      a,
      b,
    })
  // As a share of -1 to 1. At its ends the inverse is infinite, far outside of what a tensor of any size should hold.
  const share = (bound: number) => Math.min(Math.max(erf((bound - mean) / std / Math.SQRT2), -1 + 2 ** -23), 1 - 2 ** -23)
  const [low, high] = [share(a), share(b)]
  return noGrad(() => {
    const dtype = tensor.dtype === 'float64' ? 'float64' : 'float32'
    const drawn = rand(tensor.shape, { dtype, device: tensor.device })
    const normal = drawn
      .mul(high - low)
      .add(low)
      .erfinv()
      .mul(std * Math.SQRT2)
      .add(mean)
    return tensor.copy_(normal.clamp(a, b))
  })
}

/** Xavier's standard deviation: gain sqrt(2 / (fanIn + fanOut)). */
function xavierStd(op: string, tensor: Tensor, gain: number): number {
  const { fanIn, fanOut } = fans(op, tensor.shape)
  return fanIn + fanOut > 0 ? gain * Math.sqrt(2 / (fanIn + fanOut)) : 0
}

/** Uniform with bound gain sqrt(6 / (fanIn + fanOut)). Glorot and Bengio 2010. */
export function xavierUniform_(tensor: Tensor, gain = 1): Tensor {
  const bound = Math.sqrt(3) * xavierStd('xavierUniform_', tensor, gain)
  return uniform_(tensor, -bound, bound)
}

/** Normal with deviation gain sqrt(2 / (fanIn + fanOut)). Glorot and Bengio 2010. */
export function xavierNormal_(tensor: Tensor, gain = 1): Tensor {
  return normal_(tensor, 0, xavierStd('xavierNormal_', tensor, gain))
}

/** Options of `kaimingUniform_` and `kaimingNormal_`. */
export interface KaimingOptions {
  /** Slope of the leaky ReLU that follows. Default 0. */
  readonly a?: number
  /** Keep variance forward ('fan_in', default) or backward ('fan_out'). */
  readonly mode?: 'fan_in' | 'fan_out'
  /** What follows the layer, whose gain (`calculateGain`) counts. Default 'leaky_relu'. */
  readonly nonlinearity?: Nonlinearity
}

/** Kaiming's standard deviation: gain / sqrt(fan). */
function kaimingStd(op: string, tensor: Tensor, options: KaimingOptions): number {
  const { a = 0, mode = 'fan_in', nonlinearity = 'leaky_relu' } = options
  if (mode !== 'fan_in' && mode !== 'fan_out') throw unknownName('argument', 'mode', mode, ['fan_in', 'fan_out'])
  const { fanIn, fanOut } = fans(op, tensor.shape)
  const fan = mode === 'fan_in' ? fanIn : fanOut
  const gain = calculateGain(nonlinearity, a)
  return fan > 0 ? gain / Math.sqrt(fan) : 0
}

/** Uniform with bound gain sqrt(3 / fan). He et al. 2015. */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', tensor, options)
  return uniform_(tensor, -bound, bound)
}

/** Normal with deviation gain / sqrt(fan). He et al. 2015. */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(tensor, 0, kaimingStd('kaimingNormal_', tensor, options))
}
