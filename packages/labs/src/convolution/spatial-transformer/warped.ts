/** Digits that are turned, scaled and moved at random on a larger canvas, with what was done to each. */
import { ImageDataset, type Raster, SampleRandom } from 'nabla/data'
import { affine, pad } from 'nabla/transforms'
import { rasterAt } from '../../cs231n/cifar.js'

/** What is done to a digit about its middle: turned by `angle` degrees clockwise, scaled, then moved by pixels to the right and down. */
export interface Warp {
  readonly angle: number
  readonly scale: number
  readonly move: readonly [right: number, down: number]
}

export interface WarpRange {
  /** Most degrees to either side. */
  readonly turn: number
  /** Scales are between 1 - this and 1 + this. */
  readonly zoom: number
  /** Most pixels to either side. */
  readonly shift: number
}

export interface Warped {
  readonly set: ImageDataset
  readonly warps: readonly Warp[]
}

/** The warp of image `index`: a function of the seed and that number alone. */
export function drawWarp({ turn, zoom, shift }: WarpRange, seed: number, index: number): Warp {
  const random = new SampleRandom(seed, 0, index)
  const both = (most: number): number => random.uniform(-most, most)
  return { angle: both(turn), scale: 1 + both(zoom), move: [both(shift), both(shift)] }
}

/** A digit in the middle of a canvas, warped. */
export const warp = (image: Raster, canvas: number, { angle, scale, move }: Warp): Raster => {
  const [before, after] = [Math.floor((canvas - image.width) / 2), Math.ceil((canvas - image.width) / 2)]
  const wide = pad([before, before, after, after])(image)
  return affine({ angle, scale, translate: move, interpolation: 'bilinear' })(wide)
}

/** All images of a set, each by its own warp, on a canvas of `canvas` by `canvas` pixels. Lets the event loop live. */
export async function warpedImages(
  set: ImageDataset,
  { canvas, seed, ...range }: WarpRange & { readonly canvas: number; readonly seed: number },
  doing: (done: number) => void,
): Promise<Warped> {
  const images = new Uint8Array(set.length * canvas * canvas)
  const warps: Warp[] = []
  for (let i = 0; i < set.length; i++) {
    warps.push(drawWarp(range, seed, i))
    images.set(warp(rasterAt(set, i), canvas, warps[i]!).data, i * canvas * canvas)
    if (i % 500 !== 499) continue
    doing(i + 1)
    await new Promise((resolve) => setTimeout(resolve))
  }
  const { name, labels, classes, mean, std } = set
  return {
    set: new ImageDataset({ name: `warped ${name}`, images, labels, shape: [1, canvas, canvas], classes, mean, std }),
    warps,
  }
}
