/**
 * Residual blocks. Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016; the stride lies in the 3 x 3 convolution
 * of the bottleneck, as in torchvision. Groups: Xie, Girshick, Dollar, Tu, He, "Aggregated residual transformations for deep neural networks",
 * 2017. Wider bottlenecks: Zagoruyko, Komodakis, "Wide residual networks", 2016. Names of weights are torchvision's.
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

/** The kinds of blocks, by what ResNets are described with. */
export type ResidualKind = 'basic' | 'bottleneck'

/** The 3 x 3 convolution of a bottleneck. */
export interface ResidualOptions {
  /** Groups of channels that do not see each other. Default 1; basic blocks have no other. */
  readonly groups?: number
  /** Channels of each group where `planes` is 64, in proportion elsewhere. Default 64; basic blocks have no other. */
  readonly widthPerGroup?: number
}

const conv = (inChannels: number, outChannels: number, kernel: 1 | 3, stride = 1, groups = 1): nn.Conv2d =>
  new nn.Conv2d(inChannels, outChannels, kernel, { stride, padding: (kernel - 1) / 2, groups, bias: false })

/** null where the identity fits, else a strided 1 x 1 convolution and its norm. */
export const shortcut = (inChannels: number, outChannels: number, stride: number): nn.Sequential | null =>
  stride === 1 && inChannels === outChannels
    ? null
    : new nn.Sequential(conv(inChannels, outChannels, 1, stride), new nn.BatchNorm2d(outChannels))

/**
 * Two 3 x 3 convolutions beside the shortcut: [N, inplanes, H, W] to [N, planes, H / stride, W / stride], rounded up. Groups and other
 * widths are errors: they are the bottleneck's.
 */
export class BasicBlock extends nn.Module {
  static readonly expansion = 1
  readonly conv1: nn.Conv2d
  readonly bn1: nn.BatchNorm2d
  readonly conv2: nn.Conv2d
  readonly bn2: nn.BatchNorm2d
  readonly downsample: nn.Sequential | null

  constructor(inplanes: number, planes: number, stride = 1, { groups = 1, widthPerGroup = 64 }: ResidualOptions = {}) {
    super()
    if (groups !== 1 || widthPerGroup !== 64)
      throw new NablaError(
        'argument',
        `[BasicBlock] has 1 group of width 64, not ${groups} of ${widthPerGroup}; only bottlenecks have others`,
        { groups, widthPerGroup },
      )
    this.conv1 = conv(inplanes, planes, 3, stride)
    this.bn1 = new nn.BatchNorm2d(planes)
    this.conv2 = conv(planes, planes, 3)
    this.bn2 = new nn.BatchNorm2d(planes)
    this.downsample = shortcut(inplanes, planes, stride)
  }

  /** @param x [N, inplanes, H, W] */
  forward(x: Tensor): Tensor {
    const inner = this.bn1.forward(this.conv1.forward(x)).relu() // [N, planes, H', W']
    const out = this.bn2.forward(this.conv2.forward(inner)) //      [N, planes, H', W']
    return out.add(this.downsample?.forward(x) ?? x).relu()
  }
}

/**
 * 1 x 1, 3 x 3 and 1 x 1 convolutions beside the shortcut, the last to 4 planes: [N, inplanes, H, W] to
 * [N, 4 planes, H / stride, W / stride], rounded up. The inner width is groups times planes widthPerGroup / 64 rounded down.
 */
export class Bottleneck extends nn.Module {
  static readonly expansion = 4
  readonly conv1: nn.Conv2d
  readonly bn1: nn.BatchNorm2d
  readonly conv2: nn.Conv2d
  readonly bn2: nn.BatchNorm2d
  readonly conv3: nn.Conv2d
  readonly bn3: nn.BatchNorm2d
  readonly downsample: nn.Sequential | null

  constructor(inplanes: number, planes: number, stride = 1, { groups = 1, widthPerGroup = 64 }: ResidualOptions = {}) {
    super()
    const outplanes = planes * Bottleneck.expansion
    const inner = Math.max(1, Math.floor((planes * widthPerGroup) / 64)) * groups
    this.conv1 = conv(inplanes, inner, 1)
    this.bn1 = new nn.BatchNorm2d(inner)
    this.conv2 = conv(inner, inner, 3, stride, groups)
    this.bn2 = new nn.BatchNorm2d(inner)
    this.conv3 = conv(inner, outplanes, 1)
    this.bn3 = new nn.BatchNorm2d(outplanes)
    this.downsample = shortcut(inplanes, outplanes, stride)
  }

  /** @param x [N, inplanes, H, W] */
  forward(x: Tensor): Tensor {
    const narrow = this.bn1.forward(this.conv1.forward(x)).relu() //      [N, inner, H, W]
    const inner = this.bn2.forward(this.conv2.forward(narrow)).relu() // [N, inner, H', W']
    const out = this.bn3.forward(this.conv3.forward(inner)) //           [N, 4 planes, H', W']
    return out.add(this.downsample?.forward(x) ?? x).relu()
  }
}

/** The block classes by kind. */
export const residualBlocks = { basic: BasicBlock, bottleneck: Bottleneck } as const satisfies Record<ResidualKind, unknown>
