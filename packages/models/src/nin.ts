/**
 * Network in network: every convolution is followed by two of 1 x 1, a small perceptron at each pixel, and there are no linear layers.
 *
 * Source: Lin, Chen and Yan, "Network in network", 2014, in the form of "Dive into Deep Learning" 8.3: the windows and channels of AlexNet.
 */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { checkImage } from './zoo/image.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/** Convolution, ReLU, and twice 1 x 1 convolution and ReLU. */
export const ninBlock = (
  inChannels: number,
  outChannels: number,
  kernel: number,
  options: { readonly stride?: number; readonly padding?: number } = {},
): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(inChannels, outChannels, kernel, options),
    new nn.ReLU(),
    new nn.Conv2d(outChannels, outChannels, 1),
    new nn.ReLU(),
    new nn.Conv2d(outChannels, outChannels, 1),
    new nn.ReLU(),
  )

/**
 * Three blocks with max pools after them, dropout (0.5 unless told), a block that gives the classes, mean over the image.
 *
 * `stem: 'small'` begins with 3 x 3 and stride 1 in place of 11 x 11 and stride 4: 28 pixels become 13, 6 and 2. The smallest images are
 * 67 x 67, of the small stem 15 x 15.
 */
export class NiN extends nn.Module implements ZooNetwork {
  readonly features: nn.Sequential
  readonly classifier: nn.Sequential
  readonly dropout: nn.Dropout
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'classifier.4'
  readonly furtherHeads = ['classifier.0', 'classifier.2']

  constructor(options: ZooOptions = {}) {
    super()
    const { numClasses, inChannels, stem, dropout, scaled } = zooSettings('NiN', options, 0.5)
    const small = stem === 'small'
    const [c1, c2, c3] = [scaled(96), scaled(256), scaled(384)]
    const pool = (): nn.Layer => new nn.MaxPool2d(3, { stride: 2 })
    this.features = new nn.Sequential(
      small ? ninBlock(inChannels, c1, 3, { padding: 1 }) : ninBlock(inChannels, c1, 11, { stride: 4 }), // [N, 96, 54, 54] of 224 x 224
      pool(), //                                   [N, 96, 26, 26]
      ninBlock(c1, c2, 5, { padding: 2 }), //      [N, 256, 26, 26]
      pool(), //                                   [N, 256, 12, 12]
      ninBlock(c2, c3, 3, { padding: 1 }), //      [N, 384, 12, 12]
      pool(), //                                   [N, 384, 5, 5]
    )
    this.dropout = new nn.Dropout(dropout)
    this.classifier = ninBlock(c3, numClasses, 3, { padding: 1 })
    this.smallest = small ? 15 : 67
    this.inChannels = inChannels
    for (const layer of this.modules())
      if (layer instanceof nn.Conv2d) {
        nn.init.kaimingUniform_(layer.weight)
        nn.init.zeros_(layer.bias!)
      }
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses], never negative */
  override forward(x: Tensor): Tensor {
    checkImage('NiN', x, this)
    x = this.dropout.forward(this.features.forward(x))
    return this.classifier.forward(x).mean([2, 3])
  }
}

/** NiN: 7.4 million parameters with 1000 classes, 2.0 million with 10. */
export const nin = (options?: ZooOptions): NiN => new NiN(options)
