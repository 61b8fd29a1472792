/**
 * Brightness, contrast, saturation and hue. The first three mix the picture with a dull one (black, its mean grey, its grey picture), by a factor: 0 gives the
 * dull one, 1 the picture, more goes beyond. Bytes are cut off, not rounded, as in torchvision; sums are in single precision.
 */
import { NablaError } from '../core/errors.js'
import type { Recipe } from '../data/portable.js'
import { checkColours, drawn, probability, rangeOf, within } from './check.js'
import { shuffled } from './combine.js'
import { valuesLike } from './gather.js'
import { type AnyRaster, coloured, type PictureTransform } from './transform.js'
import { lut, mostOf } from './values.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

const { fround, min, max, floor } = Math

/** 0.2989 red + 0.587 green + 0.114 blue: one plane. Bytes are cut off. */
function greyOf({ data, channels, height, width }: AnyRaster): AnyRaster {
  const size = height * width
  const [r, g, b] = [fround(0.2989), fround(0.587), fround(0.114)]
  const out = valuesLike(data, size)
  if (channels === 1) out.set(data)
  else
    for (let i = 0; i < size; i++)
      out[i] = fround(fround(r * data[i]!) + fround(g * data[size + i]!)) + fround(b * data[2 * size + i]!)
  return { data: out, channels: 1, height, width }
}

/** factor a + (1 - factor) b, within 0 and the most. */
const mixture = (factor: number, most: number): ((a: number, b: number) => number) => {
  const [f, g] = [fround(factor), fround(1 - factor)]
  return (a, b) => min(max(fround(fround(f * a) + fround(g * b)), 0), most)
}

type Adjustment = (image: AnyRaster, factor: number) => AnyRaster

const brightness: Adjustment = (image, factor) => {
  const mix = mixture(factor, mostOf(image))
  return lut(image, (value) => mix(value, 0))
}

const contrast: Adjustment = (image, factor) => {
  const grey = greyOf(image).data
  let sum = 0
  for (let i = 0; i < grey.length; i++) sum += grey[i]!
  const [mean, mix] = [sum / grey.length, mixture(factor, mostOf(image))]
  return lut(image, (value) => mix(value, mean))
}

const saturation: Adjustment = (image, factor) => {
  if (image.channels === 1) return image
  const grey = greyOf(image).data
  const mix = mixture(factor, mostOf(image))
  const out = valuesLike(image.data, image.data.length)
  for (let c = 0, at = 0; c < image.channels; c++)
    for (let i = 0; i < grey.length; i++, at++) out[at] = mix(image.data[at]!, grey[i]!)
  return { ...image, data: out }
}

/** By way of hue, saturation and value, each 0..1 (Smith: Color gamut transform pairs, 1978). */
const hue: Adjustment = (image, shift) => {
  if (image.channels === 1) return image
  const { data } = image
  const [size, most] = [image.height * image.width, mostOf(image)]
  const out = valuesLike(data, data.length)
  for (let i = 0; i < size; i++) {
    const [r, g, b] = [data[i]! / most, data[size + i]! / most, data[2 * size + i]! / most]
    const [high, low] = [max(r, g, b), min(r, g, b)]
    const spread = high - low
    if (spread === 0) {
      out[i] = data[i]!
      out[size + i] = data[size + i]!
      out[2 * size + i] = data[2 * size + i]!
      continue
    }
    const sixth = high === r ? (g - b) / spread : high === g ? 2 + (b - r) / spread : 4 + (r - g) / spread
    const turned = sixth / 6 + 1 + shift
    const place = (turned - floor(turned)) * 6
    // Each colour is the value where its hue is near, the lowest where it is far, and goes up or down in between.
    for (let c = 0; c < 3; c++) {
      const ahead = 5 - 2 * c + place
      const k = ahead < 6 ? ahead : ahead - 6
      const level = high - spread * max(0, min(k, 4 - k, 1))
      out[c * size + i] = most === 1 ? level : fround(level) * 255 + cut
    }
  }
  return { ...image, data: out }
}

/** Half a step of single precision at 255: a level that is whole but for rounding is not cut off. */
const cut = 2 ** -17

/** Least and most factor: one number v is [max(0, 1 - v), 1 + v]. */
export type JitterRange = number | readonly [number, number]

const adjustment = (name: string, adjust: Adjustment, factor: number): PictureTransform =>
  coloured(made(name, factor), (image) => {
    checkColours(name, image)
    return adjust(image, factor)
  })

/** Mixes with black: 0 is black, 1 the picture, 2 twice as bright. */
export const adjustBrightness = (factor: number): PictureTransform =>
  adjustment('adjustBrightness', brightness, within('adjustBrightness', 'factor', factor, 0))

/** Mixes with the mean of the grey picture: 0 is that grey, 1 the picture. */
export const adjustContrast = (factor: number): PictureTransform =>
  adjustment('adjustContrast', contrast, within('adjustContrast', 'factor', factor, 0))

/** Mixes with the grey picture: 0 is grey, 1 the picture. Grey pictures stay. */
export const adjustSaturation = (factor: number): PictureTransform =>
  adjustment('adjustSaturation', saturation, within('adjustSaturation', 'factor', factor, 0))

/** Turns the hue by this share of the whole circle, -0.5 to 0.5. Grey pictures stay. */
export const adjustHue = (shift: number): PictureTransform =>
  adjustment('adjustHue', hue, within('adjustHue', 'shift', shift, -0.5, 0.5))

/** What `colorJitter` changes; what is not named stays. */
export interface ColorJitterOptions {
  /** Factor of `adjustBrightness`. Default 0: unchanged. */
  readonly brightness?: JitterRange
  /** Factor of `adjustContrast`. Default 0: unchanged. */
  readonly contrast?: JitterRange
  /** Factor of `adjustSaturation`. Default 0: unchanged. */
  readonly saturation?: JitterRange
  /** Shift of `adjustHue`: one number v is [-v, v], at most 0.5. Default 0: unchanged. */
  readonly hue?: JitterRange
}

/** Changes brightness, contrast, saturation and hue by random factors, in random order. */
export function colorJitter(options: ColorJitterOptions): PictureTransform {
  const name = 'colorJitter'
  const unknown = Object.keys(options).filter((key) => !['brightness', 'contrast', 'saturation', 'hue'].includes(key))
  if (unknown.length > 0)
    throw new NablaError(
      'argument',
      `[${name}] has no option ${unknown.join(', ')}; expected brightness, contrast, saturation or hue`,
    )
  const factors = (what: string, given: JitterRange = 0): readonly [number, number] =>
    typeof given === 'number' ? [max(0, 1 - within(name, what, given, 0)), 1 + given] : rangeOf(name, what, given, 0)
  const { hue: turn = 0 } = options
  const turns =
    typeof turn === 'number' ? ([-within(name, 'hue', turn, 0, 0.5), turn] as const) : rangeOf(name, 'hue', turn, -0.5, 0.5)
  const steps = (
    [
      [brightness, factors('brightness', options.brightness), 1],
      [contrast, factors('contrast', options.contrast), 1],
      [saturation, factors('saturation', options.saturation), 1],
      [hue, turns, 0],
    ] as const
  ).filter(([, [least, most], still]) => least !== still || most !== still)
  return coloured(made(name, options), (image, random) => {
    checkColours(name, image)
    return shuffled(steps, random).reduce<AnyRaster>((now, [adjust, range]) => adjust(now, drawn(random, range)), image)
  })
}

/** The grey picture with as many channels. */
function greyed(name: string, image: AnyRaster, channels: number): AnyRaster {
  checkColours(name, image)
  if (image.channels === channels && channels === 1) return image
  const { data, ...grey } = greyOf(image)
  const out = valuesLike(data, channels * data.length)
  for (let c = 0; c < channels; c++) out.set(data, c * data.length)
  return { ...grey, channels, data: out }
}

/** A picture of greys: with one channel, or three alike. */
export function grayscale(numOutputChannels: 1 | 3 = 1): PictureTransform {
  const name = 'grayscale'
  if (numOutputChannels !== 1) within(name, 'numOutputChannels', numOutputChannels, 3, 3)
  return coloured(made(name, numOutputChannels), (image) => greyed(name, image, numOutputChannels))
}

/** With probability `p` a picture of greys, with as many channels as before. */
export function randomGrayscale(p = 0.1): PictureTransform {
  const name = 'randomGrayscale'
  probability(name, p)
  return coloured(made(name, p), (image, random) => (random.chance(p) ? greyed(name, image, image.channels) : image))
}
