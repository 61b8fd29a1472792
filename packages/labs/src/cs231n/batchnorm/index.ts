/** The lab `batchnorm`: what normalising over the batch does to a deep network. CS231n, assignment 2. */
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { manualSeed } from 'nabla'
import { dataOption } from '../cifar.js'
import { checkTable, curvesOf, finalLoss, finalOf, fit, readyImages, type Ready, type Trial, worst } from '../nets.js'
import { FullyConnectedNet } from '../scratch/index.js'
import { type ActivationSet, activationsPicture, scalesPicture, sizesPicture } from './figures.js'
import { backwardForms } from './forms.js'
import { notes } from './notes.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 20, default: 1000 },
  validationSize: { kind: 'number', help: 'validation images', whole: true, atLeast: 1, default: 1000 },
  hiddenLayers: { kind: 'number', help: 'hidden layers', whole: true, atLeast: 1, default: 5 },
  units: { kind: 'number', help: 'units of each', whole: true, atLeast: 2, default: 100 },
  epochs: { kind: 'number', help: 'times through the training images', whole: true, atLeast: 1, default: 10 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 2, default: 50 },
  scales: { kind: 'number', help: 'scales of first weights to try, from 0.0001 to 1', whole: true, atLeast: 2, default: 13 },
} as const

export type Context = LabContext<OptionValues<typeof options>>

type Norm = 'batchnorm' | undefined

export const batchnorm: Lab<typeof options> = {
  id: 'batchnorm',
  title: 'Batch normalisation',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', trainSize: 40, validationSize: 20, hiddenLayers: 2, units: 8, epochs: 1, batchSize: 20, scales: 2 },
    quick: {},
    full: { scales: 20, trainSize: 4000 },
  },
  targets: [
    {
      metric: 'gain',
      atLeast: 0.05,
      source: 'CS231n assignment 2, BatchNormalization: converges much faster (difference of training accuracies)',
    },
    {
      metric: 'gradient_error',
      atMost: 1e-6,
      source: 'CS231n assignment 2, BatchNormalization: relative errors of 1e-13 to 1e-8',
    },
  ],

  async run(context) {
    const { options, signal } = context
    const images = await readyImages(context, { train: options.trainSize, validation: options.validationSize, test: 0 })
    if (signal.aborted) return { stopped: true, summary: {} }
    const forms = await backwardForms(context)
    await context.table('gradients', checkTable(forms.checked))
    await context.table('forms', forms.table)
    const summary: Record<string, number | null> = {
      gradient_error: worst(forms.checked),
      forms_difference: forms.difference,
      alternative_speed: forms.speed,
      alternative_speed_compiled: forms.speedCompiled,
    }

    const sets: ActivationSet[] = []
    const trials: Trial[] = []
    for (const norm of [undefined, 'batchnorm'] as const) {
      const net = network(context, images, norm, 2e-2)
      sets.push(await activations(context, `${titleOf(norm)}, first weights`, net, images))
      const trial = await train(context, titleOf(norm), net, images, options.epochs)
      trials.push(trial)
      sets.push(await activations(context, `${titleOf(norm)}, trained`, net, images))
    }
    const [plain, normal] = trials as [Trial, Trial]
    await context.plot('curves', curvesOf(`${options.hiddenLayers + 1} layers on ${images.train.length} images`, trials))
    await context.plot('activations', activationsPicture(sets))
    Object.assign(summary, {
      train_accuracy_without: finalOf(plain).train,
      train_accuracy_with: finalOf(normal).train,
      gain: signal.aborted ? null : finalOf(normal).train - finalOf(plain).train,
      validation_accuracy_with: normal.best,
    })

    const scaled = await overScales(context, images)
    if (scaled.length > 0) await context.plot('first-weights', scalesPicture(scaled))
    const sized = await overBatches(context, images)
    if (sized.length > 0) await context.plot('batch-sizes', sizesPicture('Batch size, with batch normalisation', sized))
    const best = (norm: boolean): number => Math.max(...scaled.map((point) => point[norm ? 'with' : 'without'].train))
    const near = (norm: boolean): number =>
      scaled.filter((point) => point[norm ? 'with' : 'without'].train > 0.8 * best(norm)).length
    return {
      stopped: signal.aborted,
      summary: { ...summary, scales_that_work_without: near(false), scales_that_work_with: near(true) },
    }
  },
}

const titleOf = (norm: Norm): string => (norm ? 'batch norm' : 'without')

/** A new network; the same first weights for the same shape. */
function network(
  { options, seed }: Context,
  { inputDim, classes }: Ready,
  normalization: Norm,
  weightScale: number,
): FullyConnectedNet {
  manualSeed(seed)
  const hiddenDims = Array.from({ length: options.hiddenLayers }, () => options.units)
  return new FullyConnectedNet({ inputDim, hiddenDims, numClasses: classes.length, normalization, weightScale })
}

const train = (
  context: Context,
  name: string,
  net: FullyConnectedNet,
  { train, validation }: Ready,
  numEpochs: number,
  batchSize = context.options.batchSize,
): Promise<Trial> =>
  fit(context, name, net, { train, validation, updateRule: 'adam', config: { learningRate: 1e-3 }, batchSize, numEpochs })

async function activations(context: Context, name: string, net: FullyConnectedNet, { train }: Ready): Promise<ActivationSet> {
  const rows = Uint32Array.from({ length: Math.min(200, train.length) }, (_, i) => i)
  const [x] = train.batch(rows)
  const layers = await Promise.all(net.activations(x).map((layer) => layer.data()))
  const dead = layers.map((values) => Array.from(values).filter((v) => v === 0).length / values.length)
  context.log(`${name}: shares of zeros by layer ${dead.map((d) => d.toFixed(2)).join(', ')}`)
  return { name, layers }
}

/** Training accuracy, validation accuracy and last loss for first weights of many scales. */
async function overScales(context: Context, images: Ready) {
  const { scales, epochs } = context.options
  const points = []
  for (let i = 0; i < scales && !context.signal.aborted; i++) {
    const scale = 10 ** (-4 + (4 * i) / (scales - 1))
    const measured = []
    for (const norm of [undefined, 'batchnorm'] as const) {
      const name = `scale ${scale.toPrecision(2)}, ${titleOf(norm)}`
      const trial = await train(context, name, network(context, images, norm, scale), images, epochs)
      measured.push({ train: Math.max(...trial.accuracies.map((a) => a.train)), validation: trial.best, loss: finalLoss(trial) })
    }
    points.push({ scale, without: measured[0]!, with: measured[1]! })
  }
  return points
}

/** Runs with batches of several sizes: the smaller the batch, the worse its statistics. */
async function overBatches(context: Context, images: Ready): Promise<Trial[]> {
  const { epochs, batchSize } = context.options
  const trials: Trial[] = []
  for (const [size, norm] of [
    [batchSize, undefined],
    [5, 'batchnorm'],
    [10, 'batchnorm'],
    [batchSize, 'batchnorm'],
  ] as const) {
    if (context.signal.aborted) break
    const name = norm ? `batches of ${size}` : `without, batches of ${size}`
    trials.push(await train(context, name, network(context, images, norm, 2e-2), images, epochs, size))
  }
  return trials
}
