/**
 * The blocks of MobileNetV2. Source: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals and linear bottlenecks",
 * 2018. Names of weights are torchvision's.
 */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'

/** Convolution without bias that keeps the size at stride 1, norm, ReLU6. */
export const convNormReLU6 = (inChannels: number, outChannels: number, kernel: 1 | 3, stride = 1, groups = 1): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(inChannels, outChannels, kernel, { stride, padding: (kernel - 1) / 2, groups, bias: false }),
    new nn.BatchNorm2d(outChannels),
    new nn.ReLU6(),
  )

/**
 * 1 x 1 convolution to `expansion` times the channels (none where it is 1), 3 x 3 on each channel by itself, 1 x 1 down again without an
 * activation; beside the identity where the shapes agree: [N, inChannels, H, W] to [N, outChannels, H / stride, W / stride], rounded up.
 */
export class InvertedResidual extends nn.Module {
  readonly conv: nn.Sequential
  private readonly identity: boolean

  constructor(inChannels: number, outChannels: number, stride: number, expansion: number) {
    super()
    const hidden = inChannels * expansion
    this.identity = stride === 1 && inChannels === outChannels
    this.conv = new nn.Sequential(
      ...(expansion === 1 ? [] : [convNormReLU6(inChannels, hidden, 1)]),
      convNormReLU6(hidden, hidden, 3, stride, hidden),
      new nn.Conv2d(hidden, outChannels, 1, { bias: false }),
      new nn.BatchNorm2d(outChannels),
    )
  }

  /** @param x [N, inChannels, H, W] */
  forward(x: Tensor): Tensor {
    const out = this.conv.forward(x)
    return this.identity ? x.add(out) : out
  }
}
