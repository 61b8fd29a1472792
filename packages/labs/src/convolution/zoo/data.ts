/** Images for the labs of one network: read once, changed at random on the host, resized on the device. */
import { eye, noGrad, type Tensor } from 'nabla'
import { type ImageDataset, imageSet, imageSetEntry, type MapStyleDataset } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import { compose, type PictureTransform, randomCrop, randomErasing, randomHorizontalFlip } from 'nabla/transforms'
import type { LabContext } from '../../lab.js'
import type { ZooValues } from './options.js'

/** What a network has to take and to give. */
export interface ZooInput {
  readonly inChannels: number
  readonly numClasses: number
  /** Height and width of the images as the network sees them. */
  readonly size: number
}

/** By the options alone: nothing is read. */
export function inputOf({ data, size }: Pick<ZooValues, 'data' | 'size'>): ZooInput {
  const { shape, classes } = imageSetEntry(data)
  return { inChannels: shape[0], numClasses: classes.length, size: size ?? shape[1] }
}

/** Training and test images as they are stored. */
export async function zooImages(
  options: Pick<ZooValues, 'data' | 'inputs' | 'trainSize' | 'testSize'>,
  { report }: Pick<LabContext<unknown>, 'report'>,
): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const how = { normalize: options.inputs === 'normalized', ...(report === undefined ? {} : { report }) }
  const train = (await imageSet(options.data, 'train', how)).take(options.trainSize)
  const test = (await imageSet(options.data, 'test', how)).take(options.testSize)
  return { train, test }
}

/**
 * Training images, each changed at random whenever it is drawn. What moves in from outside is black, what is erased is as the mean pixel.
 * They are changed as they are stored, before they are resized: that costs least.
 */
export function augmented(train: ImageDataset, augment: ZooValues['augment']): MapStyleDataset {
  const side = train.shape[1]!
  const fill = train.mean.map((mean, channel) => -mean / train.std[channel]!)
  const moved = randomCrop(side, { padding: Math.round(side / 7), fill })
  const steps: Readonly<Record<ZooValues['augment'], readonly PictureTransform[]>> = {
    none: [],
    flip: [randomHorizontalFlip()],
    crop: [moved],
    'crop-flip': [moved, randomHorizontalFlip()],
    erasing: [moved, randomHorizontalFlip(), randomErasing({ scale: [0.02, 0.2] })],
  }
  return steps[augment].length ? train.map(compose(...steps[augment])) : train
}

/** Resizes images [N, C, H, W] to a square. */
export type Resize = (images: Tensor) => Tensor

/**
 * A function that resizes images of shape [C, H, W] to `size` x `size`, bilinear, smoothed first where they shrink. Each side is one product
 * with a matrix of shares, which is made here: in a compiled step that costs little beside a network, and the images stay small in memory
 * (60,000 of 224 x 224 bytes would be 3 GB).
 */
export function resizer([, height, width]: readonly number[], size: number): Resize {
  if (height === size && width === size) return (images) => images
  const down = shares(height!, size) // [size, H]
  const across = shares(width!, size).t().contiguous().realize() // [W, size]
  return (images) => down.matmul(images.matmul(across)) // [N, C, H, size], [N, C, size, size]
}

/** How much of each of `from` pixels each of `to` pixels has: what becomes of pixels that are 1 one by one. */
const shares = (from: number, to: number): Tensor =>
  noGrad(() => {
    const each = eye(from).reshape([1, 1, from, from])
    const how = { size: [to, from] as [number, number], mode: 'bilinear', antialias: to < from } as const
    return F.interpolate(each, how).reshape([to, from]).realize()
  })
