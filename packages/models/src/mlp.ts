/** A multi-layer perceptron with batch norm (Ioffe and Szegedy 2015) and dropout (Srivastava et al. 2014). */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

export interface MLPOptions {
  /** Widths from the input to the output: [784, 256, 10] has one hidden layer. At least two. */
  readonly sizes: readonly number[]
  /** Probability of dropping a hidden unit. Default 0.5. */
  readonly dropout?: number
}

/** For every hidden width Linear, BatchNorm1d, ReLU and Dropout; then a linear layer. */
export class MLP extends nn.Module {
  readonly net: nn.Sequential

  constructor({ sizes, dropout = 0.5 }: MLPOptions) {
    super()
    if (sizes.length < 2)
      throw new NablaError(
        'argument',
        `[MLP] sizes is [${sizes.join(', ')}]; expected the width of the input, of hidden layers, and of the output`,
      )
    this.net = new nn.Sequential()
    sizes.slice(1, -1).forEach((width, i) => {
      this.net.extend([new nn.Linear(sizes[i]!, width), new nn.BatchNorm1d(width), new nn.ReLU(), new nn.Dropout(dropout)])
    })
    this.net.append(new nn.Linear(sizes.at(-2)!, sizes.at(-1)!))
  }

  /** @param x [N, sizes[0]] @returns [N, sizes.at(-1)] */
  forward(x: Tensor): Tensor {
    return this.net.forward(x)
  }
}
