/**
 * MobileNetV2: blocks that are wide inside and narrow between, their 3 x 3 convolutions on each channel by itself. Weights are interchangeable
 * with torchvision's. Source: see blocks/inverted-residual.ts.
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { convNormReLU6, InvertedResidual } from './blocks/inverted-residual.js'
import { checkImage } from './zoo/image.js'
import { initFanOut } from './zoo/init.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/**
 * Options of MobileNetV2. `width` is the paper's multiplier, as in torchvision: channels are rounded to multiples of `roundNearest`, and the
 * last 1280 do not become fewer. `stem: 'small'`: the first convolution and the first stage that would halve the image have stride 1, so that
 * it is halved three times instead of five. `dropout` stands before the classifier, default 0.2.
 */
export interface MobileNetV2Options extends ZooOptions {
  /** Channels are multiples of this; 1 turns the rounding off. Default 8. */
  readonly roundNearest?: number
}

/** The stages: expansion, channels, blocks, stride of the first. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

/** The multiple of `divisor` nearest to `channels`, at least one, and not below nine tenths of them. */
function divisible(channels: number, divisor: number): number {
  const near = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor)
  return near < 0.9 * channels ? near + divisor : near
}

/** MobileNetV2: images [N, inChannels, H, W] of any size to logits [N, numClasses]. */
export class MobileNetV2 extends nn.Module implements ZooNetwork {
  readonly smallest = 1
  readonly head = 'classifier.1'
  readonly inChannels: number
  readonly features: nn.Sequential
  readonly classifier: nn.Sequential

  constructor(options: MobileNetV2Options = {}) {
    super()
    const { numClasses, inChannels, width, stem, dropout } = zooSettings('MobileNetV2', options, 0.2)
    const { roundNearest = 8 } = options
    if (!Number.isInteger(roundNearest) || roundNearest < 1)
      throw new NablaError('argument', `[MobileNetV2] roundNearest must be a whole number of at least 1, not ${roundNearest}`, {
        roundNearest,
      })
    const small = stem === 'small'
    const last = divisible(1280 * Math.max(1, width), roundNearest)
    let channels = divisible(32 * width, roundNearest)
    this.inChannels = inChannels
    this.features = new nn.Sequential(convNormReLU6(inChannels, channels, 3, small ? 1 : 2))
    stages.forEach(([expansion, planes, blocks, stride], number) => {
      for (let i = 0; i < blocks; i++) {
        const to = divisible(planes * width, roundNearest)
        this.features.append(new InvertedResidual(channels, to, i > 0 || (small && number === 1) ? 1 : stride, expansion))
        channels = to
      }
    })
    this.features.append(convNormReLU6(channels, last, 1))
    this.classifier = new nn.Sequential(new nn.Dropout(dropout), new nn.Linear(last, numClasses))
    initFanOut(this, 0.01)
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  forward(x: Tensor): Tensor {
    checkImage('MobileNetV2', x, this)
    x = this.features.forward(x) // [N, 1280, H / 32, W / 32], with the small stem [N, 1280, H / 8, W / 8]
    return this.classifier.forward(x.mean([2, 3]))
  }
}

/** MobileNetV2: 3.5 million parameters, 0.3 billion multiply-adds at 224 pixels. */
export const mobilenetV2 = (options: MobileNetV2Options = {}): MobileNetV2 => new MobileNetV2(options)
