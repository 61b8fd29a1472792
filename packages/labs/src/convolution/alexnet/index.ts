/** The lab `alexnet`: AlexNet on Fashion-MNIST. */
import { alexnet as network } from '@nabla/models'
import { drawn, initOption } from '../zoo/init.js'
import { zooLab } from '../zoo/lab.js'
import { networkOptions, plainTraining } from '../zoo/options.js'
import { notes } from './notes.js'

export const alexnet = zooLab({
  id: 'alexnet',
  title: 'AlexNet: deep, wide, with ReLU and dropout',
  notes,
  options: { ...networkOptions, init: initOption },
  defaults: { batchSize: 128 },
  presets: {
    smoke: { width: 0.0625, epochs: 1, trainSize: 128, testSize: 50, batchSize: 64 },
    quick: { width: 0.25, epochs: 6, lr: 0.02, dropout: 0.2, augment: 'flip' },
    full: {
      ...plainTraining,
      size: 224,
      stem: 'imagenet',
      lr: 0.01,
      init: 'xavier',
    },
  },
  targets: [
    {
      metric: 'test_accuracy',
      atLeast: 0.882,
      source: 'notes on convolutional networks: AlexNet',
      when: { data: 'fashion-mnist' },
    },
  ],
  build: ({ width, stem, dropout, init }, input) =>
    drawn(network({ ...input, width, stem, ...(dropout === undefined ? {} : { dropout }) }), init),
})
