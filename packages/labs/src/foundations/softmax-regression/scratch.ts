/** Softmax regression on bare tensors: forward, loss, gradient and update written out. */
import { compile, noGrad, randn, type Tensor, tensor, where, zeros } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import type { LabContext } from '../../lab.js'
import { fallAtEnd } from '../../training/classifier.js'

/** e^z over its sum: overflows for z above 88, where float32 ends. */
export function naiveSoftmax(z: Tensor): Tensor {
  const powers = z.exp()
  return powers.div(powers.sum(1, { keepdim: true }))
}

/** The same numbers: e^(z - max) has the same ratios, and no power is above 1. */
export const softmax = (z: Tensor): Tensor => naiveSoftmax(z.sub(z.amax(1, { keepdim: true })))

/** Cross entropy from logits z [N, C] and classes as rows of 0 and 1 [N, C]: log-sum-exp minus the right one's logit; no logarithm of 0. */
export function crossEntropy(z: Tensor, truth: Tensor): Tensor {
  const most = z.amax(1, { keepdim: true })
  const logSum = z.sub(most).exp().sum(1, { keepdim: true }).log().add(most) // [N, 1]
  return logSum.sub(z.mul(truth).sum(1, { keepdim: true })).mean()
}

/** What was learnt: W [D, C], b [C], and how well after each epoch. */
export interface Learnt {
  readonly w: Tensor
  readonly b: Tensor
  readonly losses: readonly number[]
  readonly accuracy: () => Promise<number>
  readonly accuracies: readonly number[]
}

export interface Settings {
  readonly epochs: number
  readonly batchSize: number
  readonly lr: number
}

/** Mini-batch descent, the rate falling at the end; the derivative of the loss by the logits is softmax(z) - truth. */
export async function fromScratch(
  train: ImageDataset,
  test: ImageDataset,
  { epochs, batchSize, lr }: Settings,
  context: LabContext<unknown>,
): Promise<Learnt> {
  const classes = train.classes.length
  const inputs = train.shape.reduce((a, b) => a * b, 1)
  const w = noGrad(() => randn([inputs, classes]).mul(0.01)).realize()
  const b = zeros([classes])
  const logits = (images: Tensor): Tensor => images.flatten(1).matmul(w).add(b) // [N, C]
  const step = compile((images: Tensor, labels: Tensor, rate: Tensor) => {
    const x = images.flatten(1) // [N, D]
    const z = logits(images)
    const truth = labels.oneHot(classes).float()
    const dz = softmax(z).sub(truth).div(x.size(0)) // [N, C]
    const loss = crossEntropy(z, truth)
    w.sub_(x.t().matmul(dz).mul(rate))
    b.sub_(dz.sum(0).mul(rate))
    return loss
  })
  const right = compile((images: Tensor, labels: Tensor) => where(logits(images).argmax(1).eq(labels), 1, 0).sum())
  const accuracy = async (): Promise<number> => {
    let count = 0
    for await (const [images, labels] of new DataLoader(test, { batchSize: 500 })) count += await right(images, labels).item()
    return count / test.length
  }
  const loader = new DataLoader(train, { batchSize, shuffle: true, dropLast: train.length >= batchSize, seed: context.seed })
  const [losses, accuracies]: number[][] = [[], []]
  const steps = epochs * loader.length!
  let done = 0
  for (let epoch = 0; epoch < epochs && !context.signal.aborted; epoch++) {
    const pending: Tensor[] = [] // read after the epoch, so that the device never waits
    for await (const [images, labels] of loader.batches(epoch)) {
      if (context.signal.aborted) break
      pending.push(step(images, labels, tensor(lr * fallAtEnd(done / steps))))
      if (++done % 20 === 0) {
        await pending.at(-1)!.data()
        context.doing('from scratch', done, steps)
      }
    }
    let sum = 0
    for (const loss of pending) sum += await loss.item()
    losses!.push(sum / pending.length)
    accuracies!.push(await accuracy())
    context.metrics({
      kind: 'epoch',
      run: 'scratch',
      epoch: epoch + 1,
      train_loss: losses!.at(-1)!,
      test_accuracy: accuracies!.at(-1)!,
    })
  }
  return { w, b, losses: losses!, accuracies: accuracies!, accuracy }
}
