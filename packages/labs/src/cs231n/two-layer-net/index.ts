/** The lab `two-layer-net`: the first network with a hidden layer. CS231n, assignment 1. */
import type { WeightsPicture } from '@nabla/pictures'
import { tensor } from 'nabla'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { assignmentParts, dataOption } from '../cifar.js'
import { accuracyOf, columnMoments, Examples } from '../examples.js'
import { numericalGradient, relativeError } from '../scratch/numeric.js'
import { bestTrial, pairs, searchPicture, searchTable, short, type Trial } from '../search.js'
import { TwoLayerNet } from './net.js'
import { notes } from './notes.js'
import { curves, trainTwoLayer, type TwoLayerResult, type TwoLayerRun } from './train.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 10, default: 49_000 },
  testSize: { kind: 'number', help: 'validation images, and test images', whole: true, atLeast: 10, default: 1000 },
  hidden: { kind: 'number', help: 'hidden units', whole: true, atLeast: 1, default: 256 },
  rates: { kind: 'numbers', help: 'learning rates to try', above: 0, default: [5e-4, 1e-3, 2e-3] },
  strengths: { kind: 'numbers', help: 'regularisation strengths to try', atLeast: 0, default: [0.1, 0.3, 1] },
  searchEpochs: { kind: 'number', help: 'epochs of each try', whole: true, atLeast: 1, default: 2 },
  epochs: { kind: 'number', help: 'epochs of the best', whole: true, atLeast: 1, default: 16 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 200 },
  decay: { kind: 'number', help: 'factor of the rate after every epoch', above: 0, default: 0.9 },
} as const

type Options = OptionValues<typeof options>

/** Hidden units whose weights are shown. */
const tiles = 60

export const twoLayerNet: Lab<typeof options> = {
  id: 'two-layer-net',
  title: 'A network of two layers on pixels',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: {
      data: 'shapes',
      trainSize: 120,
      testSize: 30,
      hidden: 8,
      rates: [1e-3],
      strengths: [0.1, 1],
      searchEpochs: 1,
      epochs: 2,
      batchSize: 30,
    },
    quick: {},
    full: { hidden: 512, searchEpochs: 4, epochs: 30, decay: 0.93 },
  },
  targets: [
    { metric: 'validation_accuracy', atLeast: 0.52, source: 'CS231n assignment 1, two_layer_net: the best of the staff' },
  ],

  async run(context) {
    const { options, signal } = context
    const { trainSize, testSize, hidden, batchSize, decay } = options
    const parts = await assignmentParts(options.data, { train: trainSize, validation: testSize, test: testSize }, context.report)
    const { classes, shape } = parts.train
    const { mean } = columnMoments(parts.train.images, parts.train.images.length / parts.train.length)
    const examples = (set: (typeof parts)['train']): Examples => new Examples(set.images, set.labels, { mean })
    const [train, validation, test] = [examples(parts.train), examples(parts.validation), examples(parts.test)]
    const gradientError = await checkGradients()
    context.log(`gradients by hand against differences: largest relative error ${gradientError.toExponential(1)}`)

    const base = { train, validation, classes: classes.length, hidden, batchSize, decay, updateRule: 'sgd' } as const
    const trials = await search(base, context)
    const chosen = bestTrial(trials)
    if (!chosen) return { stopped: true, summary: { gradient_error: gradientError } }
    await context.plot('search', searchPicture(`Two-layer net after ${options.searchEpochs} epochs`, trials))
    await context.table('search', searchTable(trials))
    const { rate, strength } = chosen
    const final = signal.aborted
      ? chosen.model
      : await trainTwoLayer({ ...base, rate, strength, epochs: options.epochs }, 'training the best', context)
    await context.plot(
      'curves',
      curves(`Two-layer net, ${hidden} hidden units: rate ${short(rate)}, strength ${strength}`, final),
    )
    await context.plot('weights', await tilesPicture(final.net, shape))
    return {
      stopped: signal.aborted,
      summary: {
        gradient_error: gradientError,
        learning_rate: rate,
        strength,
        best_epoch: final.best.epoch,
        train_accuracy: final.best.train,
        validation_accuracy: final.best.validation,
        test_accuracy: signal.aborted ? null : await accuracyOf((rows) => final.net.scores(rows), test),
      },
    }
  },
}

/** A few epochs of every pair of rate and strength. */
async function search(
  base: Omit<TwoLayerRun, 'rate' | 'strength' | 'epochs'>,
  context: LabContext<Options>,
): Promise<Trial<TwoLayerResult>[]> {
  const { rates, strengths, searchEpochs } = context.options
  const trials: Trial<TwoLayerResult>[] = []
  const all = pairs(rates, strengths)
  for (const { rate, strength } of all) {
    if (context.signal.aborted) break
    const text = `try ${trials.length + 1} of ${all.length}: rate ${short(rate)}, strength ${strength}`
    const model = await trainTwoLayer({ ...base, rate, strength, epochs: searchEpochs }, text, context)
    const { train, validation } = model.best
    trials.push({ rate, strength, train, validation, model })
    context.log(`${text}: training ${train.toFixed(3)}, validation ${validation.toFixed(3)}`)
  }
  return trials
}

/** First-layer weights of the units whose weights are largest: the others have learnt little and show the noise that they began with. */
async function tilesPicture(net: TwoLayerNet, shape: readonly number[]): Promise<WeightsPicture> {
  const { hidden, inputs } = net.options
  const weights = (await net.params.W1!.t().contiguous().data()) as Float32Array // [H, D]
  const rows = Array.from({ length: hidden }, (_, h) => weights.subarray(h * inputs, (h + 1) * inputs))
  const largest = rows
    .map((row) => ({ row, size: row.reduce((sum, w) => sum + w * w, 0) }))
    .sort((a, b) => b.size - a.size)
    .slice(0, tiles)
  const values = new Float32Array(largest.length * inputs)
  largest.forEach(({ row }, i) => values.set(row, i * inputs))
  return {
    kind: 'weights',
    title: `What ${largest.length} of ${hidden} hidden units look for: those with the largest weights`,
    values,
    shape: [largest.length, ...shape],
    columns: 10,
  }
}

/** A tiny net in double precision: the largest relative error of its gradients against differences of its loss. */
async function checkGradients(): Promise<number> {
  const net = new TwoLayerNet({ inputs: 6, hidden: 5, classes: 3, strength: 0.1, weightScale: 0.5, dtype: 'float64' })
  const x = tensor(
    Array.from({ length: 24 }, (_, i) => Math.sin(1 + 3 * i)),
    { shape: [4, 6], dtype: 'float64' },
  )
  const y = tensor([0, 2, 1, 2], { dtype: 'int32' })
  const { grads } = net.loss(x, y)
  let worst = 0
  for (const [name, w] of Object.entries(net.params)) {
    const numeric = numericalGradient((moved) => {
      const held = net.params[name]!
      net.params[name] = moved
      const { loss } = net.loss(x, y)
      net.params[name] = held
      return loss
    }, w)
    worst = Math.max(worst, await relativeError(grads[name]!, numeric))
  }
  return worst
}
