/** The lab `augmentation`: what transforms do to images, and what they give where images are few. */
import { manualSeed, type Tensor } from 'nabla'
import { cifar10, DataLoader, ImageDataset, type MapStyleDataset, rasterOf, SampleRandom } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import type { Loader } from 'nabla/train'
import { compose, normalize } from 'nabla/transforms'
import { assignmentParts } from '../../cs231n/cifar.js'
import { type Curve, fit } from '../../foundations/images.js'
import type { Lab, LabContext, LabResult } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import type { Batch } from '../../training/evaluate.js'
import { SpeedNet } from '../speedrun/net.js'
import { schedules } from '../zoo/training.js'
import { type Method, methods, mixing, shown } from './methods.js'
import { notes } from './notes.js'
import { boxesPicture, mixturesPicture, transformsPicture } from './pictures.js'

const options = {
  data: {
    kind: 'choice',
    help: 'photographs, or made-up shapes that need no download',
    values: ['cifar10', 'shapes'],
    default: 'cifar10',
  },
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 20, default: 1000 },
  testSize: { kind: 'number', help: 'test images', whole: true, atLeast: 20, default: 5000 },
  epochs: { kind: 'number', help: 'times through the training images, for each way', whole: true, atLeast: 1, default: 40 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 50 },
  lr: { kind: 'number', help: 'highest learning rate', above: 0, default: 0.05 },
  widths: { kind: 'numbers', help: 'channels of the network’s three blocks', whole: true, atLeast: 1, default: [16, 32, 64] },
  ways: {
    kind: 'number',
    help: 'how many ways to train are compared, in the order of the notes',
    whole: true,
    atLeast: 2,
    default: 9,
  },
} as const

type Context = LabContext<OptionValues<typeof options>>

/** Titles of the grids. */
const kinds = {
  moving: 'Transforms that move pixels',
  colouring: 'Transforms that change colours',
  hiding: 'A part hidden, and mixtures of transforms',
} as const

export const augmentation: Lab<typeof options> = {
  id: 'augmentation',
  title: 'Augmentation: more images out of few',
  chapter: 'convolution',
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', trainSize: 40, testSize: 40, epochs: 1, batchSize: 20, widths: [4, 4, 4], ways: 2 },
    quick: {},
    full: { trainSize: 5000, testSize: 10_000, epochs: 60 },
  },
  targets: [
    {
      metric: 'gain_of_crop_flip',
      atLeast: 0.02,
      source: 'crops and flips help where images are few',
      when: { data: 'cifar10', trainSize: 1000 },
    },
  ],

  async run(context) {
    const { options, seed, signal } = context
    if (signal.aborted) return { stopped: true, summary: {} }
    const { train, test } = await data(context)
    const size = train.shape.reduce((a, b) => a * b, 1)
    const image = rasterOf(train.images.subarray(0, size), train.shape)
    for (const [kind, transforms] of Object.entries(shown))
      await context.plot(kind, transformsPicture(kinds[kind as keyof typeof shown], image, transforms, seed))
    await context.plot('mixing', mixturesPicture('As they are; as mixup and as cutmix make them, with their labels', train, seed))
    await context.plot('boxes', boxesPicture('What moves pixels moves boxes and masks; left: as it was', seed))

    const curves = new Map<string, Curve>()
    for (const method of methods.slice(0, options.ways)) {
      if (signal.aborted) break
      curves.set(method.name, await trainBy(method, train, test, context))
    }
    if (signal.aborted) return { stopped: true, summary: {} }
    return { stopped: false, summary: await compared(curves, context) }
  },
}

/** Training images as bytes, test images normalised. */
async function data({ options, report }: Context): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const { trainSize, testSize } = options
  if (options.data === 'shapes') return assignmentParts('shapes', { train: trainSize, validation: 0, test: testSize }, report)
  const how = report === undefined ? {} : { report }
  const train = (await cifar10('train', { ...how, normalize: true })).take(trainSize)
  return { train, test: (await cifar10('test', { ...how, normalize: true })).take(testSize) }
}

/** The same network, from the same first weights, with the same order of images: only what is done to them differs. */
async function trainBy(method: Method, train: ImageDataset, test: ImageDataset, context: Context): Promise<Curve> {
  const { options, seed } = context
  const { epochs, batchSize, lr } = options
  const [w1, w2 = w1, w3 = w2] = options.widths as readonly [number, number?, number?]
  manualSeed(seed)
  const model = new SpeedNet([w1, w2!, w3!], train.classes.length)
  model.whitenBy(train.batch(Uint32Array.from({ length: train.length }, (_, i) => i))[0])
  await model.whiten.weight.data()
  const optimizer = new SGD(
    model.parameters().filter((p) => p.requiresGrad),
    { lr, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  )
  const loader = changed(method, train, batchSize, seed)
  const curve = await fit(
    {
      name: method.name,
      model,
      optimizer,
      train,
      test,
      epochs,
      batchSize,
      seed,
      more: {
        train: loader,
        schedule: schedules['one-cycle'],
        evaluateEvery: { epochs: Math.max(1, Math.round(epochs / 5)) },
        step: ([images, labels]) => {
          const logits = model.forward(images)
          const truth = labels.shape.length === 2 ? labels.argmax(1) : labels
          return { loss: F.crossEntropy(logits, labels), figures: { accuracy: logits.detach().argmax(1).eq(truth) } }
        },
      },
    },
    context,
  )
  if (!context.signal.aborted)
    context.log(
      `${method.name}: training ${percent(curve.trainAccuracy.at(-1)!)}, test ${percent(curve.testAccuracy.at(-1)!)} after ${epochs} epochs of ${train.length} images`,
    )
  return curve
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Batches of images that are changed when they are drawn. What is random follows from seed, epoch and image. */
function changed(method: Method, train: ImageDataset, batchSize: number, seed: number): Loader<Batch> {
  const bytes = new ImageDataset({ ...train, images: train.images, labels: train.labels, mean: 0, std: 1 })
  const ready = normalize(train.mean, train.std)
  const samples = bytes.map(method.each ? compose(method.each, ready) : ready)
  const loader = new DataLoader<MapStyleDataset, readonly [Tensor, Tensor]>(samples, {
    batchSize: Math.min(batchSize, train.length),
    shuffle: true,
    dropLast: true,
    seed,
  })
  if (!method.batch) return loader
  const mix = mixing(train.classes.length)[method.batch]
  return {
    length: loader.length,
    async *batches(epoch, start = 0) {
      let at = start
      for await (const batch of loader.batches(epoch, start)) yield mix(batch, new SampleRandom(seed, epoch, at++))
    },
  }
}

/** A table, curves, and figures for the summary. */
async function compared(curves: ReadonlyMap<string, Curve>, context: Context): Promise<LabResult['summary']> {
  const last = (values: readonly number[]): number => values.findLast(Number.isFinite) ?? Number.NaN
  const figures = [...curves].map(([name, curve]) => ({
    name,
    train: last(curve.trainAccuracy),
    test: last(curve.testAccuracy),
    loss: last(curve.testLoss),
  }))
  await context.table('ways', {
    columns: ['what is done to training images', 'training accuracy', 'test accuracy', 'test loss'],
    rows: figures.map(({ name, train, test, loss }) => [name, train, test, loss]),
  })
  await context.plot('accuracy', {
    kind: 'bars',
    title: `${context.options.trainSize} training images: accuracy by what is done to them`,
    labels: figures.map(({ name }) => name),
    y: 'accuracy',
    series: [
      { name: 'training', values: figures.map(({ train }) => train) },
      { name: 'test', values: figures.map(({ test }) => test) },
    ],
  })
  await context.plot('curves', {
    kind: 'lines',
    title: 'Test loss: without augmentation it rises again',
    x: 'epoch',
    y: 'cross-entropy of the test images',
    series: [...curves].map(([name, { epochs, testLoss }]) => {
      const known = testLoss.flatMap((loss, i) => (Number.isFinite(loss) ? [i] : []))
      return { name, x: known.map((i) => epochs[i]!), y: known.map((i) => testLoss[i]!), dots: true }
    }),
  })
  const none = figures[0]!.test
  const best = figures.reduce((a, b) => (b.test > a.test ? b : a))
  const named = figures.map(({ name, test }) => [`accuracy_${name.replace('-', '_')}`, test] as const)
  const usual = figures.find(({ name }) => name === 'crop-flip')
  return {
    ...Object.fromEntries(named),
    ...(usual && { gain_of_crop_flip: usual.test - none }),
    best: best.name,
    test_accuracy: best.test,
  }
}
