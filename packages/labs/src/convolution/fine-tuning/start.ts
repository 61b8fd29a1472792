/** Where fine-tuning begins: a network of which all but the classifier knows something already. */
import { CifarResNet, ResNet } from '@nabla/models'
import type { Tensor } from 'nabla'
import { dataFiles, ImageDataset } from 'nabla/data'
import { loadTorch } from 'nabla/io'
import { functional as F, type Layer, type Linear, type StateDict } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { fit } from '../../foundations/images.js'
import type { LabContext } from '../../lab.js'
import { schedules } from '../zoo/training.js'

/** An architecture, and the weights that it has learnt. */
export interface Start {
  /** With fresh weights, for so many classes. */
  build(numClasses: number): Layer
  /** Path of the classifier: names of its weights begin with it. */
  readonly head: string
  /** What was learnt; the classifier's weights are of no use to others. */
  readonly weights: Readonly<StateDict>
  /** How good it is at what it has learnt; null where it was not measured. */
  readonly accuracy: number | null
}

/** The weights of a start in a network of its kind; the classifier keeps its own. */
export function begun(start: Start, numClasses: number): Layer {
  const model = start.build(numClasses)
  const own = model.stateDict()
  const inHead = (name: string): boolean => name.startsWith(`${start.head}.`)
  const known = Object.entries(start.weights).filter(([name]) => !inHead(name))
  const fresh = Object.entries(own).filter(([name]) => inHead(name))
  model.loadStateDict(Object.fromEntries([...known, ...fresh]))
  return model
}

/** The classifier of a network. */
export const headOf = (model: Layer, { head }: Start): Linear => model.getSubmodule(head) as Linear

/** Images of some classes, which are numbered anew in the order of `classes`. */
export function ofClasses(set: ImageDataset, classes: readonly number[]): ImageDataset {
  const size = set.shape.reduce((a, b) => a * b, 1)
  const rows = [...set.labels.keys()].filter((i) => classes.includes(set.labels[i]!))
  return new ImageDataset({
    name: set.name,
    images: pixelsOf(set, rows, size),
    labels: Uint8Array.from(rows, (i) => classes.indexOf(set.labels[i]!)),
    shape: set.shape,
    classes: classes.map((k) => set.classes[k]!),
    mean: set.mean,
    std: set.std,
  })
}

/** These images of a set, in this order. */
export function imagesAt(set: ImageDataset, rows: readonly number[]): ImageDataset {
  const size = set.shape.reduce((a, b) => a * b, 1)
  const { name, shape, classes, mean, std } = set
  const labels = Uint8Array.from(rows, (i) => set.labels[i]!)
  return new ImageDataset({ name, shape, classes, mean, std, images: pixelsOf(set, rows, size), labels })
}

function pixelsOf({ images }: ImageDataset, rows: readonly number[], size: number): Uint8Array {
  const pixels = new Uint8Array(rows.length * size)
  rows.forEach((row, i) => pixels.set(images.subarray(row * size, (row + 1) * size), i * size))
  return pixels
}

/** A residual network of four blocks, trained on these images. */
export async function ownStart(
  sets: { readonly train: ImageDataset; readonly test: ImageDataset },
  { width, epochs }: { readonly width: number; readonly epochs: number },
  context: LabContext<unknown>,
): Promise<Start> {
  const { train, test } = sets
  const build = (numClasses: number): Layer =>
    new ResNet('basic', [1, 1, 1, 1], { numClasses, inChannels: train.shape[0]!, width, stem: 'small' })
  const model = build(train.classes.length)
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 })
  const batchSize = Math.min(128, train.length)
  const curve = await fit(
    {
      name: 'before',
      model,
      optimizer,
      train,
      test,
      epochs,
      batchSize,
      seed: context.seed,
      more: { schedule: schedules['one-cycle'] },
    },
    context,
  )
  return { build, head: 'fc', weights: model.stateDict(), accuracy: curve.testAccuracy.at(-1) ?? null }
}

/** ResNet-20 as Y. Idelbayev has published it for CIFAR-10. It sees grey images of 28 x 28 in three channels, with a margin. */
export async function publishedStart({ report }: Pick<LabContext<unknown>, 'report'>): Promise<Start> {
  const files = await dataFiles('resnet20-cifar10', report === undefined ? {} : { report })
  const [bytes] = [...files.values()]
  const weights = await loadTorch(bytes!, { at: 'state_dict', strip: 'module.' })
  return { build: (numClasses) => new Colourful({ layers: 20, numClasses }), head: 'linear', weights, accuracy: null }
}

/** A network for colour images of 32 x 32 that is given grey ones of 28 x 28. */
class Colourful extends CifarResNet {
  override forward(x: Tensor): Tensor {
    const [n, channels, height, width] = x.shape as readonly [number, number, number, number]
    const coloured = channels === 3 ? x : x.expand(n, 3, height, width)
    return super.forward(height === 28 ? F.pad(coloured, [2, 2, 2, 2]) : coloured)
  }
}
