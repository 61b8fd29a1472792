/** A residual network of any blocks. Source: see blocks/residual.ts. */
import { type Tensor, unknownName } from 'nabla'
import * as nn from 'nabla/nn'
import { type BasicBlock, type Bottleneck, type ResidualKind, residualBlocks } from './blocks/residual.js'

export interface TinyResNetOptions {
  /** Channels of the images. */
  readonly inChannels: number
  /** Channels of the first convolution. */
  readonly width: number
  /** The blocks in order: kind, planes (a bottleneck gives four times as many channels), stride. */
  readonly blocks: readonly (readonly [kind: ResidualKind, planes: number, stride: number])[]
  readonly numClasses: number
}

const { maxPool2d, adaptiveAvgPool2d } = nn.functional

/** 3 x 3 convolution, norm, ReLU, max pool; residual blocks; mean over the image; a linear layer. */
export class TinyResNet extends nn.Module {
  readonly conv1: nn.Conv2d
  readonly bn1: nn.BatchNorm2d
  readonly blocks = new nn.ModuleList<BasicBlock | Bottleneck>()
  readonly fc: nn.Linear

  constructor({ inChannels, width, blocks, numClasses }: TinyResNetOptions) {
    super()
    this.conv1 = new nn.Conv2d(inChannels, width, 3, { stride: 1, padding: 1, bias: false })
    this.bn1 = new nn.BatchNorm2d(width)
    let channels = width
    for (const [kind, planes, stride] of blocks) {
      if (!Object.hasOwn(residualBlocks, kind)) throw unknownName('argument', 'residual block', kind, Object.keys(residualBlocks))
      const Block = residualBlocks[kind]
      this.blocks.append(new Block(channels, planes, stride))
      channels = planes * Block.expansion
    }
    this.fc = new nn.Linear(channels, numClasses)
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  forward(x: Tensor): Tensor {
    x = this.bn1.forward(this.conv1.forward(x)).relu() //      [N, width, H, W]
    x = maxPool2d(x, 3, { stride: 2, padding: 1 }) //          [N, width, H / 2, W / 2]
    for (const block of this.blocks) x = block.forward(x) //   [N, channels, H', W']
    return this.fc.forward(adaptiveAvgPool2d(x, 1).flatten(1))
  }
}
