/** What the labs on small grey images share: their options and data, and a run that only measures. */
import type { Tensor } from 'nabla'
import { DataLoader, imageSet, type ImageDataset } from 'nabla/data'
import type { Layer } from 'nabla/nn'
import { type StepOptimizer, Trainer, type TrainerOptions } from 'nabla/train'
import type { LabContext } from '../lab.js'
import { type Batch, classify, measures } from '../training/evaluate.js'

/** Which images, how many, how often. */
export const imageOptions = {
  data: { kind: 'choice', help: 'clothes or digits', values: ['fashion-mnist', 'mnist'], default: 'fashion-mnist' },
  epochs: { kind: 'number', help: 'times through the training data', whole: true, atLeast: 1, default: 10 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 256 },
  trainSize: { kind: 'number', help: 'use only so many training images', whole: true, atLeast: 1, default: 60_000 },
  testSize: { kind: 'number', help: 'use only so many test images', whole: true, atLeast: 1, default: 10_000 },
} as const

/** Training and test images, pixels in 0..1 or with mean 0 and deviation 1. */
export async function images(
  { report }: Pick<LabContext<unknown>, 'report'>,
  options: { readonly data: string; readonly trainSize: number; readonly testSize: number },
  normalize = false,
): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const how = { normalize, ...(report === undefined ? {} : { report }) }
  const train = (await imageSet(options.data, 'train', how)).take(options.trainSize)
  const test = (await imageSet(options.data, 'test', how)).take(options.testSize)
  return { train, test }
}

/** What is asked of a run besides model, optimizer and data. */
export interface Fitting {
  /** As metrics and messages have it. */
  readonly name: string
  readonly model: Layer
  readonly optimizer: StepOptimizer
  readonly train: ImageDataset
  readonly test: ImageDataset
  readonly epochs: number
  readonly batchSize: number
  readonly seed: number
  /** More of a Trainer's settings. */
  readonly more?: Partial<TrainerOptions<Batch>>
  /** What training batches go through first: noise. */
  readonly before?: (images: Tensor) => Tensor
}

/** A row for every epoch. */
export interface Curve {
  readonly epochs: number[]
  readonly trainLoss: number[]
  readonly trainAccuracy: number[]
  readonly testLoss: number[]
  readonly testAccuracy: number[]
}

/** Trains a classifier, measures it after every epoch, and says so to the context. */
export async function fit(fitting: Fitting, context: LabContext<unknown>): Promise<Curve> {
  const { name, model, optimizer, train, test, epochs, batchSize, seed, more, before = (x) => x } = fitting
  const curve: Curve = { epochs: [], trainLoss: [], trainAccuracy: [], testLoss: [], testAccuracy: [] }
  const trainer = new Trainer<Batch>({
    model,
    optimizer,
    train: new DataLoader(train, { batchSize, shuffle: true, dropLast: train.length >= batchSize, seed }),
    step: ([images, labels]) => {
      const { loss, figures } = classify(model, [before(images), labels])
      return { loss, ...(figures && { figures }) }
    },
    ...measures(model, test),
    epochs,
    callbacks: [
      {
        onStep: ({ step, steps = step }) => context.doing(name, step, steps),
        onEpoch: ({ epoch, train, evaluation }) => {
          curve.epochs.push(epoch)
          curve.trainLoss.push(train.loss!)
          curve.trainAccuracy.push(train.accuracy!)
          curve.testLoss.push(evaluation?.loss ?? Number.NaN)
          curve.testAccuracy.push(evaluation?.accuracy ?? Number.NaN)
          context.metrics({
            kind: 'epoch',
            run: name,
            epoch,
            train_loss: train.loss!,
            train_accuracy: train.accuracy!,
            test_loss: evaluation?.loss ?? Number.NaN,
            test_accuracy: evaluation?.accuracy ?? Number.NaN,
          })
        },
      },
    ],
    ...more,
  })
  await trainer.fit({ signal: context.signal })
  return curve
}
