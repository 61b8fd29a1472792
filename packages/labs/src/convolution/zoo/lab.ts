/**
 * A lab of one convolutional network: from the network and its notes, a lab that trains it on small images with the settings that all
 * such labs share, and tells what it costs, what it has learnt and where it is wrong.
 *
 *     export const nin = zooLab({
 *       id: 'nin', title: '...', notes,
 *       presets: { smoke: { width: 0.1, trainSize: 256, testSize: 100 }, quick: { epochs: 4 }, full: { size: 224 } },
 *       targets: [{ metric: 'test_accuracy', atLeast: 0.845, source: '...' }],
 *       defaults: { lr: 0.05 },
 *       build: ({ width }, { inChannels, numClasses }) => new NiN({ inChannels, numClasses, width, stem: 'small' }),
 *     })
 */
import type { Tensor } from 'nabla'
import { type ImageDataset, imageSetEntry } from 'nabla/data'
import type { Layer } from 'nabla/nn'
import type { Lab, LabContext, LabResult, PresetName, Target } from '../../lab.js'
import type { GivenOptions, OptionSpecs, OptionValues } from '../../options.js'
import { trainClassifier } from '../../training/classifier.js'
import { costOf } from './cost.js'
import { augmented, inputOf, type Resize, resizer, type ZooInput, zooImages } from './data.js'
import { type ZooDefaults, type ZooOptionSpecs, zooOptionsWith, type ZooValues } from './options.js'
import { errorsPicture, featuresPicture, filtersPicture } from './pictures.js'
import { exportedModel, picturePredictor, trained } from './predict.js'
import { averageOf, type Head, looking, lossOf, optimizerOf, optimizerTensors, schedules, usualRates } from './training.js'

export type { ZooInput } from './data.js'
export type { ZooValues } from './options.js'
export type { Head } from './training.js'

/** Figures by name, for the summary. */
type Figures = LabResult['summary']

/** A run of a network: what `runZoo` needs besides the options and the context. */
export interface ZooRun<N extends Layer> {
  /** As it stands over the pictures. */
  readonly title: string
  readonly model: N
  readonly train: ImageDataset
  readonly test: ImageDataset
  /** What it learns by. Default: its logits, with weight 1. The first head is the one whose accuracy is shown. */
  readonly heads?: (model: N, images: Tensor) => readonly Head[]
  /** Where the options have no `lr`. Default: what suits the optimizer. */
  readonly lr?: number
}

/** What a lab is made of. `S` are its options besides the shared ones, `N` its network. */
export interface ZooLab<S extends OptionSpecs, N extends Layer> {
  readonly id: string
  readonly title: string
  readonly notes: Lab['notes']
  readonly presets: Readonly<Record<PresetName, GivenOptions>>
  readonly targets?: readonly Target[]
  /** Options besides the shared ones. */
  readonly options?: S
  /** Other defaults of the shared options. */
  readonly defaults?: ZooDefaults
  /** Which images it is for. Default: all that the shared options name. */
  readonly data?: readonly ZooValues['data'][]
  /** The network. Its first weights come from the random stream of the run. */
  readonly build: (options: ZooValues & OptionValues<S>, input: ZooInput) => N
  /** See `ZooRun`. */
  readonly heads?: ZooRun<N>['heads']
  /** The learning rate where the options have none. */
  readonly lr?: (options: ZooValues & OptionValues<S>) => number
  /** More to show of the trained network; entries for the summary come back. */
  readonly after?: (
    run: ZooRun<N> & { readonly size: number },
    context: LabContext<ZooValues & OptionValues<S>>,
  ) => Promise<Figures>
}

/** A lab that trains a network and can be gone on with; its model names pictures and can be exported. */
export function zooLab<const S extends OptionSpecs = Record<never, never>, N extends Layer = Layer>(
  given: ZooLab<S, N>,
): Lab<ZooOptionSpecs & S> {
  type Values = ZooValues & OptionValues<S>
  const { id, title, notes, presets, targets, build, heads, lr, after } = given
  const network = (options: Values): N => build(options, inputOf(options))
  return {
    id,
    title,
    chapter: 'convolution',
    trains: true,
    notes,
    options: { ...zooOptionsWith(given.defaults, given.data), ...given.options } as ZooOptionSpecs & S,
    presets,
    ...(targets && { targets }),

    async run(context) {
      const options = context.options as Values
      const model = network(options)
      const images = await zooImages(options, context)
      const run: ZooRun<N> = {
        title: `${id} on ${options.data}`,
        model,
        ...images,
        ...(heads && { heads }),
        ...(lr && { lr: lr(options) }),
      }
      const { stopped, summary } = await runZoo(run, context as LabContext<Values>)
      if (stopped || !after) return { stopped, summary }
      const more = await after({ ...run, size: inputOf(options).size }, context as LabContext<Values>)
      return { stopped: context.signal.aborted, summary: { ...summary, ...more } }
    },

    predictor(values, weights) {
      const options = values as Values
      const model = trained(network(options), weights)
      return picturePredictor(
        looking(model, resizer(imageSetEntry(options.data).shape, inputOf(options).size), options.flipAtTest),
        options,
      )
    },

    exported(values, weights) {
      const options = values as Values
      return exportedModel(trained(network(options), weights), options)
    },
  }
}

/** Trains a network by the shared options, and shows what it costs, what it has learnt and where it is wrong. */
export async function runZoo<N extends Layer>(run: ZooRun<N>, context: LabContext<ZooValues>): Promise<LabResult> {
  const { options, seed } = context
  const { epochs, batchSize } = options
  const { title, model, train, test, heads = (network, images) => [{ logits: network.forward(images), weight: 1 }] } = run
  const [inChannels, own] = train.shape as readonly [number, number, number]
  const size = options.size ?? own
  const { cost, layers } = costOf(
    model,
    { inChannels, size },
    { batchSize, optimizerTensors: optimizerTensors[options.optimizer] },
  )
  await context.table('layers', layers)
  context.log(
    `${cost.parameters.toLocaleString('en-US')} parameters, ${cost.multiply_adds.toLocaleString('en-US')} multiply-adds an image of ` +
      `${size} x ${size}; memory: ${cost.training_memory_mb.toFixed(1)} MB for a step of ${batchSize}, ` +
      `${cost.prediction_memory_mb.toFixed(1)} MB to name one image`,
  )
  const lr = options.lr ?? run.lr ?? usualRates[options.optimizer]
  const average = averageOf(model, options.ema)
  const resize = resizer(train.shape, size)
  const measured = looking(model, resize, options.flipAtTest)
  const { stopped, summary } = await trainClassifier(
    {
      title,
      model,
      optimizer: optimizerOf(model, options, lr),
      train,
      test,
      epochs,
      batchSize,
      lr,
      seed,
      schedule: schedules[options.schedule],
      varied: augmented(train, options.augment),
      step: lossOf((images) => heads(model, images), resize, options.labelSmoothing),
      measured,
      ...(average && { average }),
    },
    context,
  )
  const seconds = { seconds_per_epoch: Number(summary.seconds) / epochs }
  if (!stopped) await show(run, measured, resize, context)
  return { stopped: stopped || context.signal.aborted, summary: { ...summary, ...(stopped ? {} : seconds), ...cost } }
}

/** The pictures of a trained network. */
async function show<N extends Layer>(
  { title, model, test }: ZooRun<N>,
  measured: ReturnType<typeof looking>,
  resize: Resize,
  context: LabContext<ZooValues>,
): Promise<void> {
  model.eval()
  const { signal } = context
  const [first] = test.batch(Uint32Array.of(0))
  const pictures = {
    filters: await filtersPicture(model, title),
    features: await featuresPicture(model, resize(first), `${title}: one ${test.classes[test.labels[0]!]} on its way through`),
    errors: await errorsPicture(measured, test, `${title}: surest of what is not so`, { signal }),
  }
  for (const [name, picture] of Object.entries(pictures)) if (picture) await context.plot(name, picture)
}
