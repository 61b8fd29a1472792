/** Pooling layers. */
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/pool.js'
import * as a from './functional/pool-adaptive.js'
import * as u from './functional/pool-unpool.js'
import { type Size, sizes } from './functional/spatial.js'
import { Module } from './module.js'
import { settings } from './spatial-settings.js'

/** What a max pooling layer gives: values with their indices, if its options ask for them. */
export type Pooled<R extends boolean> = R extends true ? f.WithIndices : Tensor

/** Options that say by `returnIndices` whether indices are given: R. */
type Asking<O, R extends boolean> = O & { readonly returnIndices?: R }

/** A layer around a function of an input, a kernel size and options. */
abstract class PoolNd<O extends f.PoolOptions, R extends boolean = false> extends Module {
  protected constructor(
    count: number,
    private readonly pool: (input: Tensor, kernelSize: Size, options: O) => unknown,
    /** Extent of the window, 1 or more: one number for all dimensions, or one for each. */
    readonly kernelSize: Size,
    /** The settings, as given. */
    readonly options: O,
  ) {
    super()
    const name = this.constructor.name
    sizes(name, 'kernelSize', kernelSize, count, 1)
    sizes(name, 'stride', options.stride ?? kernelSize, count, 1)
    sizes(name, 'padding', options.padding ?? 0, count, 0)
    const { dilation } = options as f.MaxPoolOptions
    sizes(name, 'dilation', dilation ?? 1, count, 1)
  }

  /** [N, C, ...] to [N, C, ...out], or both without N. */
  forward(input: Tensor): Pooled<R> {
    return this.pool(input, this.kernelSize, this.options) as Pooled<R>
  }

  protected override extraRepr(): string {
    return settings(this.kernelSize, this.options)
  }
}

/**
 * The largest of each window of [N, C, L]: [N, C, Lout] with Lout = floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1. Stride is
 * the kernel size unless told. Throws where windows do not fit, or padding is more than half the kernel.
 */
export class MaxPool1d<R extends boolean = false> extends PoolNd<f.MaxPoolOptions, R> {
  constructor(kernelSize: Size, options: Asking<f.MaxPoolOptions, R> = {}) {
    super(1, f.maxPool1d, kernelSize, options)
  }
}

/**
 * The largest of each window of [N, C, H, W]: [N, C, Hout, Wout] with Hout = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
 * The gradient goes to the first of the largest. Throws where windows do not fit, or padding is more than half the kernel.
 */
export class MaxPool2d<R extends boolean = false> extends PoolNd<f.MaxPoolOptions, R> {
  constructor(kernelSize: Size, options: Asking<f.MaxPoolOptions, R> = {}) {
    super(2, f.maxPool2d, kernelSize, options)
  }
}

/** The largest of each window of [N, C, D, H, W]; extents, gradient and errors as of MaxPool2d. */
export class MaxPool3d<R extends boolean = false> extends PoolNd<f.MaxPoolOptions, R> {
  constructor(kernelSize: Size, options: Asking<f.MaxPoolOptions, R> = {}) {
    super(3, f.maxPool3d, kernelSize, options)
  }
}

/** The mean of each window of [N, C, L] (LeCun et al., 1990); extents as of MaxPool1d without dilation. */
export class AvgPool1d extends PoolNd<f.AvgPool1dOptions> {
  constructor(kernelSize: Size, options: f.AvgPool1dOptions = {}) {
    super(1, f.avgPool1d, kernelSize, options)
  }
}

/** The mean of each window of [N, C, H, W]; extents as of MaxPool2d without dilation. */
export class AvgPool2d extends PoolNd<f.AvgPoolOptions> {
  constructor(kernelSize: Size, options: f.AvgPoolOptions = {}) {
    super(2, f.avgPool2d, kernelSize, options)
  }
}

/** The mean of each window of [N, C, D, H, W]; extents as of MaxPool3d without dilation. */
export class AvgPool3d extends PoolNd<f.AvgPoolOptions> {
  constructor(kernelSize: Size, options: f.AvgPoolOptions = {}) {
    super(3, f.avgPool3d, kernelSize, options)
  }
}

/**
 * (sum of x^normType)^(1 / normType) over each window of [N, C, L], 0 where that sum is negative; extents as of MaxPool1d without
 * padding and dilation.
 */
export class LPPool1d extends PoolNd<f.LPPoolOptions> {
  constructor(
    /** The power of the mean, above 0: 1 gives sums, and the larger, the nearer to the maximum. */
    readonly normType: number,
    kernelSize: Size,
    options: f.LPPoolOptions = {},
  ) {
    super(1, (input, kernel, rest) => f.lpPool1d(input, normType, kernel, rest), kernelSize, options)
  }
}

/**
 * (sum of x^normType)^(1 / normType) over each window of [N, C, H, W], 0 where that sum is negative; extents as of MaxPool2d
 * without padding and dilation.
 */
export class LPPool2d extends PoolNd<f.LPPoolOptions> {
  constructor(
    /** The power of the mean, above 0: 1 gives sums, and the larger, the nearer to the maximum. */
    readonly normType: number,
    kernelSize: Size,
    options: f.LPPoolOptions = {},
  ) {
    super(2, (input, kernel, rest) => f.lpPool2d(input, normType, kernel, rest), kernelSize, options)
  }
}

/** A layer around a function of an input and the wanted extents. */
abstract class AdaptivePoolNd<R extends boolean = false> extends Module {
  protected constructor(
    count: number,
    private readonly pool: (input: Tensor, outputSize: a.OutputSize, options: a.AdaptiveMaxPoolOptions) => unknown,
    /** Extents of the result: one number for all dimensions, or one for each; null keeps the input's. */
    readonly outputSize: a.OutputSize,
    /** The settings, as given. */
    readonly options: a.AdaptiveMaxPoolOptions = {},
  ) {
    super()
    const given = typeof outputSize === 'number' ? outputSize : outputSize.map((n) => n ?? 1)
    sizes(this.constructor.name, 'outputSize', given, count, 0)
  }

  /** [N, C, ...] to [N, C, ...outputSize], or both without N. */
  forward(input: Tensor): Pooled<R> {
    return this.pool(input, this.outputSize, this.options) as Pooled<R>
  }

  protected override extraRepr(): string {
    return settings(this.outputSize, this.options)
  }
}

/** Means of `outputSize` parts of [N, C, L]: part i of m of n elements is floor(i n / m) to ceil((i + 1) n / m). */
export class AdaptiveAvgPool1d extends AdaptivePoolNd {
  constructor(outputSize: a.OutputSize) {
    super(1, a.adaptiveAvgPool1d, outputSize)
  }
}

/** Means of `outputSize` parts of [N, C, H, W], parts as of AdaptiveAvgPool1d; null keeps an extent. */
export class AdaptiveAvgPool2d extends AdaptivePoolNd {
  constructor(outputSize: a.OutputSize) {
    super(2, a.adaptiveAvgPool2d, outputSize)
  }
}

/** Means of `outputSize` parts of [N, C, D, H, W], parts as of AdaptiveAvgPool1d; null keeps an extent. */
export class AdaptiveAvgPool3d extends AdaptivePoolNd {
  constructor(outputSize: a.OutputSize) {
    super(3, a.adaptiveAvgPool3d, outputSize)
  }
}

/** The largest of `outputSize` parts of [N, C, L], parts as of AdaptiveAvgPool1d. */
export class AdaptiveMaxPool1d<R extends boolean = false> extends AdaptivePoolNd<R> {
  constructor(outputSize: a.OutputSize, options: Asking<a.AdaptiveMaxPoolOptions, R> = {}) {
    super(1, a.adaptiveMaxPool1d, outputSize, options)
  }
}

/** The largest of `outputSize` parts of [N, C, H, W], parts as of AdaptiveAvgPool1d; null keeps an extent. */
export class AdaptiveMaxPool2d<R extends boolean = false> extends AdaptivePoolNd<R> {
  constructor(outputSize: a.OutputSize, options: Asking<a.AdaptiveMaxPoolOptions, R> = {}) {
    super(2, a.adaptiveMaxPool2d, outputSize, options)
  }
}

/** The largest of `outputSize` parts of [N, C, D, H, W], parts as of AdaptiveAvgPool1d; null keeps an extent. */
export class AdaptiveMaxPool3d<R extends boolean = false> extends AdaptivePoolNd<R> {
  constructor(outputSize: a.OutputSize, options: Asking<a.AdaptiveMaxPoolOptions, R> = {}) {
    super(3, a.adaptiveMaxPool3d, outputSize, options)
  }
}

/** What pooling was done with. */
export type MaxUnpoolLayerOptions = Omit<u.MaxUnpoolOptions, 'outputSize'>

/** A layer around a function of an input and indices. */
abstract class MaxUnpoolNd extends Module {
  protected constructor(
    count: number,
    private readonly unpool: u.MaxUnpool,
    /** Extent of the windows of the pooling that is undone: one number for all dimensions, or one for each. */
    readonly kernelSize: Size,
    /** The settings of that pooling. */
    readonly options: MaxUnpoolLayerOptions = {},
  ) {
    super()
    sizes(this.constructor.name, 'kernelSize', kernelSize, count, 1)
  }

  /** `outputSize` chooses among the extents that pooling leads to these from. */
  forward(input: Tensor, indices: Tensor, outputSize?: readonly number[]): Tensor {
    return this.unpool(input, indices, this.kernelSize, { ...this.options, ...(outputSize && { outputSize }) })
  }

  protected override extraRepr(): string {
    return settings(this.kernelSize, this.options)
  }
}

/**
 * The partial inverse of MaxPool1d: the values of [N, C, L] at their indices in [N, C, (L - 1) stride - 2 padding + kernel],
 * zeros elsewhere.
 */
export class MaxUnpool1d extends MaxUnpoolNd {
  constructor(kernelSize: Size, options: MaxUnpoolLayerOptions = {}) {
    super(1, u.maxUnpool1d, kernelSize, options)
  }
}

/**
 * The partial inverse of MaxPool2d: values at their indices, zeros elsewhere (Zeiler and Fergus, 2014); extents as of
 * MaxUnpool1d.
 */
export class MaxUnpool2d extends MaxUnpoolNd {
  constructor(kernelSize: Size, options: MaxUnpoolLayerOptions = {}) {
    super(2, u.maxUnpool2d, kernelSize, options)
  }
}

/** The partial inverse of MaxPool3d: values at their indices, zeros elsewhere; extents as of MaxUnpool1d. */
export class MaxUnpool3d extends MaxUnpoolNd {
  constructor(kernelSize: Size, options: MaxUnpoolLayerOptions = {}) {
    super(3, u.maxUnpool3d, kernelSize, options)
  }
}
