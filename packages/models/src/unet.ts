/**
 * U-Net with padded convolutions.
 *
 * Source: Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015.
 */
import { cat, NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { doubleConv } from './blocks/conv.js'

export interface UNetOptions {
  /** Channels of the images. */
  readonly inChannels: number
  /** Channels of each level, the finest first: the image is halved between them. */
  readonly channels: readonly number[]
  readonly numClasses: number
}

/** Halving down, transposed convolutions up, skips by concatenation. */
export class UNet extends nn.Module {
  readonly down: nn.ModuleList<nn.Sequential>
  readonly up: nn.ModuleList<nn.ConvTranspose2d>
  readonly merge: nn.ModuleList<nn.Sequential>
  readonly head: nn.Conv2d

  constructor({ inChannels, channels, numClasses }: UNetOptions) {
    super()
    if (channels.length === 0) throw new NablaError('argument', '[UNet] channels is empty; expected those of at least one level')
    this.down = new nn.ModuleList(channels.map((width, i) => doubleConv(channels[i - 1] ?? inChannels, width)))
    const fine = channels.slice(0, -1).reverse()
    this.up = new nn.ModuleList(fine.map((width, i) => new nn.ConvTranspose2d(channels.at(-1 - i)!, width, 2, { stride: 2 })))
    this.merge = new nn.ModuleList(fine.map((width) => doubleConv(2 * width, width)))
    this.head = new nn.Conv2d(channels[0]!, numClasses, 1)
  }

  /** @param x [N, inChannels, H, W], H and W divisible by 2 for each halving @returns logits [N, numClasses, H, W] */
  forward(x: Tensor): Tensor {
    const times = 2 ** this.up.length
    if (x.ndim !== 4 || x.shape[2]! % times || x.shape[3]! % times)
      throw new NablaError(
        'shape',
        `[UNet] expected images [N, C, H, W] with H and W divisible by ${times}, got [${x.shape.join(', ')}]`,
        { shape: x.shape },
      )
    const levels: Tensor[] = []
    for (const block of this.down) {
      const above = levels.at(-1)
      levels.push(block.forward(above ? nn.functional.maxPool2d(above, 2) : x)) // [N, channels[i], H / 2^i, W / 2^i]
    }
    let y = levels.pop()!
    for (const [i, up] of [...this.up].entries()) y = this.merge.at(i).forward(cat([levels.pop()!, up.forward(y)], 1))
    return this.head.forward(y)
  }
}
