/**
 * AlexNet, the network that made deep learning of images common, in torchvision's form of one column.
 *
 * Sources: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012; the widths are those of
 * Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014. Names of weights are torchvision's.
 */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { checkImage } from './zoo/image.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/**
 * Five convolutions with three max pools of 3 x 3 between them, an average to 6 x 6, two hidden linear layers with dropout (0.5 unless
 * told) and the logits.
 *
 * `stem: 'small'` begins with 3 x 3 and stride 1 in place of 11 x 11 and stride 4 and averages to 3 x 3: 28 pixels become 13, 6 and 2. The
 * smallest images are 63 x 63, of the small stem 15 x 15.
 */
export class AlexNet extends nn.Module implements ZooNetwork {
  readonly features: nn.Sequential
  readonly avgpool: nn.AdaptiveAvgPool2d
  readonly classifier: nn.Sequential
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'classifier.6'

  constructor(options: ZooOptions = {}) {
    super()
    const { numClasses, inChannels, stem, dropout, scaled } = zooSettings('AlexNet', options, 0.5)
    const small = stem === 'small'
    const [c1, c2, c3, c4, hidden] = [scaled(64), scaled(192), scaled(384), scaled(256), scaled(4096)]
    const pooled = small ? 3 : 6
    const first = small
      ? new nn.Conv2d(inChannels, c1, 3, { padding: 1 })
      : new nn.Conv2d(inChannels, c1, 11, { stride: 4, padding: 2 })
    const pool = (): nn.Layer => new nn.MaxPool2d(3, { stride: 2 })
    this.features = new nn.Sequential(
      first, //                                       [N, c1, 55, 55] of 224 x 224
      new nn.ReLU(),
      pool(), //                                      [N, c1, 27, 27]
      new nn.Conv2d(c1, c2, 5, { padding: 2 }), //    [N, c2, 27, 27]
      new nn.ReLU(),
      pool(), //                                      [N, c2, 13, 13]
      new nn.Conv2d(c2, c3, 3, { padding: 1 }), //    [N, c3, 13, 13]
      new nn.ReLU(),
      new nn.Conv2d(c3, c4, 3, { padding: 1 }), //    [N, c4, 13, 13]
      new nn.ReLU(),
      new nn.Conv2d(c4, c4, 3, { padding: 1 }), //    [N, c4, 13, 13]
      new nn.ReLU(),
      pool(), //                                      [N, c4, 6, 6]
    )
    this.avgpool = new nn.AdaptiveAvgPool2d(pooled)
    this.classifier = new nn.Sequential(
      new nn.Dropout(dropout),
      new nn.Linear(c4 * pooled * pooled, hidden),
      new nn.ReLU(),
      new nn.Dropout(dropout),
      new nn.Linear(hidden, hidden),
      new nn.ReLU(),
      new nn.Linear(hidden, numClasses),
    )
    this.smallest = small ? 15 : 63
    this.inChannels = inChannels
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    checkImage('AlexNet', x, this)
    x = this.avgpool.forward(this.features.forward(x)) // [N, 256, 6, 6]
    return this.classifier.forward(x.flatten(1))
  }
}

/** AlexNet: 61.1 million parameters. */
export const alexnet = (options?: ZooOptions): AlexNet => new AlexNet(options)
