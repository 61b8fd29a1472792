/** What the shared settings make of a training run: optimizer, schedule, average of weights, loss. */
import type { Tensor } from 'nabla'
import { functional as F, type Layer } from 'nabla/nn'
import { Adam, AdamW, ExponentialMovingAverage, SGD } from 'nabla/optim'
import type { StepOptimizer, StepOutput } from 'nabla/train'
import { fallAtEnd } from '../../training/classifier.js'
import type { Batch, Classifier } from '../../training/evaluate.js'
import type { Resize } from './data.js'
import type { ZooValues } from './options.js'

/** Logits of a network while it learns, and how much their loss weighs: auxiliary classifiers are further ones. */
export interface Head {
  readonly logits: Tensor
  readonly weight: number
}

/** The learning rate where no other is asked for. */
export const usualRates: Readonly<Record<ZooValues['optimizer'], number>> = {
  sgd: 0.1,
  momentum: 0.05,
  adam: 0.001,
  adamw: 0.001,
}

/** Tensors that an optimizer keeps for each weight. */
export const optimizerTensors: Readonly<Record<ZooValues['optimizer'], number>> = { sgd: 0, momentum: 1, adam: 2, adamw: 2 }

export function optimizerOf(
  model: Layer,
  { optimizer, weightDecay }: Pick<ZooValues, 'optimizer' | 'weightDecay'>,
  lr: number,
): StepOptimizer {
  const weights = model.parameters()
  if (optimizer === 'adam') return new Adam(weights, { lr, weightDecay })
  if (optimizer === 'adamw') return new AdamW(weights, { lr, weightDecay })
  return new SGD(weights, { lr, weightDecay, momentum: optimizer === 'momentum' ? 0.9 : 0 })
}

const cosine = (done: number): number => (1 + Math.cos(Math.PI * done)) / 2
/** Share of a one-cycle run in which the rate rises. */
const rise = 0.25

/** Factor of the learning rate by the share of the run that is done. */
export const schedules: Readonly<Record<ZooValues['schedule'], (done: number) => number>> = {
  constant: () => 1,
  cosine,
  'one-cycle': (done) => (done < rise ? 0.04 + (0.96 * done) / rise : cosine((done - rise) / (1 - rise))),
  fall: fallAtEnd,
}

/** An average of weights and of what batch norms have counted; none where `ema` is 0. */
export const averageOf = (model: Layer, ema: number): ExponentialMovingAverage | undefined =>
  ema > 0 ? new ExponentialMovingAverage([...model.parameters(), ...model.buffers()], ema, { warmup: true }) : undefined

/** The loss of a training batch: of all heads, with smoothed labels. */
export const lossOf =
  (heads: (images: Tensor) => readonly Head[], resize: Resize, labelSmoothing: number) =>
  ([images, labels]: Batch): StepOutput => {
    const all = heads(resize(images))
    const losses = all.map(({ logits, weight }) => F.crossEntropy(logits, labels, { labelSmoothing }).mul(weight))
    const loss = losses.reduce((sum, one) => sum.add(one))
    return { loss, figures: { accuracy: all[0]!.logits.detach().argmax(1).eq(labels) } }
  }

/** A network on images as they are stored: it sees them resized, and with `flip` their mirror images too. */
export const looking = (model: Classifier, resize: Resize, flip: boolean): Classifier => ({
  forward(images) {
    const large = resize(images)
    const logits = model.forward(large)
    return flip ? logits.add(model.forward(large.flip(3))).div(2) : logits
  },
})
