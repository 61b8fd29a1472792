/** What can be done to training images, by the names that pictures, tables and the summary have. */
import {
  type BatchTransform,
  colorJitter,
  compose,
  cutMix,
  mixUp,
  type PictureTransform,
  randAugment,
  randomAdjustSharpness,
  randomAffine,
  randomAutocontrast,
  randomCrop,
  randomEqualize,
  randomErasing,
  randomGrayscale,
  randomHorizontalFlip,
  randomPerspective,
  randomPosterize,
  randomResizedCrop,
  randomRotation,
  randomSolarize,
  gaussianBlur,
  trivialAugmentWide,
} from 'nabla/transforms'

/** Shown one by one: `p` is 1 where there is a chance, so that every picture shows the change. */
export const shown: Readonly<Record<'moving' | 'colouring' | 'hiding', Readonly<Record<string, PictureTransform>>>> = {
  moving: {
    flip: randomHorizontalFlip(1),
    crop: randomCrop(32, { padding: 4 }),
    'resized crop': randomResizedCrop(32, { scale: [0.3, 1] }),
    rotation: randomRotation(30),
    affine: randomAffine(10, { translate: [0.1, 0.1], scale: [0.8, 1.2], shear: 15 }),
    tilt: randomPerspective({ p: 1 }),
  },
  colouring: {
    jitter: colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
    grey: randomGrayscale(1),
    blur: gaussianBlur(5, [0.5, 1.5]),
    sharpness: randomAdjustSharpness(4, 1),
    posterize: randomPosterize(2, 1),
    solarize: randomSolarize(128, 1),
    equalize: randomEqualize(1),
    contrast: randomAutocontrast(1),
  },
  hiding: {
    erasing: randomErasing({ p: 1, value: 'random' }),
    'rand augment': randAugment(),
    'trivial augment': trivialAugmentWide(),
  },
}

/** Mixtures of two images, for whole batches; the larger `alpha`, the nearer to equal shares. */
export const mixing = (numClasses: number, alpha?: number): Readonly<Record<'mixup' | 'cutmix', BatchTransform>> => ({
  mixup: mixUp({ alpha: alpha ?? 0.4, numClasses }),
  cutmix: cutMix({ alpha: alpha ?? 1, numClasses }),
})

/** One way to train: what is done to each image, and to each batch. */
export interface Method {
  readonly name: string
  readonly each?: PictureTransform
  readonly batch?: 'mixup' | 'cutmix'
}

const [flip, crop] = [randomHorizontalFlip(), randomCrop(32, { padding: 4 })]
const usual = compose(crop, flip)

/** The ways to train that are compared; all but the first four stand on crops and flips. */
export const methods = [
  { name: 'none' },
  { name: 'flip', each: flip },
  { name: 'crop', each: crop },
  { name: 'crop-flip', each: usual },
  { name: 'colours', each: compose(usual, colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.05 })) },
  { name: 'erasing', each: compose(usual, randomErasing({ scale: [0.02, 0.2] })) },
  { name: 'trivial', each: compose(usual, trivialAugmentWide()) },
  { name: 'mixup', each: usual, batch: 'mixup' },
  { name: 'cutmix', each: usual, batch: 'cutmix' },
] as const satisfies readonly Method[]
