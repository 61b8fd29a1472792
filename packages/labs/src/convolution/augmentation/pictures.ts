/** What transforms do, as grids of images. */
import type { GridImage, ImagesPicture } from '@nabla/pictures'
import { type ImageDataset, type Raster, rasterOf, SampleRandom, shapes } from 'nabla/data'
import { compose, type PictureTransform, randomAffine, randomHorizontalFlip, randomResizedCrop } from 'nabla/transforms'
import { mixing } from './methods.js'

/** Pictures in a row. */
const columns = 8

/** A row for each transform: the image as it is, and what the transform made of it. */
export function transformsPicture(
  title: string,
  image: Raster,
  transforms: Readonly<Record<string, PictureTransform>>,
  seed: number,
): ImagesPicture {
  const images = Object.entries(transforms).flatMap(([name, transform], row) => [
    { image, caption: name },
    ...Array.from({ length: columns - 1 }, (_, i) => ({ image: transform(image, new SampleRandom(seed, row, i)) })),
  ])
  return { kind: 'images', title: `${title}; left: as it was`, columns, images }
}

/** Images as they are, then mixed in pairs in both ways, with their labels. */
export function mixturesPicture(title: string, set: ImageDataset, seed: number): ImagesPicture {
  const [size, count] = [set.shape.reduce((a, b) => a * b, 1), 6]
  const rasters = Array.from({ length: count }, (_, i) => rasterOf(set.images.subarray(i * size, (i + 1) * size), set.shape))
  const labels = Array.from(set.labels.subarray(0, count))
  const plain = rasters.map((image, i): GridImage => ({ image, caption: set.classes[labels[i]!]! }))
  // Shares near one half, so that both images are seen.
  const mixed = Object.values(mixing(set.classes.length, 8)).flatMap((mix, row) => {
    const [images, shares] = mix([rasters, labels], new SampleRandom(seed, 0, row))
    return images.map((image, i): GridImage => {
      const parts = [...shares[i]!.entries()].filter(([, share]) => share > 0)
      return { image, caption: parts.map(([k, share]) => `${set.classes[k]} ${Math.round(100 * share)} %`).join(', ') }
    })
  })
  return { kind: 'images', title, columns: count, images: [...plain, ...mixed] }
}

/** Boxes and masks go along with their pixels. */
export function boxesPicture(title: string, seed: number): ImagesPicture {
  const set = shapes({ length: 4, size: 64, objects: [2, 3], seed })
  const move = compose(
    randomHorizontalFlip(),
    randomAffine(25, { translate: [0.1, 0.1], scale: [0.7, 1.1] }),
    randomResizedCrop(64, { scale: [0.6, 1], ratio: [1, 1] }),
  )
  const images: GridImage[] = []
  for (let i = 0; i < set.length; i++) {
    const sample = set.get(i)
    const moved = [sample, ...[0, 1, 2].map((k) => move(sample, new SampleRandom(seed, i, k)))]
    for (const { image, boxes, mask } of moved)
      images.push({
        image,
        boxes: boxesOf(boxes).filter(({ width, height }) => width > 0 && height > 0),
        masks: [{ data: mask.data }],
      })
  }
  return { kind: 'images', title, columns: 4, images }
}

/** Corners, four numbers a box, as what is drawn. */
function boxesOf(corners: ArrayLike<number>): { x: number; y: number; width: number; height: number }[] {
  return Array.from({ length: corners.length / 4 }, (_, i) => {
    const [x, y, right, bottom] = [0, 1, 2, 3].map((k) => corners[4 * i + k]!) as [number, number, number, number]
    return { x, y, width: right - x, height: bottom - y }
  })
}
