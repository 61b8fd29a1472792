/** What the transformer does to images, drawn. */
import type { GridImage, ImagesPicture, Picture } from '@nabla/pictures'
import type { SpatialTransformer } from '@nabla/models'
import { compile, noGrad, type Tensor } from 'nabla'
import { DataLoader, ImageDataset, rasterOf } from 'nabla/data'
import { rasterAt } from '../../cs231n/cifar.js'
import { identity, outline, type Pose, poseOf, spreadOf, type Spread } from './poses.js'
import { type Warp, warp, type Warped } from './warped.js'

/** The maps that a network finds for all images, six numbers each, and the mean of each class before and after. */
export interface Looks {
  readonly thetas: readonly Float32Array[]
  /** [classes, side, side], pixels in 0..1. */
  readonly before: Float32Array
  readonly after: Float32Array
}

/** Looks through the transformer at every image of a set. */
export async function looks(model: SpatialTransformer, set: ImageDataset): Promise<Looks> {
  model.eval()
  const classes = set.classes.length
  const ask = compile((images: Tensor, labels: Tensor) =>
    noGrad(() => {
      const theta = model.theta(images)
      const belongs = labels.oneHot(classes).float().t() // [classes, N]
      const sums = (x: Tensor): Tensor => belongs.matmul(x.flatten(1))
      return { theta, before: sums(images), after: sums(model.transform(images, theta)) }
    }),
  )
  const [, height, width] = set.shape as readonly [number, number, number]
  const area = height * width
  const thetas: Float32Array[] = []
  const sums = { before: new Float64Array(classes * area), after: new Float64Array(classes * area) }
  const counts = new Float64Array(classes)
  for (const label of set.labels) counts[label]! += 1
  for await (const [images, labels] of new DataLoader(set, { batchSize: 500 })) {
    const { theta, ...found } = ask(images, labels)
    const flat = (await theta.data()) as Float32Array
    for (let i = 0; i < flat.length; i += 6) thetas.push(flat.slice(i, i + 6))
    for (const key of ['before', 'after'] as const) (await found[key].data()).forEach((v, i) => (sums[key][i]! += Number(v)))
  }
  const mean = (values: Float64Array): Float32Array =>
    Float32Array.from(values, (v, i) => bright(v / Math.max(1, counts[Math.floor(i / area)]!), set))
  return { thetas, before: mean(sums.before), after: mean(sums.after) }
}

/** A normalised value as a pixel in 0..1. */
const bright = (value: number, { mean, std }: ImageDataset): number => Math.min(1, Math.max(0, value * std[0]! + mean[0]!))

/** What comes out of the transformer for some images, as rasters. */
async function seen(model: SpatialTransformer, images: Tensor, set: ImageDataset): Promise<GridImage[]> {
  const out = noGrad(() => model.transform(images))
  const [count, , height, width] = out.shape as readonly [number, number, number, number]
  const pixels = Float32Array.from(await out.data(), (v) => bright(v, set))
  return Array.from({ length: count }, (_, i) => ({
    image: rasterOf(pixels.subarray(i * height * width, (i + 1) * height * width), [1, height, width]),
  }))
}

/** Test images with the part that is looked at, and what the classifier sees of it. */
export async function lookedAt(
  model: SpatialTransformer,
  set: ImageDataset,
  { thetas }: Looks,
  columns = 10,
): Promise<ImagesPicture> {
  const count = Math.min(columns, set.length)
  const rows = Uint32Array.from({ length: count }, (_, i) => i)
  const [images] = set.batch(rows)
  const side = set.shape[1]!
  const before = Array.from(
    rows,
    (i): GridImage => ({ image: rasterAt(set, i), masks: [{ data: outline(thetas[i]!, side), colour: '#ffe600' }] }),
  )
  return {
    kind: 'images',
    title: 'What the transformer looks at, and what the classifier sees',
    images: [...before, ...(await seen(model, images, set))],
    columns: count,
  }
}

/** One digit turned step by step, and what becomes of it. */
export async function turning(
  model: SpatialTransformer,
  digit: ImageDataset,
  { canvas, turn }: { readonly canvas: number; readonly turn: number },
  like: ImageDataset,
  columns = 9,
): Promise<ImagesPicture> {
  const angles = Array.from({ length: columns }, (_, i) => -turn + (2 * turn * i) / (columns - 1))
  const turned = angles.map((angle) => warp(rasterAt(digit, 0), canvas, { angle, scale: 1, move: [0, 0] }))
  const images = new Uint8Array(columns * canvas * canvas)
  for (const [i, { data }] of turned.entries()) images.set(data, i * canvas * canvas)
  const [batch] = new ImageDataset({
    images,
    labels: new Uint8Array(columns),
    shape: like.shape,
    classes: like.classes,
    mean: like.mean,
    std: like.std,
  }).batch(Uint32Array.from({ length: columns }, (_, i) => i))
  return {
    kind: 'images',
    title: 'The same image turned, and what the classifier sees of it',
    images: [
      ...turned.map((image, i): GridImage => ({ image, caption: `${angles[i]!.toFixed(0)}°` })),
      ...(await seen(model, batch, like)),
    ],
    columns,
  }
}

/** The mean image of each class before the transformer and after. */
export function classMeans(set: ImageDataset, { before, after }: Looks): ImagesPicture {
  const side = set.shape[1]!
  const tile = (values: Float32Array, i: number, caption: string): GridImage => ({
    image: rasterOf(values.subarray(i * side * side, (i + 1) * side * side), [1, side, side]),
    caption,
  })
  return {
    kind: 'images',
    title: 'The mean of each class: above as the images are, below as the classifier sees them',
    images: [...set.classes.map((name, i) => tile(before, i, name)), ...set.classes.map((name, i) => tile(after, i, name))],
    columns: set.classes.length,
  }
}

/** How the digits of a class lie, before and after. */
export interface Straightened {
  readonly before: Spread
  readonly after: Spread
  readonly picture: Picture
}

export function straightened({ set, warps }: Warped, { thetas }: Looks): Straightened {
  const canvas = set.shape[1]!
  const poses = (theta: (i: number) => ArrayLike<number>): Pose[] => warps.map((one: Warp, i) => poseOf(one, theta(i), canvas))
  const [before, after] = [poses(() => identity), poses((i) => thetas[i]!)]
  const centred = (all: readonly Pose[]): number[] => {
    const rad = all.map(({ angle }) => (angle * Math.PI) / 180)
    const middle = Math.atan2(
      rad.reduce((sum, a) => sum + Math.sin(a), 0),
      rad.reduce((sum, a) => sum + Math.cos(a), 0),
    )
    return rad.map((a) => (Math.atan2(Math.sin(a - middle), Math.cos(a - middle)) * 180) / Math.PI)
  }
  return {
    before: spreadOf(before, set.labels),
    after: spreadOf(after, set.labels),
    picture: {
      kind: 'histograms',
      title: 'How the test images are turned, about their mean',
      x: { label: 'angle', unit: 'degrees' },
      series: [
        { name: 'before the transformer', values: centred(before) },
        { name: 'after', values: centred(after) },
      ],
    },
  }
}
