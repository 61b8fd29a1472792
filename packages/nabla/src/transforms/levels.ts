/** Transforms of single values: inverted, fewer levels, another gamma, histograms stretched and levelled. */
import type { Recipe } from '../data/portable.js'
import type { Raster } from '../data/raster.js'
import { checkBytes, checkColours, probability, refuse, whole, within } from './check.js'
import { valuesLike } from './gather.js'
import type { AnyRaster, PictureTransform } from './transform.js'
import { lut, mostOf, sometimes } from './values.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** A fixed transform, and its sibling with a probability. */
const fixed = (recipe: Recipe, change: (image: AnyRaster) => AnyRaster): PictureTransform => sometimes(recipe, 1, change)
function random(recipe: Recipe, p: number, change: (image: AnyRaster) => AnyRaster): PictureTransform {
  probability(recipe.name, p)
  return sometimes(recipe, p, change)
}

function inverted(name: string, image: AnyRaster): AnyRaster {
  checkColours(name, image)
  const most = mostOf(image)
  return lut(image, (value) => most - value)
}

/** Light becomes dark: 255 - value, or 1 - value for floats. */
export const invert = (): PictureTransform => fixed(made('invert'), (image) => inverted('invert', image))
/** `invert` with probability `p`. */
export const randomInvert = (p = 0.5): PictureTransform =>
  random(made('randomInvert', p), p, (image) => inverted('randomInvert', image))

function posterized(name: string, bits: number): (image: AnyRaster) => AnyRaster {
  whole(name, 'bits', bits, 0, 8)
  return (image) => {
    checkBytes(name, image)
    return lut(image, (value) => value & -(2 ** (8 - bits)))
  }
}

/** Keeps the first `bits` of every byte, 0..8. Bytes only. */
export const posterize = (bits: number): PictureTransform => fixed(made('posterize', bits), posterized('posterize', bits))
/** `posterize` with probability `p`. */
export const randomPosterize = (bits: number, p = 0.5): PictureTransform =>
  random(made('randomPosterize', bits, p), p, posterized('randomPosterize', bits))

function solarized(name: string, threshold: number): (image: AnyRaster) => AnyRaster {
  if (!(threshold >= 0)) refuse(name, 'threshold', threshold, 'a number of 0 or more: up to 255 for bytes, up to 1 for floats')
  return (image) => {
    checkColours(name, image)
    const most = mostOf(image)
    if (threshold > most)
      refuse(name, 'threshold', threshold, `at most ${most} for this picture of ${most === 1 ? 'floats' : 'bytes'}`)
    return lut(image, (value) => (value >= threshold ? most - value : value))
  }
}

/** Inverts the values from `threshold` on (in the picture's units: 0..255 for bytes, 0..1 for floats). */
export const solarize = (threshold: number): PictureTransform =>
  fixed(made('solarize', threshold), solarized('solarize', threshold))
/** `solarize` with probability `p`. */
export const randomSolarize = (threshold: number, p = 0.5): PictureTransform =>
  random(made('randomSolarize', threshold, p), p, solarized('randomSolarize', threshold))

/** gain value^gamma, value as a share of the most; above 1 shadows become darker, below 1 lighter. */
export function adjustGamma(gamma: number, gain = 1): PictureTransform {
  const name = 'adjustGamma'
  within(name, 'gamma', gamma, 0)
  within(name, 'gain', gain, -Infinity)
  return fixed(made(name, gamma, gain), (image) => {
    checkColours(name, image)
    const bent = (share: number): number => Math.min(Math.max(gain * share ** gamma, 0), 1)
    return mostOf(image) === 1 ? lut(image, bent) : lut(image, (value) => Math.fround(bent(value / 255)) * 255.999)
  })
}

/** A function of one channel at a time. */
function byChannel(image: AnyRaster, change: (plane: AnyRaster) => AnyRaster): AnyRaster {
  const { data, channels, height, width } = image
  const out = valuesLike(data, data.length) // slice() of a Node Buffer would be the same memory
  for (let c = 0; c < channels; c++) {
    const plane = data.subarray(c * height * width, (c + 1) * height * width)
    out.set(change({ data: plane, channels: 1, height, width }).data, c * height * width)
  }
  return { ...image, data: out }
}

const stretched =
  (name: string) =>
  (image: AnyRaster): AnyRaster => {
    checkColours(name, image)
    const most = mostOf(image)
    return byChannel(image, (plane) => {
      let [low, high] = [Infinity, -Infinity]
      for (const value of plane.data) {
        if (value < low) low = value
        if (value > high) high = value
      }
      const scale = Math.fround(most / (high - low))
      return Number.isFinite(scale)
        ? lut(plane, (value) => Math.min(Math.max(Math.fround((value - low) * scale), 0), most))
        : plane
    })
  }

/** Stretches every channel so that it reaches from 0 to the most. A channel of one value stays. */
export const autocontrast = (): PictureTransform => fixed(made('autocontrast'), stretched('autocontrast'))
/** `autocontrast` with probability `p`. */
export const randomAutocontrast = (p = 0.5): PictureTransform =>
  random(made('randomAutocontrast', p), p, stretched('randomAutocontrast'))

/** How often each byte occurs. */
export function histogram(data: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256)
  for (const value of data) counts[value]!++
  return counts
}

/** The rule of Pillow's ImageOps.equalize, which torchvision follows. */
function levelled(plane: Raster): AnyRaster {
  const counts = histogram(plane.data)
  const last = counts.findLastIndex((count) => count > 0)
  const step = Math.floor((plane.data.length - counts[last]!) / 255)
  if (step === 0) return plane
  let below = Math.floor(step / 2)
  const table = Uint8Array.from(counts, (count) => {
    const level = Math.min(Math.floor(below / step), 255)
    below += count
    return level
  })
  return lut(plane, (value) => table[value]!)
}

const equalized =
  (name: string) =>
  (image: AnyRaster): AnyRaster => {
    checkBytes(name, image)
    return byChannel(image, (plane) => levelled(plane as Raster))
  }

/** Spreads the values of every channel so that all levels occur about equally often. Bytes only. */
export const equalize = (): PictureTransform => fixed(made('equalize'), equalized('equalize'))
/** `equalize` with probability `p`. */
export const randomEqualize = (p = 0.5): PictureTransform => random(made('randomEqualize', p), p, equalized('randomEqualize'))
