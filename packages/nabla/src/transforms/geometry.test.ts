/** Boxes, masks and points go where the pixels go; sizes; what undoes itself. */
import { describe, expect, it } from 'vitest'
import { compose, randomChoice, randomOrder } from './combine.js'
import * as t from './index.js'
import { draws, floats, foundBox, noise, withBox } from './testing.js'

/** Every transform that moves pixels. */
const movers: Readonly<Record<string, t.PictureTransform>> = {
  horizontalFlip: t.horizontalFlip(),
  verticalFlip: t.verticalFlip(),
  pad: t.pad([1, 2, 3, 4]),
  crop: t.crop(2, -3, 30, 32),
  centerCrop: t.centerCrop([30, 44]),
  randomCrop: t.randomCrop([28, 36], { padding: [2, 3] }),
  'randomCrop, if needed': t.randomCrop(60, { padIfNeeded: true }),
  randomZoomOut: t.randomZoomOut({ p: 1, sideRange: [1, 2] }),
  'resize, larger': t.resize([64, 80]),
  'resize, nearest': t.resize([57, 33], { interpolation: 'nearest-exact' }),
  'resize, short side': t.resize(20),
  randomResizedCrop: t.randomResizedCrop(32, { scale: [0.6, 1] }),
  rotate: t.rotate(90),
  'rotate, expand': t.rotate(90, { expand: true }),
  randomRotation: t.randomRotation([179, 181], { interpolation: 'bilinear' }),
  affine: t.affine({ angle: 90, translate: [3, -2], scale: 1.25 }),
  randomAffine: t.randomAffine(0, { translate: [0.1, 0.1], scale: [0.8, 1.2] }),
  perspective: t.perspective(
    [
      [0, 0],
      [40, 0],
      [40, 32],
      [0, 32],
    ],
    [
      [2, 1],
      [38, 1],
      [38, 30],
      [2, 30],
    ],
  ),
}

describe.each(Object.entries(movers))('%s', (_, move) => {
  const drawn = [14, 10, 25, 19] as const
  const image = withBox(32, 40, drawn)
  const mask = { ...image, data: image.data.map((v) => v / 255) }
  const sample = { image, mask, masks: [mask], boxes: Float32Array.from(drawn), keypoints: [[19.5, 14.5, 2]], labels: [7] }

  it.each([1, 2, 3, 4, 5])('the box is where its pixels are (seed %i)', (seed) => {
    const moved = move(sample, draws(seed))
    const found = foundBox(moved.image)
    Array.from(moved.boxes).forEach((at, i) => expect(Math.abs(at - found[i]!)).toBeLessThanOrEqual(0.75))
    expect([moved.mask.height, moved.mask.width]).toEqual([moved.image.height, moved.image.width])
    const inMask = foundBox({ ...moved.mask, data: moved.mask.data.map((v) => v * 255) })
    inMask.forEach((at, i) => expect(Math.abs(at - moved.boxes[i]!)).toBeLessThanOrEqual(1.26))
    expect(moved.masks[0]).toEqual(moved.mask)
    expect(new Set(moved.mask.data).size).toBe(2)
    const [x, y, seen] = moved.keypoints[0]!
    expect(Math.abs(x! - (moved.boxes[0]! + moved.boxes[2]!) / 2)).toBeLessThan(0.51)
    expect(Math.abs(y! - (moved.boxes[1]! + moved.boxes[3]!) / 2)).toBeLessThan(0.51)
    expect(seen).toBe(2)
    expect(moved.labels).toBe(sample.labels)
    expect(sample.boxes).toEqual(Float32Array.from(drawn))
  })

  it('the same numbers give the same result, alone, in a record and in a tuple', () => {
    const alone = move(image, draws(9))
    expect(move(image, draws(9))).toEqual(alone)
    expect(move({ image }, draws(9)).image).toEqual(alone)
    const [first, target, label] = move([image, { boxes: [[...drawn]] }, 3] as const, draws(9))
    expect(first).toEqual(alone)
    expect(Float32Array.from(target.boxes[0]!)).toEqual(move(sample, draws(9)).boxes)
    expect(label).toBe(3)
  })
})

const sizes = [
  [1, 1],
  [1, 9],
  [7, 1],
  [5, 8],
] as const

describe.each(sizes)('pictures of %i x %i', (height, width) => {
  const image = noise(3, height, width)

  it('two flips are none', () => {
    for (const flip of [t.horizontalFlip(), t.verticalFlip()]) expect(compose(flip, flip)(image)).toEqual(image)
  })

  it('half a turn is both flips, and four quarters are none', () => {
    expect(t.rotate(180)(image)).toEqual(compose(t.horizontalFlip(), t.verticalFlip())(image))
    const quarter = t.rotate(90, { expand: true })
    expect(quarter(image)).toMatchObject({ height: width, width: height })
    expect(compose(quarter, quarter, quarter, quarter)(image)).toEqual(image)
  })

  it('nothing moves where nothing is asked', () => {
    for (const still of [
      t.affine(),
      t.affine({ interpolation: 'bilinear' }),
      t.rotate(0),
      t.resize([height, width]),
      t.pad(0),
      t.centerCrop([height, width]),
    ])
      expect(still(image)).toEqual(image)
  })

  it('a margin, cropped away, leaves the picture', () => {
    for (const paddingMode of ['constant', 'edge', 'reflect', 'symmetric'] as const)
      expect(t.centerCrop([height, width])(t.pad(4, { paddingMode, fill: 9 })(image))).toEqual(image)
  })

  it('every movement works, on bytes and on floats', () => {
    for (const move of [
      t.randomCrop(3, { padIfNeeded: true }),
      t.randomResizedCrop([4, 6]),
      t.randomZoomOut({ p: 1 }),
      t.randomAffine(30, { translate: [0.5, 0.5], shear: [-10, 10, -5, 5] }),
      t.randomPerspective({ p: 1 }),
      t.randomRotation(45, { expand: true, interpolation: 'bilinear' }),
      ...(['nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area', 'lanczos'] as const).map((interpolation) =>
        t.resize([6, 4], { interpolation }),
      ),
    ])
      for (const given of [image, floats(image)]) {
        const { data, channels, height, width } = move(given, draws())
        expect(data.constructor).toBe(given.data.constructor)
        expect(data.length).toBe(channels * height * width)
        expect(data.every(Number.isFinite)).toBe(true)
      }
  })
})

it('pictures of one colour stay so at every size and angle', () => {
  const grey = { data: new Uint8Array(30).fill(77), channels: 1, height: 5, width: 6 }
  for (const interpolation of ['nearest', 'bilinear', 'bicubic', 'area', 'lanczos'] as const)
    for (const antialias of [true, false])
      expect(new Set(t.resize([17, 3], { interpolation, antialias })(grey).data)).toEqual(new Set([77]))
  for (const interpolation of ['nearest', 'bilinear'] as const)
    expect(new Set(t.rotate(33, { interpolation, fill: 77 })(grey).data)).toEqual(new Set([77]))
})

it('random crops reach every place, and no other', () => {
  const image = { data: Uint8Array.from({ length: 12 }, (_, i) => i), channels: 1, height: 3, width: 4 }
  const random = draws()
  const seen = new Set<number>()
  for (let i = 0; i < 200; i++) seen.add(t.randomCrop(2)(image, random).data[0]!)
  expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 4, 5, 6])
})

it('boxes that have left the picture are dropped with what belongs to them', () => {
  const image = withBox(8, 8, [0, 0, 2, 2])
  const masks = { data: Uint8Array.from([...image.data, ...new Uint8Array(64).fill(1)]), channels: 2, height: 8, width: 8 }
  const sample = {
    image,
    boxes: Float32Array.of(0, 0, 2, 2, 3, 3, 8, 8),
    labels: Int32Array.of(5, 6),
    masks,
    names: ['a', 'b'],
    id: 1,
  }
  const kept = compose(t.crop(3, 3, 5, 5), t.sanitizeBoxes())(sample, draws())
  expect(kept).toMatchObject({ boxes: Float32Array.of(0, 0, 5, 5), labels: Int32Array.of(6), names: ['b'], id: 1 })
  expect(kept.masks).toEqual({ data: new Uint8Array(25).fill(1), channels: 1, height: 5, width: 5 })
  expect(t.sanitizeBoxes()(sample)).toBe(sample)
  expect(t.sanitizeBoxes({ minArea: 100 })(sample)).toMatchObject({ boxes: new Float32Array(0), labels: new Int32Array(0) })
})

it('masks get their own fill', () => {
  const image = noise(3, 4, 4)
  const mask = { data: new Uint8Array(16).fill(3), channels: 1, height: 4, width: 4 }
  const padded = t.pad(1, { fill: [1, 2, 3], maskFill: 255 })({ image, mask })
  expect([padded.image.data[0], padded.image.data[36], padded.image.data[72], padded.mask.data[0]]).toEqual([1, 2, 3, 255])
})

it('choices and orders draw from what they are given', () => {
  const image = noise(1, 2, 3)
  const [across, down] = [t.horizontalFlip(), t.verticalFlip()]
  expect(randomChoice([across, down], [0, 1])(image, draws())).toEqual(down(image))
  expect(t.randomApply([across, down], 1)(image, draws())).toEqual(t.rotate(180)(image))
  expect(t.randomApply([across], 0)(image, draws())).toBe(image)
  const orders = new Set(
    Array.from({ length: 60 }, (_, seed) =>
      randomOrder([(s: string) => s + 'a', (s: string) => s + 'b', (s: string) => s + 'c'])('', draws(seed)),
    ),
  )
  expect(orders.size).toBe(6)
})
