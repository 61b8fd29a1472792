/** A dense block and its transition. Source: see blocks/dense.ts. */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { DenseLayer, denselyConnected } from './blocks/dense.js'

export interface DenseBlockOptions {
  readonly inChannels: number
  /** Channels that each layer adds. */
  readonly growth: number
  /** Number of layers. */
  readonly layers: number
  /** Channels inside of a layer, in units of `growth`. Default 2. */
  readonly bottleneck?: number
}

/** Each layer sees everything before it; then a transition (norm, ReLU, 1 x 1 convolution, average pool) halves channels and size. */
export class DenseBlock extends nn.Module {
  readonly layers: nn.ModuleList<DenseLayer>
  readonly norm: nn.BatchNorm2d
  readonly conv: nn.Conv2d

  constructor({ inChannels, growth, layers, bottleneck = 2 }: DenseBlockOptions) {
    super()
    this.layers = new nn.ModuleList(
      Array.from({ length: layers }, (_, i) => new DenseLayer(inChannels + i * growth, growth, bottleneck)),
    )
    const channels = inChannels + layers * growth
    this.norm = new nn.BatchNorm2d(channels)
    this.conv = new nn.Conv2d(channels, Math.floor(channels / 2), 1, { bias: false })
  }

  /** @param x [N, inChannels, H, W] @returns [N, (inChannels + layers growth) / 2, H / 2, W / 2] */
  forward(x: Tensor): Tensor {
    const all = denselyConnected(this.layers, x) // [N, channels, H, W]
    return nn.functional.avgPool2d(this.conv.forward(this.norm.forward(all).relu()), 2)
  }
}
