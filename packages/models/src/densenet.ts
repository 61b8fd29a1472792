/**
 * DenseNet: every layer of a block sees all before it and adds a few channels.
 *
 * Source: Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks", 2017 (the form BC: bottlenecks, and
 * transitions that halve the channels). Names of weights are torchvision's.
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { DenseLayer, denselyConnected } from './blocks/dense.js'
import { checkImage } from './zoo/image.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/** Options of a DenseNet. */
export interface DenseNetOptions extends ZooOptions {
  /** Channels that each layer adds. Default 32. */
  readonly growth?: number
  /** Layers of each block. Default [6, 12, 24, 16]. */
  readonly blocks?: readonly number[]
  /** Channels of the first convolution. Default 64. */
  readonly firstChannels?: number
  /** Channels inside of a layer, in units of `growth`. Default 4. */
  readonly bottleneck?: number
}

/** Layers 'denselayer1', 'denselayer2', ... of one resolution. */
class Block extends nn.Module {
  readonly outChannels: number
  private readonly layers: readonly DenseLayer[]

  constructor(count: number, inChannels: number, growth: number, bottleneck: number, dropout: number) {
    super()
    this.layers = Array.from({ length: count }, (_, i) => new DenseLayer(inChannels + i * growth, growth, bottleneck, dropout))
    this.outChannels = inChannels + count * growth
  }

  override namedChildren(): [string, nn.Module][] {
    return this.layers.map((layer, i) => [`denselayer${i + 1}`, layer])
  }

  /** @param x [N, inChannels, H, W] @returns [N, outChannels, H, W] */
  override forward(x: Tensor): Tensor {
    return denselyConnected(this.layers, x)
  }
}

/** Norm, ReLU, 1 x 1 convolution, average pool: [N, inChannels, H, W] to [N, outChannels, H / 2, W / 2]. */
const transition = (inChannels: number, outChannels: number): nn.Sequential =>
  new nn.Sequential({
    norm: new nn.BatchNorm2d(inChannels),
    relu: new nn.ReLU(),
    conv: new nn.Conv2d(inChannels, outChannels, 1, { bias: false }),
    pool: new nn.AvgPool2d(2),
  })

/**
 * 7 x 7 convolution and max pool; dense blocks with transitions between them; norm, ReLU, mean over the image, linear. `dropout` drops
 * numbers of what each layer adds (0 unless told); `width` scales the growth and the first channels.
 *
 * `stem: 'small'` is the paper's for CIFAR: a 3 x 3 convolution of stride 1 without a pool. The smallest images of four blocks are 29 x 29,
 * of the small stem 8 x 8.
 */
export class DenseNet extends nn.Module implements ZooNetwork {
  readonly features: nn.Sequential
  readonly classifier: nn.Linear
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'classifier'

  constructor({ growth = 32, blocks = [6, 12, 24, 16], firstChannels = 64, bottleneck = 4, ...options }: DenseNetOptions = {}) {
    super()
    const { numClasses, inChannels, stem, dropout, scaled } = zooSettings('DenseNet', options, 0)
    if (!blocks.length || ![growth, firstChannels, bottleneck, ...blocks].every((n) => Number.isInteger(n) && n > 0))
      throw new NablaError('argument', '[DenseNet] growth, firstChannels, bottleneck and each of blocks must be 1 or more', {
        growth,
        firstChannels,
        bottleneck,
        blocks,
      })
    const small = stem === 'small'
    const first = scaled(firstChannels)
    this.features = new nn.Sequential({
      conv0: new nn.Conv2d(inChannels, first, small ? 3 : 7, { stride: small ? 1 : 2, padding: small ? 1 : 3, bias: false }),
      norm0: new nn.BatchNorm2d(first),
      relu0: new nn.ReLU(),
      pool0: small ? new nn.Identity() : new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    })
    let channels = first
    for (const [i, layers] of blocks.entries()) {
      const block = new Block(layers, channels, scaled(growth), bottleneck, dropout)
      this.features.append(block, `denseblock${i + 1}`)
      channels = block.outChannels
      if (i === blocks.length - 1) break
      const half = Math.max(1, Math.floor(channels / 2))
      this.features.append(transition(channels, half), `transition${i + 1}`)
      channels = half
    }
    this.features.append(new nn.BatchNorm2d(channels), 'norm5')
    this.classifier = new nn.Linear(channels, numClasses)
    const last = 2 ** (blocks.length - 1) // what is left at the first block for a last block of 1 x 1
    this.smallest = small ? last : Math.max(1, 4 * last - 3)
    this.inChannels = inChannels
    for (const layer of this.modules()) if (layer instanceof nn.Conv2d) nn.init.kaimingNormal_(layer.weight)
    nn.init.zeros_(this.classifier.bias!)
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    checkImage('DenseNet', x, this)
    const features = this.features.forward(x).relu() // [N, channels, H', W']
    return this.classifier.forward(nn.functional.adaptiveAvgPool2d(features, 1).flatten(1))
  }
}

/** DenseNet-121: 8.0 million parameters. */
export const densenet121 = (options?: ZooOptions): DenseNet => new DenseNet(options)
/** DenseNet-161, growth 48: 28.7 million parameters. */
export const densenet161 = (options?: ZooOptions): DenseNet =>
  new DenseNet({ ...options, growth: 48, blocks: [6, 12, 36, 24], firstChannels: 96 })
/** DenseNet-169: 14.1 million parameters. */
export const densenet169 = (options?: ZooOptions): DenseNet => new DenseNet({ ...options, blocks: [6, 12, 32, 32] })
/** DenseNet-201: 20.0 million parameters. */
export const densenet201 = (options?: ZooOptions): DenseNet => new DenseNet({ ...options, blocks: [6, 12, 48, 32] })

/** Options of the form for CIFAR. */
export interface DenseNetCifarOptions extends ZooOptions {
  /** Channels that each layer adds; the first convolution gives twice as many. Default 12. */
  readonly growth?: number
  /** Convolutions and the linear layer, 6 n + 4: 40, 100, 190. Default 100. */
  readonly layers?: number
}

/**
 * The paper's DenseNet-BC for CIFAR: the small stem, three blocks of (layers - 4) / 6 layers, 10 classes. With the defaults 0.77 million
 * parameters.
 */
export function densenetCifar({ growth = 12, layers = 100, ...options }: DenseNetCifarOptions = {}): DenseNet {
  const count = (layers - 4) / 6
  if (!Number.isInteger(count) || count < 1)
    throw new NablaError('argument', `[densenetCifar] layers must be 6 n + 4 (40, 100, 190), not ${layers}`, { layers })
  return new DenseNet({
    numClasses: 10,
    stem: 'small',
    ...options,
    growth,
    blocks: [count, count, count],
    firstChannels: 2 * growth,
  })
}
