/** What data sets of images of one size with a class each have in common. */
import { NablaError } from '../../core/errors.js'
import { ImageDataset } from '../dataset-images.js'
import type { FetchOptions } from '../fetch.js'
import type { ImageSetEntry, Split } from './entry.js'

/** How an image data set is fetched and scaled. */
export interface ImageSetOptions extends FetchOptions {
  /** Subtract the training pixels' mean and divide by their standard deviation (a channel's own, where there are several). Default false: pixels in 0..1. */
  normalize?: boolean
  /** Another mean than that, for pixels in 0..1: one number, or one a channel. */
  mean?: number | readonly number[]
  /** Another standard deviation. */
  std?: number | readonly number[]
}

/** The files of a split. Throws NablaError('argument') for one that there is not. */
export function checkSplit(entry: ImageSetEntry, split: Split): ImageSetEntry['splits'][Split] {
  if (split !== 'train' && split !== 'test')
    throw new NablaError('argument', `[${entry.name}] unknown split "${String(split)}": expected "train" or "test"`, { split })
  return entry.splits[split]
}

/** The data set of these pixels and classes. */
export function imagesOf(
  entry: ImageSetEntry,
  split: Split,
  images: Uint8Array,
  labels: Uint8Array,
  { normalize, mean, std }: ImageSetOptions,
): ImageDataset {
  const own = normalize ? { mean: entry.mean, std: entry.std } : {}
  return new ImageDataset({
    name: `${entry.name} ${split}`,
    images,
    labels,
    shape: entry.shape,
    classes: entry.classes,
    ...own,
    ...(mean !== undefined && { mean }),
    ...(std !== undefined && { std }),
  })
}
