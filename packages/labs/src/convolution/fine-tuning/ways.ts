/** Three ways to learn from few examples: from scratch, on frozen features, and with everything fine-tuned. */
import { compile, manualSeed, noGrad, type Tensor } from 'nabla'
import { DataLoader, type ImageDataset, SampleRandom } from 'nabla/data'
import { functional as F, type Layer, Linear } from 'nabla/nn'
import { Adam, SGD } from 'nabla/optim'
import type { StepOptimizer } from 'nabla/train'
import type { LabContext } from '../../lab.js'
import { type Batch, evaluator } from '../../training/evaluate.js'
import { schedules } from '../zoo/training.js'
import { begun, headOf, type Start } from './start.js'

export type Way = 'scratch' | 'frozen' | 'tuned'

export interface Task {
  readonly few: ImageDataset
  readonly test: ImageDataset
  readonly steps: number
  /** Learning rate of what has to be learnt anew. */
  readonly lr: number
  /** What is left of it for weights that know something already. */
  readonly gently: number
  readonly seed: number
}

/** Examples in a step; drawn with replacement, so that few are enough. */
const batchSize = 32

/** Learns in one of the ways and gives the accuracy on the test images. */
export async function learn(way: Way, start: Start, task: Task, context: LabContext<unknown>): Promise<number> {
  const { few, test, lr, gently, seed } = task
  const classes = few.classes.length
  manualSeed(seed)
  if (way === 'frozen') return probe(begun(start, classes), start, task, context)
  const model = way === 'scratch' ? start.build(classes) : begun(start, classes)
  const head = headOf(model, start).parameters()
  const body = model.parameters().filter((p) => !head.includes(p))
  const common = { momentum: 0.9, weightDecay: 5e-4 }
  const optimizer = new SGD(
    [
      { params: head, lr },
      { params: body, lr: way === 'scratch' ? lr : lr * gently },
    ],
    { lr, ...common },
  )
  const step = compile(([images, labels]: Batch) => stepOf(optimizer, F.crossEntropy(model.forward(images), labels)))
  model.train()
  await repeat(way, optimizer, task, context, (i) => step(drawn(few, seed, i)))
  if (context.signal.aborted) return Number.NaN
  return (await evaluator(model, test)()).accuracy
}

function stepOf(optimizer: StepOptimizer, loss: Tensor): Tensor {
  optimizer.zeroGrad()
  loss.backward()
  optimizer.step()
  return loss.detach()
}

/** Steps with the learning rates falling along a cosine. */
async function repeat(
  name: string,
  optimizer: StepOptimizer,
  { steps, few }: Task,
  { doing, signal }: LabContext<unknown>,
  step: (i: number) => Tensor,
): Promise<void> {
  const rates = optimizer.paramGroups.map(({ lr }) => lr)
  for (let i = 0; i < steps && !signal.aborted; i++) {
    optimizer.paramGroups.forEach((group, k) => {
      group.lr = rates[k]! * schedules.cosine(i / steps)
    })
    const loss = step(i)
    if (i % 8 !== 7 && i + 1 < steps) continue
    await loss.data()
    doing(`${name}, ${few.length} examples`, i + 1, steps)
  }
}

/** A batch of examples for step `i`. */
function drawn(few: ImageDataset, seed: number, i: number): Batch {
  const random = new SampleRandom(seed, 0, i)
  return few.batch(Uint32Array.from({ length: batchSize }, () => random.integer(few.length)))
}

/** A linear classifier on features that do not change: they are computed once. */
async function probe(model: Layer, start: Start, task: Task, context: LabContext<unknown>): Promise<number> {
  const { few, test, steps } = task
  model.eval()
  const features = compile((images: Tensor) => noGrad(() => featuresOf(model, start, images)))
  const all = async (set: ImageDataset): Promise<Batch[]> => {
    const batches: Batch[] = []
    for await (const [images, labels] of new DataLoader(set, { batchSize: 250 }))
      batches.push([features(images).detach().clone().realize(), labels])
    return batches
  }
  const [own, asked] = [await all(few), await all(test)]
  const head = new Linear(own[0]![0].size(1), few.classes.length)
  const optimizer = new Adam(head.parameters(), { lr: 0.01, weightDecay: 1e-4 })
  const step = compile(() => {
    const losses = own.map(([x, labels]) => F.crossEntropy(head.forward(x), labels, { reduction: 'sum' }))
    return stepOf(optimizer, losses.reduce((a, b) => a.add(b)).div(few.length))
  })
  await repeat('frozen', optimizer, task, context, () => step())
  if (context.signal.aborted || steps === 0) return Number.NaN
  let right = 0
  for (const [x, labels] of asked) right += await noGrad(() => head.forward(x).argmax(1).eq(labels).float().sum()).item()
  return right / test.length
}

/** What the classifier is given. */
export function featuresOf(model: Layer, start: Start, images: Tensor): Tensor {
  let given: Tensor | undefined
  const handle = headOf(model, start).registerForwardPreHook((_, [input]) => {
    given = input
  })
  try {
    model.forward(images)
  } finally {
    handle.remove()
  }
  return given!
}
