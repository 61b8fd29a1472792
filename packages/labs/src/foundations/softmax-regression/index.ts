/** The lab `softmax-regression`: which of ten kinds, by one layer. */
import { grad, noGrad, randn, tensor } from 'nabla'
import type { ImageDataset } from 'nabla/data'
import { Flatten, functional as F, Linear, Sequential } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import type { Lab, LabContext, LabResult } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { fallAtEnd, trainClassifier } from '../../training/classifier.js'
import { imageOptions, images } from '../images.js'
import { multiLabel, pairs, rasterOfPair } from './labels.js'
import { notes } from './notes.js'
import { crossEntropy, fromScratch, naiveSoftmax, softmax } from './scratch.js'

const options = {
  ...imageOptions,
  lr: { kind: 'number', help: 'learning rate', above: 0, default: 0.1 },
} as const

type Context = LabContext<OptionValues<typeof options>>

export const softmaxRegression: Lab<typeof options> = {
  id: 'softmax-regression',
  title: 'Softmax regression: ten kinds of clothes by one layer',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { epochs: 1, trainSize: 600, testSize: 200, batchSize: 50 },
    quick: {},
    full: { epochs: 30 },
  },
  targets: [
    { metric: 'test_accuracy', atLeast: 0.83, source: 'Dive into Deep Learning 3.7: Fashion-MNIST, one layer' },
    { metric: 'scratch_accuracy', atLeast: 0.83, source: 'Dive into Deep Learning 3.6: the same from scratch' },
  ],

  async run(context) {
    const { options, seed, signal } = context
    const stable = await stability(context)
    const { train, test } = await images(context, options)
    const learnt = await fromScratch(train, test, options, context)
    context.log(`from scratch: test accuracy ${learnt.accuracies.at(-1)?.toFixed(4) ?? 'not measured'}`)
    const own = { ...stable, scratch_accuracy: learnt.accuracies.at(-1) ?? null }
    if (signal.aborted) return { stopped: true, summary: own }
    await context.plot('templates', {
      kind: 'weights',
      title: 'What each output looks for: its weights, light for more, dark for less',
      values: await learnt.w.t().data(),
      shape: [test.classes.length, 1, ...test.shape.slice(1)],
      columns: 5,
    })
    await mistakes(test, learnt, context)

    const model = new Sequential(new Flatten(), new Linear(784, 10))
    const optimizer = new SGD(model.parameters(), { lr: options.lr })
    const { epochs, batchSize, lr } = options
    const title = `Softmax regression on ${options.data}`
    const concise = await trainClassifier(
      { title, model, optimizer, train, test, epochs, batchSize, lr, seed, schedule: fallAtEnd },
      context,
    )
    if (concise.stopped) return { stopped: true, summary: { ...concise.summary, ...own } }
    return { stopped: signal.aborted, summary: { ...concise.summary, ...own, ...(await several(train, test, context)) } }
  },
}

/** Both softmaxes on larger and larger logits; the gradient written out against autograd's. */
async function stability(context: Context): Promise<LabResult['summary']> {
  const rows: (string | number | null)[][] = []
  for (const size of [1, 10, 80, 100, 1000]) {
    const z = tensor([[size, 0, -size]])
    const truth = tensor([[0, 0, 1]])
    const log = naiveSoftmax(z).log().mul(truth).sum().neg()
    const [naive, stable] = [await log.item(), await crossEntropy(z, truth).item()]
    rows.push([size, shown(naive), stable, 2 * size])
  }
  await context.table('stability', {
    columns: ['logits s, 0, -s with s', 'log of softmax, as it stands', 'from logits', '2 s'],
    rows,
  })
  const z = noGrad(() => randn([8, 10]).mul(3))
    .realize()
    .requiresGrad_()
  const labels = tensor([3, 1, 4, 1, 5, 9, 2, 6], { dtype: 'int32' })
  const truth = labels.oneHot(10).float()
  const auto = grad(F.crossEntropy(z, labels), z)[0]!
  const own = softmax(z.detach()).sub(truth).div(8)
  return { gradient_error: await own.sub(auto).abs().max().item() }
}

const shown = (value: number): number | string =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? 'not a number' : 'infinite'

/** The first test images, with what they are taken for. */
async function mistakes(test: ImageDataset, { w, b }: Awaited<ReturnType<typeof fromScratch>>, context: Context): Promise<void> {
  const count = Math.min(36, test.length)
  const [batch] = test.batch(Uint32Array.from({ length: count }, (_, i) => i))
  const probabilities = softmax(batch.flatten(1).matmul(w).add(b))
  const [said, sure] = [await probabilities.argmax(1).data(), await probabilities.amax(1).data()]
  await context.plot('predictions', {
    kind: 'images',
    title: 'Test images, what they are taken for and how surely',
    columns: 9,
    images: Array.from({ length: count }, (_, i) => ({
      image: test.get(i)[0],
      caption: `${test.classes[said[i]!]} ${(100 * sure[i]!).toFixed(0)}\u00a0%`,
      border: said[i] === test.labels[i] ? 'right' : 'wrong',
    })),
  })
}

/** Two garments in one image. */
async function several(train: ImageDataset, test: ImageDataset, context: Context): Promise<LabResult['summary']> {
  const { epochs, batchSize } = context.options
  const classes = train.classes.length
  const [own, unseen] = [pairs(train, context.seed), pairs(test, context.seed)]
  const found = await multiLabel(own, unseen, { epochs, batchSize, classes }, context)
  const [, h, w] = test.shape as [number, number, number]
  await context.plot('several-labels', {
    kind: 'images',
    title: 'Two garments, one sigmoid a kind: every kind that is thought likelier than not',
    columns: 6,
    images: Array.from({ length: Math.min(18, unseen.count) }, (_, i) => {
      const kinds = test.classes.map((name, c) => ({
        name,
        p: found.probabilities[i * classes + c]!,
        is: unseen.truth[i * classes + c] === 1,
      }))
      return {
        image: rasterOfPair(unseen, i, h, w),
        caption:
          kinds
            .filter(({ p }) => p > 0.5)
            .map(({ name }) => name)
            .join(', ') || 'nothing',
        border: kinds.every(({ p, is }) => p > 0.5 === is) ? 'right' : 'wrong',
      }
    }),
  })
  context.log(`two garments: all kinds right in ${(100 * found.exact).toFixed(1)} % of the pairs, F1 ${found.f1.toFixed(3)}`)
  return { multi_label_exact: found.exact, multi_label_f1: found.f1 }
}
