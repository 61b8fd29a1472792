/** The lab `layernorm`: statistics of each example instead of each feature, and what that means for small batches. CS231n, assignment 2. */
import type { BarsPicture } from '@nabla/pictures'
import { manualSeed, randn, type Tensor } from 'nabla'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { sizesPicture } from '../batchnorm/figures.js'
import { dataOption } from '../cifar.js'
import {
  checkLayer,
  type Checked,
  checkTable,
  curvesOf,
  finalOf,
  fit,
  readyImages,
  type Ready,
  type Trial,
  worst,
} from '../nets.js'
import {
  FullyConnectedNet,
  layernormBackward,
  layernormForward,
  spatialGroupnormBackward,
  spatialGroupnormForward,
} from '../scratch/index.js'
import { notes } from './notes.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 20, default: 1000 },
  validationSize: { kind: 'number', help: 'validation images', whole: true, atLeast: 1, default: 1000 },
  hiddenLayers: { kind: 'number', help: 'hidden layers', whole: true, atLeast: 1, default: 5 },
  units: { kind: 'number', help: 'units of each', whole: true, atLeast: 2, default: 100 },
  epochs: { kind: 'number', help: 'times through the training images', whole: true, atLeast: 1, default: 10 },
} as const

type Norm = 'batchnorm' | 'layernorm'

/** Images in a step; the last is the one that the others are held against. */
const sizes = [5, 10, 50] as const

export const layernorm: Lab<typeof options> = {
  id: 'layernorm',
  title: 'Layer and group normalisation',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', trainSize: 50, validationSize: 20, hiddenLayers: 1, units: 8, epochs: 1 },
    quick: {},
    full: { trainSize: 4000 },
  },
  targets: [
    {
      metric: 'spread_gain',
      atLeast: 0,
      source:
        'CS231n assignment 2, BatchNormalization: layer norm depends less on batch size than batch norm (difference of spreads)',
    },
    { metric: 'gradient_error', atMost: 1e-6, source: 'CS231n assignment 2, BatchNormalization' },
  ],

  async run(context) {
    const images = await readyImages(context, {
      train: context.options.trainSize,
      validation: context.options.validationSize,
      test: 0,
    })
    if (context.signal.aborted) return { stopped: true, summary: {} }
    const checked = await checks()
    await context.table('gradients', checkTable(checked))
    const trials: Record<Norm, Trial[]> = { batchnorm: [], layernorm: [] }
    for (const norm of ['batchnorm', 'layernorm'] as const)
      for (const size of sizes) if (!context.signal.aborted) trials[norm].push(await train(context, images, norm, size))
    if (trials.batchnorm.length > 0) await context.plot('batchnorm', sizesPicture('Batch normalisation', trials.batchnorm))
    if (trials.layernorm.length > 0) await context.plot('layernorm', sizesPicture('Layer normalisation', trials.layernorm))
    const stopped = context.signal.aborted
    if (stopped) return { stopped, summary: { gradient_error: worst(checked) } }
    await context.plot('spread', spreadPicture(trials))
    await context.plot('curves', curvesOf('Batches of 50', [trials.batchnorm.at(-1)!, trials.layernorm.at(-1)!]))
    return {
      stopped,
      summary: {
        gradient_error: worst(checked),
        train_accuracy_layernorm: finalOf(trials.layernorm.at(-1)!).train,
        spread_batchnorm: spread(trials.batchnorm),
        spread_layernorm: spread(trials.layernorm),
        spread_gain: spread(trials.batchnorm) - spread(trials.layernorm),
      },
    }
  },
}

function train(
  context: LabContext<OptionValues<typeof options>>,
  { train, validation, inputDim, classes }: Ready,
  normalization: Norm,
  batchSize: number,
): Promise<Trial> {
  manualSeed(context.seed)
  const hiddenDims = Array.from({ length: context.options.hiddenLayers }, () => context.options.units)
  const net = new FullyConnectedNet({ inputDim, hiddenDims, numClasses: classes.length, normalization, weightScale: 2e-2 })
  const name = `${normalization === 'batchnorm' ? 'batch' : 'layer'} norm, batches of ${batchSize}`
  const numEpochs = context.options.epochs
  return fit(context, name, net, { train, validation, updateRule: 'adam', config: { learningRate: 1e-3 }, batchSize, numEpochs })
}

/** By how much the best training accuracies of the batch sizes differ. */
function spread(trials: readonly Trial[]): number {
  const best = trials.map(bestTraining)
  return Math.max(...best) - Math.min(...best)
}

const bestTraining = ({ accuracies }: Trial): number => Math.max(...accuracies.map(({ train }) => train))

const spreadPicture = (trials: Record<Norm, readonly Trial[]>): BarsPicture => ({
  kind: 'bars',
  title: 'Best training accuracy by batch size',
  labels: sizes.map((size) => `batches of ${size}`),
  y: 'accuracy',
  series: [
    { name: 'batch norm', values: trials.batchnorm.map(bestTraining) },
    { name: 'layer norm', values: trials.layernorm.map(bestTraining) },
  ],
})

/** Both layers' gradients against differences. */
async function checks(): Promise<Checked[]> {
  const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' }).realize()
  const rows = { x: random(4, 5), gamma: random(5), beta: random(5) }
  const images = { x: random(2, 4, 2, 2), gamma: random(4), beta: random(4) }
  const [up, upImages] = [random(4, 5), random(2, 4, 2, 2)]
  const layer = layernormBackward(up, layernormForward(rows.x, rows.gamma, rows.beta)[1])
  const group = spatialGroupnormBackward(upImages, spatialGroupnormForward(images.x, images.gamma, images.beta, 2)[1])
  const named = ({ dx, dgamma, dbeta }: typeof layer) => ({ x: dx, gamma: dgamma, beta: dbeta })
  return [
    ...(await checkLayer('layer norm', rows, ({ x, gamma, beta }) => layernormForward(x!, gamma!, beta!)[0], named(layer), {
      dout: up,
    })),
    ...(await checkLayer(
      'group norm',
      images,
      ({ x, gamma, beta }) => spatialGroupnormForward(x!, gamma!, beta!, 2)[0],
      named(group),
      { dout: upImages },
    )),
  ]
}
