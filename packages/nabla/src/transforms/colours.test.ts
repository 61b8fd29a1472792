/** Transforms of colours: what stays, what undoes itself, ranges, sizes, and one draw for one sample. */
import { describe, expect, it } from 'vitest'
import * as t from './index.js'
import { draws, floats, noise } from './testing.js'

/** All of them; `bytes` are those that take nothing else. */
const bytes: Readonly<Record<string, t.PictureTransform>> = {
  posterize: t.posterize(3),
  randomPosterize: t.randomPosterize(3),
  equalize: t.equalize(),
  randomEqualize: t.randomEqualize(),
  clahe: t.clahe(2, [2, 3]),
  randAugment: t.randAugment({ numOps: 3, magnitude: 20 }),
  trivialAugmentWide: t.trivialAugmentWide(),
}
const both: Readonly<Record<string, t.PictureTransform>> = {
  adjustBrightness: t.adjustBrightness(1.4),
  adjustContrast: t.adjustContrast(0.5),
  adjustSaturation: t.adjustSaturation(3),
  adjustHue: t.adjustHue(0.3),
  adjustGamma: t.adjustGamma(0.7, 1.1),
  adjustSharpness: t.adjustSharpness(2),
  randomAdjustSharpness: t.randomAdjustSharpness(0),
  colorJitter: t.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: [0, 2], hue: 0.5 }),
  randomGrayscale: t.randomGrayscale(0.5),
  invert: t.invert(),
  randomInvert: t.randomInvert(),
  solarize: t.solarize(0.9),
  randomSolarize: t.randomSolarize(0.5),
  autocontrast: t.autocontrast(),
  randomAutocontrast: t.randomAutocontrast(),
  gaussianBlur: t.gaussianBlur([5, 3]),
  randomErasing: t.randomErasing({ p: 1, value: 1 }),
}

describe.each(Object.entries({ ...both, ...bytes }))('%s', (name, change) => {
  const shapes = [
    [3, 6, 9],
    [1, 4, 5],
    [3, 1, 1],
    [1, 1, 7],
  ] as const
  it.each(shapes)('%i x %i x %i: same kind, within its range, determined by its numbers', (channels, height, width) => {
    for (const image of name in bytes
      ? [noise(channels, height, width)]
      : [noise(channels, height, width), floats(noise(channels, height, width))])
      for (let seed = 0; seed < 8; seed++) {
        const before = image.data.slice()
        const after: t.AnyRaster = change(image, draws(seed))
        expect(after).toMatchObject({ channels, height, width })
        expect(after.data.constructor).toBe(image.data.constructor)
        expect(after.data.length).toBe(before.length)
        const most = image.data instanceof Uint8Array ? 255 : 1 + 1e-6
        expect(after.data.every((v) => v >= 0 && v <= most)).toBe(true)
        expect(image.data).toEqual(before)
        expect(change(image, draws(seed))).toEqual(after)
      }
  })
})

describe.each([3, 1])('with %i channels', (channels) => {
  const image = noise(channels, 9, 7)

  it('a factor of 1, a turn of 0, no threshold to reach: nothing changes', () => {
    for (const still of [
      t.adjustBrightness(1),
      t.adjustContrast(1),
      t.adjustSaturation(1),
      t.adjustHue(0),
      t.adjustSharpness(1),
      t.adjustGamma(1),
      t.posterize(8),
      t.gaussianBlur(1, 1),
      t.colorJitter({}),
      t.erase(2, 2, 0, 0),
    ]) {
      expect(still(image, draws())).toEqual(image)
      expect(t.toBytes()(t.toFloat()(image))).toEqual(image)
    }
  })

  it('inverting twice, and half a turn of hue twice', () => {
    expect(t.invert()(t.invert()(image))).toEqual(image)
    const turned = t.adjustHue(0.5)(t.adjustHue(-0.5)(floats(image))).data
    floats(image).data.forEach((v, i) => expect(Math.abs(turned[i]! - v)).toBeLessThan(1e-6))
  })

  it('normalising bytes equals normalising floats, and its mean and deviation become 0 and 1', () => {
    const plain = t.normalize(0.4, 0.25)
    expect(plain(image)).toEqual(plain(floats(image)))
    const { data } = floats({ ...image, data: image.data.subarray(0, 63), channels: 1 })
    const mean = data.reduce((sum, v) => sum + v, 0) / data.length
    const std = Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length)
    const out = t.normalize(mean, std)(image).data.subarray(0, 63)
    expect(Math.abs(out.reduce((sum, v) => sum + v, 0))).toBeLessThan(1e-3)
    expect(out.reduce((sum, v) => sum + v * v, 0) / 63).toBeCloseTo(1, 4)
  })
})

it('no transform writes to what it is given, a Buffer as files give it neither', () => {
  for (const [name, transform] of Object.entries({ ...bytes, ...both })) {
    const { data, ...rest } = noise(3, 9, 8)
    const given = { ...rest, data: Buffer.from(data) }
    for (let i = 0; i < 5; i++) transform(given, draws(i))
    expect(Array.from(given.data), name).toEqual(Array.from(data))
  }
})

it('grey pictures: three channels alike, or one; randomly as many as before', () => {
  const image = noise(3, 4, 5)
  const grey = t.grayscale()(image)
  expect(grey.channels).toBe(1)
  const three = t.grayscale(3)(image)
  for (let c = 0; c < 3; c++) expect(three.data.subarray(c * 20, c * 20 + 20)).toEqual(grey.data)
  expect(t.randomGrayscale(1)(image, draws())).toEqual(three)
  expect(t.adjustSaturation(0)(image)).toEqual(three)
  expect(t.grayscale()(grey)).toBe(grey)
})

it('an erased rectangle has the share and proportions that were asked', () => {
  const image = { data: new Uint8Array(10_000).fill(1), channels: 1, height: 100, width: 100 }
  for (let seed = 0; seed < 50; seed++) {
    const { data } = t.randomErasing({ p: 1, scale: [0.1, 0.2], ratio: [1, 1] })(image, draws(seed))
    const gone = data.filter((v) => v === 0).length
    expect(gone).toBeGreaterThan(900)
    expect(gone).toBeLessThan(2100)
    expect(Math.sqrt(gone) % 1).toBe(0)
  }
  const wild = t
    .randomErasing({ p: 1, value: 'random' })(t.normalize(0, 1)(image), draws(3))
    .data.filter((v) => v !== Math.fround(1 / 255))
  expect(new Set(wild).size).toBeGreaterThan(wild.length * 0.99)
})

it('colours leave boxes and masks alone; pixels become floats or a tensor where the type says so', () => {
  const image = noise(3, 4, 5)
  const sample = { image, boxes: [[0, 0, 1, 1]], mask: { ...noise(1, 4, 5) }, label: 3 }
  const done = t.compose(t.colorJitter({ brightness: 1 }), t.normalize(0.5, 0.5))(sample, draws())
  expect(done.boxes).toBe(sample.boxes)
  expect(done.mask).toBe(sample.mask)
  expect(done.image.data).toBeInstanceOf(Float32Array)
  const [tensor, label] = t.compose(t.horizontalFlip(), t.toTensor())([image, 3] as const, draws())
  expect(tensor.shape).toEqual([3, 4, 5])
  expect(label).toBe(3)
})
