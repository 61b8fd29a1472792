/** The lab `nin`: network in network on Fashion-MNIST. */
import { nin as network } from '@nabla/models'
import { zooLab } from '../zoo/lab.js'
import { networkOptions, plainTraining } from '../zoo/options.js'
import { notes } from './notes.js'

export const nin = zooLab({
  id: 'nin',
  title: 'NiN: a small network at every pixel, and no linear layers',
  notes,
  options: networkOptions,
  presets: {
    smoke: { width: 0.0625, epochs: 1, trainSize: 128, testSize: 50, batchSize: 64 },
    quick: { width: 0.25, epochs: 5, lr: 0.05, dropout: 0.2, augment: 'flip' },
    full: { ...plainTraining, size: 224, stem: 'imagenet', lr: 0.1 },
  },
  targets: [
    { metric: 'test_accuracy', atLeast: 0.845, source: 'notes on convolutional networks: NiN', when: { data: 'fashion-mnist' } },
  ],
  build: ({ width, stem, dropout }, input) => network({ ...input, width, stem, ...(dropout === undefined ? {} : { dropout }) }),
})
