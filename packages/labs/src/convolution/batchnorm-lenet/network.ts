/** LeNet-5 with a normalisation between every sum and its activation. */
import {
  BatchNorm1d,
  BatchNorm2d,
  AvgPool2d,
  Conv2d,
  Flatten,
  type Layer,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  Sigmoid,
  init,
} from 'nabla/nn'
import { BatchNormByHand } from './by-hand.js'

/** None, the library's layer, or the one written by hand. */
export type Norm = 'none' | 'layer' | 'by-hand'

export type Activation = 'sigmoid' | 'relu'

const norms: Readonly<Record<Norm, (features: number, flat: boolean) => Layer[]>> = {
  none: () => [],
  layer: (features, flat) => [flat ? new BatchNorm1d(features) : new BatchNorm2d(features)],
  'by-hand': (features) => [new BatchNormByHand(features)],
}

/**
 * Images [N, channels, size, size] to logits [N, 10]. As LeNet in "Dive into Deep Learning" 8.5: average pools with sigmoid; here maximum
 * pools with ReLU. Sigmoid networks begin with Glorot's weights.
 */
export function lenetWith(norm: Norm, activation: Activation, { channels = 1, size = 28, classes = 10 } = {}): Sequential {
  const between = (features: number, flat: boolean): Layer[] => [
    ...norms[norm](features, flat),
    activation === 'relu' ? new ReLU() : new Sigmoid(),
  ]
  const pool = (): Layer => (activation === 'relu' ? new MaxPool2d(2) : new AvgPool2d(2))
  const side = Math.floor((Math.floor(size / 2) - 4) / 2)
  const network = new Sequential(
    new Conv2d(channels, 6, 5, { padding: 2 }), // [N, 6, size, size]
    ...between(6, false),
    pool(),
    new Conv2d(6, 16, 5), //                       [N, 16, size / 2 - 4, size / 2 - 4]
    ...between(16, false),
    pool(),
    new Flatten(), //                              [N, 16 side side]
    new Linear(16 * side * side, 120),
    ...between(120, true),
    new Linear(120, 84),
    ...between(84, true),
    new Linear(84, classes),
  )
  if (activation === 'sigmoid')
    for (const module of network.modules())
      if (module instanceof Conv2d || module instanceof Linear) init.xavierUniform_(module.weight)
  return network
}
