/** The lab `vgg`: VGG-11 (or a deeper one) on Fashion-MNIST. */
import { VGG } from '@nabla/models'
import { zooLab } from '../zoo/lab.js'
import { networkOptions, plainTraining } from '../zoo/options.js'
import { notes } from './notes.js'

const options = {
  ...networkOptions,
  depth: { kind: 'choice', help: 'layers with weights', values: ['11', '13', '16', '19'], default: '11' },
  norm: { kind: 'choice', help: 'what follows every convolution', values: ['none', 'batch'], default: 'none' },
} as const

const depths = { 11: 11, 13: 13, 16: 16, 19: 19 } as const

export const vgg = zooLab({
  id: 'vgg',
  title: 'VGG: depth by blocks of 3 x 3 convolutions',
  notes,
  options,
  presets: {
    smoke: { width: 0.0625, epochs: 1, trainSize: 128, testSize: 50, batchSize: 64 },
    quick: { width: 0.1875, epochs: 4, lr: 0.1, norm: 'batch', dropout: 0.2, augment: 'flip', weightDecay: 5e-4 },
    full: {
      ...plainTraining,
      size: 224,
      stem: 'imagenet',
      lr: 0.05,
      width: 0.25,
    },
  },
  targets: [
    {
      metric: 'test_accuracy',
      atLeast: 0.916,
      source: 'notes on convolutional networks: VGG-11',
      when: { data: 'fashion-mnist' },
    },
  ],
  build: ({ width, stem, dropout, depth, norm }, input) =>
    new VGG({
      ...input,
      width,
      stem,
      depth: depths[depth],
      batchNorm: norm === 'batch',
      ...(dropout === undefined ? {} : { dropout }),
    }),
})
