/** Loaders' workers make transforms anew, by their recipes: the export that the recipe names does the same. */
import { expect, it } from 'vitest'
import { pack, unpack } from '../data/pack.js'
import * as t from './index.js'
import { draws, noise } from './testing.js'

const image = noise(3, 12, 14)
const load = (module: string): Promise<Readonly<Record<string, unknown>>> => import(module)

/** Each maker with arguments that show whether they have arrived. */
const makers: Readonly<Record<string, () => t.PictureTransform | t.FloatTransform>> = {
  adjustBrightness: () => t.adjustBrightness(0.7),
  adjustContrast: () => t.adjustContrast(0.7),
  adjustGamma: () => t.adjustGamma(2, 0.9),
  adjustHue: () => t.adjustHue(0.2),
  adjustSaturation: () => t.adjustSaturation(0.7),
  adjustSharpness: () => t.adjustSharpness(3),
  affine: () => t.affine({ angle: 20, shear: [3, 4] }),
  autocontrast: () => t.autocontrast(),
  centerCrop: () => t.centerCrop([5, 6]),
  clahe: () => t.clahe(3, [2, 2]),
  colorJitter: () => t.colorJitter({ hue: 0.3, contrast: [0.2, 0.4] }),
  compose: () => t.compose(t.randomCrop(8), t.normalize([0.1, 0.2, 0.3], 0.5)),
  crop: () => t.crop(-1, 2, 6, 7, { fill: 3 }),
  equalize: () => t.equalize(),
  erase: () => t.erase(1, 2, 3, 4, 5),
  gaussianBlur: () => t.gaussianBlur([3, 5], [0.3, 0.9]),
  grayscale: () => t.grayscale(3),
  horizontalFlip: () => t.horizontalFlip(),
  invert: () => t.invert(),
  normalize: () => t.normalize(0.4, 0.3),
  pad: () => t.pad([1, 2], { paddingMode: 'reflect' }),
  perspective: () =>
    t.perspective(
      [
        [0, 0],
        [9, 0],
        [9, 9],
        [0, 9],
      ],
      [
        [1, 1],
        [9, 0],
        [8, 9],
        [0, 8],
      ],
    ),
  posterize: () => t.posterize(2),
  randAugment: () => t.randAugment({ magnitude: 12, numOps: 4 }),
  randomAdjustSharpness: () => t.randomAdjustSharpness(4, 0.9),
  randomAffine: () => t.randomAffine(40, { translate: [0.3, 0.1] }),
  randomApply: () => t.randomApply([t.randomRotation(50)], 0.8),
  randomAutocontrast: () => t.randomAutocontrast(0.9),
  randomChoice: () => t.randomChoice([t.invert(), t.verticalFlip()], [1, 2]),
  randomCrop: () => t.randomCrop(7, { padding: 2, fill: 9 }),
  randomEqualize: () => t.randomEqualize(0.9),
  randomErasing: () => t.randomErasing({ p: 0.9, value: 'random' }),
  randomGrayscale: () => t.randomGrayscale(0.9),
  randomHorizontalFlip: () => t.randomHorizontalFlip(0.9),
  randomInvert: () => t.randomInvert(0.9),
  randomOrder: () => t.randomOrder([t.crop(0, 1, 6, 6), t.horizontalFlip()]),
  randomPerspective: () => t.randomPerspective({ p: 0.9, distortionScale: 0.7 }),
  randomPosterize: () => t.randomPosterize(1, 0.9),
  randomResizedCrop: () => t.randomResizedCrop(9, { scale: [0.2, 0.3] }),
  randomRotation: () => t.randomRotation([10, 90], { expand: true }),
  randomSolarize: () => t.randomSolarize(50, 0.9),
  randomVerticalFlip: () => t.randomVerticalFlip(0.9),
  randomZoomOut: () => t.randomZoomOut({ p: 0.9, fill: 4 }),
  resize: () => t.resize(5, { interpolation: 'area', maxSize: 6 }),
  rotate: () => t.rotate(33, { fill: 8 }),
  sanitizeBoxes: () => t.sanitizeBoxes({ minSize: 9 }),
  solarize: () => t.solarize(90),
  toBytes: () => t.toBytes() as unknown as t.PictureTransform,
  toFloat: () => t.toFloat(),
  toTensor: () => t.toTensor() as unknown as t.PictureTransform,
  trivialAugmentWide: () => t.trivialAugmentWide({ numMagnitudeBins: 5 }),
  verticalFlip: () => t.verticalFlip(),
}

it('every transform of pictures is here', () => {
  const batches = ['mixUp', 'cutMix']
  expect(Object.keys(makers).sort()).toEqual(
    Object.keys(t)
      .filter((name) => !batches.includes(name))
      .sort(),
  )
})

it.each(Object.entries(makers))('%s', async (name, make) => {
  const ours = make()
  const theirs = (await unpack(pack(ours, 'transform'), load)) as typeof ours
  for (let seed = 0; seed < 5; seed++) {
    const [here, there] = [ours, theirs].map(
      (transform) => transform(image, draws(seed)) as t.AnyRaster | { dataSync(): unknown },
    )
    if (name === 'toTensor')
      expect((there as { dataSync(): unknown }).dataSync()).toEqual((here as { dataSync(): unknown }).dataSync())
    else expect(there).toEqual(here)
  }
})
