/**
 * LeNet-5 in the form of "Dive into Deep Learning" 7.6: sigmoid and average pooling as in 1998, ReLU and maximum pooling as one would do now,
 * or ReLU in the convolutions alone.
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998. The names of the weights are
 * those of PyTorch's own tutorial network (conv1, conv2, fc1, fc2, fc3).
 */
import { NablaError, type Tensor, unknownName } from 'nabla'
import * as nn from 'nabla/nn'
import { checkImage } from './zoo/image.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

/** What follows the convolutions, what the hidden linear layers, and the pool and first weights that go with them. */
const variants = {
  sigmoid: { convolution: nn.Sigmoid, hidden: nn.Sigmoid, pool: 'avg', init: 'xavier' },
  relu: { convolution: nn.ReLU, hidden: nn.ReLU, pool: 'max', init: 'default' },
  mixed: { convolution: nn.ReLU, hidden: nn.Sigmoid, pool: 'avg', init: 'xavier' },
} as const

/** Options of LeNet: of the zoo's, `numClasses` is 10 and `inChannels` 1 unless told; it has no dropout, and `stem` changes nothing. */
export interface LeNetOptions extends ZooOptions {
  /** `mixed`: ReLU after the convolutions, sigmoid after the hidden linear layers. Default `relu`. */
  readonly activation?: 'sigmoid' | 'relu' | 'mixed'
  /** Default `max` with relu, else `avg`. */
  readonly pool?: 'max' | 'avg'
  /** Height and width of the images, 12 or more. Default 28. */
  readonly size?: number
  /** First weights: PyTorch's own, or Glorot's uniform ones, which sigmoids need. Default `default` with relu, else `xavier`. */
  readonly init?: 'default' | 'xavier'
}

/** Two 5 x 5 convolutions with pools of 2 x 2, two hidden linear layers, the logits. */
export class LeNet extends nn.Module implements ZooNetwork {
  readonly conv1: nn.Conv2d
  readonly conv2: nn.Conv2d
  readonly fc1: nn.Linear
  readonly fc2: nn.Linear
  readonly fc3: nn.Linear
  /** After the convolutions. */
  readonly activation: nn.Layer
  /** After the hidden linear layers. */
  readonly hiddenActivation: nn.Layer
  readonly pool: nn.Layer
  /** Height and width of the images: no others are taken. */
  readonly smallest: number
  readonly inChannels: number
  readonly head = 'fc3'

  constructor({ activation = 'relu', pool, size = 28, init, ...options }: LeNetOptions = {}) {
    super()
    if (!Object.hasOwn(variants, activation))
      throw unknownName('argument', 'activation of LeNet', activation, Object.keys(variants))
    if (!Number.isInteger(size) || size < 12)
      throw new NablaError('argument', `[LeNet] size must be a whole number of at least 12, not ${size}`, { size })
    const { numClasses, inChannels, scaled } = zooSettings('LeNet', { numClasses: 10, inChannels: 1, ...options })
    const variant = variants[activation]
    const [c1, c2, h1, h2] = [scaled(6), scaled(16), scaled(120), scaled(84)]
    const side = Math.floor((Math.floor(size / 2) - 4) / 2)
    this.conv1 = new nn.Conv2d(inChannels, c1, 5, { padding: 2 })
    this.conv2 = new nn.Conv2d(c1, c2, 5)
    this.fc1 = new nn.Linear(c2 * side * side, h1)
    this.fc2 = new nn.Linear(h1, h2)
    this.fc3 = new nn.Linear(h2, numClasses)
    this.activation = new variant.convolution()
    this.hiddenActivation = new variant.hidden()
    this.pool = (pool ?? variant.pool) === 'max' ? new nn.MaxPool2d(2) : new nn.AvgPool2d(2)
    this.smallest = size
    this.inChannels = inChannels
    if ((init ?? variant.init) === 'xavier')
      for (const layer of [this.conv1, this.conv2, this.fc1, this.fc2, this.fc3]) nn.init.xavierUniform_(layer.weight)
  }

  /** @param x [N, inChannels, size, size] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    const { activation, hiddenActivation, pool, smallest: size } = this
    checkImage('LeNet', x, this)
    if (x.shape[2] !== size || x.shape[3] !== size)
      throw new NablaError(
        'shape',
        `[LeNet] takes images of ${size} x ${size} only, got [${x.shape.join(', ')}]; the option size sets it`,
        { shape: x.shape, size },
      )
    x = pool.forward(activation.forward(this.conv1.forward(x))) // [N, 6, 14, 14] of 28 x 28
    x = pool.forward(activation.forward(this.conv2.forward(x))) // [N, 16, 5, 5]
    x = x.flatten(1) //                                            [N, 400]
    x = hiddenActivation.forward(this.fc1.forward(x)) //           [N, 120]
    x = hiddenActivation.forward(this.fc2.forward(x)) //           [N, 84]
    return this.fc3.forward(x) //                                  [N, numClasses]
  }
}

/** LeNet-5: 61,706 parameters with the defaults. */
export const lenet = (options?: LeNetOptions): LeNet => new LeNet(options)
