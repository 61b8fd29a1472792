/** How good a classifier is on a data set: loss, accuracy, and what is taken for what. */
import type { Tensor } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import { ConfusionMatrix } from 'nabla/metrics'
import { type Layer, functional as F } from 'nabla/nn'
import * as train from 'nabla/train'

export interface Evaluation {
  readonly loss: number
  readonly accuracy: number
  /** Row-major [truth, prediction] counts. */
  readonly confusion: Uint32Array
}

/** Images in a batch of evaluation: large enough to keep the device busy, small enough to leave the event loop its turns. */
const batchSize = 500

/** Images and their classes. */
export type Batch = readonly [images: Tensor, labels: Tensor]

/** What gives logits for images: a network, or several looks of one. */
export type Classifier = Pick<Layer, 'forward'>

/** The loss of a batch, which of its images are named rightly, and what all are taken for. */
export function classify(model: Classifier, [images, labels]: Batch): train.StepOutput {
  const logits = model.forward(images) // [N, classes]
  const output = logits.detach().argmax(1)
  return { loss: F.crossEntropy(logits, labels), output, target: labels, figures: { accuracy: output.eq(labels) } }
}

/** What a Trainer is told to measure a classifier. */
export const measures = (model: Classifier, dataset: ImageDataset) =>
  ({
    evaluation: new DataLoader(dataset, { batchSize }),
    evaluateStep: (batch: Batch) => classify(model, batch),
    metrics: { confusion: new ConfusionMatrix(dataset.classes.length) },
  }) as const

/** What a Trainer has found, by name. */
export const evaluationOf = ({ figures, results }: train.Evaluation): Evaluation => ({
  loss: figures.loss!,
  accuracy: figures.accuracy!,
  confusion: Uint32Array.from((results.confusion as number[][]).flat()),
})

/** A function that measures `model` as it is when called: one compiled program, used again at every call. */
export function evaluator(model: Layer, dataset: ImageDataset): () => Promise<Evaluation> {
  const { evaluateStep, ...rest } = measures(model, dataset)
  const measure = train.evaluator<Batch>({ model, step: evaluateStep, ...rest })
  return async () => evaluationOf((await measure())!)
}
