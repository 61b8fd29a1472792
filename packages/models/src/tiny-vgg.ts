/**
 * A VGG network of any configuration.
 *
 * Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015.
 */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { vggFeatures } from './blocks/conv.js'

export interface TinyVGGOptions {
  /** Channels of the images. */
  readonly inChannels: number
  /** The paper's table: output channels of a convolution, or 'M' for a 2 x 2 max pool. */
  readonly config: readonly (number | 'M')[]
  /** Height and width that the features are averaged to. */
  readonly pooled: readonly [number, number]
  /** Width of the hidden linear layer. */
  readonly hidden: number
  readonly numClasses: number
  /** Probability of dropping a hidden unit. Default 0.5. */
  readonly dropout?: number
}

/** Convolutions and max pools, an average pool to a fixed size, two linear layers. */
export class TinyVGG extends nn.Module {
  readonly features: nn.Sequential
  readonly avgpool: nn.AdaptiveAvgPool2d
  readonly classifier: nn.Sequential

  constructor({ inChannels, config, pooled, hidden, numClasses, dropout = 0.5 }: TinyVGGOptions) {
    super()
    const { features, channels } = vggFeatures(inChannels, config)
    this.features = features
    this.avgpool = new nn.AdaptiveAvgPool2d(pooled)
    this.classifier = new nn.Sequential(
      new nn.Linear(channels * pooled[0] * pooled[1], hidden),
      new nn.ReLU(),
      new nn.Dropout(dropout),
      new nn.Linear(hidden, numClasses),
    )
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  forward(x: Tensor): Tensor {
    x = this.avgpool.forward(this.features.forward(x)) // [N, channels, ...pooled]
    return this.classifier.forward(x.flatten(1))
  }
}
