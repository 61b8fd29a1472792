/** The nets: two of CS231n's at three levels of convenience, the notes' own, and a small DenseNet. */
import { DenseBlock } from '@nabla/models'
import { rand, type Tensor, where, zeros } from 'nabla'
import * as nn from 'nabla/nn'

const F = nn.functional

/** [C, H, W] of an image. */
const [channels, side] = [3, 32] as const

/** Sizes of the nets of the three levels. */
export interface Sizes {
  /** Hidden units of the two-layer net. */
  readonly hidden: number
  /** Filters of the first and the second convolution. */
  readonly filters: readonly [first: number, second: number]
  readonly classes: number
}

// ---------------------------------------------------------------- level 1: tensors and functions

/** Weights by Kaiming's rule, biases 0: all that a net is at this level, besides a function. */
const drawn = (shape: readonly number[]): Tensor => {
  const weights = zeros(shape)
  if (shape.length > 1) nn.init.kaimingNormal_(weights)
  weights.requiresGrad = true
  return weights
}

export const twoLayerWeights = ({ hidden, classes }: Sizes): Tensor[] =>
  [[hidden, channels * side * side], [hidden], [classes, hidden], [classes]].map(drawn)

export const convWeights = ({ filters: [first, second], classes }: Sizes): Tensor[] =>
  [[first, channels, 5, 5], [first], [second, first, 3, 3], [second], [classes, second * side * side], [classes]].map(drawn)

/** [N, 3, 32, 32] -> [N, classes]. */
export function twoLayer(images: Tensor, [w1, b1, w2, b2]: readonly Tensor[]): Tensor {
  const hidden = images.flatten(1).matmul(w1!.t()).add(b1!).relu() // [N, hidden]
  return hidden.matmul(w2!.t()).add(b2!)
}

/** [N, 3, 32, 32] -> [N, classes]. */
export function convNet(images: Tensor, [w1, b1, w2, b2, w3, b3]: readonly Tensor[]): Tensor {
  const first = F.conv2d(images, w1!, b1!, { padding: 2 }).relu() //  [N, first, 32, 32]
  const second = F.conv2d(first, w2!, b2!, { padding: 1 }).relu() //  [N, second, 32, 32]
  return second.flatten(1).matmul(w3!.t()).add(b3!)
}

// ---------------------------------------------------------------- level 2: modules

export class TwoLayerNet extends nn.Module {
  readonly fc1: nn.Linear
  readonly fc2: nn.Linear

  constructor({ hidden, classes }: Sizes) {
    super()
    this.fc1 = new nn.Linear(channels * side * side, hidden)
    this.fc2 = new nn.Linear(hidden, classes)
  }

  /** @param images [N, 3, 32, 32] @returns [N, classes] */
  forward(images: Tensor): Tensor {
    return this.fc2.forward(this.fc1.forward(images.flatten(1)).relu())
  }
}

export class ThreeLayerConvNet extends nn.Module {
  readonly conv1: nn.Conv2d
  readonly conv2: nn.Conv2d
  readonly fc: nn.Linear

  constructor({ filters: [first, second], classes }: Sizes) {
    super()
    this.conv1 = new nn.Conv2d(channels, first, 5, { padding: 2 })
    this.conv2 = new nn.Conv2d(first, second, 3, { padding: 1 })
    this.fc = new nn.Linear(second * side * side, classes)
  }

  /** @param images [N, 3, 32, 32] @returns [N, classes] */
  forward(images: Tensor): Tensor {
    const features = this.conv2.forward(this.conv1.forward(images).relu()).relu() // [N, second, 32, 32]
    return this.fc.forward(features.flatten(1))
  }
}

// ---------------------------------------------------------------- level 3: Sequential

export const sequentialTwoLayer = ({ hidden, classes }: Sizes): nn.Sequential =>
  new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(channels * side * side, hidden),
    new nn.ReLU(),
    new nn.Linear(hidden, classes),
  )

export const sequentialConv = ({ filters: [first, second], classes }: Sizes): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(channels, first, 5, { padding: 2 }),
    new nn.ReLU(),
    new nn.Conv2d(first, second, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(second * side * side, classes),
  )

// ---------------------------------------------------------------- the open-ended part

/** While learning, mirrors each image with probability 1/2; passes images on as they are otherwise. */
class RandomMirror extends nn.Module {
  /** @param images [N, C, H, W] */
  forward(images: Tensor): Tensor {
    if (!this.training) return images
    return where(rand([images.shape[0]!, 1, 1, 1]).lt(0.5), images.flip(3), images)
  }
}

/** Convolution, ReLU, dropped channels, pooling: half the size. */
const stage = (inputs: number, outputs: number): nn.Layer[] => [
  new nn.Conv2d(inputs, outputs, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.Dropout2d(0.25),
  new nn.MaxPool2d(2),
]

/** The notes' net: three convolutions of 32, 128 and 256 filters, batch norm between them, one linear layer. */
export const notesNet = (classes: number, mirror: boolean, [a, b, c] = [32, 128, 256] as const): nn.Sequential =>
  new nn.Sequential(
    ...(mirror ? [new RandomMirror()] : []),
    ...stage(channels, a), //                              [N, 32, 16, 16]
    new nn.BatchNorm2d(a),
    ...stage(a, b), //                                     [N, 128, 8, 8]
    new nn.BatchNorm2d(b),
    ...stage(b, c), //                                     [N, 256, 4, 4]
    new nn.Flatten(),
    new nn.Linear(c * 4 * 4, classes),
  )

/** A DenseNet of two blocks of five layers, on a quarter and a sixteenth of the pixels. Huang and others 2017. */
export const denseNet = (classes: number, mirror: boolean, layers = 5): nn.Sequential => {
  const after = (inputs: number, growth: number): number => Math.floor((inputs + layers * growth) / 2)
  const [stem, narrow, wide] = [32, 16, 32] as const // channels of the stem; growth of the first and the second block
  const [first, second] = [after(stem, narrow), after(after(stem, narrow), wide)]
  return new nn.Sequential(
    ...(mirror ? [new RandomMirror()] : []),
    new nn.Conv2d(channels, stem, 3, { padding: 1, bias: false }),
    new nn.MaxPool2d(2), //                                                 [N, 32, 16, 16]
    new DenseBlock({ inChannels: stem, growth: narrow, layers }), //         [N, 76, 8, 8]
    new DenseBlock({ inChannels: first, growth: wide, layers }), //          [N, 118, 4, 4]
    new nn.BatchNorm2d(second),
    new nn.ReLU(),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(second, classes),
  )
}
