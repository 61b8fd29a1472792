/** The lab `speedrun`: CIFAR-10 to 0.90 in as few seconds as a small machine can. */
import { NablaError, type Tensor, tensor, zeros } from 'nabla'
import { cifar10, type ImageDataset } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { assignmentParts } from '../../cs231n/cifar.js'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { trainClassifier } from '../../training/classifier.js'
import type { Batch, Classifier } from '../../training/evaluate.js'
import { costOf } from '../zoo/cost.js'
import { errorsPicture, filtersPicture } from '../zoo/pictures.js'
import { exportedModel, picturePredictor, trained } from '../zoo/predict.js'
import { averageOf } from '../zoo/training.js'
import { MovingBatches } from './batches.js'
import { SpeedNet } from './net.js'
import { notes } from './notes.js'

const options = {
  data: {
    kind: 'choice',
    help: 'photographs, or made-up shapes that need no download',
    values: ['cifar10', 'shapes'],
    default: 'cifar10',
  },
  widths: {
    kind: 'numbers',
    help: 'channels of the three blocks',
    whole: true,
    atLeast: 1,
    default: [32, 128, 128],
  },
  epochs: { kind: 'number', help: 'times through the training data', whole: true, atLeast: 1, default: 6 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 256 },
  lr: { kind: 'number', help: 'highest learning rate for 1024 images a step; it grows with the batch', above: 0, default: 1.5 },
  weightDecay: { kind: 'number', help: 'pulls weights towards 0', atLeast: 0, default: 0.0013 },
  biasFactor: { kind: 'number', help: 'learning rate of the norms’ biases, in learning rates', above: 0, default: 64 },
  labelSmoothing: {
    kind: 'number',
    help: 'share of the truth that is spread over all classes',
    atLeast: 0,
    below: 1,
    default: 0.2,
  },
  shift: { kind: 'number', help: 'pixels that training images are shifted by, at most', whole: true, atLeast: 0, default: 2 },
  flip: {
    kind: 'choice',
    help: 'training images are mirrored every second epoch, by chance, or never',
    values: ['alternate', 'random', 'none'],
    default: 'alternate',
  },
  ema: {
    kind: 'number',
    help: 'how much an average of the weights keeps at each step; 0 for none',
    atLeast: 0,
    below: 1,
    default: 0.99,
  },
  looks: {
    kind: 'choice',
    help: 'at a test image: as it is; its mirror image too; both shifted too',
    values: ['one', 'mirror', 'crops'],
    default: 'mirror',
  },
  trainSize: { kind: 'number', help: 'use only so many training images', whole: true, atLeast: 1, default: 50_000 },
  testSize: { kind: 'number', help: 'use only so many test images', whole: true, atLeast: 1, default: 10_000 },
} as const

type Options = OptionValues<typeof options>

/** Share of the last direction that is kept. */
const momentum = 0.85

export const speedrun: Lab<typeof options> = {
  id: 'speedrun',
  title: 'Speedrun: CIFAR-10 to 0.90 in the fewest seconds',
  chapter: 'convolution',
  trains: true,
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', widths: [4, 4, 4], epochs: 1, batchSize: 32, trainSize: 128, testSize: 64 },
    quick: {},
    full: { epochs: 16, looks: 'crops' },
  },
  targets: [{ metric: 'test_accuracy', atLeast: 0.9, source: 'CIFAR-10 to 0.90', when: { data: 'cifar10' } }],

  async run(context) {
    const { options, seed } = context
    const { epochs, batchSize, ema, shift, flip } = options
    const { train, test } = await data(context)
    const model = await network(options, train)
    const { cost, layers } = costOf(model, { inChannels: 3, size: train.shape[1]! }, { batchSize, optimizerTensors: 1 })
    await context.table('layers', layers)
    const size = Math.min(batchSize, train.length)
    const lr = (options.lr * size) / 1024
    const average = averageOf(model, ema)
    const title = `Speedrun on ${options.data}`
    const measured = looking(model, options.looks)
    const { stopped, summary } = await trainClassifier(
      {
        title,
        model,
        optimizer: optimizerOf(model, lr, options),
        train,
        test,
        epochs,
        batchSize: size,
        lr,
        seed,
        schedule: triangle,
        batches: new MovingBatches(train, { batchSize: size, seed, shift, flip }),
        step: lossOf(model, train, options.labelSmoothing),
        measured,
        ...(average && { average }),
      },
      context,
    )
    // Forward and backward are three passes, and a multiply-add is two operations.
    const work = (6 * cost.multiply_adds * epochs * (train.length - (train.length % size))) / 1e12
    const pace = stopped ? {} : { tera_flops: work, giga_flops_per_second: (1000 * work) / Number(summary.seconds) }
    if (!stopped) await show(context, model, measured, test, title)
    return { stopped: stopped || context.signal.aborted, summary: { ...summary, ...pace, ...cost } }
  },

  predictor(options, weights) {
    if (options.data !== 'cifar10')
      throw new NablaError('argument', `this network has learnt ${options.data}: it names no photographs`, { data: options.data })
    const model = trained(new SpeedNet(widthsOf(options), 10), weights)
    return picturePredictor(looking(model, options.looks), { data: 'cifar10', inputs: 'normalized' })
  },

  exported(options, weights) {
    const photographs = options.data === 'cifar10'
    const model = trained(new SpeedNet(widthsOf(options), photographs ? 10 : madeUp.length), weights)
    if (photographs) return exportedModel(model, { data: 'cifar10', inputs: 'normalized', size: 32 })
    const metadata = { input: '[batch, 3, 32, 32], pixel / 255', output: 'logits', classes: JSON.stringify(madeUp) }
    return { model, input: zeros([1, 3, 32, 32]), metadata }
  },
}

/** The classes of made-up shapes. */
const madeUp = ['circle', 'square', 'triangle']

/** Images with mean 0 and deviation 1. */
async function data({ options, report }: LabContext<Options>): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const { trainSize, testSize } = options
  if (options.data === 'shapes') return assignmentParts('shapes', { train: trainSize, validation: 0, test: testSize }, report)
  const how = { normalize: true, ...(report === undefined ? {} : { report }) }
  return { train: (await cifar10('train', how)).take(trainSize), test: (await cifar10('test', how)).take(testSize) }
}

/** Three widths, of which the last stands for those that are missing. */
const widthsOf = ({ widths }: Options): [number, number, number] =>
  [0, 1, 2].map((i) => widths[i] ?? widths.at(-1)!) as [number, number, number]

/** The network, its first layer made from training images. */
async function network(options: Options, train: ImageDataset): Promise<SpeedNet> {
  const model = new SpeedNet(widthsOf(options), train.classes.length)
  const [some] = train.batch(Uint32Array.from({ length: Math.min(2000, train.length) }, (_, i) => i))
  model.whitenBy(some)
  await model.whiten.weight.data()
  return model
}

/** SGD with Nesterov's momentum; the biases of norms have a learning rate of their own. */
function optimizerOf(model: SpeedNet, lr: number, { weightDecay, biasFactor }: Options): SGD {
  const biases = model.norms.map((norm) => norm.bias!)
  const rest = model.parameters().filter((p) => p.requiresGrad && !biases.includes(p))
  return new SGD(
    [
      { params: rest, lr, weightDecay },
      { params: biases, lr: lr * biasFactor, weightDecay: weightDecay / biasFactor },
    ],
    { lr, momentum, nesterov: true },
  )
}

/** Up from a fifth for a quarter of the run, then down to nothing, in straight lines. */
const triangle = (done: number): number => (done < 0.23 ? 0.2 + (0.8 * done) / 0.23 : (1 - done) / 0.77)

/** The loss of a batch of bytes, which are normalised here: inside the compiled step. */
function lossOf(model: SpeedNet, { mean, std }: ImageDataset, labelSmoothing: number) {
  const [middle, scale] = [mean, std].map((values) =>
    tensor(values.map((v) => 255 * v))
      .reshape(1, -1, 1, 1)
      .realize(),
  )
  return ([pixels, labels]: Batch) => {
    const logits = model.forward(pixels.float().sub(middle!).div(scale!))
    const loss = F.crossEntropy(logits, labels, { labelSmoothing })
    return { loss, figures: { accuracy: logits.detach().argmax(1).eq(labels) } }
  }
}

/** Logits added up over several looks at an image. */
const looking = (model: SpeedNet, looks: Options['looks']): Classifier => ({
  forward(images: Tensor): Tensor {
    const both = (x: Tensor): Tensor => model.forward(x).add(model.forward(x.flip(3)))
    if (looks === 'one') return model.forward(images)
    if (looks === 'mirror') return both(images)
    const [height, width] = images.shape.slice(2) as [number, number]
    const wide = F.pad(images, [1, 1, 1, 1], { mode: 'reflect' })
    const shifted = [0, 2].map((by) => both(wide.narrow(2, by, height).narrow(3, by, width)))
    return both(images).mul(2).add(shifted[0]!).add(shifted[1]!)
  },
})

async function show(
  context: LabContext<Options>,
  model: SpeedNet,
  measured: Classifier,
  test: ImageDataset,
  title: string,
): Promise<void> {
  model.eval()
  const filters = await filtersPicture(model, `${title}: what makes patches white`)
  if (filters) await context.plot('whitening', filters)
  const errors = await errorsPicture(measured, test, `${title}: surest of what is not so`, { signal: context.signal })
  if (errors) await context.plot('errors', errors)
}
