/** The lab `fine-tuning`: what a network has learnt of some classes helps with others, of which there are few examples. */
import { NablaError } from 'nabla'
import { type ImageDataset, imageSet, permutation } from 'nabla/data'
import type { Lab, LabContext, LabResult } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { notes } from './notes.js'
import { begun, imagesAt, ofClasses, ownStart, publishedStart, type Start } from './start.js'
import { learn, type Way } from './ways.js'
import { featuresPictureOf } from './pictures.js'

const options = {
  data: {
    kind: 'choice',
    help: 'photographs, clothes or digits',
    values: ['cifar10', 'fashion-mnist', 'mnist'],
    default: 'cifar10',
  },
  weights: {
    kind: 'choice',
    help: 'own: trained here first; resnet20: published ones for CIFAR-10, which then learn clothes',
    values: ['own', 'resnet20'],
    default: 'own',
  },
  leftOut: {
    kind: 'numbers',
    help: 'classes that come later; of a single one, all ten are learnt again from few examples',
    whole: true,
    atLeast: 0,
    below: 10,
    default: [2, 7, 9],
  },
  shots: { kind: 'numbers', help: 'examples of each class', whole: true, atLeast: 1, default: [5, 20, 100] },
  repeats: { kind: 'number', help: 'draws of examples that are averaged over', whole: true, atLeast: 1, default: 3 },
  epochs: { kind: 'number', help: 'epochs of the training before', whole: true, atLeast: 1, default: 4 },
  width: { kind: 'number', help: 'factor of the channels of the network that is trained before', above: 0, default: 0.25 },
  steps: { kind: 'number', help: 'steps on the few examples', whole: true, atLeast: 1, default: 150 },
  lr: { kind: 'number', help: 'learning rate of what is learnt anew', above: 0, default: 0.05 },
  gently: { kind: 'number', help: 'share of it for weights that are fine-tuned', above: 0, default: 0.1 },
  trainSize: {
    kind: 'number',
    help: 'use only so many images for the training before',
    whole: true,
    atLeast: 1,
    default: 60_000,
  },
  testSize: { kind: 'number', help: 'use only so many test images', whole: true, atLeast: 1, default: 10_000 },
} as const

type Context = LabContext<OptionValues<typeof options>>

const ways: readonly Way[] = ['scratch', 'frozen', 'tuned']
const words: Readonly<Record<Way, string>> = {
  scratch: 'from scratch',
  frozen: 'frozen features',
  tuned: 'everything fine-tuned',
}

export const fineTuning: Lab<typeof options> = {
  id: 'fine-tuning',
  title: 'Fine-tuning: what was learnt before',
  chapter: 'convolution',
  notes,
  options,
  presets: {
    smoke: {
      data: 'fashion-mnist',
      trainSize: 48,
      testSize: 40,
      shots: [2],
      repeats: 1,
      epochs: 1,
      width: 0.05,
      steps: 1,
    },
    quick: {},
    full: { leftOut: [9], epochs: 15, repeats: 5, steps: 300 },
  },
  targets: [
    {
      metric: 'gain_few',
      atLeast: 0.05,
      source: 'learnt features help where examples are few',
      when: { data: 'cifar10', weights: 'own' },
    },
  ],

  async run(context) {
    const { options, signal } = context
    if (signal.aborted) return { stopped: true, summary: {} }
    const { start, train, test, seen } = await beginning(context)
    if (signal.aborted) return { stopped: true, summary: {} }
    if (start.accuracy !== null)
      context.log(`before: ${(100 * start.accuracy).toFixed(1)} % of the test images of ${seen} classes right`)
    const found: { shots: number; way: Way; accuracies: number[] }[] = []
    for (const shots of options.shots)
      for (const way of ways) {
        const accuracies: number[] = []
        for (let draw = 0; draw < options.repeats && !signal.aborted; draw++) {
          const seed = context.seed + draw
          const { steps, lr, gently } = options
          const task = { few: fewOf(train, shots, seed), test, steps, lr, gently, seed }
          accuracies.push(await learn(way, start, task, context))
        }
        if (signal.aborted) return { stopped: true, summary: {} }
        found.push({ shots, way, accuracies })
        context.metrics({ kind: 'way', shots, way, test_accuracy: mean(accuracies) })
        context.log(`${shots} of each class, ${words[way]}: ${(100 * mean(accuracies)).toFixed(1)} % right`)
      }
    await context.plot('features', await featuresPictureOf(begun(start, test.classes.length), start, test))
    return { stopped: signal.aborted, summary: { ...(await shown(found, test, context)), accuracy_before: start.accuracy } }
  },
}

/** The network that knows something, and the images of what it is to learn. */
async function beginning(context: Context): Promise<{ start: Start; train: ImageDataset; test: ImageDataset; seen: number }> {
  const { options, report } = context
  const { weights, trainSize, testSize } = options
  const how = { normalize: true, ...(report === undefined ? {} : { report }) }
  if (weights === 'resnet20') {
    const train = (await imageSet('fashion-mnist', 'train', how)).take(trainSize)
    const test = (await imageSet('fashion-mnist', 'test', how)).take(testSize)
    return { start: await publishedStart(context), train, test, seen: 10 }
  }
  const train = (await imageSet(options.data, 'train', how)).take(trainSize)
  const test = (await imageSet(options.data, 'test', how)).take(testSize)
  const all = train.classes.map((_, k) => k)
  const later = [...new Set(options.leftOut)]
  const before = all.filter((k) => !later.includes(k))
  if (before.length < 2)
    throw new NablaError('argument', `--left-out ${options.leftOut.join(',')}: two classes at least have to come before`, {
      later,
    })
  const first = { train: ofClasses(train, before), test: ofClasses(test, before) }
  const start = await ownStart(first, { width: options.width, epochs: options.epochs }, context)
  const next = later.length > 1 ? later : all
  return { start, train: ofClasses(train, next), test: ofClasses(test, next), seen: before.length }
}

/** So many examples of each class, another draw for each seed. */
function fewOf(train: ImageDataset, shots: number, seed: number): ImageDataset {
  const left = train.classes.map(() => shots)
  const rows = [...permutation(train.length, seed, 1)].filter((row) => left[train.labels[row]!]!-- > 0)
  return imagesAt(train, rows)
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)))

/** A table, bars, and figures for the summary. */
async function shown(
  found: readonly { shots: number; way: Way; accuracies: number[] }[],
  test: ImageDataset,
  context: Context,
): Promise<LabResult['summary']> {
  const { shots } = context.options
  const of = (count: number, way: Way): number[] => found.find((one) => one.shots === count && one.way === way)!.accuracies
  await context.table('ways', {
    columns: ['examples of each class', ...ways.map((way) => words[way])],
    rows: shots.map((count) => [count, ...ways.map((way) => mean(of(count, way)))]),
  })
  await context.plot('accuracy', {
    kind: 'bars',
    title: `${test.classes.length} classes from few examples: test accuracy`,
    labels: shots.map((count) => `${count} of each`),
    y: 'test accuracy',
    series: ways.map((way) => ({
      name: words[way],
      values: shots.map((count) => mean(of(count, way))),
      errors: shots.map((count) => deviation(of(count, way))),
    })),
  })
  const gain = (count: number): number =>
    Math.max(mean(of(count, 'frozen')), mean(of(count, 'tuned'))) - mean(of(count, 'scratch'))
  return {
    classes: test.classes.join(', '),
    ...Object.fromEntries(found.map(({ shots, way, accuracies }) => [`${way}_${shots}`, mean(accuracies)])),
    gain_few: gain(Math.min(...shots)),
    gain_many: gain(Math.max(...shots)),
  }
}
