/** The lab `lenet`: LeNet-5 on MNIST or Fashion-MNIST. */
import { LeNet } from '@nabla/models'
import { noGrad, type Tensor, tensor, zeros } from 'nabla'
import { imageSet, imageSetEntry } from 'nabla/data'
import { Adam, SGD } from 'nabla/optim'
import type { StepOptimizer } from 'nabla/train'
import type { Lab } from '../lab.js'
import type { OptionValues } from '../options.js'
import { fitShape } from '../grey.js'
import { fallAtEnd, trainClassifier } from '../training/classifier.js'
import { notes } from './notes.js'

const options = {
  data: { kind: 'choice', help: 'what to learn: digits or clothes', values: ['mnist', 'fashion-mnist'], default: 'mnist' },
  activation: { kind: 'choice', help: 'sigmoid as in 1998, relu as now', values: ['relu', 'sigmoid'], default: 'relu' },
  pool: { kind: 'choice', help: 'auto: avg with sigmoid, max with relu', values: ['auto', 'avg', 'max'], default: 'auto' },
  epochs: { kind: 'number', help: 'times through the training data', whole: true, atLeast: 1, default: 8 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 256 },
  optimizer: {
    kind: 'choice',
    help: 'momentum is SGD with momentum 0.9',
    values: ['momentum', 'sgd', 'adam'],
    default: 'momentum',
  },
  lr: { kind: 'number', help: 'learning rate', above: 0, shown: 'what suits optimizer and activation' },
  schedule: {
    kind: 'choice',
    help: 'of the learning rate: falling to 0 over the last third, or constant',
    values: ['fall', 'constant'],
    default: 'fall',
  },
  inputs: {
    kind: 'choice',
    help: 'pixels with mean 0 and deviation 1, or as they are in 0..1',
    values: ['normalized', 'plain'],
    default: 'normalized',
  },
  trainSize: { kind: 'number', help: 'use only so many training images', whole: true, atLeast: 1, default: 60_000 },
  testSize: { kind: 'number', help: 'use only so many test images', whole: true, atLeast: 1, default: 10_000 },
} as const

type Options = OptionValues<typeof options>

/** Learning rates that were found to do well at batch size 256; plain SGD has those of the notes. */
const rates = {
  relu: { sgd: 0.1, momentum: 0.02, adam: 0.002 },
  sigmoid: { sgd: 0.9, momentum: 0.3, adam: 0.005 },
} as const

/** The model of a run, ready to be asked. */
function trained(options: Options, weights: Readonly<Record<string, Tensor>>): LeNet {
  const model = build(options)
  model.loadStateDict(weights)
  return model.eval()
}

const build = ({ activation, pool }: Options): LeNet => new LeNet({ activation, ...(pool === 'auto' ? {} : { pool }) })

function optimizerOf(model: LeNet, name: Options['optimizer'], lr: number): StepOptimizer {
  if (name === 'adam') return new Adam(model.parameters(), { lr })
  return new SGD(model.parameters(), { lr, momentum: name === 'momentum' ? 0.9 : 0 })
}

export const lenet: Lab<typeof options> = {
  id: 'lenet',
  title: 'LeNet-5, a convolutional network for small images',
  chapter: 'convolution',
  trains: true,
  notes,
  options,
  presets: {
    smoke: { epochs: 1, trainSize: 1024, testSize: 500, batchSize: 64 },
    quick: {},
    full: { epochs: 10, data: 'fashion-mnist', activation: 'sigmoid', optimizer: 'sgd', schedule: 'constant' },
  },

  async run(context) {
    const { options, seed, report } = context
    const { data, epochs, batchSize } = options
    const lr = options.lr ?? rates[options.activation][options.optimizer]
    const how = { normalize: options.inputs === 'normalized', ...(report === undefined ? {} : { report }) }
    const train = (await imageSet(data, 'train', how)).take(options.trainSize)
    const test = (await imageSet(data, 'test', how)).take(options.testSize)
    const model = build(options)
    const optimizer = optimizerOf(model, options.optimizer, lr)
    const schedule = options.schedule === 'fall' ? { schedule: fallAtEnd } : {}
    return trainClassifier(
      { title: `LeNet-5 on ${data}`, model, optimizer, train, test, epochs, batchSize, lr, seed, ...schedule },
      context,
    )
  },

  predictor(options, weights) {
    const { classes, ...entry } = imageSetEntry(options.data)
    const [mean, std] = [[entry.mean].flat()[0]!, [entry.std].flat()[0]!] // grey: one channel
    const normal = options.inputs === 'normalized' ? (v: number): number => (v - mean) / std : (v: number): number => v
    const model = trained(options, weights)
    const fit = options.data === 'mnist' ? ({ box: 20, centre: 'mass' } as const) : ({ box: 28, centre: 'outline' } as const)
    return async (image) => {
      const pixels = tensor(fitShape(image, fit).map(normal), { shape: [1, 1, 28, 28] })
      const probabilities = await noGrad(() => model.forward(pixels).softmax(1)).data()
      return classes.map((name, i) => ({ name, probability: probabilities[i]! })).sort((a, b) => b.probability - a.probability)
    }
  },

  exported(options, weights) {
    const { classes, mean, std } = imageSetEntry(options.data)
    const pixels = options.inputs === 'normalized' ? `(pixel / 255 - ${mean}) / ${std}` : 'pixel / 255'
    return {
      model: trained(options, weights),
      input: zeros([1, 1, 28, 28]),
      metadata: { input: `[batch, 1, 28, 28], ${pixels}`, output: 'logits', classes: JSON.stringify(classes) },
    }
  },
}
