/**
 * VGG: nothing but 3 x 3 convolutions in blocks that end with a max pool, then three linear layers.
 *
 * Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015, configurations A, B, D and E;
 * the norms are torchvision's. Names of weights are torchvision's.
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { vggFeatures } from './blocks/conv.js'
import { checkImage } from './zoo/image.js'
import { initFanOut } from './zoo/init.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/** How many layers with weights a VGG network has. */
export type VGGDepth = 11 | 13 | 16 | 19

/** Convolutions of each of the five blocks, and their channels. */
const blocks: Record<VGGDepth, readonly number[]> = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
}
const widths = [64, 128, 256, 512, 512]

/** The hidden width, and the extent that the features are averaged to. */
const published = { hidden: 4096, pooled: 7 }

/** Options of a VGG network. */
export interface VGGOptions extends ZooOptions {
  /** Layers with weights. Default 11. */
  readonly depth?: VGGDepth
  /** A batch norm after each convolution. Default false. */
  readonly batchNorm?: boolean
}

/**
 * Five blocks of convolutions, an average to 7 x 7, two hidden linear layers with dropout (0.5 unless told) and the logits.
 *
 * `stem: 'small'` leaves out the first max pool (an Identity keeps the names of the layers after it) and averages to 1 x 1, so that the
 * linear layers are small too. The smallest images are 32 x 32, of the small stem 16 x 16.
 */
export class VGG extends nn.Module implements ZooNetwork {
  readonly features: nn.Sequential
  readonly avgpool: nn.AdaptiveAvgPool2d
  readonly classifier: nn.Sequential
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'classifier.6'

  constructor({ depth = 11, batchNorm = false, ...options }: VGGOptions = {}) {
    super()
    const { numClasses, inChannels, stem, dropout, scaled } = zooSettings('VGG', options, 0.5)
    if (!Object.hasOwn(blocks, depth))
      throw new NablaError('argument', `[VGG] depth is ${Object.keys(blocks).join(', ')}, not ${depth}`, { depth })
    const small = stem === 'small'
    const config = blocks[depth].flatMap((count, i) => [
      ...Array.from({ length: count }, () => scaled(widths[i]!)),
      small && i === 0 ? ('-' as const) : ('M' as const),
    ])
    const { features, channels } = vggFeatures(inChannels, config, { batchNorm })
    const pooled = small ? 1 : published.pooled
    const hidden = scaled(published.hidden)
    this.features = features
    this.avgpool = new nn.AdaptiveAvgPool2d(pooled)
    this.classifier = new nn.Sequential(
      new nn.Linear(channels * pooled * pooled, hidden),
      new nn.ReLU(),
      new nn.Dropout(dropout),
      new nn.Linear(hidden, hidden),
      new nn.ReLU(),
      new nn.Dropout(dropout),
      new nn.Linear(hidden, numClasses),
    )
    this.smallest = small ? 16 : 32
    this.inChannels = inChannels
    this.initialize()
  }

  /** torchvision's first weights; those of linear layers with fewer inputs than published are larger, the signal being as strong then. */
  private initialize(): void {
    const inputs = [512 * published.pooled ** 2, published.hidden, published.hidden]
    initFanOut(this)
    for (const layer of this.classifier)
      if (layer instanceof nn.Linear) {
        nn.init.normal_(layer.weight, 0, 0.01 * Math.sqrt(inputs.shift()! / layer.inFeatures))
        nn.init.zeros_(layer.bias!)
      }
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    checkImage('VGG', x, this)
    x = this.avgpool.forward(this.features.forward(x)) // [N, 512, 7, 7]
    return this.classifier.forward(x.flatten(1))
  }
}

/** VGG-11: 132.9 million parameters. */
export const vgg11 = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 11 })
/** VGG-11 with batch norm. */
export const vgg11Bn = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 11, batchNorm: true })
/** VGG-13: 133.0 million parameters. */
export const vgg13 = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 13 })
/** VGG-13 with batch norm. */
export const vgg13Bn = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 13, batchNorm: true })
/** VGG-16: 138.4 million parameters. */
export const vgg16 = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 16 })
/** VGG-16 with batch norm. */
export const vgg16Bn = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 16, batchNorm: true })
/** VGG-19: 143.7 million parameters. */
export const vgg19 = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 19 })
/** VGG-19 with batch norm. */
export const vgg19Bn = (options?: ZooOptions): VGG => new VGG({ ...options, depth: 19, batchNorm: true })
