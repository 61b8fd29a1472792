/** Densely connected layers. Source: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks", 2017. */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'

/**
 * Norm, ReLU, 1 x 1 convolution to `bottleneck` times `growth` channels; norm, ReLU, 3 x 3 convolution: [N, inputs, H, W] to
 * [N, growth, H, W].
 */
export class DenseLayer extends nn.Module {
  readonly norm1: nn.BatchNorm2d
  readonly conv1: nn.Conv2d
  readonly norm2: nn.BatchNorm2d
  readonly conv2: nn.Conv2d

  constructor(inputs: number, growth: number, bottleneck: number) {
    super()
    this.norm1 = new nn.BatchNorm2d(inputs)
    this.conv1 = new nn.Conv2d(inputs, bottleneck * growth, 1, { bias: false })
    this.norm2 = new nn.BatchNorm2d(bottleneck * growth)
    this.conv2 = new nn.Conv2d(bottleneck * growth, growth, 3, { padding: 1, bias: false })
  }

  /** @param x [N, inputs, H, W] */
  forward(x: Tensor): Tensor {
    const narrow = this.conv1.forward(this.norm1.forward(x).relu()) // [N, bottleneck growth, H, W]
    return this.conv2.forward(this.norm2.forward(narrow).relu()) //    [N, growth, H, W]
  }
}
