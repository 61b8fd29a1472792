/** The same two nets written three times: what each level does for you, and that all of them compute the same. */
import { compile, noGrad, type Tensor } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import { functional as F, type Layer } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import type { LabContext, LabResult } from '../../lab.js'
import {
  convNet,
  convWeights,
  type Sizes,
  sequentialConv,
  sequentialTwoLayer,
  ThreeLayerConvNet,
  TwoLayerNet,
  twoLayer,
  twoLayerWeights,
} from './nets.js'

/** A net to be trained for one run over the data. */
interface Entry {
  readonly net: string
  readonly level: string
  /** As it stands in the table. */
  readonly rule: string
  scores(images: Tensor): Tensor
  /** Moves the weights against their gradients, and forgets these. */
  update(): void
}

type Learner = Pick<Entry, 'rule' | 'scores' | 'update'>

/** w -= lr dw, written out. */
function byHand(scores: (images: Tensor, weights: readonly Tensor[]) => Tensor, weights: readonly Tensor[], lr: number): Learner {
  return {
    rule: `w -= ${lr} dw`,
    scores: (images) => scores(images, weights),
    update: () =>
      noGrad(() => {
        for (const w of weights) {
          w.sub_(w.grad!.mul(lr))
          w.grad = null
        }
      }),
  }
}

function byOptimizer(model: Layer, lr: number, nesterov: boolean): Learner {
  const optimizer = new SGD(model.parameters(), { lr, momentum: nesterov ? 0.9 : 0, nesterov })
  return {
    rule: nesterov ? `SGD ${lr}, Nesterov 0.9` : `SGD ${lr}`,
    scores: (images) => model.forward(images),
    update: () => {
      optimizer.step()
      optimizer.zeroGrad()
    },
  }
}

/**
 * Both nets with all levels, and the largest difference of their first scores from the same first weights. Bare tensors and modules learn from those;
 * the last level leaves the first weights to the layers, as one does.
 */
async function entriesOf(sizes: Sizes, images: Tensor): Promise<{ entries: Entry[]; difference: number }> {
  const nets = [
    {
      net: 'two layers',
      scores: twoLayer,
      weights: twoLayerWeights(sizes),
      module: new TwoLayerNet(sizes),
      sequential: () => sequentialTwoLayer(sizes),
      lr: { bare: 1e-2, module: 1e-2, sequential: 1e-2 },
    },
    {
      net: 'three layers, convolutional',
      scores: convNet,
      weights: convWeights(sizes),
      module: new ThreeLayerConvNet(sizes),
      sequential: () => sequentialConv(sizes),
      lr: { bare: 3e-3, module: 3e-3, sequential: 1e-2 },
    },
  ] as const
  const entries: Entry[] = []
  let difference = 0
  for (const { net, scores, weights, module, sequential, lr } of nets) {
    const same = [module, sequential()]
    for (const model of same)
      noGrad(() => {
        model.parameters().forEach((parameter, i) => parameter.copy_(weights[i]!))
      })
    const expected = noGrad(() => scores(images, weights))
    for (const model of same)
      difference = Math.max(difference, await noGrad(() => model.forward(images).sub(expected).abs().max()).item())
    entries.push(
      { net, level: 'bare tensors', ...byHand(scores, weights, lr.bare) },
      { net, level: 'Module', ...byOptimizer(module, lr.module, false) },
      { net, level: 'Sequential', ...byOptimizer(sequential(), lr.sequential, true) },
    )
  }
  return { entries, difference }
}

/** Steps between two points of a loss curve. */
const every = 10

interface Settings {
  readonly sizes: Sizes
  readonly epochs: number
  readonly batchSize: number
}

type Listener = Pick<LabContext<unknown>, 'seed' | 'signal' | 'doing' | 'log' | 'plot' | 'table'>

/** Trains all six. */
export async function compareLevels(
  train: ImageDataset,
  test: ImageDataset,
  { sizes, epochs, batchSize }: Settings,
  context: Listener,
): Promise<LabResult> {
  const { signal, seed } = context
  const loader = new DataLoader(train, { batchSize, shuffle: true, dropLast: true, seed })
  const [images] = train.batch(Uint32Array.from({ length: Math.min(8, train.length) }, (_, i) => i))
  const { entries, difference } = await entriesOf(sizes, images)
  const done: { entry: Entry; accuracy: number; seconds: number; losses: number[] }[] = []
  for (const entry of entries) {
    const start = performance.now()
    const losses = await learn(entry, loader, epochs, context)
    if (signal.aborted) break
    const accuracy = await accuracyOf(entry, test)
    const seconds = (performance.now() - start) / 1000
    done.push({ entry, accuracy, seconds, losses })
    context.log(`${entry.net}, ${entry.level}: test accuracy ${accuracy.toFixed(4)} in ${seconds.toFixed(1)} s`)
  }
  await context.table('levels', {
    columns: ['net', 'level', 'update', 'test accuracy', 'seconds'],
    rows: done.map(({ entry, accuracy, seconds }) => [entry.net, entry.level, entry.rule, accuracy, seconds]),
  })
  await context.plot('loss', {
    kind: 'lines',
    title: 'Two nets, three levels: cross-entropy',
    x: 'step',
    y: 'cross-entropy, smoothed',
    series: done.map(({ entry, losses }) => ({
      name: entry.level,
      panel: entry.net,
      x: losses.map((_, i) => (i + 1) * every),
      y: smooth(losses),
    })),
  })
  const summary = done.map(({ entry, accuracy }) => [nameOf(entry), accuracy] as const)
  return {
    stopped: signal.aborted,
    summary: { epochs, batch_size: batchSize, largest_difference_of_levels: difference, ...Object.fromEntries(summary) },
  }
}

/** `two_layers_bare`, `conv_module`, ... */
const nameOf = ({ net, level }: Entry): string =>
  `${net.startsWith('two') ? 'two_layers' : 'conv'}_${level.split(' ')[0]!.toLowerCase()}`

/** Running mean with a memory of about ten values. */
function smooth(values: readonly number[]): number[] {
  let mean = values[0] ?? 0
  return values.map((value) => {
    mean += 0.1 * (value - mean)
    return mean
  })
}

async function learn(
  entry: Entry,
  loader: DataLoader<ImageDataset, [images: Tensor, labels: Tensor]>,
  epochs: number,
  { signal, doing }: Listener,
): Promise<number[]> {
  const step = compile((images: Tensor, labels: Tensor) => {
    const loss = F.crossEntropy(entry.scores(images), labels)
    loss.backward()
    entry.update()
    return loss
  })
  const losses: number[] = []
  const steps = epochs * loader.length
  let count = 0
  for (let epoch = 0; epoch < epochs; epoch++)
    for await (const [images, labels] of loader.batches(epoch)) {
      const loss = step(images, labels)
      if (++count % every !== 0) continue
      losses.push(await loss.item())
      doing(`${entry.net}, ${entry.level}`, count, steps)
      if (signal.aborted) return losses
    }
  return losses
}

/** Share of the images whose highest score is their class. */
async function accuracyOf({ scores }: Entry, set: ImageDataset): Promise<number> {
  const hits = compile((images: Tensor, labels: Tensor) => noGrad(() => scores(images).argmax(1).eq(labels).sum()))
  let right = 0
  for await (const [images, labels] of new DataLoader(set, { batchSize: 500 })) right += await hits(images, labels).item()
  return right / set.length
}
