/** The lab `batchnorm-lenet`: LeNet with batch normalisation, by hand and by the layer, against LeNet without. */
import { grad, manualSeed } from 'nabla'
import type { ImageDataset } from 'nabla/data'
import { Conv2d, functional as F, type Layer, Linear } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { type Curve, fit } from '../../foundations/images.js'
import type { LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { zooLab } from '../zoo/lab.js'
import type { ZooValues } from '../zoo/options.js'
import { againstLayer } from './check.js'
import { lenetWith, type Norm } from './network.js'
import { notes } from './notes.js'

const own = {
  norm: {
    kind: 'choice',
    help: 'batch normalisation by the layer, written by hand, or none',
    values: ['layer', 'by-hand', 'none'],
    default: 'layer',
  },
  activation: { kind: 'choice', help: 'after each sum', values: ['sigmoid', 'relu'], default: 'sigmoid' },
  compareEpochs: { kind: 'number', help: 'epochs with and without', whole: true, atLeast: 1, default: 3 },
  rates: { kind: 'numbers', help: 'learning rates to try for one epoch each', above: 0, default: [0.1, 0.5, 2, 5] },
} as const

type Values = ZooValues & OptionValues<typeof own>
type Context = LabContext<Values>

interface Images {
  readonly train: ImageDataset
  readonly test: ImageDataset
}

const names: Readonly<Record<Norm, string>> = { none: 'without', layer: 'by the layer', 'by-hand': 'by hand' }

export const batchnormLenet = zooLab({
  id: 'batchnorm-lenet',
  title: 'LeNet with batch normalisation, by hand and by the layer',
  notes,
  options: own,
  defaults: { optimizer: 'sgd', lr: 1, batchSize: 256, epochs: 10, schedule: 'fall' },
  presets: {
    smoke: { epochs: 1, compareEpochs: 1, trainSize: 128, testSize: 50, batchSize: 64, rates: [1] },
    quick: { epochs: 6 },
    full: { schedule: 'constant', inputs: 'plain', compareEpochs: 10, rates: [0.03, 0.1, 0.3, 1, 3, 10] },
  },
  targets: [
    { metric: 'test_accuracy', atLeast: 0.86, when: { norm: 'layer' }, source: 'Dive into Deep Learning 8.5' },
    { metric: 'gain', atLeast: 0.01, source: 'notes 004, day 21: learns faster (test accuracies after as many epochs)' },
    { metric: 'by_hand_difference', atMost: 1e-9, source: 'the same formula' },
  ],
  build: ({ norm, activation }, { inChannels, size, numClasses }) =>
    lenetWith(norm, activation, { channels: inChannels, size, classes: numClasses }),

  async after({ train, test }, context) {
    const { seed, signal, table, log } = context as Context
    const images = { train, test }
    const check = await againstLayer(seed)
    await table('by-hand', check.table)
    log(`by hand and by the layer differ by ${check.worst.toExponential(1)} at most`)
    const gradients = await gradientsByDepth(images, context as Context)
    const { curves, gain } = await compared(images, context as Context)
    const best = signal.aborted ? {} : await overRates(images, context as Context)
    return {
      by_hand_difference: check.worst,
      ...gradients,
      ...curves,
      gain,
      ...best,
    }
  },
})

const network = (norm: Norm, { train }: Images, { options, seed }: Context): Layer => {
  manualSeed(seed) // the same first weights with and without
  const [channels, size] = train.shape as readonly [number, number]
  return lenetWith(norm, options.activation, { channels, size, classes: train.classes.length })
}

function learn(norm: Norm, name: string, lr: number, epochs: number, images: Images, context: Context): Promise<Curve> {
  const model = network(norm, images, context)
  const { batchSize } = context.options
  return fit(
    { name, model, optimizer: new SGD(model.parameters(), { lr }), ...images, epochs, batchSize, seed: context.seed },
    context,
  )
}

/** How large the gradients are at the first weights, layer by layer: below, where the image comes in, little is left without. */
async function gradientsByDepth(images: Images, context: Context): Promise<Record<string, number>> {
  const rows = Uint32Array.from({ length: Math.min(256, images.train.length) }, (_, i) => i)
  const [x, y] = images.train.batch(rows)
  const found: Partial<Record<Norm, number[]>> = {}
  for (const norm of ['none', 'layer'] as const) {
    const model = network(norm, images, context)
    const weights = model
      .modules()
      .filter((part): part is Conv2d | Linear => part instanceof Conv2d || part instanceof Linear)
      .map((part) => part.weight)
    const gradients = grad(F.crossEntropy(model.forward(x), y), weights)
    found[norm] = await Promise.all(gradients.map(async (g) => Number(await g.square().mean().sqrt().item())))
  }
  const layers = [1, 2, 3, 4, 5]
  await context.plot('gradients', {
    kind: 'lines',
    title: 'Gradients of the weights at the start (root of the mean square), layer by layer from the image on',
    x: { label: 'layer', range: [1, 5] },
    y: { label: 'gradient', log: true },
    series: [
      { name: names.none, x: layers, y: found.none!, dots: true },
      { name: names.layer, x: layers, y: found.layer!, dots: true },
    ],
  })
  const share = (values: readonly number[]): number => values[0]! / values.at(-1)!
  return { first_to_last_without: share(found.none!), first_to_last_with: share(found.layer!) }
}

/** The same run without, with the layer, and by hand. */
async function compared(images: Images, context: Context): Promise<{ curves: Record<string, number>; gain: number | null }> {
  const { compareEpochs, lr = 1 } = context.options
  const runs: { norm: Norm; curve: Curve }[] = []
  for (const norm of ['none', 'layer', 'by-hand'] as const) {
    const curve = await learn(norm, names[norm], lr, compareEpochs, images, context)
    if (context.signal.aborted) return { curves: {}, gain: null }
    runs.push({ norm, curve })
  }
  const lines = (panel: string, pick: (curve: Curve) => number[]) =>
    runs.map(({ norm, curve }) => ({ name: names[norm], panel, x: curve.epochs, y: pick(curve), dots: true }))
  await context.plot('with-and-without', {
    kind: 'lines',
    title: `LeNet with ${context.options.activation}, learning rate ${lr}`,
    x: 'epoch',
    y: '',
    height: 520,
    series: [
      ...lines('training loss', ({ trainLoss }) => trainLoss),
      ...lines('test accuracy', ({ testAccuracy }) => testAccuracy),
    ],
  })
  const last = (norm: Norm): number => runs.find((run) => run.norm === norm)!.curve.testAccuracy.at(-1)!
  return {
    curves: {
      accuracy_without: last('none'),
      accuracy_by_layer: last('layer'),
      accuracy_by_hand: last('by-hand'),
    },
    gain: last('layer') - last('none'),
  }
}

/** What one epoch gives at each learning rate. */
async function overRates(images: Images, context: Context): Promise<Record<string, number>> {
  const rates = [...context.options.rates].sort((a, b) => a - b)
  const found: Record<'none' | 'layer', number[]> = { none: [], layer: [] }
  for (const lr of rates)
    for (const norm of ['none', 'layer'] as const) {
      const { testAccuracy } = await learn(norm, `${names[norm]}, learning rate ${lr}`, lr, 1, images, context)
      if (context.signal.aborted) return {}
      found[norm].push(testAccuracy.at(-1)!)
    }
  await context.plot('rates', {
    kind: 'lines',
    title: 'Test accuracy after one epoch',
    x: { label: 'learning rate', log: true },
    y: { label: 'accuracy', range: [0, 1] },
    series: [
      { name: names.none, x: rates, y: found.none, dots: true },
      { name: names.layer, x: rates, y: found.layer, dots: true },
    ],
  })
  await context.table('rates', {
    columns: ['learning rate', names.none, names.layer],
    rows: rates.map((rate, i) => [rate, found.none[i]!, found.layer[i]!]),
  })
  return { best_rate_without: rates[top(found.none)]!, best_rate_with: rates[top(found.layer)]! }
}

const top = (values: readonly number[]): number => values.indexOf(Math.max(...values))
