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

/** Weight and bias [outChannels] start uniform within 1 / sqrt(fan in). */
abstract class AnyConv<O extends ConvLayerOptions | ConvTransposeLayerOptions> extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly kernelSize: readonly number[]

  protected constructor(
    protected readonly layer: string,
    protected readonly count: number,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Size,
    readonly options: O,
    transposed: boolean,
  ) {
    super()
    checkCount(layer, 'inChannels', inChannels)
    checkCount(layer, 'outChannels', outChannels)
    this.kernelSize = sizes(layer, 'kernelSize', kernelSize, count, 1)
    const groups = checkGroups(layer, options.groups ?? 1, inChannels, outChannels)
    const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups]
    const shape = [...channels, ...this.kernelSize]
    const fanIn = sizeOf(shape.slice(1))
    this.weight = defaultParameter(shape, fanIn, options)
    this.bias = (options.bias ?? true) ? defaultParameter([outChannels], fanIn, options) : null
  }

  protected override extraRepr(): string {
    const { bias: _, dtype: __, device: ___, ...rest } = this.options
    const shown = { ...rest, ...(this.bias ? {} : { bias: false }) }
    return [
      this.inChannels,
      this.outChannels,
      `[${this.kernelSize.join(', ')}]`,
      ...(Object.keys(shown).length ? [JSON.stringify(shown)] : []),
    ].join(', ')
  }
}

/** weight [outChannels, inChannels / groups, ...kernelSize]. */
abstract class ConvNd extends AnyConv<ConvLayerOptions> {
  protected constructor(
    layer: string,
    count: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvLayerOptions,
  ) {
    sizes(layer, 'stride', options.stride ?? 1, count, 1)
    sizes(layer, 'dilation', options.dilation ?? 1, count, 1)
    if (typeof options.padding !== 'string') sizes(layer, 'padding', options.padding ?? 0, count, 0)
    if (options.paddingMode !== undefined && options.paddingMode !== 'zeros')
      throw new NablaError('argument', `[${layer}] paddingMode is "${String(options.paddingMode)}"; known: zeros`, { layer })
    super(layer, count, inChannels, outChannels, kernelSize, options, false)
  }

  forward(input: Tensor): Tensor {
    return convolution(this.layer, this.count, input, this.weight, this.bias, this.options)
  }
}

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
abstract class ConvTransposeNd extends AnyConv<ConvTransposeLayerOptions> {
  forward(input: Tensor): Tensor {
    return transposedConvolution(this.layer, this.count, input, this.weight, this.bias, this.options)
  }
}

/** [N, inChannels, L] to [N, outChannels, (L - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1]. */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options, true)
  }
}

/** [N, inChannels, H, W], upwards: the adjoint of Conv2d. */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options, true)
  }
}
