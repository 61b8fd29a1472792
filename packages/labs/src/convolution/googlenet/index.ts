/** The lab `googlenet`: Inception blocks, with or without classifiers in the middle. */
import { GoogLeNet } from '@nabla/models'
import { plainTraining } from '../zoo/options.js'
import { zooLab } from '../zoo/lab.js'
import { notes } from './notes.js'

/** How much the loss of a classifier in the middle counts (Szegedy and others, 2015, section 5). */
const auxiliaryWeight = 0.3

export const googlenet = zooLab({
  id: 'googlenet',
  title: 'GoogLeNet: four branches side by side',
  notes,
  options: {
    auxiliary: { kind: 'boolean', help: 'two classifiers in the middle of the network learn too', default: false },
    stem: {
      kind: 'choice',
      help: 'small: the first convolution of 3 x 3 and stride 1, without a pool; imagenet: 7 x 7, stride 2 and a pool',
      values: ['small', 'imagenet'],
      default: 'small',
    },
    dropout: { kind: 'number', help: 'share of the last features that is dropped', atLeast: 0, below: 1, default: 0.2 },
  },
  defaults: { lr: 0.05, epochs: 4, width: 0.1875 },
  presets: {
    smoke: { width: 0.05, trainSize: 128, testSize: 50, batchSize: 64, epochs: 1 },
    quick: {},
    full: { ...plainTraining, stem: 'imagenet', width: 1, size: 96, lr: 0.1 },
  },
  targets: [{ metric: 'test_accuracy', atLeast: 0.874, when: { data: 'fashion-mnist' }, source: 'notes 004, day 20' }],
  build: ({ width, stem, auxiliary, dropout }, { inChannels, numClasses }) =>
    new GoogLeNet({ width, stem, inChannels, numClasses, dropout, auxLogits: auxiliary }),
  heads: (model, images) => {
    if (!model.aux1) return [{ logits: model.forward(images), weight: 1 }]
    const { logits, aux1, aux2 } = model.auxiliary(images)
    return [logits, aux1, aux2].map((logits, i) => ({ logits, weight: i ? auxiliaryWeight : 1 }))
  },
})
