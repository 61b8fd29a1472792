/** A network far too large for its examples, and a dropout written out. */
import { rand, randn, type Tensor, where } from 'nabla'
import { ImageDataset, SampleRandom } from 'nabla/data'
import { Dropout, Flatten, type Layer, Linear, Module, ReLU, Sequential } from 'nabla/nn'

/**
 * Each element is 0 with probability p, else divided by 1 - p, so that the mean stays (Srivastava et al. 2014; "inverted", so that
 * nothing is to be done at evaluation).
 */
export const dropout = (x: Tensor, p: number): Tensor =>
  p === 0 ? x : p === 1 ? x.mul(0) : where(rand(x.shape).ge(p), x.div(1 - p), 0)

/** `dropout` as a layer. */
export class OwnDropout extends Module {
  constructor(readonly p: number) {
    super()
  }

  forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.p) : x
  }
}

/** Two hidden layers of 256, as in "Dive into Deep Learning" 4.6; the first drops less, being nearer to the input. */
export function network(drop: 'none' | 'scratch' | 'concise' = 'none', width = 256): Layer {
  const after = (p: number): Layer[] => ({ none: [], scratch: [new OwnDropout(p)], concise: [new Dropout(p)] })[drop]
  return new Sequential(
    new Flatten(),
    new Linear(784, width),
    new ReLU(),
    ...after(0.3),
    new Linear(width, width),
    new ReLU(),
    ...after(0.6),
    new Linear(width, 10),
  )
}

/** Normal noise on every input. */
export const noisy =
  (deviation: number) =>
  (x: Tensor): Tensor =>
    x.add(randn(x.shape).mul(deviation))

/** The same images, a share of whose labels is drawn at random: what can only be learnt by heart. */
export function mislabelled(set: ImageDataset, share: number, seed: number): ImageDataset {
  const random = new SampleRandom(seed, 0, 5)
  const { name, images, shape, classes, mean, std } = set
  const labels = set.labels.map((label) => (random.uniform() < share ? random.integer(classes.length) : label))
  return new ImageDataset({ name, images, labels, shape, classes, mean, std })
}
