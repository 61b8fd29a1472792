/** The lab `convnet`: convolution by its definition, as a product, and by the engine; a small network, and what its filters see. CS231n, assignment 2. */
import type { WeightsPicture } from '@nabla/pictures'
import { randint, randn, type Tensor } from 'nabla'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { dataOption } from '../cifar.js'
import {
  asImages,
  checkLayer,
  type Checked,
  checkNetwork,
  checkTable,
  curvesOf,
  finalOf,
  firstOf,
  fit,
  readyImages,
  type Ready,
  worst,
} from '../nets.js'
import {
  convBackwardIm2col,
  convBackwardNaive,
  convForwardIm2col,
  convForwardNaive,
  maxPoolBackwardFast,
  maxPoolForwardFast,
  ThreeLayerConvNet,
} from '../scratch/index.js'
import { compareForms } from './forms.js'
import { handMade } from './hand-made.js'
import { notes } from './notes.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 20, default: 49_000 },
  validationSize: { kind: 'number', help: 'validation images', whole: true, atLeast: 1, default: 1000 },
  timed: { kind: 'number', help: 'images to compare the forms of convolution with', whole: true, atLeast: 1, default: 100 },
  overfitSize: { kind: 'number', help: 'images to learn by heart', whole: true, atLeast: 10, default: 100 },
  overfitEpochs: { kind: 'number', help: 'times through them', whole: true, atLeast: 1, default: 15 },
  filters: { kind: 'number', help: 'filters of the network', whole: true, atLeast: 1, default: 32 },
  filterSize: { kind: 'number', help: 'their rows and columns, odd', whole: true, atLeast: 1, default: 7 },
  hidden: { kind: 'number', help: 'units of the hidden affine layer', whole: true, atLeast: 1, default: 500 },
  epochs: { kind: 'number', help: 'times through the training images', whole: true, atLeast: 1, default: 1 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 50 },
} as const

type Context = LabContext<OptionValues<typeof options>>

export const convnet: Lab<typeof options> = {
  id: 'convnet',
  title: 'Convolution from scratch',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: {
      data: 'shapes',
      trainSize: 40,
      validationSize: 20,
      timed: 1,
      overfitSize: 20,
      overfitEpochs: 1,
      filters: 4,
      filterSize: 3,
      hidden: 8,
      batchSize: 20,
    },
    quick: { trainSize: 10_000, epochs: 2 },
    full: {},
  },
  targets: [
    { metric: 'im2col_over_naive', atLeast: 100, source: 'CS231n assignment 2, ConvolutionalNetworks: the fast layers' },
    {
      metric: 'overfit_train_accuracy',
      atLeast: 0.9,
      source: 'CS231n assignment 2, ConvolutionalNetworks: 100 images are overfitted',
    },
    { metric: 'train_accuracy', atLeast: 0.4, source: 'CS231n assignment 2, ConvolutionalNetworks: one epoch' },
    { metric: 'gradient_error', atMost: 1e-6, source: 'CS231n assignment 2, ConvolutionalNetworks' },
  ],

  async run(context) {
    const { options, signal } = context
    const images = await readyImages(context, { train: options.trainSize, validation: options.validationSize, test: 0 })
    if (signal.aborted) return { stopped: true, summary: {} }
    const checked = await checks()
    await context.table('gradients', checkTable(checked))
    const forms = await compareForms(context)
    await context.plot('hand-made', await handMade(images))
    const summary = { gradient_error: worst(checked), ...forms }
    if (signal.aborted) return { stopped: true, summary }

    const heart = await fit(context, `${options.overfitSize} images`, network(context, images, 0), {
      train: asImages(firstOf(images.train, options.overfitSize), images.shape),
      validation: asImages(images.validation, images.shape),
      updateRule: 'adam',
      config: { learningRate: 1e-3 },
      batchSize: 50,
      numEpochs: options.overfitEpochs,
    })
    await context.plot('overfit', curvesOf(`${options.overfitSize} images by heart`, [heart]))
    const overfit = { ...summary, overfit_train_accuracy: finalOf(heart).train, overfit_validation_accuracy: heart.best }
    if (signal.aborted) return { stopped: true, summary: overfit }

    const net = network(context, images, 1e-3)
    await context.plot('filters-before', await filters('First filters: noise', net))
    const trial = await fit(context, 'network', net, {
      train: asImages(images.train, images.shape),
      validation: asImages(images.validation, images.shape),
      updateRule: 'adam',
      config: { learningRate: 1e-3 },
      batchSize: options.batchSize,
      numEpochs: options.epochs,
    })
    await context.plot('curves', curvesOf(`Three layers, ${images.train.length.toLocaleString('en')} images`, [trial]))
    await context.plot('filters', await filters('Learnt filters: edges and colours', net))
    return {
      stopped: signal.aborted,
      summary: { ...overfit, train_accuracy: finalOf(trial).train, validation_accuracy: trial.best },
    }
  },
}

function network({ options }: Context, { shape, classes }: Ready, reg: number): ThreeLayerConvNet {
  return new ThreeLayerConvNet({
    inputDim: shape as unknown as [number, number, number],
    numFilters: options.filters,
    filterSize: options.filterSize | 1,
    hiddenDim: options.hidden,
    numClasses: classes.length,
    weightScale: 'kaiming',
    reg,
  })
}

async function filters(title: string, { params }: ThreeLayerConvNet): Promise<WeightsPicture> {
  return { kind: 'weights', title, values: (await params.W1!.data()).slice(), shape: params.W1!.shape, columns: 8 }
}

/** The gradients of every layer and of a small network against differences. */
async function checks(): Promise<Checked[]> {
  const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' }).realize()
  const inputs = { x: random(1, 2, 4, 4), w: random(2, 2, 2, 2), b: random(2) }
  const how = { stride: 2, pad: 1 }
  const dout = random(1, 2, 3, 3)
  const named = ({ dx, dw, db }: { dx: Tensor; dw: Tensor; db: Tensor }) => ({ x: dx, w: dw, b: db })
  const naive = convBackwardNaive(dout, convForwardNaive(inputs.x, inputs.w, inputs.b, how)[1])
  const fast = convBackwardIm2col(dout, convForwardIm2col(inputs.x, inputs.w, inputs.b, how)[1])
  const pool = { poolHeight: 2, poolWidth: 2, stride: 2 }
  const up = random(1, 2, 2, 2)
  const pooled = { x: maxPoolBackwardFast(up, maxPoolForwardFast(inputs.x, pool)[1]) }
  const small = { inputDim: [1, 4, 4], numFilters: 2, filterSize: 3, hiddenDim: 3, numClasses: 3, weightScale: 0.5 } as const
  const net = new ThreeLayerConvNet({ ...small, dtype: 'float64', reg: 0.3 })
  const labels = randint(0, 3, [2], { dtype: 'int32' }).realize()
  return [
    ...(await checkLayer('convolution by loops', inputs, ({ x, w, b }) => convForwardNaive(x!, w!, b!, how)[0], named(naive), {
      dout,
      compiled: false,
    })),
    ...(await checkLayer('convolution by im2col', inputs, ({ x, w, b }) => convForwardIm2col(x!, w!, b!, how)[0], named(fast), {
      dout,
    })),
    ...(await checkLayer('max pool', { x: inputs.x }, ({ x }) => maxPoolForwardFast(x!, pool)[0], pooled, { dout: up })),
    ...(await checkNetwork('three-layer network', net, random(2, 1, 4, 4), labels)),
  ]
}
