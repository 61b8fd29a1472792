/**
 * Residual networks: ResNet, ResNeXt and Wide ResNet, one class. Weights are interchangeable with torchvision's.
 *
 *     conv1, bn1, max pool   H / 4 x W / 4 (the small stem: H x W)
 *     layer1                 the same size, `planes`
 *     layer2, 3, 4           half of it, twice the planes, each
 *     mean, fc               logits
 *
 * Sources: see blocks/residual.ts.
 */
import { NablaError, type Tensor, unknownName } from 'nabla'
import * as nn from 'nabla/nn'
import { BasicBlock, Bottleneck, type ResidualKind, type ResidualOptions, residualBlocks } from './blocks/residual.js'
import { checkImage } from './zoo/image.js'
import { initFanOut } from './zoo/init.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/** Options of residual networks. `stem: 'small'` is the CIFAR form: a 3 x 3 convolution of stride 1 and no max pool. */
export interface ResNetOptions extends ZooOptions, ResidualOptions {
  /** Start with the last norm of every block at 0, so that each block begins as the identity. Default false. */
  readonly zeroInitResidual?: boolean
}

/**
 * A residual network: images [N, inChannels, H, W] of any size to logits [N, numClasses]. Convolutions start normal with variance
 * 2 / fan out.
 */
export class ResNet extends nn.Module implements ZooNetwork {
  readonly smallest = 1
  readonly head = 'fc'
  readonly inChannels: number
  readonly conv1: nn.Conv2d
  readonly bn1: nn.BatchNorm2d
  /** null with the small stem. */
  readonly maxpool: nn.MaxPool2d | null
  readonly layer1: nn.Sequential
  readonly layer2: nn.Sequential
  readonly layer3: nn.Sequential
  readonly layer4: nn.Sequential
  readonly fc: nn.Linear

  /**
   * @param kind 'basic' (two 3 x 3 convolutions) or 'bottleneck' (1 x 1, 3 x 3, 1 x 1).
   * @param layers blocks of each of the four stages.
   */
  constructor(kind: ResidualKind, layers: readonly number[], options: ResNetOptions = {}) {
    super()
    const { numClasses, inChannels, stem, scaled } = zooSettings('ResNet', options)
    if (!Object.hasOwn(residualBlocks, kind)) throw unknownName('argument', 'residual block', kind, Object.keys(residualBlocks))
    if (layers.length !== 4 || layers.some((count) => !Number.isInteger(count) || count < 1))
      throw new NablaError(
        'argument',
        `[ResNet] layers are the blocks of four stages, 1 or more each, not [${layers.join(', ')}]`,
        {
          layers,
        },
      )
    const Block = residualBlocks[kind]
    const width = scaled(64)
    let channels = width
    const stage = (number: number): nn.Sequential => {
      const planes = scaled(64 * 2 ** number)
      const blocks = Array.from({ length: layers[number]! }, (_, i) => {
        const block = new Block(channels, planes, i === 0 && number > 0 ? 2 : 1, options)
        channels = planes * Block.expansion
        return block
      })
      return new nn.Sequential(...blocks)
    }
    this.inChannels = inChannels
    const small = stem === 'small'
    this.conv1 = new nn.Conv2d(inChannels, width, small ? 3 : 7, { stride: small ? 1 : 2, padding: small ? 1 : 3, bias: false })
    this.bn1 = new nn.BatchNorm2d(width)
    this.maxpool = small ? null : new nn.MaxPool2d(3, { stride: 2, padding: 1 })
    this.layer1 = stage(0)
    this.layer2 = stage(1)
    this.layer3 = stage(2)
    this.layer4 = stage(3)
    this.fc = new nn.Linear(channels, numClasses)
    initFanOut(this)
    if (options.zeroInitResidual)
      for (const block of this.modules()) {
        const last = block instanceof Bottleneck ? block.bn3 : block instanceof BasicBlock ? block.bn2 : null
        if (last?.weight) nn.init.zeros_(last.weight)
      }
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  forward(x: Tensor): Tensor {
    checkImage('ResNet', x, this)
    x = this.bn1.forward(this.conv1.forward(x)).relu() // [N, 64, H / 2, W / 2], with the small stem [N, 64, H, W]
    x = this.maxpool?.forward(x) ?? x //                  [N, 64, H / 4, W / 4]
    x = this.layer1.forward(x) //                         [N, 64 e, H / 4, W / 4], e the blocks' expansion: 1 or 4
    x = this.layer2.forward(x) //                         [N, 128 e, H / 8, W / 8]
    x = this.layer3.forward(x) //                         [N, 256 e, H / 16, W / 16]
    x = this.layer4.forward(x) //                         [N, 512 e, H / 32, W / 32]
    return this.fc.forward(x.mean([2, 3]))
  }
}

/** ResNet-18: 11.7 million parameters, 1.8 billion multiply-adds at 224 pixels. */
export const resnet18 = (options: ResNetOptions = {}): ResNet => new ResNet('basic', [2, 2, 2, 2], options)
/** ResNet-34: 21.8 million parameters. */
export const resnet34 = (options: ResNetOptions = {}): ResNet => new ResNet('basic', [3, 4, 6, 3], options)
/** ResNet-50: bottlenecks, 25.6 million parameters. */
export const resnet50 = (options: ResNetOptions = {}): ResNet => new ResNet('bottleneck', [3, 4, 6, 3], options)
/** ResNet-101: bottlenecks, 44.5 million parameters. */
export const resnet101 = (options: ResNetOptions = {}): ResNet => new ResNet('bottleneck', [3, 4, 23, 3], options)
/** ResNet-152: bottlenecks, 60.2 million parameters. */
export const resnet152 = (options: ResNetOptions = {}): ResNet => new ResNet('bottleneck', [3, 8, 36, 3], options)
/** ResNeXt-50, 32 groups of 4 channels: 25.0 million parameters. */
export const resnext50_32x4d = (options: ResNetOptions = {}): ResNet => resnet50({ groups: 32, widthPerGroup: 4, ...options })
/** ResNeXt-101, 32 groups of 8 channels: 88.8 million parameters. */
export const resnext101_32x8d = (options: ResNetOptions = {}): ResNet => resnet101({ groups: 32, widthPerGroup: 8, ...options })
/** ResNeXt-101, 64 groups of 4 channels: 83.5 million parameters. */
export const resnext101_64x4d = (options: ResNetOptions = {}): ResNet => resnet101({ groups: 64, widthPerGroup: 4, ...options })
/** Wide ResNet-50, inner convolutions of twice the width: 68.9 million parameters. */
export const wideResnet50_2 = (options: ResNetOptions = {}): ResNet => resnet50({ widthPerGroup: 128, ...options })
/** Wide ResNet-101, inner convolutions of twice the width: 126.9 million parameters. */
export const wideResnet101_2 = (options: ResNetOptions = {}): ResNet => resnet101({ widthPerGroup: 128, ...options })
