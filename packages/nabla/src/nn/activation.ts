/** Activations as layers. */
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/activation.js'
import { Module } from './module.js'

/** max(x, 0). */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return x.relu()
  }
}

/** 1 / (1 + exp(-x)). */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.sigmoid()
  }
}

export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return x.tanh()
  }
}

/** x where x > 0, else negativeSlope x (default 0.01). */
export class LeakyReLU extends Module {
  constructor(readonly negativeSlope = 0.01) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.leakyRelu(x, this.negativeSlope)
  }
}

/** x where x > 0, else alpha (exp(x) - 1). */
export class ELU extends Module {
  constructor(readonly alpha = 1) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.elu(x, this.alpha)
  }
}

export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return f.selu(x)
  }
}

/** x Phi(x), exact or approximated with tanh. */
export class GELU extends Module {
  constructor(readonly options: { readonly approximate?: 'none' | 'tanh' } = {}) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.gelu(x, this.options)
  }
}

/** x sigmoid(x). */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return f.silu(x)
  }
}

/** log(1 + exp(beta x)) / beta. */
export class Softplus extends Module {
  constructor(
    readonly beta = 1,
    readonly threshold = 20,
  ) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.softplus(x, this.beta, this.threshold)
  }
}

/** x within [min, max]. */
export class Hardtanh extends Module {
  constructor(
    readonly min = -1,
    readonly max = 1,
  ) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.hardtanh(x, this.min, this.max)
  }
}

export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return f.relu6(x)
  }
}

export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return f.mish(x)
  }
}

export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return f.hardswish(x)
  }
}

/** exp(x) / sum(exp(x)) along `dim`. */
export class Softmax extends Module {
  constructor(readonly dim: number) {
    super()
  }
  forward(x: Tensor): Tensor {
    return x.softmax(this.dim)
  }
}

/** log(softmax(x)) along `dim`. */
export class LogSoftmax extends Module {
  constructor(readonly dim: number) {
    super()
  }
  forward(x: Tensor): Tensor {
    return x.logSoftmax(this.dim)
  }
}
