/** Blurred and sharpened pictures. */
import type { Recipe } from '../data/portable.js'
import { checkColours, drawn, type Pair, probability, rangeOf, refuse, within } from './check.js'
import { insideLine, valuesLike } from './gather.js'
import { type AnyRaster, coloured, type PictureTransform } from './transform.js'
import { sometimes } from './values.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** A bell of `size` weights whose sum is 1. */
function bell(size: number, sigma: number): Float32Array {
  const middle = (size - 1) / 2
  const heights = Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - middle) / sigma) ** 2))
  const sum = heights.reduce((total, height) => total + height, 0)
  return Float32Array.from(heights, (height) => height / sum)
}

/**
 * Weighted sums over `weights.length` neighbours along one axis of all planes, mirrored at the edges: `step` is the way to the next pixel of
 * a line, of which there are `n`.
 */
function along(data: Float32Array, n: number, step: number, weights: Float32Array): Float32Array {
  const out = new Float32Array(data.length)
  const reach = weights.length >> 1
  const places = Int32Array.from({ length: n + 2 * reach }, (_, i) => insideLine(i - reach, n, 'reflect') * step)
  const block = n * step
  for (let start = 0; start < data.length; start += block)
    for (let i = 0, at = start; i < n; i++)
      for (let k = 0; k < step; k++, at++) {
        let sum = 0
        for (let j = 0; j < weights.length; j++) sum += weights[j]! * data[start + places[i + j]! + k]!
        out[at] = sum
      }
  return out
}

function blurred(image: AnyRaster, [rows, columns]: readonly [number, number], sigma: number): AnyRaster {
  const { data, height, width } = image
  const out = valuesLike(data, data.length)
  const wide = along(new Float32Array(data), width, 1, bell(columns, sigma))
  const rounding = out instanceof Uint8Array ? new Uint8ClampedArray(out.buffer) : out
  rounding.set(along(wide, height, width, bell(rows, sigma)))
  return { ...image, data: out }
}

/**
 * Blurs with a bell. `kernelSize`: how many pixels it covers, odd; one number, or [width, height] as torchvision has it. `sigma`: its width in pixels, or [least, most] to
 * draw it from; default [0.1, 2]. At the edges the picture is mirrored.
 */
export function gaussianBlur(kernelSize: Pair, sigma: Pair = [0.1, 2]): PictureTransform {
  const name = 'gaussianBlur'
  const sides = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize
  if (sides.length !== 2 || sides.some((side) => !Number.isInteger(side) || side < 1 || side % 2 === 0))
    refuse(name, 'kernelSize', kernelSize, 'odd whole numbers of 1 or more: one, or [width, height]')
  const range = rangeOf(name, 'sigma', typeof sigma === 'number' ? [sigma, sigma] : sigma, Number.MIN_VALUE)
  return coloured(made(name, kernelSize, sigma), (image, random) => blurred(image, [sides[1]!, sides[0]!], drawn(random, range)))
}

/** The picture mixed with a smoothed one, in which every pixel but those at the edges is the mean of its neighbours and five times itself. */
function sharpened(name: string, factor: number): (image: AnyRaster) => AnyRaster {
  within(name, 'factor', factor, 0)
  return (image) => {
    checkColours(name, image)
    const { data, channels, height, width } = image
    if (height <= 2 || width <= 2) return image
    const bytes = data instanceof Uint8Array
    const most = bytes ? 255 : 1
    const out = valuesLike(data, data.length) // slice() of a Node Buffer would be the same memory
    // Beyond what it must be between 0 and the most, what a byte's mean is rounded to is a byte.
    const level = bytes ? new Uint8ClampedArray(1) : new Float32Array(1)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0, at = (c * height + y) * width; x < width; x++, at++) {
          let smooth = data[at]!
          if (y > 0 && y < height - 1 && x > 0 && x < width - 1) {
            const [up, down] = [at - width, at + width]
            const ring =
              data[up - 1]! +
              data[up]! +
              data[up + 1]! +
              data[at - 1]! +
              data[at + 1]! +
              data[down - 1]! +
              data[down]! +
              data[down + 1]!
            level[0] = (ring + 5 * smooth) / 13
            smooth = level[0]!
          }
          out[at] = Math.min(Math.max(Math.fround(factor * data[at]! + (1 - factor) * smooth), 0), most)
        }
    return { ...image, data: out }
  }
}

/** Mixes with a smoothed picture: 0 gives that, 1 the picture, 2 a sharper one. Pictures of two rows or columns stay. */
export const adjustSharpness = (factor: number): PictureTransform =>
  sometimes(made('adjustSharpness', factor), 1, sharpened('adjustSharpness', factor))

/** `adjustSharpness` with probability `p`. */
export const randomAdjustSharpness = (factor: number, p = 0.5): PictureTransform =>
  sometimes(
    made('randomAdjustSharpness', factor, p),
    probability('randomAdjustSharpness', p),
    sharpened('randomAdjustSharpness', factor),
  )
