/** Assignments 1 and 2: whole networks; assignment 3: counting parameters. */
import type { Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import type { Arguments, Result } from '../golden/call.js'
import { affine, batchnorm, layernorm } from './layers.js'
import { type FunctionTable, type Inputs, keep, need } from './table.js'

/**
 * {affine - [batchnorm | layernorm] - ReLU - [dropout]} x (L - 1) - affine. Scores, and with labels the softmax loss
 * plus reg_factor reg times the sum of squared weights.
 */
function fullyConnected(inputs: Inputs, params: Arguments): Result {
  const { num_layers, normalization, mode = 'train', reg = 0, reg_factor = 0.5 } = params
  const depth: number = num_layers ?? Object.keys(inputs).filter((name) => /^W\d+$/.test(name)).length
  let x = need(inputs, 'X')
  for (let layer = 1; layer <= depth; layer++) {
    x = affine(x, need(inputs, `W${layer}`), need(inputs, `b${layer}`))
    if (layer === depth) break
    if (normalization === 'batchnorm') x = batchnorm(x, inputs, params, layer)
    else if (normalization === 'layernorm') x = layernorm(x, inputs, params, layer)
    x = keep(x.relu(), mode === 'train' ? inputs[`dropout_mask${layer}`] : undefined, params)
  }
  const y = inputs['y']
  if (!y) return { scores: x }
  const squares = Array.from({ length: depth }, (_, i) =>
    need(inputs, `W${i + 1}`)
      .square()
      .sum(),
  )
  const penalty = squares.reduce((a, b) => a.add(b)).mul(reg * reg_factor)
  return { scores: x, loss: nn.functional.crossEntropy(x, y).add(penalty) }
}

/** conv - ReLU - 2x2 max pool - affine - ReLU - affine; the convolution keeps the image's size. */
function threeLayerConvNet(inputs: Inputs, { reg = 0, reg_factor = 0.5 }: Arguments): Result {
  const weights = ['W1', 'W2', 'W3'].map((name) => need(inputs, name)) as [Tensor, Tensor, Tensor]
  const [filters, hidden, output] = weights
  const padding = Math.floor((filters.shape[2]! - 1) / 2)
  const features = nn.functional.conv2d(need(inputs, 'X'), filters, need(inputs, 'b1'), { padding }).relu()
  const pooled = nn.functional.maxPool2d(features, 2)
  const scores = affine(affine(pooled, hidden, need(inputs, 'b2')).relu(), output, need(inputs, 'b3'))
  const y = inputs['y']
  if (!y) return { scores }
  const penalty = weights
    .map((w) => w.square().sum())
    .reduce((a, b) => a.add(b))
    .mul(reg * reg_factor)
  return { scores, loss: nn.functional.crossEntropy(scores, y).add(penalty) }
}

/** A layer of the lists that `count_params` is given. */
const builders: Readonly<Record<string, (layer: Arguments) => nn.Layer>> = {
  linear: (layer) => new nn.Linear(layer['in'], layer['out'], { bias: layer['bias'] ?? true }),
  conv2d: (layer) => new nn.Conv2d(layer['in'], layer['out'], layer['kernel'], spatial(layer)),
  conv_transpose2d: (layer) => new nn.ConvTranspose2d(layer['in'], layer['out'], layer['kernel'], spatial(layer)),
  batchnorm: (layer) => new nn.BatchNorm1d(layer['features'], { affine: layer['affine'] ?? true }),
  layernorm: (layer) => new nn.LayerNorm(layer['features']),
  embedding: (layer) => new nn.Embedding(layer['in'], layer['out']),
  maxpool: (layer) => new nn.MaxPool2d(layer['kernel'], { stride: layer['stride'] ?? layer['kernel'] }),
  avgpool: (layer) => new nn.AvgPool2d(layer['kernel'], { stride: layer['stride'] ?? layer['kernel'] }),
  relu: () => new nn.ReLU(),
  leaky_relu: () => new nn.LeakyReLU(),
  tanh: () => new nn.Tanh(),
  sigmoid: () => new nn.Sigmoid(),
  softmax: () => new nn.Softmax(1),
  dropout: () => new nn.Dropout(),
  flatten: () => new nn.Flatten(),
  unflatten: (layer) => new nn.Unflatten(1, layer['shape']),
}

const spatial = ({ stride = 1, padding = 0, groups = 1, bias = true }: Arguments) => ({ stride, padding, groups, bias })

function countParams({ layers }: Arguments): number {
  const specs = layers as readonly Arguments[]
  const net = new nn.Sequential(
    ...specs.map((spec) => {
      const build = builders[spec['type']]
      if (!build) throw new Error(`no such layer: ${spec['type']}; there are ${Object.keys(builders).join(', ')}`)
      return build(spec)
    }),
  )
  const size = (tensors: readonly Tensor[]): number => tensors.reduce((sum, tensor) => sum + tensor.numel, 0)
  const statistics = [...net].flatMap((layer, i) =>
    specs[i]!['count_running_stats'] ? layer.buffers().filter((buffer) => buffer.ndim > 0) : [],
  )
  return size(net.parameters()) + size(statistics)
}

export const networks: FunctionTable = {
  'TwoLayerNet.loss': fullyConnected,
  'FullyConnectedNet.loss': fullyConnected,
  'ThreeLayerConvNet.loss': threeLayerConvNet,
  count_params: (_, params) => ({ count: countParams(params) }),
}
