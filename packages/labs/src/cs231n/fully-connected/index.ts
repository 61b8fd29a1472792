/** The lab `fully-connected`: modular layers, any depth, trained by the Solver. CS231n, assignment 2. */
import type { WeightsPicture } from '@nabla/pictures'
import { randint, randn, tensor } from 'nabla'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { dataOption } from '../cifar.js'
import { checkNetwork, checkTable, curvesOf, finalOf, firstOf, fit, readyImages, type Ready, type Trial, worst } from '../nets.js'
import { FullyConnectedNet } from '../scratch/index.js'
import { notes } from './notes.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 100, default: 49_000 },
  validationSize: { kind: 'number', help: 'validation images', whole: true, atLeast: 1, default: 1000 },
  testSize: { kind: 'number', help: 'test images', whole: true, atLeast: 1, default: 1000 },
  layers: { kind: 'number', help: 'affine layers of the network', whole: true, atLeast: 2, default: 4 },
  units: {
    kind: 'number',
    help: 'units of its first hidden layer; each further one has half',
    whole: true,
    atLeast: 4,
    default: 512,
  },
  normalization: {
    kind: 'choice',
    help: 'between affine and ReLU',
    values: ['batchnorm', 'layernorm', 'none'],
    default: 'batchnorm',
  },
  keep: { kind: 'number', help: 'probability that dropout keeps a unit', above: 0, default: 0.7 },
  reg: { kind: 'number', help: 'strength of the penalty on weights', atLeast: 0, default: 1e-4 },
  lr: { kind: 'number', help: "Adam's rate, which falls by a tenth after every epoch", above: 0, default: 1e-3 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 200 },
  epochs: { kind: 'number', help: 'times through the training images', whole: true, atLeast: 1, default: 10 },
  overfitEpochs: { kind: 'number', help: 'times through 50 images', whole: true, atLeast: 1, default: 20 },
} as const

type Context = LabContext<OptionValues<typeof options>>

export const fullyConnected: Lab<typeof options> = {
  id: 'fully-connected',
  title: 'Fully connected networks of any depth',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: {
      data: 'shapes',
      trainSize: 100,
      validationSize: 50,
      testSize: 50,
      layers: 3,
      units: 16,
      batchSize: 50,
      epochs: 1,
      overfitEpochs: 2,
    },
    quick: {},
    full: { units: 1024, epochs: 20 },
  },
  targets: [
    { metric: 'overfit_3_layers', atLeast: 1, source: 'CS231n assignment 2, FullyConnectedNets: 50 images within 20 epochs' },
    { metric: 'overfit_5_layers', atLeast: 1, source: 'CS231n assignment 2, FullyConnectedNets: 50 images within 20 epochs' },
    { metric: 'validation_accuracy', atLeast: 0.5, source: 'CS231n assignment 2, FullyConnectedNets' },
  ],

  async run(context) {
    const { options, signal } = context
    const images = await readyImages(context, {
      train: options.trainSize,
      validation: options.validationSize,
      test: options.testSize,
    })
    if (signal.aborted) return { stopped: true, summary: {} }
    const checked = await checkNetworks()
    await context.table('gradients', checkTable(checked))
    const three = await overfit(context, images, 3)
    const five = await overfit(context, images, 5)
    await context.plot('overfit', curvesOf('50 images by heart: can the network learn at all?', [three, five]))
    const summary = {
      gradient_error: worst(checked),
      overfit_3_layers: finalOf(three).train,
      overfit_5_layers: finalOf(five).train,
    }
    if (signal.aborted) return { stopped: true, summary }

    const { net, trial } = await train(context, images)
    await context.plot(
      'curves',
      curvesOf(`${options.layers} layers, ${images.train.length.toLocaleString('en')} images`, [trial]),
    )
    await context.plot('first-layer', await firstLayer(net, images.shape))
    const test = await trial.solver.accuracy(images.test)
    return {
      stopped: signal.aborted,
      summary: { ...summary, train_accuracy: finalOf(trial).train, validation_accuracy: trial.best, test_accuracy: test },
    }
  },
}

/** Hand-written gradients of small networks of each kind against differences. */
async function checkNetworks() {
  const x = randn([3, 6], { dtype: 'float64' }).realize()
  const y = randint(0, 4, [3], { dtype: 'int32' }).realize()
  const small = { inputDim: 6, hiddenDims: [5, 4], numClasses: 4, weightScale: 0.4, dtype: 'float64' } as const
  const plain = await checkNetwork('affine - ReLU', new FullyConnectedNet(small), x, y)
  const penalised = await checkNetwork('the same with a penalty', new FullyConnectedNet({ ...small, reg: 3 }), x, y)
  return [...plain, ...penalised]
}

/** A network that cannot learn 50 images by heart has an error in it. */
function overfit(context: Context, { train, inputDim, classes }: Ready, layers: number): Promise<Trial> {
  const net = new FullyConnectedNet({
    inputDim,
    hiddenDims: Array.from({ length: layers - 1 }, () => 100),
    numClasses: classes.length,
    weightScale: 'kaiming',
  })
  return fit(context, `${layers} layers`, net, {
    train: firstOf(train, 50),
    updateRule: 'sgd',
    config: { learningRate: layers === 3 ? 5e-2 : 3e-2 },
    batchSize: 25,
    numEpochs: context.options.overfitEpochs,
  })
}

async function train(context: Context, { train, validation, inputDim, classes }: Ready) {
  const { layers, units, normalization, keep, reg, lr, batchSize, epochs } = context.options
  const net = new FullyConnectedNet({
    inputDim,
    hiddenDims: Array.from({ length: layers - 1 }, (_, i) => Math.max(2, units >> i)),
    numClasses: classes.length,
    normalization: normalization === 'none' ? undefined : normalization,
    keep: Math.min(keep, 1),
    reg,
    weightScale: 'kaiming',
  })
  const trial = await fit(context, 'network', net, {
    train,
    validation,
    updateRule: 'adam',
    config: { learningRate: lr },
    lrDecay: 0.9,
    batchSize,
    numEpochs: epochs,
  })
  return { net, trial }
}

/** The weights of the first 40 units as pictures. */
async function firstLayer(net: FullyConnectedNet, shape: readonly number[]): Promise<WeightsPicture> {
  const w = net.params
    .W1!.t()
    .narrow(0, 0, Math.min(40, net.params.W1!.shape[1]!))
    .reshape([-1, ...shape]) // [40, C, H, W]
  return {
    kind: 'weights',
    title: 'What units of the first layer look for',
    values: await tensor(w).data(),
    shape: w.shape,
    columns: 10,
  }
}
