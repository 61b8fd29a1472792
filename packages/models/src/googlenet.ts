/**
 * GoogLeNet (Inception v1): nine blocks of four branches side by side, with batch norm and the 3 x 3 third branch of torchvision's form.
 *
 * Source: Szegedy and others, "Going deeper with convolutions", 2015. Names of weights are torchvision's.
 */
import { cat, NablaError, tensor, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { checkImage } from './zoo/image.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

const { adaptiveAvgPool2d } = nn.functional

/** Convolution without bias, norm, ReLU. */
class BasicConv2d extends nn.Module {
  readonly conv: nn.Conv2d
  readonly bn: nn.BatchNorm2d

  constructor(inChannels: number, outChannels: number, kernel: number, { stride = 1, padding = 0 } = {}) {
    super()
    this.conv = new nn.Conv2d(inChannels, outChannels, kernel, { stride, padding, bias: false })
    this.bn = new nn.BatchNorm2d(outChannels, { eps: 1e-3 })
  }

  /** @param x [N, inChannels, H, W] */
  override forward(x: Tensor): Tensor {
    return this.bn.forward(this.conv.forward(x)).relu()
  }
}

/** Channels of an Inception block: 1 x 1; reduced and 3 x 3; reduced and the third branch; after the pool. */
export type InceptionWidths = readonly [
  ones: number,
  reduced3: number,
  threes: number,
  reduced5: number,
  fives: number,
  pooled: number,
]

/**
 * Four branches whose channels are joined: 1 x 1; 1 x 1 and 3 x 3; 1 x 1 and 3 x 3 (5 x 5 in the paper; torchvision's weights have 3 x 3); max
 * pool of 3 x 3 and 1 x 1. [N, inChannels, H, W] to [N, ones + threes + fives + pooled, H, W].
 */
export class Inception extends nn.Module {
  readonly branch1: BasicConv2d
  readonly branch2: nn.Sequential
  readonly branch3: nn.Sequential
  readonly branch4: nn.Sequential

  constructor(inChannels: number, [ones, reduced3, threes, reduced5, fives, pooled]: InceptionWidths) {
    super()
    const reducedConv = (reduced: number, outChannels: number): nn.Sequential =>
      new nn.Sequential(new BasicConv2d(inChannels, reduced, 1), new BasicConv2d(reduced, outChannels, 3, { padding: 1 }))
    this.branch1 = new BasicConv2d(inChannels, ones, 1)
    this.branch2 = reducedConv(reduced3, threes)
    this.branch3 = reducedConv(reduced5, fives)
    this.branch4 = new nn.Sequential(
      new nn.MaxPool2d(3, { stride: 1, padding: 1, ceilMode: true }),
      new BasicConv2d(inChannels, pooled, 1),
    )
  }

  /** @param x [N, inChannels, H, W] */
  override forward(x: Tensor): Tensor {
    return cat(
      [this.branch1, this.branch2, this.branch3, this.branch4].map((branch) => branch.forward(x)),
      1,
    )
  }
}

/** A classifier from the middle of the network: average to 4 x 4, 1 x 1 convolution, hidden linear layer, dropout, logits. */
class InceptionAux extends nn.Module {
  readonly conv: BasicConv2d
  readonly fc1: nn.Linear
  readonly fc2: nn.Linear
  readonly dropout: nn.Dropout

  constructor(inChannels: number, numClasses: number, scaled: (channels: number) => number, dropout: number) {
    super()
    const [channels, hidden] = [scaled(128), scaled(1024)]
    this.conv = new BasicConv2d(inChannels, channels, 1)
    this.fc1 = new nn.Linear(channels * 16, hidden)
    this.fc2 = new nn.Linear(hidden, numClasses)
    this.dropout = new nn.Dropout(dropout)
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    x = this.conv.forward(adaptiveAvgPool2d(x, 4)) //    [N, 128, 4, 4]
    x = this.fc1.forward(x.flatten(1)).relu() //         [N, 1024]
    return this.fc2.forward(this.dropout.forward(x))
  }
}

/** Options of GoogLeNet. */
export interface GoogLeNetOptions extends ZooOptions {
  /** Has two classifiers in the middle, for `auxiliary`. Default true, as torchvision; false saves their parameters. */
  readonly auxLogits?: boolean
  /** Probability of dropping a hidden unit of the classifiers in the middle. Default 0.7. */
  readonly dropoutAux?: number
  /** Takes images normalised with ImageNet's means and deviations to means and deviations of 0.5, as torchvision's trained weights need. */
  readonly transformInput?: boolean
}

/** Logits of the network and of its classifiers in the middle, each [N, numClasses]. */
export interface GoogLeNetOutput {
  readonly logits: Tensor
  /** Of the classifier after block 4a. */
  readonly aux1: Tensor
  /** Of the classifier after block 4d. */
  readonly aux2: Tensor
}

/** Published widths of the blocks, after the block's name. */
const inceptionWidths = {
  '3a': [64, 96, 128, 16, 32, 32],
  '3b': [128, 128, 192, 32, 96, 64],
  '4a': [192, 96, 208, 16, 48, 64],
  '4b': [160, 112, 224, 24, 64, 64],
  '4c': [128, 128, 256, 24, 64, 64],
  '4d': [112, 144, 288, 32, 64, 64],
  '4e': [256, 160, 320, 32, 128, 128],
  '5a': [256, 160, 320, 32, 128, 128],
  '5b': [384, 192, 384, 48, 128, 128],
} as const satisfies Record<string, InceptionWidths>

/**
 * 7 x 7 convolution, two more, nine Inception blocks with max pools between them, mean over the image, dropout (0.2 unless told), linear.
 *
 * `stem: 'small'` begins with a 3 x 3 convolution of stride 1 and leaves out the first max pool: 28 pixels become 14, 7 and 4. The smallest
 * images are 15 x 15, of the small stem 4 x 4.
 */
export class GoogLeNet extends nn.Module implements ZooNetwork {
  readonly conv1: BasicConv2d
  readonly maxpool1: nn.Layer
  readonly conv2: BasicConv2d
  readonly conv3: BasicConv2d
  readonly maxpool2 = new nn.MaxPool2d(3, { stride: 2, ceilMode: true })
  readonly inception3a: Inception
  readonly inception3b: Inception
  readonly maxpool3 = new nn.MaxPool2d(3, { stride: 2, ceilMode: true })
  readonly inception4a: Inception
  readonly inception4b: Inception
  readonly inception4c: Inception
  readonly inception4d: Inception
  readonly inception4e: Inception
  readonly maxpool4 = new nn.MaxPool2d(2, { stride: 2, ceilMode: true })
  readonly inception5a: Inception
  readonly inception5b: Inception
  readonly aux1: InceptionAux | null
  readonly aux2: InceptionAux | null
  readonly dropout: nn.Dropout
  readonly fc: nn.Linear
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'fc'
  readonly furtherHeads: readonly string[]
  readonly transformInput: boolean

  constructor({ auxLogits = true, dropoutAux = 0.7, transformInput = false, ...options }: GoogLeNetOptions = {}) {
    super()
    const { numClasses, inChannels, stem, dropout, scaled } = zooSettings('GoogLeNet', options, 0.2)
    if (transformInput && inChannels !== 3)
      throw new NablaError('argument', `[GoogLeNet] transformInput is for images of 3 channels, not ${inChannels}`, {
        inChannels,
      })
    const small = stem === 'small'
    const [c1, c3] = [scaled(64), scaled(192)]
    let channels = c3
    const inception = (name: keyof typeof inceptionWidths): Inception => {
      const widths = inceptionWidths[name].map(scaled) as unknown as InceptionWidths
      const block = new Inception(channels, widths)
      channels = widths[0] + widths[2] + widths[4] + widths[5]
      return block
    }
    const auxiliary = (): InceptionAux | null => (auxLogits ? new InceptionAux(channels, numClasses, scaled, dropoutAux) : null)

    this.conv1 = small
      ? new BasicConv2d(inChannels, c1, 3, { padding: 1 })
      : new BasicConv2d(inChannels, c1, 7, { stride: 2, padding: 3 })
    this.maxpool1 = small ? new nn.Identity() : new nn.MaxPool2d(3, { stride: 2, ceilMode: true })
    this.conv2 = new BasicConv2d(c1, c1, 1)
    this.conv3 = new BasicConv2d(c1, c3, 3, { padding: 1 })
    this.inception3a = inception('3a')
    this.inception3b = inception('3b')
    this.inception4a = inception('4a')
    this.aux1 = auxiliary()
    this.inception4b = inception('4b')
    this.inception4c = inception('4c')
    this.inception4d = inception('4d')
    this.aux2 = auxiliary()
    this.inception4e = inception('4e')
    this.inception5a = inception('5a')
    this.inception5b = inception('5b')
    this.dropout = new nn.Dropout(dropout)
    this.fc = new nn.Linear(channels, numClasses)
    this.smallest = small ? 4 : 15
    this.inChannels = inChannels
    this.furtherHeads = auxLogits ? ['aux1.fc2', 'aux2.fc2'] : []
    this.transformInput = transformInput
    for (const layer of this.modules())
      if (layer instanceof nn.Conv2d || layer instanceof nn.Linear) nn.init.truncNormal_(layer.weight, 0, 0.01, -2, 2)
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    return this.fromBlock4d(this.toBlock4d(this.toBlock4a(x)))
  }

  /**
   * The logits together with those of the classifiers in the middle, whose losses the paper adds with weights of 0.3 while it trains.
   * @param x [N, inChannels, H, W]
   */
  auxiliary(x: Tensor): GoogLeNetOutput {
    const { aux1, aux2 } = this
    if (!aux1 || !aux2)
      throw new NablaError('argument', '[GoogLeNet] built without its classifiers in the middle; leave out auxLogits: false')
    const early = this.toBlock4a(x)
    const late = this.toBlock4d(early)
    return { logits: this.fromBlock4d(late), aux1: aux1.forward(early), aux2: aux2.forward(late) }
  }

  private toBlock4a(x: Tensor): Tensor {
    checkImage('GoogLeNet', x, this)
    if (this.transformInput) x = normalisedWithHalves(x)
    x = this.maxpool1.forward(this.conv1.forward(x)) //                    [N, 64, 56, 56] of 224 x 224
    x = this.maxpool2.forward(this.conv3.forward(this.conv2.forward(x))) // [N, 192, 28, 28]
    x = this.inception3b.forward(this.inception3a.forward(x)) //           [N, 480, 28, 28]
    return this.inception4a.forward(this.maxpool3.forward(x)) //           [N, 512, 14, 14]
  }

  private toBlock4d(x: Tensor): Tensor {
    x = this.inception4c.forward(this.inception4b.forward(x)) // [N, 512, 14, 14]
    return this.inception4d.forward(x) //                        [N, 528, 14, 14]
  }

  private fromBlock4d(x: Tensor): Tensor {
    x = this.maxpool4.forward(this.inception4e.forward(x)) //    [N, 832, 7, 7]
    x = this.inception5b.forward(this.inception5a.forward(x)) // [N, 1024, 7, 7]
    x = adaptiveAvgPool2d(x, 1).flatten(1) //                    [N, 1024]
    return this.fc.forward(this.dropout.forward(x))
  }
}

/** Images normalised with ImageNet's means and deviations, [N, 3, H, W], as if normalised with 0.5 and 0.5. */
function normalisedWithHalves(x: Tensor): Tensor {
  const column = (values: readonly number[]): Tensor => tensor(values).reshape([1, 3, 1, 1]).to(x.device)
  return x
    .mul(column([0.229, 0.224, 0.225].map((std) => std / 0.5)))
    .add(column([0.485, 0.456, 0.406].map((mean) => (mean - 0.5) / 0.5)))
}

/** GoogLeNet: 6.6 million parameters, 13.0 with the classifiers in the middle. */
export const googlenet = (options?: GoogLeNetOptions): GoogLeNet => new GoogLeNet(options)
