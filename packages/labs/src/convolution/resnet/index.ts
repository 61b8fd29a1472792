/** The lab `resnet`: residual networks for clothes, digits and photographs. */
import { ResNet, resnet18, resnet34, resnet50 } from '@nabla/models'
import { nothingElse, plainTraining } from '../zoo/options.js'
import { zooLab } from '../zoo/lab.js'
import { notes } from './notes.js'

const networks = {
  resnet10: (options: ConstructorParameters<typeof ResNet>[2]) => new ResNet('basic', [1, 1, 1, 1], options),
  resnet18,
  resnet34,
  resnet50,
} as const

export const resnet = zooLab({
  id: 'resnet',
  title: 'ResNet: layers that learn what to add',
  notes,
  options: {
    network: {
      kind: 'choice',
      help: 'basic blocks of two convolutions, or bottlenecks of three (resnet50)',
      values: ['resnet10', 'resnet18', 'resnet34', 'resnet50'],
      default: 'resnet18',
    },
    stem: {
      kind: 'choice',
      help: 'small: the first convolution of 3 x 3 and stride 1, without a pool; imagenet: 7 x 7, stride 2 and a pool',
      values: ['small', 'imagenet'],
      default: 'small',
    },
  },
  defaults: {
    lr: 0.1,
    epochs: 5,
    width: 0.1875,
    weightDecay: 5e-4,
    labelSmoothing: 0.05,
    augment: 'flip',
    ema: 0.99,
    flipAtTest: true,
  },
  presets: {
    smoke: { network: 'resnet10', width: 0.05, trainSize: 128, testSize: 50, batchSize: 64, epochs: 1 },
    quick: {},
    full: {
      ...plainTraining,
      ...nothingElse,
      stem: 'imagenet',
      width: 1,
      size: 96,
      lr: 0.05,
    },
  },
  targets: [
    { metric: 'test_accuracy', atLeast: 0.92, when: { data: 'fashion-mnist' }, source: 'our own aim for Fashion-MNIST' },
    { metric: 'test_accuracy', atLeast: 0.9, when: { data: 'cifar10', epochs: 20 }, source: 'our own aim for CIFAR-10' },
  ],
  build: ({ network, width, stem }, { inChannels, numClasses }) => networks[network]({ width, stem, inChannels, numClasses }),
})
