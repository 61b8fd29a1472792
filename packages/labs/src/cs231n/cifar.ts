/**
 * The images of the assignments, as the assignments cut them: training images from the front of CIFAR-10's, validation from 49,000 on, test from the front of the
 * test images. `shapes` stands in where nothing may be fetched: circles, squares and triangles, made up as they are asked for.
 */
import { cifar10, ImageDataset, type Raster, type Report, rasterOf, shapes } from 'nabla/data'

/** The choice that every lab of this chapter has. */
export const dataOption = {
  kind: 'choice',
  help: 'photographs, or made-up shapes that need no download',
  values: ['cifar10', 'shapes'],
  default: 'cifar10',
} as const

export interface Parts {
  readonly train: ImageDataset
  readonly validation: ImageDataset
  readonly test: ImageDataset
}

/** How many images of each part. */
export type Counts = { readonly [P in keyof Parts]: number }

/** Where the validation images of the assignments begin. */
const held = 49_000

export async function assignmentParts(
  data: 'cifar10' | 'shapes',
  counts: Counts,
  report: Report | false | undefined,
): Promise<Parts> {
  if (data === 'shapes') {
    const all = shapeImages(counts.train + counts.validation + counts.test)
    return {
      train: part(all, 0, counts.train),
      validation: part(all, counts.train, counts.validation),
      test: part(all, counts.train + counts.validation, counts.test),
    }
  }
  const how = report === undefined ? {} : { report }
  const train = await cifar10('train', how)
  return {
    train: part(train, 0, Math.min(counts.train, held)),
    validation: part(train, held, counts.validation),
    test: part(await cifar10('test', how), 0, counts.test),
  }
}

/** `count` images from number `from` on, or as many as there are. Shares the pixels. */
export function part(set: ImageDataset, from: number, count: number): ImageDataset {
  const { name, shape, classes } = set
  const size = shape.reduce((a, b) => a * b, 1)
  const to = Math.min(from + count, set.length)
  return new ImageDataset({
    name,
    shape,
    classes,
    images: set.images.subarray(from * size, to * size),
    labels: set.labels.subarray(from, to),
  })
}

/** One shape a picture; its kind is the class. */
function shapeImages(count: number): ImageDataset {
  const set = shapes({ length: count, size: 32, objects: [1, 1], noise: 0.1, seed: 231 })
  const size = 3 * 32 * 32
  const images = new Uint8Array(count * size)
  const labels = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const sample = set.get(i)
    images.set(sample.image.data, i * size)
    labels[i] = sample.labels[0]!
  }
  return new ImageDataset({ name: 'shapes', images, labels, shape: [3, 32, 32], classes: set.classes })
}

/** Image `index` of a set, to be drawn. */
export function rasterAt(set: ImageDataset, index: number): Raster {
  const size = set.images.length / set.length
  return rasterOf(set.images.subarray(index * size, (index + 1) * size), set.shape)
}
