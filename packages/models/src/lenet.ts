/**
 * LeNet-5 for images of 28x28 and one channel, in the form of "Dive into Deep Learning" 7.6: sigmoid and average pooling as in 1998, or
 * ReLU and maximum pooling as one would do now.
 *
 * Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998. The names of the weights are
 * those of PyTorch's own tutorial network (conv1, conv2, fc1, fc2, fc3).
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

export interface LeNetOptions {
  /** Default `relu`. */
  activation?: 'sigmoid' | 'relu'
  /** Default `max` with relu, `avg` with sigmoid. */
  pool?: 'max' | 'avg'
  /** Number of classes. Default 10. */
  classes?: number
  /** First weights: PyTorch's own, or Glorot's uniform ones, which sigmoid networks need. Default `xavier` with sigmoid, else `default`. */
  init?: 'default' | 'xavier'
}

export class LeNet extends nn.Module {
  readonly conv1 = new nn.Conv2d(1, 6, 5, { padding: 2 })
  readonly conv2 = new nn.Conv2d(6, 16, 5)
  readonly fc1 = new nn.Linear(400, 120)
  readonly fc2 = new nn.Linear(120, 84)
  readonly fc3: nn.Linear
  readonly activation: nn.Layer
  readonly pool: nn.Layer

  constructor({
    activation = 'relu',
    pool = activation === 'relu' ? 'max' : 'avg',
    classes = 10,
    init = activation === 'relu' ? 'default' : 'xavier',
  }: LeNetOptions = {}) {
    super()
    this.fc3 = new nn.Linear(84, classes)
    this.activation = activation === 'relu' ? new nn.ReLU() : new nn.Sigmoid()
    this.pool = pool === 'max' ? new nn.MaxPool2d(2) : new nn.AvgPool2d(2)
    if (init === 'xavier')
      for (const layer of [this.conv1, this.conv2, this.fc1, this.fc2, this.fc3]) nn.init.xavierUniform_(layer.weight)
  }

  /** @param x [N, 1, 28, 28] @returns logits [N, classes] */
  override forward(x: Tensor): Tensor {
    const { activation: act, pool } = this
    if (x.ndim !== 4 || x.shape[1] !== 1 || x.shape[2] !== 28 || x.shape[3] !== 28)
      throw new NablaError('shape', `[LeNet] expected images [N, 1, 28, 28], got [${x.shape.join(', ')}]`, { shape: x.shape })
    x = pool.forward(act.forward(this.conv1.forward(x))) // [N, 6, 14, 14]
    x = pool.forward(act.forward(this.conv2.forward(x))) // [N, 16, 5, 5]
    x = x.flatten(1) //                                     [N, 400]
    x = act.forward(this.fc1.forward(x)) //                 [N, 120]
    x = act.forward(this.fc2.forward(x)) //                 [N, 84]
    return this.fc3.forward(x) //                           [N, classes]
  }
}
