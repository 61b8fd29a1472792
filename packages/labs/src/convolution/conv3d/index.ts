/** The lab `conv3d`: which way does it move? Kernels with and without time. */
import { manualSeed } from 'nabla'
import type { ImageDataset } from 'nabla/data'
import { Adam } from 'nabla/optim'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { type Curve, fit, imageOptions } from '../../foundations/images.js'
import { type Evaluation, evaluator } from '../../training/evaluate.js'
import { costOf } from '../zoo/cost.js'
import { schedules } from '../zoo/training.js'
import { backwards, directions, movingShapes } from './clips.js'
import { Viewer, type ViewKey, views } from './networks.js'
import { notes } from './notes.js'
import { clipsPicture, kernelsPicture, spaceTimePicture } from './pictures.js'

const options = {
  frames: { kind: 'number', help: 'frames of a clip, a multiple of 4', whole: true, atLeast: 4, default: 8 },
  size: { kind: 'number', help: 'height and width of a frame', whole: true, atLeast: 8, default: 20 },
  noise: { kind: 'number', help: 'every pixel is off by up to this part of the full range', atLeast: 0, default: 0.1 },
  width: { kind: 'number', help: 'factor of the channels 16, 32 and 64', above: 0, default: 0.5 },
  epochs: { ...imageOptions.epochs, default: 8 },
  batchSize: { ...imageOptions.batchSize, default: 64, help: 'clips in a step' },
  trainSize: { ...imageOptions.trainSize, default: 4000, help: 'training clips' },
  testSize: { ...imageOptions.testSize, default: 2000, help: 'test clips' },
  lr: { kind: 'number', help: "Adam's highest learning rate", above: 0, default: 0.003 },
} as const

type Context = LabContext<OptionValues<typeof options>>

/** What came of one view. */
interface Seen {
  readonly key: ViewKey
  readonly model: Viewer
  readonly curve: Curve
  readonly evaluation: Evaluation
}

const source = 'the clips are made so'

export const conv3d: Lab<typeof options> = {
  id: 'conv3d',
  title: 'Convolutions over time: which way does it move?',
  chapter: 'convolution',
  notes,
  options,
  presets: {
    smoke: { frames: 4, size: 8, width: 0.15, epochs: 1, trainSize: 96, testSize: 64, batchSize: 32 },
    quick: {},
    full: { width: 1, epochs: 15, trainSize: 20_000, testSize: 5000 },
  },
  targets: [
    { metric: 'test_accuracy', atLeast: 0.95, source: 'kernels over time see the way' },
    { metric: 'backwards_accuracy', atLeast: 0.95, source: 'a clip backwards moves the other way' },
    { metric: 'accuracy_one_frame', atMost: 0.2, source: `${source}: 1/8 at best, and what chance adds` },
    { metric: 'accuracy_mean_frame', atMost: 0.55, source: `${source}: 1/2 at best, and what chance adds` },
    { metric: 'accuracy_each_frame', atMost: 0.55, source: `${source}: 1/2 at best, and what chance adds` },
  ],

  async run(context) {
    const { options, seed, signal, plot, table, log } = context
    const stopped = { stopped: true, summary: {} }
    if (signal.aborted) return stopped
    const { frames, size, noise, batchSize } = options
    const clips = (count: number, seed: number): ImageDataset => movingShapes({ count, frames, size, noise, seed })
    const [train, test] = [clips(options.trainSize, seed), clips(options.testSize, seed + 1)]
    await plot('clips', clipsPicture(test))
    await plot('space-time', spaceTimePicture(test))

    const all: Seen[] = []
    for (const key of Object.keys(views) as ViewKey[]) {
      const seen = await learn(key, train, test, context)
      if (signal.aborted) return stopped
      all.push(seen)
      log(`${views[key].name}: test accuracy ${seen.evaluation.accuracy.toFixed(4)}`)
      await plot(`confusion-${key.replace('_', '-')}`, {
        kind: 'confusion',
        title: `${views[key].name}: ${(100 * seen.evaluation.accuracy).toFixed(1)} % of the ways right`,
        classes: directions,
        counts: seen.evaluation.confusion,
      })
    }
    const best = all.find(({ key }) => key === 'conv3d')!
    const { cost } = costOf(best.model, train.shape, { batchSize, optimizerTensors: 2 })
    await table('views', {
      columns: ['what it sees', 'test accuracy', 'at best', 'parameters', 'multiply-adds'],
      rows: all.map(({ key, model, evaluation }) => {
        const own = costOf(model, train.shape, { batchSize, optimizerTensors: 2 }).cost
        return [views[key].name, evaluation.accuracy, views[key].ceiling ?? 1, own.parameters, own.multiply_adds]
      }),
    })
    await plot('accuracy', {
      kind: 'bars',
      title: 'What is seen of the way',
      labels: all.map(({ key }) => views[key].name),
      y: { label: 'test accuracy', range: [0, 1] },
      series: [
        { name: 'found', values: all.map(({ evaluation }) => evaluation.accuracy) },
        { name: 'at best', values: all.map(({ key }) => views[key].ceiling ?? 1) },
      ],
    })
    await plot('curves', {
      kind: 'lines',
      title: 'Test accuracy',
      x: 'epoch',
      y: 'accuracy',
      series: all.map(({ key, curve }) => ({ name: views[key].name, x: curve.epochs, y: curve.testAccuracy, dots: true })),
    })
    await plot('kernels', await kernelsPicture(best.model.network))
    const reversed = await evaluator(best.model, backwards(test))()
    log(`of the clips played backwards, ${(100 * reversed.accuracy).toFixed(1)} % are said to move the other way`)
    return {
      stopped: signal.aborted,
      summary: {
        epochs: options.epochs,
        test_accuracy: best.evaluation.accuracy,
        backwards_accuracy: reversed.accuracy,
        ...Object.fromEntries(all.map(({ key, evaluation }) => [`accuracy_${key}`, evaluation.accuracy])),
        ...cost,
      },
    }
  },
}

/** Trains the network behind one view; all begin with the same random numbers and see the same clips. */
async function learn(key: ViewKey, train: ImageDataset, test: ImageDataset, context: Context): Promise<Seen> {
  const { options, seed } = context
  manualSeed(seed)
  const model = new Viewer(key, { frames: options.frames, width: options.width, numClasses: directions.length })
  const { epochs, batchSize, lr } = options
  const optimizer = new Adam(model.parameters(), { lr })
  const curve = await fit(
    { name: views[key].name, model, optimizer, train, test, epochs, batchSize, seed, more: { schedule: schedules['one-cycle'] } },
    context,
  )
  const evaluation = context.signal.aborted
    ? { loss: Number.NaN, accuracy: Number.NaN, confusion: new Uint32Array(0) }
    : await evaluator(model, test)()
  return { key, model, curve, evaluation }
}
