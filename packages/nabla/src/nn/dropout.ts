/** Dropout layers: active in training, transparent in evaluation. */
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/dropout.js'
import { Module } from './module.js'

abstract class DropoutNd extends Module {
  /** @param p probability of becoming 0; default 0.5. */
  constructor(readonly p = 0.5) {
    super()
    f.checkProbability(this.constructor.name, p)
  }

  protected abstract readonly drop: (x: Tensor, options: f.DropoutOptions) => Tensor

  /** The input's shape. */
  forward(x: Tensor): Tensor {
    return this.drop(x, { p: this.p, training: this.training })
  }

  protected override extraRepr(): string {
    return String(this.p)
  }
}

/** Elements become 0 with probability p, the others are divided by 1 - p (Srivastava et al. 2014, "Dropout"). */
export class Dropout extends DropoutNd {
  protected get drop() {
    return f.dropout
  }
}

/** Whole channels of [N, C, L] or [C, L] become 0 with probability p (Tompson et al. 2015). */
export class Dropout1d extends DropoutNd {
  protected get drop() {
    return f.dropout1d
  }
}

/** Whole channels of [N, C, H, W] (as PyTorch's, of [N, C, L] too) become 0 with probability p (Tompson et al. 2015). */
export class Dropout2d extends DropoutNd {
  protected get drop() {
    return f.dropout2d
  }
}

/** Whole channels of [N, C, D, H, W] or [C, D, H, W] become 0 with probability p (Tompson et al. 2015). */
export class Dropout3d extends DropoutNd {
  protected get drop() {
    return f.dropout3d
  }
}

/**
 * For networks of SELU: dropped elements take its lower bound, mean and variance are kept (Klambauer et al. 2017,
 * "Self-normalizing neural networks").
 */
export class AlphaDropout extends DropoutNd {
  protected get drop() {
    return f.alphaDropout
  }
}

/** As AlphaDropout, whole channels of [N, C, ...] at once. */
export class FeatureAlphaDropout extends DropoutNd {
  protected get drop() {
    return f.featureAlphaDropout
  }
}
