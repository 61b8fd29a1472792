/** The lab `densenet`: layers that see everything before them. */
import { DenseNet } from '@nabla/models'
import { nothingElse, plainTraining } from '../zoo/options.js'
import { zooLab } from '../zoo/lab.js'
import { notes } from './notes.js'

export const densenet = zooLab({
  id: 'densenet',
  title: 'DenseNet: every layer sees all before it',
  notes,
  options: {
    growth: { kind: 'number', help: 'channels that each layer adds', whole: true, atLeast: 1, default: 16 },
    blocks: { kind: 'numbers', help: 'layers of each dense block', whole: true, atLeast: 1, default: [1, 4, 10] },
    bottleneck: {
      kind: 'number',
      help: 'channels that a layer narrows its input to, in units of growth',
      whole: true,
      atLeast: 1,
      default: 2,
    },
    stem: {
      kind: 'choice',
      help: 'small: the first convolution of 3 x 3 and stride 1, without a pool; imagenet: 7 x 7, stride 2 and a pool',
      values: ['small', 'imagenet'],
      default: 'small',
    },
    dropout: { kind: 'number', help: 'share of what each layer adds that is dropped', atLeast: 0, below: 1, default: 0 },
  },
  defaults: { lr: 0.1, epochs: 5, weightDecay: 5e-4, labelSmoothing: 0.05, augment: 'flip', ema: 0.99, flipAtTest: true },
  presets: {
    smoke: { growth: 4, blocks: [1, 1, 1], trainSize: 128, testSize: 50, batchSize: 64, epochs: 1 },
    quick: {},
    full: {
      ...plainTraining,
      ...nothingElse,
      stem: 'imagenet',
      growth: 32,
      blocks: [4, 4, 4, 4],
      bottleneck: 4,
      size: 96,
      lr: 0.1,
    },
  },
  targets: [{ metric: 'test_accuracy', atLeast: 0.92, when: { data: 'fashion-mnist' }, source: 'our own aim for Fashion-MNIST' }],
  build: ({ growth, blocks, bottleneck, width, stem, dropout }, { inChannels, numClasses }) =>
    new DenseNet({ growth, blocks, bottleneck, firstChannels: 2 * growth, width, stem, dropout, inChannels, numClasses }),
})
