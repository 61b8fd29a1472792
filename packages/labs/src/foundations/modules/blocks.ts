/** The notes' blocks, layers and nets, in this library. */
import { noGrad, rand, randn, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

/** 20 inputs, 256 hidden units, 10 outputs. */
export class Mlp extends nn.Module {
  readonly hidden = new nn.Linear(20, 256)
  readonly out = new nn.Linear(256, 10)

  /** @param x [N, 20] @returns [N, 10] */
  forward(x: Tensor): Tensor {
    return this.out.forward(this.hidden.forward(x).relu())
  }
}

/** Sequential, by hand: children by name, called in their order. */
export class MySequential extends nn.Module {
  constructor(...layers: readonly nn.Layer[]) {
    super()
    layers.forEach((layer, i) => this.registerModule(String(i), layer))
  }

  forward(x: Tensor): Tensor {
    return this.children().reduce((value, layer) => (layer as nn.Layer).forward(value), x)
  }
}

/** Constants that are not learnt, one layer used twice, and control flow that looks at values. */
export class FixedHiddenMlp extends nn.Module {
  /** Not a Parameter: no optimizer sees it. */
  readonly constant = rand([20, 20])
  readonly linear = new nn.Linear(20, 20)

  /** @param x [N, 20] @returns a number whose parts add up to 1 at most in magnitude */
  forward(x: Tensor): Tensor {
    const hidden = this.linear.forward(x).matmul(this.constant).add(1).relu()
    let y = this.linear.forward(hidden)
    while (noGrad(() => y.abs().sum()).dataSync()[0]! > 1) y = y.div(2)
    return y.sum()
  }
}

/** A Sequential inside of a module. */
export class NestMlp extends nn.Module {
  readonly net = new nn.Sequential(new nn.Linear(20, 64), new nn.ReLU(), new nn.Linear(64, 32), new nn.ReLU())
  readonly linear = new nn.Linear(32, 16)

  /** @param x [N, 20] @returns [N, 16] */
  forward(x: Tensor): Tensor {
    return this.linear.forward(this.net.forward(x))
  }
}

/** A layer without parameters: what comes in, less its mean. */
export class CenteredLayer extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.sub(x.mean())
  }
}

/** A layer with parameters of its own: relu(x W + b). */
export class MyLinear extends nn.Module {
  readonly weight: nn.Parameter
  readonly bias: nn.Parameter

  constructor(inputs: number, units: number) {
    super()
    this.weight = new nn.Parameter(randn([inputs, units]))
    this.bias = new nn.Parameter(randn([units]))
  }

  /** @param x [N, inputs] @returns [N, units] */
  forward(x: Tensor): Tensor {
    return x.matmul(this.weight).add(this.bias).relu()
  }
}

const block1 = (): nn.Sequential => new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 4), new nn.ReLU())

/** Four blocks under names of their own. */
export function block2(): nn.Sequential {
  const net = new nn.Sequential()
  for (let i = 0; i < 4; i++) net.append(block1(), `block${i}`)
  return net
}

/** Linear 4 to 8, ReLU, linear 8 to 1. */
export const small = (): nn.Sequential => new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 1))
