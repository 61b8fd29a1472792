/** Densely connected layers. Source: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks", 2017. */
import { cat, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

/**
 * Norm, ReLU, 1 x 1 convolution to `bottleneck` times `growth` channels; norm, ReLU, 3 x 3 convolution: [N, inputs, H, W] to
 * [N, growth, H, W]. While training, each number of the result is dropped with probability `dropout` (default 0).
 */
export class DenseLayer extends nn.Module {
  readonly norm1: nn.BatchNorm2d
  readonly conv1: nn.Conv2d
  readonly norm2: nn.BatchNorm2d
  readonly conv2: nn.Conv2d

  constructor(
    inputs: number,
    growth: number,
    bottleneck: number,
    private readonly dropout = 0,
  ) {
    super()
    this.norm1 = new nn.BatchNorm2d(inputs)
    this.conv1 = new nn.Conv2d(inputs, bottleneck * growth, 1, { bias: false })
    this.norm2 = new nn.BatchNorm2d(bottleneck * growth)
    this.conv2 = new nn.Conv2d(bottleneck * growth, growth, 3, { padding: 1, bias: false })
  }

  /** @param x [N, inputs, H, W] */
  forward(x: Tensor): Tensor {
    const narrow = this.conv1.forward(this.norm1.forward(x).relu()) //      [N, bottleneck growth, H, W]
    const added = this.conv2.forward(this.norm2.forward(narrow).relu()) // [N, growth, H, W]
    return nn.functional.dropout(added, { p: this.dropout, training: this.training })
  }
}

/** Each layer sees `x` and what all layers before it gave; gives all of it, [N, channels of x + growth layers, H, W]. */
export function denselyConnected(layers: Iterable<DenseLayer>, x: Tensor): Tensor {
  const features = [x]
  for (const layer of layers) features.push(layer.forward(cat(features, 1)))
  return cat(features, 1)
}
