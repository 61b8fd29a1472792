/** Pooling layers. */
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/pool.js'
import type { Size } from './functional/spatial.js'
import { Module } from './module.js'

type Pool<O> = (input: Tensor, kernelSize: Size, options: O) => Tensor

abstract class PoolNd<O extends f.PoolOptions> extends Module {
  protected constructor(
    private readonly pool: Pool<O>,
    readonly kernelSize: Size,
    readonly options: O,
  ) {
    super()
  }

  forward(input: Tensor): Tensor {
    return this.pool(input, this.kernelSize, this.options)
  }

  protected override extraRepr(): string {
    return [JSON.stringify(this.kernelSize), ...(Object.keys(this.options).length ? [JSON.stringify(this.options)] : [])].join(
      ', ',
    )
  }
}

/** The largest of each window of [N, C, L]. Stride is the kernel size unless told. */
export class MaxPool1d extends PoolNd<f.MaxPoolOptions> {
  constructor(kernelSize: Size, options: f.MaxPoolOptions = {}) {
    super(f.maxPool1d, kernelSize, options)
  }
}

/** The largest of each window of [N, C, H, W]; the gradient goes to the first of them. */
export class MaxPool2d extends PoolNd<f.MaxPoolOptions> {
  constructor(kernelSize: Size, options: f.MaxPoolOptions = {}) {
    super(f.maxPool2d, kernelSize, options)
  }
}

/** The largest of each window of [N, C, D, H, W]. */
export class MaxPool3d extends PoolNd<f.MaxPoolOptions> {
  constructor(kernelSize: Size, options: f.MaxPoolOptions = {}) {
    super(f.maxPool3d, kernelSize, options)
  }
}

/** The mean of each window of [N, C, L]. */
export class AvgPool1d extends PoolNd<f.AvgPoolOptions> {
  constructor(kernelSize: Size, options: f.AvgPoolOptions = {}) {
    super(f.avgPool1d, kernelSize, options)
  }
}

/** The mean of each window of [N, C, H, W]. */
export class AvgPool2d extends PoolNd<f.AvgPoolOptions> {
  constructor(kernelSize: Size, options: f.AvgPoolOptions = {}) {
    super(f.avgPool2d, kernelSize, options)
  }
}

/** The mean of each window of [N, C, D, H, W]. */
export class AvgPool3d extends PoolNd<f.AvgPoolOptions> {
  constructor(kernelSize: Size, options: f.AvgPoolOptions = {}) {
    super(f.avgPool3d, kernelSize, options)
  }
}

/** Means of `outputSize` parts of [N, C, H, W]; null keeps an extent. */
export class AdaptiveAvgPool2d extends Module {
  constructor(readonly outputSize: number | readonly (number | null)[]) {
    super()
  }

  forward(input: Tensor): Tensor {
    return f.adaptiveAvgPool2d(input, this.outputSize)
  }
}
