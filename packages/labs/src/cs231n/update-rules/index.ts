/** The lab `update-rules`: the same network and images, six ways to walk. CS231n, assignment 2. */
import type { Lab } from '../../lab.js'
import { dataOption } from '../cifar.js'
import { curvesOf, finalLoss, finalOf, fit, readyImages, type Trial } from '../nets.js'
import { FullyConnectedNet, type RuleName } from '../scratch/index.js'
import { manualSeed } from 'nabla'
import { notes } from './notes.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 10, default: 4000 },
  validationSize: { kind: 'number', help: 'validation images', whole: true, atLeast: 1, default: 1000 },
  hiddenLayers: { kind: 'number', help: 'hidden layers', whole: true, atLeast: 1, default: 5 },
  units: { kind: 'number', help: 'units of each', whole: true, atLeast: 2, default: 100 },
  epochs: { kind: 'number', help: 'times through the training images', whole: true, atLeast: 1, default: 5 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 100 },
} as const

/** RMSProp's and Adam's are the assignment's; those of the plain rules suit pixels of deviation 1, which give smaller gradients than bytes. */
const rates: Readonly<Record<RuleName, number>> = {
  sgd: 1e-2,
  sgdMomentum: 1e-2,
  nesterov: 1e-2,
  adagrad: 2e-3,
  rmsprop: 1e-4,
  adam: 1e-3,
}

const names: Readonly<Record<RuleName, string>> = {
  sgd: 'SGD',
  sgdMomentum: 'momentum',
  nesterov: 'Nesterov',
  adagrad: 'Adagrad',
  rmsprop: 'RMSProp',
  adam: 'Adam',
}

export const updateRulesLab: Lab<typeof options> = {
  id: 'update-rules',
  title: 'Six update rules on one network',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', trainSize: 60, validationSize: 30, hiddenLayers: 1, units: 8, epochs: 1, batchSize: 30 },
    quick: {},
    full: { epochs: 20 },
  },
  targets: [
    {
      metric: 'momentum_gain',
      atLeast: 0,
      source: 'CS231n assignment 2, FullyConnectedNets: momentum converges faster than plain SGD (difference of the last losses)',
    },
  ],

  async run(context) {
    const { options, signal, seed } = context
    const { train, validation, inputDim, classes } = await readyImages(context, {
      train: options.trainSize,
      validation: options.validationSize,
      test: 0,
    })
    if (signal.aborted) return { stopped: true, summary: {} }
    const trials: Partial<Record<RuleName, Trial>> = {}
    for (const rule of Object.keys(rates) as RuleName[]) {
      if (signal.aborted) break
      manualSeed(seed) // the same first weights for all
      const net = new FullyConnectedNet({
        inputDim,
        hiddenDims: Array.from({ length: options.hiddenLayers }, () => options.units),
        numClasses: classes.length,
        weightScale: 'kaiming',
      })
      trials[rule] = await fit(context, names[rule], net, {
        train,
        validation,
        updateRule: rule,
        config: { learningRate: rates[rule] },
        batchSize: options.batchSize,
        numEpochs: options.epochs,
      })
    }
    const done = Object.entries(trials) as [RuleName, Trial][]
    await context.plot(
      'update-rules',
      curvesOf(
        `${options.hiddenLayers + 1} layers, ${train.length.toLocaleString('en')} images, the same first weights`,
        done.map(([, trial]) => trial),
      ),
    )
    await context.table('update-rules', {
      columns: ['rule', 'rate', 'last loss', 'training accuracy', 'best validation accuracy'],
      rows: done.map(([rule, trial]) => [names[rule], rates[rule], finalLoss(trial), finalOf(trial).train, trial.best]),
    })
    const { sgd, sgdMomentum } = trials
    return {
      stopped: signal.aborted,
      summary: {
        ...Object.fromEntries(done.map(([rule, trial]) => [`accuracy_${names[rule].toLowerCase()}`, trial.best])),
        momentum_gain: sgd && sgdMomentum && !signal.aborted ? finalLoss(sgd) - finalLoss(sgdMomentum) : null,
      },
    }
  },
}
