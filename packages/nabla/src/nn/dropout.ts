/** Dropout layers: active in training, transparent in evaluation. */
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { dropout, dropout2d } from './functional/dropout.js'
import { Module } from './module.js'

abstract class DropoutNd extends Module {
  /** @param p probability of becoming 0; default 0.5. */
  constructor(readonly p = 0.5) {
    super()
    if (!(p >= 0 && p <= 1))
      throw new NablaError('argument', `[${this.constructor.name}] the probability p is ${p}; expected 0 to 1`, { p })
  }

  protected override extraRepr(): string {
    return String(this.p)
  }
}

/** Elements become 0 with probability p, the others are divided by 1 - p. */
export class Dropout extends DropoutNd {
  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training })
  }
}

/** Whole channels of [N, C, H, W] become 0 with probability p. */
export class Dropout2d extends DropoutNd {
  forward(x: Tensor): Tensor {
    return dropout2d(x, { p: this.p, training: this.training })
  }
}
