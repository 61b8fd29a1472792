/** The lab `regularisation`: models larger than their data, and what keeps them from learning it by heart. */
import { manualSeed, noGrad, ones, type Tensor, where } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import type { Layer } from 'nabla/nn'
import { Adam, AdamW } from 'nabla/optim'
import type { TrainerOptions } from 'nabla/train'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { type Batch, evaluator } from '../../training/evaluate.js'
import { type Curve, fit, imageOptions, images } from '../images.js'
import { concise, examples, fromScratch } from './linear.js'
import { dropout, mislabelled, network, noisy } from './network.js'
import { notes } from './notes.js'

const options = {
  ...imageOptions,
  epochs: { ...imageOptions.epochs, default: 40 },
  batchSize: { ...imageOptions.batchSize, default: 50 },
  trainSize: { ...imageOptions.trainSize, default: 1000 },
  testSize: { ...imageOptions.testSize, default: 5000 },
  width: { kind: 'number', help: 'neurons in each of two hidden layers', whole: true, atLeast: 1, default: 256 },
  lr: { kind: 'number', help: "Adam's learning rate", above: 0, default: 0.001 },
  wrong: { kind: 'number', help: 'share of the training labels that is drawn at random', atLeast: 0, below: 1, default: 0.2 },
  weightDecay: { kind: 'number', help: "AdamW's weight decay for the images", atLeast: 0, default: 10 },
  noise: { kind: 'number', help: 'deviation of the noise on the images', atLeast: 0, default: 0.6 },
  patience: {
    kind: 'number',
    help: 'epochs without improvement until a run is stopped early',
    whole: true,
    atLeast: 0,
    default: 4,
  },
  ensemble: { kind: 'number', help: 'networks whose answers are averaged', whole: true, atLeast: 2, default: 5 },
  linearSteps: { kind: 'number', help: 'steps for the linear model', whole: true, atLeast: 2, default: 600 },
} as const

type Context = LabContext<OptionValues<typeof options>>
type Summary = Record<string, number | string | null>

export const regularisation: Lab<typeof options> = {
  id: 'regularisation',
  title: 'Regularisation: closing the gap',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { epochs: 1, trainSize: 100, testSize: 100, width: 16, ensemble: 2, linearSteps: 10 },
    quick: {},
    full: { epochs: 100, testSize: 10_000, ensemble: 10 },
  },
  targets: [
    { metric: 'linear_gap_closed', atLeast: 0.5, source: 'Dive into Deep Learning 4.5: weight decay closes the gap' },
    { metric: 'ensemble_gain', atLeast: 0, source: 'an ensemble is better than its members' },
  ],

  async run(context) {
    const summary: Summary = {}
    for (const part of [weightDecay, keptMean, clothes]) {
      if (context.signal.aborted) break
      Object.assign(summary, await part(context))
    }
    return { stopped: context.signal.aborted, summary }
  },
}

/** 20 examples of 200 inputs: no penalty, a penalty (twice), a bound. */
async function weightDecay(context: Context): Promise<Summary> {
  const { linearSteps: steps } = context.options
  const [train, test] = [examples(20, 200), examples(100, 200)]
  const settings = { steps, lr: 0.02 }
  const ways = {
    free: await fromScratch(train, test, settings, {}, context),
    'penalty of 3, from scratch': await fromScratch(train, test, settings, { lambda: 3 }, context),
    'penalty of 3, concise': await concise(train, test, settings, 3, context),
    'norm at most 0.03': await fromScratch(train, test, settings, { radius: 0.03 }, context),
  }
  const entries = Object.entries(ways)
  if (entries.some(([, way]) => way.test.length < steps)) return {}
  await context.table('weight-decay', {
    columns: ['linear model', 'training loss', 'test loss', 'gap', 'norm of w'],
    rows: entries.map(([name, { train, test, norm }]) => [
      name,
      train.at(-1)!,
      test.at(-1)!,
      test.at(-1)! - train.at(-1)!,
      norm.at(-1)!,
    ]),
  })
  await context.plot('weight-decay', {
    kind: 'lines',
    title: '200 weights, 20 examples: without a penalty the training loss falls and the test loss stays',
    x: 'step',
    y: { label: 'loss, 1e-6 or more', log: true },
    series: entries.flatMap(([panel, { train, test }]) => [
      { name: 'training', y: train.map((v) => Math.max(v, 1e-6)), panel },
      { name: 'test', y: test, panel },
    ]),
    height: 760,
  })
  const gap = ({ train, test }: (typeof ways)['free']): number => test.at(-1)! - train.at(-1)!
  const closed = 1 - gap(ways['penalty of 3, from scratch']) / gap(ways.free)
  context.log(`weight decay closes ${(100 * closed).toFixed(0)} % of the linear model's gap`)
  return {
    linear_gap_free: gap(ways.free),
    linear_gap_penalty: gap(ways['penalty of 3, from scratch']),
    linear_gap_bound: gap(ways['norm at most 0.03']),
    linear_gap_closed: closed,
  }
}

/** What dropout leaves of a tensor of ones: the mean, and the share of zeros. */
async function keptMean(context: Context): Promise<Summary> {
  const rows = []
  for (const p of [0, 0.3, 0.6, 1]) {
    const dropped = noGrad(() => dropout(ones([100, 1000]), p)).realize()
    rows.push([p, await dropped.eq(0).float().mean().item(), await dropped.mean().item(), await dropped.max().item()])
  }
  await context.table('dropout', { columns: ['p', 'share of zeros', 'mean (was 1)', 'what is kept becomes'], rows })
  return {}
}

/** How a network is held back. */
interface Method {
  readonly name: string
  readonly drop?: 'scratch' | 'concise'
  readonly decay?: boolean
  readonly noise?: boolean
  readonly more?: Partial<TrainerOptions<Batch>>
}

/** The same network for a thousand images, in each way. */
async function clothes(context: Context): Promise<Summary> {
  const { epochs, batchSize, lr, width, weightDecay, noise, patience, ensemble } = context.options
  const { seed } = context
  const { train: clean, test } = await images(context, context.options, true)
  const train = mislabelled(clean, context.options.wrong, seed)
  const methods: Method[] = [
    { name: 'free' },
    { name: 'weight decay', decay: true },
    { name: 'dropout, from scratch', drop: 'scratch' },
    { name: 'dropout, concise', drop: 'concise' },
    { name: 'noise', noise: true },
    { name: 'early stopping', more: { earlyStopping: { patience }, restoreBest: true, monitor: 'eval_loss' } },
  ]
  const results: { name: string; train: number; test: number; testLoss: number; epochs: number }[] = []
  const curves: { name: string; curve: Curve }[] = []
  const measured = async (model: Layer) => {
    const [own, unseen] = [await evaluator(model, train)(), await evaluator(model, test)()]
    return { train: own.accuracy, test: unseen.accuracy, testLoss: unseen.loss }
  }
  const trained = async (
    { name, drop, decay, noise: hiss, more }: Method,
    seed: number,
  ): Promise<{ model: Layer; curve: Curve }> => {
    manualSeed(seed)
    const model = network(drop, width)
    const optimizer = decay ? new AdamW(model.parameters(), { lr, weightDecay }) : new Adam(model.parameters(), { lr })
    const before = hiss ? { before: noisy(noise) } : {}
    const curve = await fit(
      { name, model, optimizer, train, test, epochs, batchSize, seed, ...before, ...(more && { more }) },
      context,
    )
    return { model, curve }
  }
  for (const method of methods) {
    const { model, curve } = await trained(method, seed)
    if (context.signal.aborted) break
    results.push({ name: method.name, ...(await measured(model)), epochs: curve.epochs.length })
    curves.push({ name: method.name, curve })
    const { train: a, test: b } = results.at(-1)!
    context.log(`${method.name}: training ${a.toFixed(3)}, test ${b.toFixed(3)}, gap ${(a - b).toFixed(3)}`)
  }
  const members: Layer[] = []
  for (let i = 0; i < ensemble && !context.signal.aborted; i++)
    members.push((await trained({ name: `member ${i + 1}`, drop: 'concise' }, seed + 100 + i)).model)
  if (context.signal.aborted) return {}
  const single = []
  for (const member of members) single.push((await measured(member)).test)
  const together = { train: await jointAccuracy(members, train), test: await jointAccuracy(members, test) }
  results.push({
    name: `${ensemble} with dropout`,
    train: together.train.accuracy,
    test: together.test.accuracy,
    testLoss: together.test.loss,
    epochs,
  })
  const mean = single.reduce((a, b) => a + b, 0) / ensemble
  context.log(`${ensemble} networks together ${together.test.accuracy.toFixed(3)}, one alone ${mean.toFixed(3)} on average`)

  await context.table('methods', {
    columns: ['method', 'training accuracy', 'test accuracy', 'gap', 'test loss', 'epochs'],
    rows: results.map(({ name, train, test, testLoss, epochs }) => [name, train, test, train - test, testLoss, epochs]),
  })
  await context.plot('gaps', {
    kind: 'bars',
    title: `Two hidden layers of ${width} for ${train.length} images, ${100 * context.options.wrong} % of them mislabelled`,
    labels: results.map(({ name }) => name),
    y: 'accuracy',
    series: [
      { name: 'training', values: results.map(({ train }) => train) },
      { name: 'test', values: results.map(({ test }) => test) },
    ],
  })
  await context.plot('test-loss', {
    kind: 'lines',
    title: 'Test loss while training: who is free is sure of errors in the end',
    x: 'epoch',
    y: 'cross entropy',
    series: curves.map(({ name, curve }) => ({ name, x: curve.epochs, y: curve.testLoss })),
  })
  const gap = (name: string): number => results.find((r) => r.name === name)!.train - results.find((r) => r.name === name)!.test
  return {
    gap_free: gap('free'),
    gap_weight_decay: gap('weight decay'),
    gap_dropout: gap('dropout, concise'),
    gap_noise: gap('noise'),
    gap_early_stopping: gap('early stopping'),
    test_accuracy_free: results[0]!.test,
    test_accuracy_ensemble: together.test.accuracy,
    ensemble_gain: together.test.accuracy - mean,
    test_loss_free: results[0]!.testLoss,
    test_loss_ensemble: together.test.loss,
  }
}

/** Accuracy and loss of the members' mean probabilities. */
async function jointAccuracy(members: readonly Layer[], set: ImageDataset): Promise<{ accuracy: number; loss: number }> {
  for (const member of members) member.eval()
  let [right, loss] = [0, 0]
  for await (const [images, labels] of new DataLoader(set, { batchSize: 500 })) {
    const mean = noGrad(() =>
      members
        .map((m): Tensor => m.forward(images).softmax(1))
        .reduce((a, b) => a.add(b))
        .div(members.length),
    )
    right += await where(mean.argmax(1).eq(labels), 1, 0).sum().item()
    loss -= await mean.gather(1, labels.unsqueeze(1)).log().sum().item()
  }
  return { accuracy: right / set.length, loss: loss / set.length }
}
