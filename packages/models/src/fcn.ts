/** A fully convolutional network. Source: Long, Shelhamer, Darrell, "Fully convolutional networks for semantic segmentation", 2015. */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'

export interface FCNOptions {
  /** Channels of the images. */
  readonly inChannels: number
  /** Channels of the first convolution; the second has twice as many. */
  readonly width: number
  readonly numClasses: number
}

/** Two strided convolutions down, learned upsampling back to the size of the image, one skip by addition. */
export class FCN extends nn.Module {
  readonly conv1: nn.Conv2d
  readonly conv2: nn.Conv2d
  readonly score1: nn.Conv2d
  readonly score2: nn.Conv2d
  readonly up2: nn.ConvTranspose2d
  readonly up1: nn.ConvTranspose2d

  constructor({ inChannels, width, numClasses }: FCNOptions) {
    super()
    const up = () => new nn.ConvTranspose2d(numClasses, numClasses, 4, { stride: 2, padding: 1, bias: false })
    this.conv1 = new nn.Conv2d(inChannels, width, 3, { stride: 2, padding: 1 })
    this.conv2 = new nn.Conv2d(width, 2 * width, 3, { stride: 2, padding: 1 })
    this.score1 = new nn.Conv2d(width, numClasses, 1)
    this.score2 = new nn.Conv2d(2 * width, numClasses, 1)
    this.up2 = up()
    this.up1 = up()
  }

  /** @param x [N, inChannels, H, W], H and W divisible by 4 @returns logits [N, numClasses, H, W] */
  forward(x: Tensor): Tensor {
    const x1 = this.conv1.forward(x).relu() //                                              [N, width, H / 2, W / 2]
    const x2 = this.conv2.forward(x1).relu() //                                             [N, 2 width, H / 4, W / 4]
    const half = this.score1.forward(x1).add(this.up2.forward(this.score2.forward(x2))) // [N, numClasses, H / 2, W / 2]
    return this.up1.forward(half)
  }
}
