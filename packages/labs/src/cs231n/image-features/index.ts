/** The lab `image-features`: the classifiers of the labs before it, on features instead of pixels. CS231n, assignment 1. */
import { compile, type Tensor } from 'nabla'
import type { ImageDataset } from 'nabla/data'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { assignmentParts, dataOption, type Parts } from '../cifar.js'
import { accuracyOf, columnMoments, Examples, predictions } from '../examples.js'
import { descender } from '../linear/descent.js'
import { linearLoss } from '../linear/vectorised.js'
import { svmLoss } from '../scratch/losses.js'
import { bestTrial, pairs, searchPicture, searchTable, short, type Trial } from '../search.js'
import { curves, trainTwoLayer } from '../two-layer-net/train.js'
import { featuresOf } from './features.js'
import { notes } from './notes.js'
import { hogPicture, mistakesPicture } from './pictures.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 10, default: 49_000 },
  testSize: { kind: 'number', help: 'validation images, and test images', whole: true, atLeast: 10, default: 1000 },
  cell: { kind: 'number', help: 'side of a HOG cell in pixels', whole: true, atLeast: 2, below: 17, default: 8 },
  orientations: { kind: 'number', help: 'directions that HOG tells apart', whole: true, atLeast: 1, default: 9 },
  bins: { kind: 'number', help: 'bins of each histogram of colour', whole: true, atLeast: 1, default: 10 },
  rates: { kind: 'numbers', help: 'learning rates of the linear classifier to try', above: 0, default: [1e-3, 3e-3, 1e-2] },
  strengths: { kind: 'numbers', help: 'its regularisation strengths to try', atLeast: 0, default: [1e-3, 1e-2, 1e-1] },
  iterations: { kind: 'number', help: 'its steps', whole: true, atLeast: 1, default: 2000 },
  hidden: { kind: 'number', help: 'hidden units of the two-layer nets', whole: true, atLeast: 1, default: 256 },
  epochs: { kind: 'number', help: 'epochs of the two-layer nets', whole: true, atLeast: 1, default: 16 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 200 },
} as const

type Options = OptionValues<typeof options>
type Context = LabContext<Options>
type Prepared = { readonly [P in keyof Parts]: Examples }

/** What suits each kind of input: standardised features, and pixels around 0 as the lab `two-layer-net` found it. */
const settings = {
  features: { rate: 0.1, strength: 2e-3, weightScale: 'kaiming', decay: 0.9 },
  pixels: { rate: 1e-4, strength: 0.3, weightScale: 1e-3, decay: 0.9 },
} as const

export const imageFeatures: Lab<typeof options> = {
  id: 'image-features',
  title: 'Features instead of pixels: HOG and colour histograms',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: {
      data: 'shapes',
      trainSize: 120,
      testSize: 30,
      rates: [1e-2],
      strengths: [1e-3, 1e-2],
      iterations: 20,
      hidden: 8,
      epochs: 1,
      batchSize: 30,
    },
    quick: {},
    full: { hidden: 512, epochs: 30, iterations: 6000 },
  },
  targets: [
    { metric: 'linear_validation', atLeast: 0.42, source: 'CS231n assignment 1, features: linear classifier' },
    { metric: 'net_test', atLeast: 0.58, source: 'CS231n assignment 1, features: two-layer net; staff about 0.60' },
    { metric: 'points_above_pixels', atLeast: 6, source: 'Six points of test accuracy above the same net on raw pixels' },
  ],

  async run(context) {
    const { options, signal } = context
    const { trainSize, testSize } = options
    const parts = await assignmentParts(options.data, { train: trainSize, validation: testSize, test: testSize }, context.report)
    await context.plot('hog', hogPicture(parts.test, options))
    const features = await extract(parts, context)
    if (signal.aborted) return { stopped: true, summary: {} }
    context.log(`${features.train.columns - 1} features instead of ${parts.train.images.length / parts.train.length} pixels`)

    const linear = await linearOnFeatures(features, parts.train.classes.length, context)
    const linearScores = compile((rows: Tensor) => rows.matmul(linear.best!.model))
    const known = { features: features.train.columns - 1, linear_validation: linear.best?.validation ?? null }
    if (signal.aborted) return { stopped: true, summary: known }
    await context.plot('search', searchPicture('Linear classifier on features', linear.trials))
    await context.table('search', searchTable(linear.trials))

    const onFeatures = await net('features', features, parts.train, context)
    await context.plot('curves', curves(`Two-layer net on features, ${options.hidden} hidden units`, onFeatures.result))
    const found = await predictions((rows) => onFeatures.result.net.scores(rows), features.test)
    const mistakes = mistakesPicture(parts.test, found)
    if (mistakes) await context.plot('mistakes', mistakes)
    const onPixels = signal.aborted ? undefined : await net('pixels', pixelsOf(parts), parts.train, context)
    const linearTest = await accuracyOf(linearScores, features.test)
    await context.table('accuracies', {
      columns: ['classifier', 'input', 'validation', 'test'],
      rows: [
        ['linear', 'features', known.linear_validation, linearTest],
        ['two layers', 'features', onFeatures.validation, onFeatures.test],
        ['two layers', 'pixels', onPixels?.validation ?? null, onPixels?.test ?? null],
      ],
    })
    return {
      stopped: signal.aborted,
      summary: {
        ...known,
        linear_test: linearTest,
        net_validation: onFeatures.validation,
        net_test: onFeatures.test,
        pixels_validation: onPixels?.validation ?? null,
        pixels_test: onPixels?.test ?? null,
        points_above_pixels: onPixels && !signal.aborted ? 100 * (onFeatures.test - onPixels.test) : null,
      },
    }
  },
}

/** Features of every part, each brought to mean 0 and deviation 1 over the training images, with the bias trick. */
async function extract(parts: Parts, context: Context): Promise<Prepared> {
  const of = (set: ImageDataset, name: string): Promise<Float32Array> =>
    featuresOf(set, context.options, `features of the ${name} images`, context)
  const train = await of(parts.train, 'training')
  const moments = columnMoments(train, train.length / parts.train.length)
  const made = (values: Float32Array, { labels }: ImageDataset): Examples =>
    new Examples(values, labels, { ...moments, bias: true })
  return {
    train: made(train, parts.train),
    validation: made(await of(parts.validation, 'validation'), parts.validation),
    test: made(await of(parts.test, 'test'), parts.test),
  }
}

function pixelsOf({ train, validation, test }: Parts): Prepared {
  const { mean } = columnMoments(train.images, train.images.length / train.length)
  const made = ({ images, labels }: ImageDataset): Examples => new Examples(images, labels, { mean })
  return { train: made(train), validation: made(validation), test: made(test) }
}

/** The support vector machine on features. */
async function linearOnFeatures({ train, validation }: Prepared, classes: number, context: Context) {
  const { rates, strengths, iterations, batchSize } = context.options
  const descend = descender(linearLoss(svmLoss), train, classes, context)
  const trials: Trial<Tensor>[] = []
  const all = pairs(rates, strengths)
  for (const { rate, strength } of all) {
    const text = `linear ${trials.length + 1} of ${all.length}: rate ${short(rate)}, strength ${short(strength)}`
    const { weights: model } = await descend({ rate, strength, iterations, batchSize, seed: context.seed }, text)
    if (context.signal.aborted) break
    const score = compile((rows: Tensor) => rows.matmul(model))
    const own = new Examples(
      train.values.subarray(0, validation.values.length),
      train.labels.subarray(0, validation.length),
      train.preparation,
    )
    const accuracies = { train: await accuracyOf(score, own), validation: await accuracyOf(score, validation) }
    trials.push({ rate, strength, model, ...accuracies })
    context.log(`${text}: validation ${accuracies.validation.toFixed(3)}`)
  }
  return { trials, best: bestTrial(trials) }
}

/** The two-layer net on either input: the same units, steps and batches. */
async function net(
  input: 'features' | 'pixels',
  { train, validation, test }: Prepared,
  { classes }: ImageDataset,
  context: Context,
) {
  const { hidden, epochs, batchSize } = context.options
  const text = `two-layer net on ${input}`
  const result = await trainTwoLayer(
    { train, validation, classes: classes.length, hidden, epochs, batchSize, updateRule: 'sgdMomentum', ...settings[input] },
    text,
    context,
  )
  const accuracy = await accuracyOf((rows) => result.net.scores(rows), test)
  context.log(`${text}: validation ${result.best.validation.toFixed(3)}, test ${accuracy.toFixed(3)}`)
  return { result, validation: result.best.validation, test: accuracy }
}
