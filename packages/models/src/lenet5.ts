/**
 * LeNet-5 with its widths free, in the form of 1998: tanh and average pooling.
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

export interface LeNet5Options {
  /** Channels of the images. Default 1. */
  readonly inChannels?: number
  /** Channels of the two convolutions. Default [6, 16]. */
  readonly channels?: readonly [number, number]
  /** Widths of the two hidden linear layers. Default [120, 84]. */
  readonly hidden?: readonly [number, number]
  /** Default 10. */
  readonly numClasses?: number
}

const { avgPool2d } = nn.functional

/** Images of 28 x 28: conv 5 x 5 (padding 2), tanh, average pool, conv 5 x 5, tanh, average pool, three linear layers. */
export class LeNet5 extends nn.Module {
  readonly conv1: nn.Conv2d
  readonly conv2: nn.Conv2d
  readonly fc1: nn.Linear
  readonly fc2: nn.Linear
  readonly fc3: nn.Linear

  constructor({
    inChannels = 1,
    channels: [c1, c2] = [6, 16],
    hidden: [h1, h2] = [120, 84],
    numClasses = 10,
  }: LeNet5Options = {}) {
    super()
    this.conv1 = new nn.Conv2d(inChannels, c1, 5, { padding: 2 })
    this.conv2 = new nn.Conv2d(c1, c2, 5)
    this.fc1 = new nn.Linear(c2 * 25, h1)
    this.fc2 = new nn.Linear(h1, h2)
    this.fc3 = new nn.Linear(h2, numClasses)
  }

  /** @param x [N, inChannels, 28, 28] @returns logits [N, numClasses] */
  forward(x: Tensor): Tensor {
    if (x.ndim !== 4 || x.shape[2] !== 28 || x.shape[3] !== 28)
      throw new NablaError('shape', `[LeNet5] expected images [N, C, 28, 28], got [${x.shape.join(', ')}]`, { shape: x.shape })
    x = avgPool2d(this.conv1.forward(x).tanh(), 2) // [N, c1, 14, 14]
    x = avgPool2d(this.conv2.forward(x).tanh(), 2) // [N, c2, 5, 5]
    x = this.fc1.forward(x.flatten(1)).tanh() //      [N, h1]
    x = this.fc2.forward(x).tanh() //                 [N, h2]
    return this.fc3.forward(x) //                     [N, numClasses]
  }
}
