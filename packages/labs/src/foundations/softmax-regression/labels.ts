/** Several right answers at once: two garments side by side, and which kinds are there. */
import { type Tensor, tensor } from 'nabla'
import { DataLoader, type ImageDataset, permutation, type Raster, TensorDataset } from 'nabla/data'
import { functional as F, Linear } from 'nabla/nn'
import { Adam } from 'nabla/optim'
import { Trainer } from 'nabla/train'
import type { LabContext } from '../../lab.js'

/** Pairs of images, [N, 2 * H * W] in 0..1, and the kinds in each as rows of 0 and 1. */
export interface Pairs {
  readonly pixels: Float32Array
  readonly truth: Float32Array
  readonly count: number
}

/** As many pairs as half the images, partners drawn at random. */
export function pairs(set: ImageDataset, seed: number): Pairs {
  const [, h, w] = set.shape as [number, number, number]
  const [size, classes, count] = [h * w, set.classes.length, set.length >> 1]
  const order = permutation(set.length, seed)
  const pixels = new Float32Array(count * 2 * size)
  const truth = new Float32Array(count * classes)
  for (let i = 0; i < count; i++)
    for (const side of [0, 1]) {
      const from = order[2 * i + side]!
      truth[i * classes + set.labels[from]!] = 1
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) pixels[(2 * i * h + 2 * y) * w + side * w + x] = set.images[from * size + y * w + x]! / 255
    }
  return { pixels, truth, count }
}

export const rasterOfPair = ({ pixels }: Pairs, i: number, h: number, w: number): Raster<Float32Array> => ({
  data: pixels.subarray(i * 2 * h * w, (i + 1) * 2 * h * w),
  channels: 1,
  height: h,
  width: 2 * w,
})

/** How well the kinds are found. */
export interface MultiLabel {
  /** Share of pairs whose kinds are all found, and no other. */
  readonly exact: number
  /** Harmonic mean of precision and recall over all answers together. */
  readonly f1: number
  /** Probability of every kind for every test pair. */
  readonly probabilities: Float32Array
}

/** One sigmoid for each kind instead of a softmax over all: the answers do not compete. */
export async function multiLabel(
  train: Pairs,
  test: Pairs,
  { epochs, batchSize, classes }: { readonly epochs: number; readonly batchSize: number; readonly classes: number },
  context: LabContext<unknown>,
): Promise<MultiLabel> {
  const inputs = train.pixels.length / train.count
  const tensors = ({ pixels, truth, count }: Pairs): [Tensor, Tensor] => [
    tensor(pixels, { shape: [count, inputs] }),
    tensor(truth, { shape: [count, classes] }),
  ]
  const model = new Linear(inputs, classes)
  const trainer = new Trainer<Tensor[]>({
    model,
    optimizer: new Adam(model.parameters(), { lr: 0.002 }),
    step: ([x, y]) => F.binaryCrossEntropyWithLogits(model.forward(x!), y!),
    train: new DataLoader(new TensorDataset(...tensors(train)), { batchSize, shuffle: true, seed: context.seed }),
    epochs,
    callbacks: [{ onStep: ({ step, steps = step }) => context.doing('several labels', step, steps) }],
  })
  await trainer.fit({ signal: context.signal })
  const probabilities = (await model.forward(tensors(test)[0]).detach().sigmoid().data()) as Float32Array
  let [exact, hits, said, there] = [0, 0, 0, 0]
  for (let i = 0; i < test.count; i++) {
    let same = true
    for (let c = i * classes; c < (i + 1) * classes; c++) {
      const [yes, is] = [probabilities[c]! > 0.5, test.truth[c] === 1]
      same &&= yes === is
      hits += Number(yes && is)
      said += Number(yes)
      there += Number(is)
    }
    exact += Number(same)
  }
  return { exact: exact / test.count, f1: (2 * hits) / (said + there), probabilities }
}
