/** The lab `three-levels`: CS231n's nets with bare tensors, modules and Sequential; then the notes' own net and a DenseNet. */
import { ImageDataset, imageSetEntry } from 'nabla/data'
import { SGD } from 'nabla/optim'
import type { Lab } from '../../lab.js'
import { trainClassifier } from '../../training/classifier.js'
import { assignmentParts, dataOption } from '../cifar.js'
import { compareLevels } from './levels.js'
import { denseNet, notesNet } from './nets.js'
import { notes } from './notes.js'

const options = {
  data: dataOption,
  net: {
    kind: 'choice',
    help: "levels: two nets written three times; notes: the notes' convolutional net; densenet: a small DenseNet",
    values: ['levels', 'notes', 'densenet'],
    default: 'levels',
  },
  epochs: { kind: 'number', help: 'times through the training data', whole: true, atLeast: 1, shown: '1 for levels, else 10' },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 64 },
  lr: {
    kind: 'number',
    help: 'highest learning rate of notes and densenet',
    above: 0,
    shown: '0.02 for notes, 0.1 for densenet',
  },
  schedule: {
    kind: 'choice',
    help: 'of notes and densenet: up for a fifth of the run and down along a cosine, or constant',
    values: ['cycle', 'constant'],
    default: 'cycle',
  },
  mirror: {
    kind: 'choice',
    help: 'mirror training images at random (notes and densenet)',
    values: ['yes', 'no'],
    default: 'yes',
  },
  hidden: { kind: 'number', help: 'hidden units of the two-layer net', whole: true, atLeast: 1, default: 4000 },
  trainSize: { kind: 'number', help: 'use only so many training images', whole: true, atLeast: 1, default: 49_000 },
  testSize: { kind: 'number', help: 'use only so many test images', whole: true, atLeast: 1, default: 10_000 },
} as const

/** Factor of the learning rate: up in a straight line, down along a cosine to 0. */
const cycle = (done: number): number =>
  done < 0.2 ? 0.05 + (0.95 * done) / 0.2 : (1 + Math.cos((Math.PI * (done - 0.2)) / 0.8)) / 2

/** Every channel with mean 0 and deviation 1 over CIFAR-10. */
function normalised({ name, images, labels, shape, classes }: ImageDataset): ImageDataset {
  const { mean, std } = imageSetEntry('cifar10')
  return new ImageDataset({ name, images, labels, shape, classes, mean, std })
}

const open = {
  notes: { title: "the notes' net", build: notesNet, lr: 0.02 },
  densenet: { title: 'DenseNet', build: denseNet, lr: 0.1 },
} as const

export const threeLevels: Lab<typeof options> = {
  id: 'three-levels',
  title: 'Three levels: bare tensors, Module, Sequential',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', trainSize: 128, testSize: 64, batchSize: 32, hidden: 16 },
    quick: {},
    full: { net: 'notes' },
  },
  targets: [
    ...[
      { metric: 'two_layers_bare', atLeast: 0.4 },
      { metric: 'conv_bare', atLeast: 0.42 },
      { metric: 'two_layers_module', atLeast: 0.4 },
      { metric: 'conv_module', atLeast: 0.45 },
      { metric: 'two_layers_sequential', atLeast: 0.4 },
      { metric: 'conv_sequential', atLeast: 0.55 },
    ].map((target) => ({ ...target, when: { net: 'levels' }, source: 'CS231n assignment 2, PyTorch' })),
    { metric: 'test_accuracy', atLeast: 0.7, when: { net: 'notes' }, source: 'CS231n assignment 2, PyTorch, within 10 epochs' },
    { metric: 'test_accuracy', atLeast: 0.7973, when: { net: 'densenet' }, source: 'the notes, DenseNet on CIFAR-10' },
  ],

  async run(context) {
    const { options, seed, report } = context
    const { data, net, batchSize } = options
    const parts = await assignmentParts(data, { train: options.trainSize, validation: 0, test: options.testSize }, report)
    const [train, test] = [normalised(parts.train), normalised(parts.test)]
    const classes = train.classes.length
    const epochs = options.epochs ?? (net === 'levels' ? 1 : 10)
    if (net === 'levels') {
      const sizes = { hidden: options.hidden, filters: [32, 16], classes } as const
      return compareLevels(train, test, { sizes, epochs, batchSize }, context)
    }
    const { title, build, ...chosen } = open[net]
    const lr = options.lr ?? chosen.lr
    const model = build(classes, options.mirror === 'yes')
    const optimizer = new SGD(model.parameters(), { lr, momentum: 0.9, nesterov: true, weightDecay: 5e-4 })
    const schedule = options.schedule === 'cycle' ? { schedule: cycle } : {}
    const { stopped, summary } = await trainClassifier(
      { title: `CIFAR-10, ${title}`, model, optimizer, train, test, epochs, batchSize, lr, seed, ...schedule },
      context,
    )
    const parameters = model.parameters().reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    return { stopped, summary: { ...summary, parameters } }
  },
}
