/** Convolution layers of one to three dimensions, and their transposes. */
import { NablaError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { convolution, type ConvOptions, transposedConvolution, type ConvTransposeOptions } from './functional/conv.js'
import { sizes, type Size } from './functional/spatial.js'
import { checkCount, defaultParameter, type Place } from './linear.js'
import { Module, type Parameter } from './module.js'

export interface ConvLayerOptions extends ConvOptions, Place {
  /** Default true. */
  readonly bias?: boolean
  /** What padding is filled with; 'zeros' is the one there is. */
  readonly paddingMode?: 'zeros'
}

export interface ConvTransposeLayerOptions extends ConvTransposeOptions, Place {
  /** Default true. */
  readonly bias?: boolean
}

function checkGroups(layer: string, groups: number, inChannels: number, outChannels: number): number {
  checkCount(layer, 'groups', groups)
  if (inChannels % groups || outChannels % groups)
    throw new NablaError(
      'argument',
      `[${layer}] ${inChannels} input and ${outChannels} output channels are not both divisible into ${groups} groups`,
      {
        inChannels,
        outChannels,
        groups,
      },
    )
  return groups
}

/** weight [outChannels, inChannels / groups, ...kernelSize] and bias [outChannels] start uniform within 1 / sqrt(fan in). */
abstract class ConvNd extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly kernelSize: readonly number[]

  protected constructor(
    private readonly layer: string,
    private readonly count: number,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Size,
    readonly options: ConvLayerOptions,
  ) {
    super()
    checkCount(layer, 'inChannels', inChannels)
    checkCount(layer, 'outChannels', outChannels)
    this.kernelSize = sizes(layer, 'kernelSize', kernelSize, count, 1)
    const groups = checkGroups(layer, options.groups ?? 1, inChannels, outChannels)
    sizes(layer, 'stride', options.stride ?? 1, count, 1)
    sizes(layer, 'dilation', options.dilation ?? 1, count, 1)
    if (typeof options.padding !== 'string') sizes(layer, 'padding', options.padding ?? 0, count, 0)
    if (options.paddingMode !== undefined && options.paddingMode !== 'zeros')
      throw new NablaError('argument', `[${layer}] paddingMode is "${String(options.paddingMode)}"; known: zeros`, { layer })
    const shape = [outChannels, inChannels / groups, ...this.kernelSize]
    const fanIn = sizeOf(shape.slice(1))
    this.weight = defaultParameter(shape, fanIn, options)
    this.bias = (options.bias ?? true) ? defaultParameter([outChannels], fanIn, options) : null
  }

  forward(input: Tensor): Tensor {
    return convolution(this.layer, this.count, input, this.weight, this.bias, this.options)
  }

  protected override extraRepr(): string {
    const { bias: _, dtype: __, device: ___, ...shown } = this.options
    return convRepr(this.inChannels, this.outChannels, this.kernelSize, { ...shown, ...(this.bias ? {} : { bias: false }) })
  }
}

const convRepr = (inChannels: number, outChannels: number, kernel: readonly number[], options: object): string =>
  [inChannels, outChannels, `[${kernel.join(', ')}]`, ...(Object.keys(options).length ? [JSON.stringify(options)] : [])].join(
    ', ',
  )

/** [N, inChannels, L] to [N, outChannels, Lout]. */
export class Conv1d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options)
  }
}

/**
 * [N, inChannels, H, W] to [N, outChannels, Hout, Wout] with
 * Hout = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
 */
export class Conv2d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options)
  }
}

/** [N, inChannels, D, H, W] to [N, outChannels, Dout, Hout, Wout]. */
export class Conv3d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super('Conv3d', 3, inChannels, outChannels, kernelSize, options)
  }
}

/** weight [inChannels, outChannels / groups, ...kernelSize]. */
abstract class ConvTransposeNd extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly kernelSize: readonly number[]

  protected constructor(
    private readonly layer: string,
    private readonly count: number,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Size,
    readonly options: ConvTransposeLayerOptions,
  ) {
    super()
    checkCount(layer, 'inChannels', inChannels)
    checkCount(layer, 'outChannels', outChannels)
    this.kernelSize = sizes(layer, 'kernelSize', kernelSize, count, 1)
    const groups = checkGroups(layer, options.groups ?? 1, inChannels, outChannels)
    const shape = [inChannels, outChannels / groups, ...this.kernelSize]
    const fanIn = sizeOf(shape.slice(1))
    this.weight = defaultParameter(shape, fanIn, options)
    this.bias = (options.bias ?? true) ? defaultParameter([outChannels], fanIn, options) : null
  }

  forward(input: Tensor): Tensor {
    return transposedConvolution(this.layer, this.count, input, this.weight, this.bias, this.options)
  }

  protected override extraRepr(): string {
    const { bias: _, dtype: __, device: ___, ...shown } = this.options
    return convRepr(this.inChannels, this.outChannels, this.kernelSize, { ...shown, ...(this.bias ? {} : { bias: false }) })
  }
}

/** [N, inChannels, L] to [N, outChannels, (L - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1]. */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options)
  }
}

/** [N, inChannels, H, W], upwards: the adjoint of Conv2d. */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options)
  }
}
