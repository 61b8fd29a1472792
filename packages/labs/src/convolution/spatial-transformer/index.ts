/** The lab `spatial-transformer`: a network that turns its image as it needs it. */
import { manualSeed } from 'nabla'
import { imageSet } from 'nabla/data'
import { Adam } from 'nabla/optim'
import type { Lab, LabContext, LabResult } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { type Curve, fit, imageOptions } from '../../foundations/images.js'
import { costOf } from '../zoo/cost.js'
import { schedules } from '../zoo/training.js'
import { type Contender, contender, contenderKeys } from './network.js'
import { notes } from './notes.js'
import { classMeans, lookedAt, looks, straightened, turning } from './pictures.js'
import { type Warped, warpedImages } from './warped.js'

const options = {
  ...imageOptions,
  data: { ...imageOptions.data, help: 'digits or clothes', default: 'mnist' },
  epochs: { ...imageOptions.epochs, default: 6 },
  batchSize: { ...imageOptions.batchSize, default: 128 },
  canvas: { kind: 'number', help: 'height and width of the images that are made', whole: true, atLeast: 28, default: 40 },
  turn: { kind: 'number', help: 'most degrees to either side', atLeast: 0, default: 60 },
  zoom: { kind: 'number', help: 'scales are between 1 less this and 1 and this', atLeast: 0, below: 1, default: 0.3 },
  shift: { kind: 'number', help: 'most pixels to either side', atLeast: 0, default: 6 },
  lr: { kind: 'number', help: "Adam's highest learning rate", above: 0, default: 0.003 },
  dropout: { kind: 'number', help: 'share of channels and hidden units that is dropped', atLeast: 0, below: 1, default: 0 },
  localLr: { kind: 'number', help: 'share of it for the layers that find the map', above: 0, default: 0.3 },
} as const

type Context = LabContext<OptionValues<typeof options>>

const source = 'Jaderberg and others 2015, table 1: turned, scaled and moved digits'

export const spatialTransformer: Lab<typeof options> = {
  id: 'spatial-transformer',
  title: 'Spatial transformer: a network that straightens what it sees',
  chapter: 'convolution',
  notes,
  options,
  presets: {
    smoke: { trainSize: 192, testSize: 100, epochs: 1, batchSize: 64 },
    quick: {},
    full: { epochs: 30, dropout: 0.2 },
  },
  targets: [
    { metric: 'test_accuracy', atLeast: 0.96, source },
    { metric: 'gain', atLeast: 0, source: `${source}: better than without` },
    { metric: 'shift_left', atMost: 0.5, source: 'the transformer moves images to one place' },
  ],

  async run(context) {
    const { options, seed, signal, report, doing, log, plot, table } = context
    const stopped = (): LabResult => ({ stopped: true, summary: {} })
    if (signal.aborted) return stopped()
    const how = { normalize: true, ...(report === undefined ? {} : { report }) }
    const digits = {
      train: (await imageSet(options.data, 'train', how)).take(options.trainSize),
      test: (await imageSet(options.data, 'test', how)).take(options.testSize),
    }
    const warped = (part: 'train' | 'test'): Promise<Warped> =>
      warpedImages(digits[part], { ...options, seed: seed + (part === 'test' ? 1 : 0) }, (done) =>
        doing(`${part} images`, done, digits[part].length),
      )
    const [train, test] = [await warped('train'), await warped('test')]

    const rows: (string | number | null)[][] = []
    const curves: (Contender & { readonly curve: Curve })[] = []
    for (const key of contenderKeys) {
      const one = await learn(key, train, test, context)
      if (signal.aborted) return stopped()
      curves.push(one)
      const { parameters, multiplyAdds } = ownCost(one, options)
      rows.push([one.name, one.curve.trainAccuracy.at(-1)!, one.curve.testAccuracy.at(-1)!, parameters, multiplyAdds])
      log(`${one.name}: test accuracy ${one.curve.testAccuracy.at(-1)!.toFixed(4)}`)
    }
    await table('accuracies', {
      columns: ['network', 'training accuracy', 'test accuracy', 'parameters', 'multiply-adds'],
      rows,
    })
    await plot('accuracy', {
      kind: 'lines',
      title: `Images turned by up to ${options.turn} degrees, scaled and moved: test accuracy`,
      x: 'epoch',
      y: 'accuracy',
      series: curves.map(({ name, curve }) => ({ name, x: curve.epochs, y: curve.testAccuracy, dots: true })),
    })

    const { model } = curves.find(({ key }) => key === 'with')!
    const found = await looks(model, test.set)
    const poses = straightened(test, found)
    await plot('transformed', await lookedAt(model, test.set, found))
    await plot('turning', await turning(model, digits.test, options, test.set))
    await plot('class-means', classMeans(test.set, found))
    await plot('angles', poses.picture)
    const left = (key: 'angle' | 'scale' | 'shift'): number | null =>
      poses.before[key] > 0 ? poses.after[key] / poses.before[key] : null
    await table('poses', {
      columns: ['within a class', 'before', 'after', 'left'],
      rows: [
        ['angle, degrees', poses.before.angle, poses.after.angle, left('angle')],
        ['scale, logarithm', poses.before.scale, poses.after.scale, left('scale')],
        ['place, pixels', poses.before.shift, poses.after.shift, left('shift')],
      ],
    })
    const accuracy = (key: Contender['key']): number => curves.find((one) => one.key === key)!.curve.testAccuracy.at(-1)!
    return {
      stopped: signal.aborted,
      summary: {
        data: options.data,
        epochs: options.epochs,
        test_accuracy: accuracy('with'),
        accuracy_without: accuracy('without'),
        accuracy_wider: accuracy('wider'),
        gain: accuracy('with') - accuracy('without'),
        angle_left: left('angle'),
        scale_left: left('scale'),
        shift_left: left('shift'),
        ...costOf(model, test.set.shape, { batchSize: options.batchSize, optimizerTensors: 2 }).cost,
      },
    }
  },
}

/** Trains one of the networks; all begin with the same random numbers and see the same images. */
async function learn(
  key: Contender['key'],
  train: Warped,
  test: Warped,
  context: Context,
): Promise<Contender & { readonly curve: Curve }> {
  const { options, seed } = context
  manualSeed(seed)
  const one = contender(key, { numClasses: test.set.classes.length, dropout: options.dropout })
  const groups = [
    { params: one.classifier, lr: options.lr },
    ...(one.localizer.length ? [{ params: one.localizer, lr: options.lr * options.localLr }] : []),
  ]
  const curve = await fit(
    {
      name: one.name,
      model: one.model,
      optimizer: new Adam(groups, { lr: options.lr }),
      train: train.set,
      test: test.set,
      epochs: options.epochs,
      batchSize: options.batchSize,
      seed,
      more: { schedule: schedules['one-cycle'] },
    },
    context,
  )
  return { ...one, curve }
}

/** Without the layers that a network has but does not use. */
function ownCost(
  { model, classifier, localizer }: Contender,
  { canvas, batchSize }: Context['options'],
): { parameters: number; multiplyAdds: number } {
  const { cost } = costOf(model, [1, canvas, canvas], { batchSize, optimizerTensors: 2 })
  const parameters = [...classifier, ...localizer].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  return { parameters, multiplyAdds: cost.multiply_adds }
}
