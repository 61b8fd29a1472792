/**
 * SqueezeNet: AlexNet's accuracy on ImageNet with a fiftieth of its parameters.
 *
 * Source: Iandola and others, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016; version 1.1 is the
 * authors' later one of 2.4 times less work. Names of weights are torchvision's.
 */
import { cat, type Tensor, unknownName } from 'nabla'
import * as nn from 'nabla/nn'
import { checkImage } from './zoo/image.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/** 1 x 1 convolution to few channels; beside one another 1 x 1 and 3 x 3 convolutions of them: [N, inChannels, H, W] to [N, 2 expand, H, W]. */
export class Fire extends nn.Module {
  readonly squeeze: nn.Conv2d
  readonly expand1x1: nn.Conv2d
  readonly expand3x3: nn.Conv2d

  constructor(inChannels: number, squeeze: number, expand: number) {
    super()
    this.squeeze = new nn.Conv2d(inChannels, squeeze, 1)
    this.expand1x1 = new nn.Conv2d(squeeze, expand, 1)
    this.expand3x3 = new nn.Conv2d(squeeze, expand, 3, { padding: 1 })
  }

  /** @param x [N, inChannels, H, W] */
  override forward(x: Tensor): Tensor {
    x = this.squeeze.forward(x).relu() // [N, squeeze, H, W]
    return cat([this.expand1x1.forward(x).relu(), this.expand3x3.forward(x).relu()], 1)
  }
}

/** The published versions. */
export type SqueezeNetVersion = '1_0' | '1_1'

/** Options of a SqueezeNet. */
export interface SqueezeNetOptions extends ZooOptions {
  /** Default '1_0'. */
  readonly version?: SqueezeNetVersion
}

/** What follows the first convolution: 'M' a max pool, else the channels of a Fire block, squeezed and of each of its two halves. */
type Layer = 'M' | readonly [squeeze: number, expand: number]

/** First convolution's channels and window, and what follows. */
const versions: Record<SqueezeNetVersion, { first: number; kernel: number; rest: readonly Layer[] }> = {
  '1_0': {
    first: 96,
    kernel: 7,
    rest: ['M', [16, 64], [16, 64], [32, 128], 'M', [32, 128], [48, 192], [48, 192], [64, 256], 'M', [64, 256]],
  },
  '1_1': {
    first: 64,
    kernel: 3,
    rest: ['M', [16, 64], [16, 64], 'M', [32, 128], [32, 128], 'M', [48, 192], [48, 192], [64, 256], [64, 256]],
  },
}

/**
 * Strided convolution; eight Fire blocks with three max pools between them; dropout (0.5 unless told), 1 x 1 convolution to the classes,
 * ReLU, mean over the image. As in torchvision, logits are therefore never negative.
 *
 * `stem: 'small'` begins with a 3 x 3 convolution of stride 1 and leaves out the first max pool. The smallest images are 21 x 21 of version
 * 1.0, 17 x 17 of version 1.1, 4 x 4 of the small stem.
 */
export class SqueezeNet extends nn.Module implements ZooNetwork {
  readonly features: nn.Sequential
  readonly classifier: nn.Sequential
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'classifier.1'

  constructor({ version = '1_0', ...options }: SqueezeNetOptions = {}) {
    super()
    const { numClasses, inChannels, stem, dropout, scaled } = zooSettings('SqueezeNet', options, 0.5)
    if (!Object.hasOwn(versions, version)) throw unknownName('argument', 'version of SqueezeNet', version, Object.keys(versions))
    const { first, kernel, rest } = versions[version]
    const small = stem === 'small'
    let channels = scaled(first)
    const start = small
      ? new nn.Conv2d(inChannels, channels, 3, { padding: 1 })
      : new nn.Conv2d(inChannels, channels, kernel, { stride: 2 })
    this.features = new nn.Sequential(start, new nn.ReLU())
    for (const [i, layer] of rest.entries())
      if (layer === 'M')
        this.features.append(small && i === 0 ? new nn.Identity() : new nn.MaxPool2d(3, { stride: 2, ceilMode: true }))
      else {
        const [squeeze, expand] = layer.map(scaled) as [number, number]
        this.features.append(new Fire(channels, squeeze, expand))
        channels = 2 * expand
      }
    const last = new nn.Conv2d(channels, numClasses, 1)
    this.classifier = new nn.Sequential(new nn.Dropout(dropout), last, new nn.ReLU(), new nn.AdaptiveAvgPool2d(1))
    this.smallest = small ? 4 : version === '1_0' ? 21 : 17
    this.inChannels = inChannels
    for (const layer of this.modules())
      if (layer instanceof nn.Conv2d) {
        if (layer === last) nn.init.normal_(layer.weight, 0, 0.01)
        else nn.init.kaimingUniform_(layer.weight)
        nn.init.zeros_(layer.bias!)
      }
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    checkImage('SqueezeNet', x, this)
    return this.classifier.forward(this.features.forward(x)).flatten(1)
  }
}

/** SqueezeNet 1.0: 1.25 million parameters. */
export const squeezenet1_0 = (options?: ZooOptions): SqueezeNet => new SqueezeNet({ ...options, version: '1_0' })
/** SqueezeNet 1.1: 1.24 million parameters. */
export const squeezenet1_1 = (options?: ZooOptions): SqueezeNet => new SqueezeNet({ ...options, version: '1_1' })
