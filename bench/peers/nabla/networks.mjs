/** The networks that are lists of layers, and the products, written with Nabla as its users would write them. */
import { compile, manualSeed, tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { labels, uniform } from '../../data.mjs'
import { trainOn } from './training.mjs'

const layers = {
  conv: ({ inputs, outputs, kernel, padding }) => new nn.Conv2d(inputs, outputs, kernel, { padding }),
  linear: ({ inputs, outputs }) => new nn.Linear(inputs, outputs),
  relu: () => new nn.ReLU(),
  tanh: () => new nn.Tanh(),
  flatten: () => new nn.Flatten(),
  avgpool: ({ size }) => new nn.AvgPool2d(size),
  maxpool: ({ size }) => new nn.MaxPool2d(size),
  dropout2d: ({ p }) => new nn.Dropout2d(p),
  batchnorm: ({ features }) => new nn.BatchNorm2d(features),
}

/** The step of a training workload: calling it starts one and returns its loss. */
export function trainingStep({ input, layers: list, lr, momentum, nesterov, ...rest }) {
  manualSeed(0)
  const net = new nn.Sequential(...list.map((layer) => layers[layer.kind](layer)))
  const criterion = new nn.CrossEntropyLoss()
  const optimizer = new SGD(net.parameters(), { lr, momentum, nesterov })
  const x = tensor(uniform(input.reduce((a, b) => a * b)), { shape: input })
  const y = tensor(labels({ input, ...rest }))
  return trainOn(x, y, (images, targets) => criterion.forward(net.forward(images), targets), optimizer)
}

/** A product whose operands and result stay on the device. */
export function productStep({ n }) {
  const [a, b] = [1, 2].map((seed) => tensor(uniform(n * n, seed), { shape: [n, n] }))
  const product = compile((left, right) => left.matmul(right))
  return () => product(a, b)
}
