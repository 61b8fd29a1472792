/** Clips, their slices through time, and kernels that look for them. */
import type { GridImage, ImagesPicture, WeightsPicture } from '@nabla/pictures'
import type { Conv3dNet } from '@nabla/models'
import { type ImageDataset, rasterOf } from 'nabla/data'
import { Conv3d } from 'nabla/nn'
import { directions } from './clips.js'

/** The first clip of each way, or undefined where there is none. */
const firstOfEach = (set: ImageDataset): number[] =>
  directions.flatMap((_, way) => {
    const found = set.labels.indexOf(way)
    return found < 0 ? [] : [found]
  })

const sizes = (set: ImageDataset): readonly [number, number, number] =>
  set.shape.slice(1) as unknown as readonly [number, number, number]

/** A clip of each way, a row each. */
export function clipsPicture(set: ImageDataset): ImagesPicture {
  const [frames, height, width] = sizes(set)
  const area = height * width
  const images = firstOfEach(set).flatMap((n) =>
    Array.from({ length: frames }, (_, t): GridImage => {
      const from = (n * frames + t) * area
      const caption = t === 0 ? { caption: directions[set.labels[n]!]! } : {}
      return { image: rasterOf(set.images.subarray(from, from + area), [1, height, width]), ...caption }
    }),
  )
  return { kind: 'images', title: 'A clip of each way', images, columns: frames }
}

/**
 * The same clips with one direction of the picture taken out (the brightest pixel stands for it): across is x or y, down is time. A way is a
 * slope there, and an oriented edge is what a kernel finds.
 */
export function spaceTimePicture(set: ImageDataset): ImagesPicture {
  const [frames, height, width] = sizes(set)
  const slice = (n: number, along: 'x' | 'y'): GridImage => {
    const length = along === 'x' ? width : height
    const pixels = new Uint8Array(frames * length)
    for (let t = 0; t < frames; t++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const at = t * length + (along === 'x' ? x : y)
          pixels[at] = Math.max(pixels[at]!, set.images[((n * frames + t) * height + y) * width + x]!)
        }
    return { image: rasterOf(pixels, [1, frames, length]), caption: `${directions[set.labels[n]!]}: ${along}` }
  }
  const shown = firstOfEach(set)
  return {
    kind: 'images',
    title: 'Through time, which goes down: above across x, below across y',
    images: [...shown.map((n) => slice(n, 'x')), ...shown.map((n) => slice(n, 'y'))],
    columns: Math.max(1, shown.length),
  }
}

/** The first kernels of a network, their three frames side by side. */
export async function kernelsPicture(network: Conv3dNet): Promise<WeightsPicture> {
  const first = network.modules().find((part) => part instanceof Conv3d) as Conv3d
  const [filters, channels, frames, height, width] = first.weight.shape as readonly [number, number, number, number, number]
  return {
    kind: 'weights',
    title: `${filters} kernels of ${frames} x ${height} x ${width}: each ${frames} tiles are one, before, now and after`,
    values: await first.weight.detach().data(),
    shape: [filters * channels * frames, 1, height, width],
    columns: 4 * frames,
    together: true,
  }
}
