/** Linear maps, and what brings data into their form. */
import { NablaError } from '../core/errors.js'
import { rand, type TensorOptions } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { bilinear, linear } from './functional/linear.js'
import { Module, Parameter } from './module.js'

/** Where and in which dtype a layer's parameters are made. */
export type Place = Pick<TensorOptions, 'dtype' | 'device'>

/** Uniform in [-1 / sqrt(fanIn), 1 / sqrt(fanIn)): PyTorch's default for linear and convolution layers. */
export function defaultParameter(shape: readonly number[], fanIn: number, place: Place): Parameter {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0
  return new Parameter(
    rand(shape, place)
      .mul(2 * bound)
      .sub(bound),
  )
}

/** A setting that counts something: a whole number of at least `least`. */
export function checkCount(layer: string, name: string, value: number, least = 1): number {
  if (!Number.isInteger(value) || value < least)
    throw new NablaError('argument', `[${layer}] ${name} is ${value}; expected a whole number of ${least} or more`, {
      layer,
      [name]: value,
    })
  return value
}

/** Whether a linear map has a bias, and where its parameters are made. */
export interface LinearOptions extends Place {
  /** Whether a bias is learned for each output. Default true. */
  readonly bias?: boolean
}

/**
 * y = x weight^T + bias: [..., inFeatures] to [..., outFeatures]. Weight [out, in] and bias [out] start uniform within 1 /
 * sqrt(in).
 */
export class Linear extends Module {
  /** [outFeatures, inFeatures]. */
  weight: Parameter
  /** [outFeatures], or null with `bias: false`. */
  bias: Parameter | null

  constructor(
    /** Extent of the input's last dimension, 1 or more. */
    readonly inFeatures: number,
    /** Extent of the result's last dimension, 1 or more. */
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super()
    checkCount('Linear', 'inFeatures', inFeatures)
    checkCount('Linear', 'outFeatures', outFeatures)
    this.weight = defaultParameter([outFeatures, inFeatures], inFeatures, options)
    this.bias = (options.bias ?? true) ? defaultParameter([outFeatures], inFeatures, options) : null
  }

  /** [..., inFeatures] to [..., outFeatures]. */
  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias)
  }

  protected override extraRepr(): string {
    return `${this.inFeatures}, ${this.outFeatures}${this.bias ? '' : ', { bias: false }'}`
  }
}

/**
 * y[o] = x1^T weight[o] x2 + bias[o]: [..., in1Features] and [..., in2Features] to [..., outFeatures]. Weight [out, in1, in2]
 * and bias [out] start uniform within 1 / sqrt(in1).
 */
export class Bilinear extends Module {
  /** [outFeatures, in1Features, in2Features]. */
  weight: Parameter
  /** [outFeatures], or null with `bias: false`. */
  bias: Parameter | null

  constructor(
    /** Extent of the first input's last dimension, 1 or more. */
    readonly in1Features: number,
    /** Extent of the second input's last dimension, 1 or more. */
    readonly in2Features: number,
    /** Extent of the result's last dimension, 1 or more. */
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super()
    checkCount('Bilinear', 'in1Features', in1Features)
    checkCount('Bilinear', 'in2Features', in2Features)
    checkCount('Bilinear', 'outFeatures', outFeatures)
    this.weight = defaultParameter([outFeatures, in1Features, in2Features], in1Features, options)
    this.bias = (options.bias ?? true) ? defaultParameter([outFeatures], in1Features, options) : null
  }

  /** Two inputs of equal leading dimensions. */
  forward(input1: Tensor, input2: Tensor): Tensor {
    return bilinear(input1, input2, this.weight, this.bias)
  }

  protected override extraRepr(): string {
    return `${this.in1Features}, ${this.in2Features}, ${this.outFeatures}${this.bias ? '' : ', { bias: false }'}`
  }
}

/** Gives its input back. */
export class Identity extends Module {
  /** The input. */
  forward(input: Tensor): Tensor {
    return input
  }
}

/** Dimensions `startDim` (default 1) to `endDim` (default the last) become one. */
export class Flatten extends Module {
  constructor(
    /** First of the dimensions that become one; negative ones count from the end. Default 1. */
    readonly startDim = 1,
    /** Last of them, included. Default -1, the last of all. */
    readonly endDim = -1,
  ) {
    super()
  }

  /** [a, b, c, ...] to [a, b c ...] unless told. */
  forward(input: Tensor): Tensor {
    return input.flatten(this.startDim, this.endDim)
  }
}

/** Dimension `dim` becomes several. */
export class Unflatten extends Module {
  constructor(
    /** The dimension that is divided; negative ones count from the end. */
    readonly dim: number,
    /** What it is divided into: their product is its extent; one may be -1. */
    readonly sizes: readonly number[],
  ) {
    super()
  }

  /** The same elements, `dim` in parts of `sizes`; one size may be -1. */
  forward(input: Tensor): Tensor {
    return input.unflatten(this.dim, this.sizes)
  }
}
