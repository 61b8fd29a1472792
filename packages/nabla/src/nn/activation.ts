/** Activations as layers. Results have the input's shape, but for GLU. */
import { NablaError, showShape } from '../core/errors.js'
import { full } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import * as f from './functional/activation.js'
import { checkCount, type Place } from './linear.js'
import { Module, Parameter } from './module.js'

/** Printed with the settings it was built with. */
abstract class Activation extends Module {
  /** The input's shape, unless the class says otherwise. */
  abstract override forward(x: Tensor): Tensor

  protected override extraRepr(): string {
    return Object.values(this)
      .filter((value) => typeof value === 'number' || typeof value === 'string')
      .join(', ')
  }
}

// ---------------------------------------------------------------- rectifiers

/** max(x, 0); gradient 0 at 0. Nair and Hinton 2010. */
export class ReLU extends Activation {
  forward(x: Tensor): Tensor {
    return x.relu()
  }
}

/** min(max(x, 0), 6). Krizhevsky 2010. */
export class ReLU6 extends Activation {
  forward(x: Tensor): Tensor {
    return f.relu6(x)
  }
}

/** x where x > 0, else negativeSlope x (default 0.01). Maas, Hannun and Ng 2013. */
export class LeakyReLU extends Activation {
  /** @param negativeSlope slope below 0. Default 0.01. */
  constructor(readonly negativeSlope = 0.01) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.leakyRelu(x, this.negativeSlope)
  }
}

/** How the weights of PReLU start, and where they are made. */
export interface PReLUOptions extends Place {
  /** The weights at the start. Default 0.25. */
  readonly init?: number
}

/**
 * x where x > 0, else weight x, where the weight is learned: one for all, or with `numParameters` one for each channel of [N, C,
 * ...]. He et al. 2015.
 */
export class PReLU extends Activation {
  /** Slopes below 0: [numParameters], 0.25 at the start unless told. */
  readonly weight: Parameter

  constructor(
    /** How many slopes are learned: 1 for all elements (default), or one for each channel. */
    readonly numParameters = 1,
    { init = 0.25, ...place }: PReLUOptions = {},
  ) {
    super()
    checkCount('PReLU', 'numParameters', numParameters)
    this.weight = new Parameter(full([numParameters], init, place))
  }
  forward(x: Tensor): Tensor {
    return f.prelu(x, this.weight)
  }
}

/** Leaky ReLU, its slope drawn from [lower, upper] for each element while training, else their mean. Xu et al. 2015. */
export class RReLU extends Activation {
  constructor(
    /** The least slope below 0. Default 1/8. */
    readonly lower = 1 / 8,
    /** The largest slope below 0, no less than `lower`. Default 1/3. */
    readonly upper = 1 / 3,
  ) {
    super()
    checkRange('RReLU', 'lower', lower, 'upper', upper)
  }
  forward(x: Tensor): Tensor {
    return f.rrelu(x, this.lower, this.upper, this.training)
  }
}

/** x where x > threshold, else value. */
export class Threshold extends Activation {
  constructor(
    /** Elements up to this one are replaced. */
    readonly threshold: number,
    /** What they are replaced by. */
    readonly value: number,
  ) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.threshold(x, this.threshold, this.value)
  }
}

// ---------------------------------------------------------------- exponential and smooth units

/** x where x > 0, else alpha (exp(x) - 1). Clevert, Unterthiner and Hochreiter 2015. */
export class ELU extends Activation {
  /** @param alpha the result tends to -alpha far below 0. Default 1. */
  constructor(readonly alpha = 1) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.elu(x, this.alpha)
  }
}

/** max(0, x) + min(0, alpha (exp(x / alpha) - 1)): an ELU whose slope is continuous. Barron 2017. */
export class CELU extends Activation {
  /** @param alpha the result tends to -alpha far below 0; not 0. Default 1. */
  constructor(readonly alpha = 1) {
    super()
    if (alpha === 0) throw new NablaError('argument', '[CELU] alpha is 0; expected another number, for x is divided by it')
  }
  forward(x: Tensor): Tensor {
    return f.celu(x, this.alpha)
  }
}

/** 1.0507 (x where x > 0, else 1.6733 (exp(x) - 1)): keeps mean 0 and variance 1. Klambauer et al. 2017. */
export class SELU extends Activation {
  forward(x: Tensor): Tensor {
    return f.selu(x)
  }
}

/** x Phi(x), with Phi the normal distribution function: exact, or approximated with tanh. Hendrycks and Gimpel 2016. */
export class GELU extends Activation {
  /** 'none' (default): exact, by erf; 'tanh': x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
  readonly approximate: 'none' | 'tanh'

  constructor({ approximate = 'none' }: { readonly approximate?: 'none' | 'tanh' } = {}) {
    super()
    if (approximate !== 'none' && approximate !== 'tanh')
      throw new NablaError('argument', `[GELU] approximate is "${String(approximate)}"; expected 'none' or 'tanh'`, {
        approximate,
      })
    this.approximate = approximate
  }
  forward(x: Tensor): Tensor {
    return f.gelu(x, { approximate: this.approximate })
  }
}

/** x sigmoid(x), also known as swish. Elfwing, Uchibe and Doya 2017; Ramachandran, Zoph and Le 2017. */
export class SiLU extends Activation {
  forward(x: Tensor): Tensor {
    return f.silu(x)
  }
}

/** x tanh(softplus(x)). Misra 2019. */
export class Mish extends Activation {
  forward(x: Tensor): Tensor {
    return f.mish(x)
  }
}

/** log(1 + exp(beta x)) / beta; x itself where beta x > threshold. Dugas et al. 2001. */
export class Softplus extends Activation {
  constructor(
    /** Sharpness of the bend at 0. Default 1. */
    readonly beta = 1,
    /** Where beta x is above this, the result is x itself. Default 20. */
    readonly threshold = 20,
  ) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.softplus(x, this.beta, this.threshold)
  }
}

/** x / (1 + |x|). Turian, Bergstra and Bengio 2009. */
export class Softsign extends Activation {
  forward(x: Tensor): Tensor {
    return f.softsign(x)
  }
}

// ---------------------------------------------------------------- shrinkage

/** x moved towards 0 by lambd (default 0.5), 0 where |x| <= lambd. Donoho 1995. */
export class Softshrink extends Activation {
  /** @param lambd how far elements move towards 0; 0 or more. Default 0.5. */
  constructor(readonly lambd = 0.5) {
    super()
    if (!(lambd >= 0)) throw new NablaError('argument', `[Softshrink] lambd is ${lambd}; expected 0 or more`, { lambd })
  }
  forward(x: Tensor): Tensor {
    return f.softshrink(x, this.lambd)
  }
}

/** x where |x| > lambd (default 0.5), else 0. Donoho and Johnstone 1994. */
export class Hardshrink extends Activation {
  /** @param lambd elements of at most this magnitude become 0. Default 0.5. */
  constructor(readonly lambd = 0.5) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.hardshrink(x, this.lambd)
  }
}

/** x - tanh(x). */
export class Tanhshrink extends Activation {
  forward(x: Tensor): Tensor {
    return f.tanhshrink(x)
  }
}

// ---------------------------------------------------------------- between two bounds

/** 1 / (1 + exp(-x)). */
export class Sigmoid extends Activation {
  forward(x: Tensor): Tensor {
    return x.sigmoid()
  }
}

/** (exp(x) - exp(-x)) / (exp(x) + exp(-x)). */
export class Tanh extends Activation {
  forward(x: Tensor): Tensor {
    return x.tanh()
  }
}

/** log(sigmoid(x)), without overflow. */
export class LogSigmoid extends Activation {
  forward(x: Tensor): Tensor {
    return f.logSigmoid(x)
  }
}

/** x within [min, max] (default -1 and 1); gradient 0 at the bounds. Collobert 2004. */
export class Hardtanh extends Activation {
  constructor(
    /** The least result. Default -1. */
    readonly min = -1,
    /** The largest result, no less than `min`. Default 1. */
    readonly max = 1,
  ) {
    super()
    checkRange('Hardtanh', 'min', min, 'max', max)
  }
  forward(x: Tensor): Tensor {
    return f.hardtanh(x, this.min, this.max)
  }
}

/** min(max(x + 3, 0), 6) / 6. Courbariaux, Bengio and David 2015; slope as in Howard et al. 2019. */
export class Hardsigmoid extends Activation {
  forward(x: Tensor): Tensor {
    return f.hardsigmoid(x)
  }
}

/** x hardsigmoid(x). Howard et al. 2019. */
export class Hardswish extends Activation {
  forward(x: Tensor): Tensor {
    return f.hardswish(x)
  }
}

// ---------------------------------------------------------------- along a dimension

/** exp(x) / sum(exp(x)) along `dim`, without overflow. Bridle 1990. */
export class Softmax extends Activation {
  /** @param dim the dimension along which results sum to 1; negative ones count from the end. */
  constructor(readonly dim: number) {
    super()
  }
  forward(x: Tensor): Tensor {
    return x.softmax(this.dim)
  }
}

/** softmax(-x) along `dim`. */
export class Softmin extends Activation {
  /** @param dim the dimension along which results sum to 1; negative ones count from the end. */
  constructor(readonly dim: number) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.softmin(x, this.dim)
  }
}

/** log(softmax(x)) along `dim`, computed as one. */
export class LogSoftmax extends Activation {
  /** @param dim the dimension along which the exponentials of the results sum to 1; negative ones count from the end. */
  constructor(readonly dim: number) {
    super()
  }
  forward(x: Tensor): Tensor {
    return x.logSoftmax(this.dim)
  }
}

/** Softmax over the channels at every place of images [N, C, H, W] or [C, H, W]. */
export class Softmax2d extends Activation {
  forward(x: Tensor): Tensor {
    if (x.ndim !== 3 && x.ndim !== 4)
      throw new NablaError('shape', `[Softmax2d] the input has shape ${showShape(x.shape)}; expected [N, C, H, W] or [C, H, W]`, {
        shape: x.shape,
      })
    return x.softmax(-3)
  }
}

/**
 * The first half along `dim` (default -1) times sigmoid of the second: that extent, which must be even, is halved. Dauphin et al.
 * 2016.
 */
export class GLU extends Activation {
  /** @param dim the dimension that is halved. Default -1, the last. */
  constructor(readonly dim = -1) {
    super()
  }
  forward(x: Tensor): Tensor {
    return f.glu(x, this.dim)
  }
}

function checkRange(layer: string, low: string, from: number, high: string, to: number): void {
  if (!(from <= to))
    throw new NablaError('argument', `[${layer}] ${low} is ${from} and ${high} ${to}; expected ${low} <= ${high}`, {
      [low]: from,
      [high]: to,
    })
}
