/** Layers that change the resolution: interpolation, and channels moved into space and back. */
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { type FoldOptions, fold, unfold } from './functional/fold.js'
import { interpolate, type InterpolateOptions } from './functional/interpolate.js'
import { channelShuffle, pixelShuffle, pixelUnshuffle } from './functional/resample-shuffle.js'
import { type Size, sizes } from './functional/spatial.js'
import { checkCount } from './linear.js'
import { Module } from './module.js'
import { settings } from './spatial-settings.js'

/** What size to resize to, and how. */
export type UpsampleOptions = Omit<InterpolateOptions, 'antialias'>

/** Resizes [N, C, L], [N, C, H, W] or [N, C, D, H, W]: see `interpolate`. Mode 'nearest' unless told. */
export class Upsample extends Module {
  /** @param options the settings, as given. */
  constructor(readonly options: UpsampleOptions) {
    super()
    if ((options.size == null) === (options.scaleFactor == null))
      throw new NablaError('argument', `[${this.constructor.name}] give either size or scaleFactor`, { options })
  }

  /** [N, C, ...] to [N, C, ...size]. */
  forward(input: Tensor): Tensor {
    return interpolate(input, this.options)
  }

  protected override extraRepr(): string {
    return JSON.stringify(this.options)
  }
}

/** Resizes [N, C, H, W], repeating elements. */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: Pick<UpsampleOptions, 'size' | 'scaleFactor'>) {
    super({ ...options, mode: 'nearest' })
  }
}

/** Resizes [N, C, H, W] bilinearly, corner elements onto corner elements. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: Pick<UpsampleOptions, 'size' | 'scaleFactor'>) {
    super({ ...options, mode: 'bilinear', alignCorners: true })
  }
}

/** [..., C r^2, H, W] to [..., C, H r, W r] (Shi et al., 2016). */
export class PixelShuffle extends Module {
  /** @param upscaleFactor how many times larger height and width become: r, 1 or more. */
  constructor(readonly upscaleFactor: number) {
    super()
    checkCount('PixelShuffle', 'upscaleFactor', upscaleFactor)
  }

  /** [..., C r^2, H, W] to [..., C, H r, W r]. */
  forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor)
  }

  protected override extraRepr(): string {
    return String(this.upscaleFactor)
  }
}

/** [..., C, H r, W r] to [..., C r^2, H, W]: the inverse of PixelShuffle. */
export class PixelUnshuffle extends Module {
  /** @param downscaleFactor how many times smaller height and width become: r, a divisor of both. */
  constructor(readonly downscaleFactor: number) {
    super()
    checkCount('PixelUnshuffle', 'downscaleFactor', downscaleFactor)
  }

  /** [..., C, H r, W r] to [..., C r^2, H, W]. */
  forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor)
  }

  protected override extraRepr(): string {
    return String(this.downscaleFactor)
  }
}

/** The channels of [N, C, ...], in `groups` rows, read column by column (Zhang et al., 2018). */
export class ChannelShuffle extends Module {
  /** @param groups how many groups the channels are taken from in turn; a divisor of their number. */
  constructor(readonly groups: number) {
    super()
    checkCount('ChannelShuffle', 'groups', groups)
  }

  /** [N, C, ...] to the same shape. */
  forward(input: Tensor): Tensor {
    return channelShuffle(input, this.groups)
  }

  protected override extraRepr(): string {
    return String(this.groups)
  }
}

/**
 * Windows of [N, C, H, W] as columns: [N, C kh kw, L], where L = Hout Wout counts the windows row by row, with Hout = floor((H +
 * 2 padding - dilation (kh - 1) - 1) / stride) + 1.
 */
export class Unfold extends Module {
  constructor(
    /** Extent of the window, 1 or more: one number for both dimensions, or one for each. */
    readonly kernelSize: Size,
    /** How the windows lie, as given. */
    readonly options: FoldOptions = {},
  ) {
    super()
    sizes('Unfold', 'kernelSize', kernelSize, 2, 1)
  }

  /** [N, C, H, W] to [N, C kh kw, L]. */
  forward(input: Tensor): Tensor {
    return unfold(input, this.kernelSize, this.options)
  }

  protected override extraRepr(): string {
    return settings(this.kernelSize, this.options)
  }
}

/**
 * Columns [N, C kh kw, L] added up where their windows lie: [N, C, ...outputSize], the adjoint of Unfold. Throws where L is not
 * the number of windows.
 */
export class Fold extends Module {
  constructor(
    /** Height and width of the result: one number for both, or one for each. */
    readonly outputSize: Size,
    /** Extent of the window, 1 or more: one number for both dimensions, or one for each. */
    readonly kernelSize: Size,
    /** How the windows lie, as given. */
    readonly options: FoldOptions = {},
  ) {
    super()
    sizes('Fold', 'outputSize', outputSize, 2, 1)
    sizes('Fold', 'kernelSize', kernelSize, 2, 1)
  }

  /** [N, C kh kw, L] to [N, C, ...outputSize]. */
  forward(input: Tensor): Tensor {
    return fold(input, this.outputSize, this.kernelSize, this.options)
  }

  protected override extraRepr(): string {
    return `${JSON.stringify(this.outputSize)}, ${settings(this.kernelSize, this.options)}`
  }
}
