/** The lab `dropout`: fewer units in training, a smaller gap in use. CS231n, assignment 2. */
import type { BarsPicture } from '@nabla/pictures'
import { manualSeed, randn } from 'nabla'
import type { Lab } from '../../lab.js'
import { dataOption } from '../cifar.js'
import { curvesOf, finalOf, fit, readyImages, type Trial } from '../nets.js'
import { dropoutForward, FullyConnectedNet } from '../scratch/index.js'
import { notes } from './notes.js'

const options = {
  data: dataOption,
  trainSize: {
    kind: 'number',
    help: 'training images: few, so that they can be learnt by heart',
    whole: true,
    atLeast: 10,
    default: 500,
  },
  validationSize: { kind: 'number', help: 'validation images', whole: true, atLeast: 1, default: 1000 },
  units: { kind: 'number', help: 'units of the hidden layer', whole: true, atLeast: 2, default: 500 },
  epochs: { kind: 'number', help: 'times through the training images', whole: true, atLeast: 1, default: 25 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 100 },
} as const

/** Probabilities of being kept. */
const keeps = [1, 0.75, 0.5, 0.25] as const

export const dropout: Lab<typeof options> = {
  id: 'dropout',
  title: 'Dropout',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', trainSize: 40, validationSize: 20, units: 8, epochs: 1, batchSize: 20 },
    quick: {},
    full: { trainSize: 2000, epochs: 50 },
  },
  targets: [
    { metric: 'gap_closed', atLeast: 0, source: 'CS231n assignment 2, Dropout: a smaller gap between training and validation' },
    { metric: 'mean_error', atMost: 0.05, source: 'CS231n assignment 2, Dropout: output mean near 10 for every probability' },
  ],

  async run(context) {
    const { options, signal, seed } = context
    const { train, validation, inputDim, classes } = await readyImages(context, {
      train: options.trainSize,
      validation: options.validationSize,
      test: 0,
    })
    if (signal.aborted) return { stopped: true, summary: {} }
    const counted = await statistics()
    await context.table('statistics', {
      columns: ['kept', 'mean in', 'mean in training', 'mean in use', 'share of zeros in training'],
      rows: counted,
    })
    const mean_error = Math.max(...counted.map(([, before, after]) => Math.abs(after - before)))
    const trials: Trial[] = []
    for (const keep of keeps) {
      if (signal.aborted) break
      manualSeed(seed)
      const net = new FullyConnectedNet({
        inputDim,
        hiddenDims: [options.units],
        numClasses: classes.length,
        keep,
        weightScale: 'kaiming',
      })
      trials.push(
        await fit(context, keep === 1 ? 'no dropout' : `keep ${keep}`, net, {
          train,
          validation,
          updateRule: 'adam',
          config: { learningRate: 5e-4 },
          batchSize: options.batchSize,
          numEpochs: options.epochs,
        }),
      )
    }
    if (trials.length > 0) {
      await context.plot('curves', curvesOf(`${train.length} images, one hidden layer of ${options.units}`, trials))
      await context.plot('gap', gapPicture(trials))
    }
    if (signal.aborted) return { stopped: true, summary: { mean_error } }
    const gaps = trials.map(gapOf)
    return {
      stopped: false,
      summary: {
        mean_error,
        gap_without: gaps[0]!,
        gap_keep_025: gaps.at(-1)!,
        gap_closed: gaps[0]! - gaps.at(-1)!,
        validation_without: trials[0]!.best,
        validation_best: Math.max(...trials.map(({ best }) => best)),
      },
    }
  },
}

/** By how much a network is better on what it has seen. */
const gapOf = (trial: Trial): number => finalOf(trial).train - finalOf(trial).validation

const gapPicture = (trials: readonly Trial[]): BarsPicture => ({
  kind: 'bars',
  title: 'What was learnt, and what was learnt by heart',
  labels: trials.map(({ name }) => name),
  y: 'accuracy',
  series: [
    { name: 'training', values: trials.map((trial) => finalOf(trial).train) },
    { name: 'validation', values: trials.map((trial) => finalOf(trial).validation) },
  ],
})

/** What dropout does to numbers around 10. */
async function statistics() {
  const x = randn([500, 500]).add(10).realize()
  const mean = (values: typeof x): Promise<number> => values.type('float64').mean().item()
  const rows = []
  for (const keep of [0.25, 0.4, 0.7]) {
    const [dropped] = dropoutForward(x, { keep })
    const [used] = dropoutForward(x, { keep, mode: 'test' })
    rows.push([keep, await mean(x), await mean(dropped.realize()), await mean(used), await mean(dropped.eq(0))] as const)
  }
  return rows
}
