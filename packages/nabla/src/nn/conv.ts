/** Convolution layers of one to three dimensions, and their transposes. */
import { NablaError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import {
  convolution,
  type ConvOptions,
  type ConvTransposeOptions,
  outputPaddings,
  paddingFor,
  paddings,
  transposedConvolution,
} from './functional/conv.js'
import { pad, type PadMode } from './functional/pad.js'
import { oneOf, sizes, type Size, unbatched } from './functional/spatial.js'
import { checkCount, defaultParameter, type Place } from './linear.js'
import { Module, type Parameter } from './module.js'

/** How a convolution layer slides, and its parameters. */
export interface ConvLayerOptions extends ConvOptions, Place {
  /** Whether a bias is learned for each output channel. Default true. */
  readonly bias?: boolean
  /** What padding is filled with: zeros (default), or the input itself mirrored, its edges repeated, or going round. */
  readonly paddingMode?: PaddingMode
}

/** What a convolution's border is filled with. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'

/** How a transposed convolution layer slides, and its parameters. */
export interface ConvTransposeLayerOptions extends ConvTransposeOptions, Place {
  /** Whether a bias is learned for each output channel. Default true. */
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
  /**
   * The filters: [outChannels, inChannels / groups, ...kernelSize]; transposed: [inChannels, outChannels / groups,
   * ...kernelSize].
   */
  weight: Parameter
  /** Added to each output channel: [outChannels]; null with `bias: false`. */
  bias: Parameter | null
  /** Extent of the window in each dimension, 1 or more; the layer is given one number for all, or one for each. */
  readonly kernelSize: readonly number[]

  protected constructor(
    protected readonly layer: string,
    protected readonly count: number,
    /** Channels of the input, divisible by `groups`. */
    readonly inChannels: number,
    /** Channels of the result, divisible by `groups`. */
    readonly outChannels: number,
    kernelSize: Size,
    /** The settings, as given. */
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
  /** What `pad` puts around the input, where it is not the convolution that adds zeros. */
  private readonly border: { readonly mode: PadMode; readonly sides: readonly number[] } | undefined

  protected constructor(
    layer: string,
    count: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvLayerOptions,
  ) {
    super(layer, count, inChannels, outChannels, kernelSize, options, false)
    const stride = sizes(layer, 'stride', options.stride ?? 1, count, 1)
    const dilation = sizes(layer, 'dilation', options.dilation ?? 1, count, 1)
    const sides = paddings(layer, options.padding ?? 0, this.kernelSize, stride, dilation)
    const mode = oneOf(layer, 'paddingMode', options.paddingMode ?? 'zeros', ['zeros', 'reflect', 'replicate', 'circular'])
    if (mode !== 'zeros') this.border = { mode, sides: sides.reverse().flat() }
  }

  /** [N, inChannels, ...] to [N, outChannels, ...], or both without N. */
  forward(input: Tensor): Tensor {
    const { layer, count, weight, bias, options, border } = this
    if (!border) return convolution(layer, count, input, weight, bias, options)
    unbatched(layer, input.shape, count)
    const padded = pad(input, border.sides, { mode: border.mode })
    return convolution(layer, count, padded, weight, bias, { ...options, padding: 0 })
  }
}

/**
 * [N, inChannels, L] to [N, outChannels, Lout] with Lout = floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, and
 * out[n, o, y] = bias[o] + sum over c, r of input[n, c, stride y + dilation r - padding] weight[o, c, r] (LeCun et al., 1989).
 * Throws if groups do not divide both channels, or the kernel is larger than the padded input.
 */
export class Conv1d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options)
  }
}

/**
 * [N, inChannels, H, W] to [N, outChannels, Hout, Wout] with
 * Hout = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1: the sum of Conv1d, over two dimensions (LeCun et al., 1989).
 * Throws if groups do not divide both channels, or the kernel is larger than the padded input.
 */
export class Conv2d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options)
  }
}

/** [N, inChannels, D, H, W] to [N, outChannels, Dout, Hout, Wout]: the sum of Conv1d, over three dimensions. Errors as Conv2d. */
export class Conv3d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions = {}) {
    super('Conv3d', 3, inChannels, outChannels, kernelSize, options)
  }
}

/** weight [inChannels, outChannels / groups, ...kernelSize]. */
abstract class ConvTransposeNd extends AnyConv<ConvTransposeLayerOptions> {
  protected constructor(
    layer: string,
    count: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvTransposeLayerOptions,
  ) {
    super(layer, count, inChannels, outChannels, kernelSize, options, true)
    outputPaddings(layer, options, count)
  }

  /**
   * [N, inChannels, ...] to [N, outChannels, ...], or both without N. `outputSize` chooses the result's extents instead of
   * `outputPadding`, among those that a convolution leads to these from.
   */
  forward(input: Tensor, outputSize?: readonly number[]): Tensor {
    const { layer, count, weight, bias, options } = this
    const outputPadding = outputSize && paddingFor(layer, count, input, this.kernelSize, options, outputSize)
    return transposedConvolution(layer, count, input, weight, bias, { ...options, ...(outputPadding && { outputPadding }) })
  }
}

/**
 * The adjoint of Conv1d by its input (Zeiler et al., 2010): [N, inChannels, L] to [N, outChannels, (L - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1].
 * Throws if outputPadding is no less than stride and dilation.
 */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options)
  }
}

/** [N, inChannels, H, W] to [N, outChannels, Hout, Wout], the extents as of ConvTranspose1d: the adjoint of Conv2d (Zeiler et al., 2010). */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options)
  }
}

/** [N, inChannels, D, H, W] to [N, outChannels, Dout, Hout, Wout], the extents as of ConvTranspose1d: the adjoint of Conv3d. */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions = {}) {
    super('ConvTranspose3d', 3, inChannels, outChannels, kernelSize, options)
  }
}
