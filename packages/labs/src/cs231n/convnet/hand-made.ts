/** Filters that nobody learnt: grey and edges, so that one sees what a convolution does. */
import type { GridImage, ImagesPicture } from '@nabla/pictures'
import { noGrad, tensor } from 'nabla'
import { rasterOf } from 'nabla/data'
import { convForwardIm2col } from '../scratch/index.js'
import type { Ready } from '../nets.js'

/** Weights of the usual brightness of red, green and blue. */
const grey = [0.3, 0.6, 0.1]
const only = (weights: readonly number[]) => grey.flatMap((channel) => weights.map((weight) => weight * channel))
const filters = [
  { name: 'grey', weights: only([0, 0, 0, 0, 1, 0, 0, 0, 0]), shift: 0 },
  { name: 'horizontal edges', weights: only([1, 2, 1, 0, 0, 0, -1, -2, -1]), shift: 0.5 },
  { name: 'vertical edges', weights: only([1, 0, -1, 2, 0, -2, 1, 0, -1]), shift: 0.5 },
] as const

/** Four images, each beside what the filters make of it; Sobel's edges are grey where nothing changes. */
export async function handMade({ train, shape }: Ready): Promise<ImagesPicture> {
  const [channels, height, width] = shape as [number, number, number]
  const size = channels * height * width
  const count = Math.min(4, train.length)
  const pixels = Float32Array.from(train.values.subarray(0, count * size), (byte) => byte / 255)
  const x = tensor(pixels, { shape: [count, channels, height, width] })
  const w = tensor(Float32Array.from(filters.flatMap(({ weights }) => weights)), { shape: [filters.length, 3, 3, 3] })
  const b = tensor(filters.map(({ shift }) => shift))
  const out = await noGrad(() => convForwardIm2col(x, w, b, { stride: 1, pad: 1 })[0]).data() // [4, 3, H, W]
  const plane = height * width
  const images = Array.from({ length: count }, (_, i): GridImage[] => [
    { image: rasterOf(pixels.slice(i * size, (i + 1) * size), [channels, height, width]), caption: 'image' },
    ...filters.map(({ name }, f) => {
      const from = (i * filters.length + f) * plane
      return {
        image: rasterOf(Float32Array.from(out.subarray(from, from + plane) as ArrayLike<number>), [1, height, width]),
        caption: name,
      }
    }),
  ])
  return { kind: 'images', title: 'Filters by hand', columns: filters.length + 1, images: images.flat() }
}
