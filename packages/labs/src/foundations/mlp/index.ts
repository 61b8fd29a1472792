/** The lab `mlp`: hidden layers, and their backward pass laid open. */
import { compile, type Tensor, tensor, where } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import { Flatten, Linear, ReLU, Sequential } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import type { Lab, LabContext, LabResult } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { fallAtEnd, trainClassifier } from '../../training/classifier.js'
import { imageOptions, images } from '../images.js'
import { crossEntropy, softmax } from '../softmax-regression/scratch.js'
import { digitNet, laidOpen } from './digits.js'
import { activations, backward, descend, firstWeights, forward } from './layers.js'
import { notes } from './notes.js'
import { xor } from './xor.js'

const options = {
  ...imageOptions,
  hidden: { kind: 'number', help: 'hidden neurons', whole: true, atLeast: 1, default: 256 },
  lr: { kind: 'number', help: 'learning rate', above: 0, default: 0.1 },
  momentum: { kind: 'number', help: 'of the concise form', atLeast: 0, below: 1, default: 0.9 },
  scratchEpochs: { kind: 'number', help: 'epochs of the form from scratch', whole: true, atLeast: 1, default: 10 },
  digitEpochs: { kind: 'number', help: 'epochs of the digit net', whole: true, atLeast: 1, default: 5 },
  xorSteps: { kind: 'number', help: 'steps for XOR', whole: true, atLeast: 1, default: 1000 },
} as const

type Context = LabContext<OptionValues<typeof options>>

export const mlp: Lab<typeof options> = {
  id: 'mlp',
  title: 'Multilayer perceptrons, with the backward pass laid open',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: {
      epochs: 1,
      scratchEpochs: 1,
      digitEpochs: 1,
      trainSize: 512,
      testSize: 200,
      batchSize: 64,
      hidden: 32,
      xorSteps: 200,
    },
    quick: {},
    full: { epochs: 20, digitEpochs: 30 },
  },
  targets: [
    { metric: 'test_accuracy', atLeast: 0.87, source: 'Dive into Deep Learning 4.2 and 4.3: Fashion-MNIST, one hidden layer' },
    { metric: 'scratch_accuracy', atLeast: 0.87, source: 'Dive into Deep Learning 4.2: the same from scratch' },
    { metric: 'derivative_error', atMost: 1e-4, source: 'every derivative written out is that of autograd' },
    { metric: 'xor_accuracy', atLeast: 1, source: 'a hidden layer parts XOR' },
  ],

  async run(context) {
    const { options, seed, signal } = context
    const parted = await xor(options.xorSteps, signal)
    await context.plot('xor', parted.picture)
    const own: Record<string, number | string | null> = { xor_accuracy: parted.accuracy, xor_line_accuracy: parted.lineAccuracy }
    Object.assign(own, await digits(context))
    if (signal.aborted) return { stopped: true, summary: own }

    const { train, test } = await images(context, options, true)
    own.scratch_accuracy = await fromScratch(train, test, context)
    if (signal.aborted) return { stopped: true, summary: own }
    const model = new Sequential(new Flatten(), new Linear(784, options.hidden), new ReLU(), new Linear(options.hidden, 10))
    const { epochs, batchSize, momentum } = options
    const lr = options.lr * (1 - momentum)
    const optimizer = new SGD(model.parameters(), { lr, momentum })
    const title = `A hidden layer of ${options.hidden} on ${options.data}`
    const concise = await trainClassifier(
      { title, model, optimizer, train, test, epochs, batchSize, lr, seed, schedule: fallAtEnd },
      context,
    )
    return { stopped: concise.stopped, summary: { ...concise.summary, ...own } }
  },
}

/** The digit net before and after it has learnt, with all its derivatives. */
async function digits(context: Context): Promise<LabResult['summary']> {
  const { trainSize, testSize, digitEpochs } = context.options
  const { train, test } = await images(context, { data: 'mnist', trainSize, testSize })
  const { layers, accuracies } = await digitNet(train, test, { epochs: digitEpochs, lr: 0.5, seed: context.seed }, context)
  const [batch, labels] = train.batch(Uint32Array.from({ length: 32 }, (_, i) => i))
  const first = await laidOpen(batch, labels, firstWeights([784, 16, 16, 10], 1))
  const open = await laidOpen(batch, labels, layers)
  await context.table('derivatives', open.table)
  const names = ['dW1', 'dW2', 'dW3']
  await context.plot('gradient-norms', {
    kind: 'bars',
    title: 'How large the gradients of each layer are in the digit net',
    labels: names,
    y: 'norm',
    series: [
      { name: 'first weights', values: names.map((name) => first.norms[name]!) },
      { name: 'trained', values: names.map((name) => open.norms[name]!) },
    ],
  })
  await context.plot('strokes', {
    kind: 'weights',
    title: 'What the 16 neurons of the digit net’s first layer look for',
    values: await layers[0]!.w.t().data(),
    shape: [16, 1, 28, 28],
    columns: 8,
  })
  const accuracy = accuracies.at(-1) ?? null
  context.log(`digit net: test accuracy ${accuracy?.toFixed(4)}, derivatives within ${open.error.toExponential(1)} of autograd's`)
  return { digit_accuracy: accuracy, derivative_error: Math.max(first.error, open.error) }
}

/** One hidden layer on bare tensors. Gives its test accuracy. */
async function fromScratch(train: ImageDataset, test: ImageDataset, context: Context): Promise<number | null> {
  const { scratchEpochs, batchSize, hidden, lr } = context.options
  const layers = firstWeights([784, hidden, 10], Math.SQRT2) // ReLU lets half of the variance pass
  const functions = [activations.relu, activations.none]
  const step = compile((images: Tensor, labels: Tensor, rate: Tensor) => {
    const truth = labels.oneHot(10).float()
    const pass = forward(images.flatten(1), layers, functions)
    const logits = pass.a.at(-1)!
    const loss = crossEntropy(logits, truth)
    descend(layers, backward(softmax(logits).sub(truth).div(logits.size(0)), pass, layers, functions), rate)
    return loss
  })
  const right = compile((images: Tensor, labels: Tensor) =>
    where(forward(images.flatten(1), layers, functions).a.at(-1)!.argmax(1).eq(labels), 1, 0).sum(),
  )
  const loader = new DataLoader(train, { batchSize, shuffle: true, dropLast: train.length >= batchSize, seed: context.seed })
  const steps = scratchEpochs * loader.length!
  let done = 0
  for (let epoch = 0; epoch < scratchEpochs; epoch++)
    for await (const [images, labels] of loader.batches(epoch)) {
      const loss = step(images, labels, tensor(lr * fallAtEnd(done / steps)))
      if (++done % 20 !== 0) continue
      context.metrics({ kind: 'step', run: 'scratch', step: done, loss: await loss.item() })
      context.doing('from scratch', done, steps)
      if (context.signal.aborted) return null
    }
  let count = 0
  for await (const [images, labels] of new DataLoader(test, { batchSize: 500 })) count += await right(images, labels).item()
  context.log(`from scratch: test accuracy ${(count / test.length).toFixed(4)}`)
  return count / test.length
}
