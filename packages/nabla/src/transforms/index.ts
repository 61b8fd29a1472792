/** `nabla/transforms`: what is done to pictures before a network sees them, and to the boxes, masks and points that belong to them. */
export {
  affine,
  type AffineOptions,
  type CentreOptions,
  type Point,
  perspective,
  randomAffine,
  type RandomAffineOptions,
  randomPerspective,
  type RandomPerspectiveOptions,
  randomRotation,
  rotate,
  type RotateOptions,
} from './affine.js'
export { randAugment, type RandAugmentOptions, trivialAugmentWide, type TrivialAugmentOptions } from './augment.js'
export { adjustSharpness, gaussianBlur, randomAdjustSharpness } from './blur.js'
export type { Pair } from './check.js'
export { clahe } from './clahe.js'
export {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  colorJitter,
  type ColorJitterOptions,
  grayscale,
  type JitterRange,
  randomGrayscale,
} from './color.js'
export { compose, randomApply, randomChoice, randomOrder } from './combine.js'
export {
  centerCrop,
  crop,
  type FillOptions,
  pad,
  type Padding,
  type PadOptions,
  randomCrop,
  type RandomCropOptions,
  randomZoomOut,
  type ZoomOutOptions,
} from './crop.js'
export { erase, randomErasing, type RandomErasingOptions } from './erase.js'
export { horizontalFlip, randomHorizontalFlip, randomVerticalFlip, verticalFlip } from './flip.js'
export type { PaddingMode } from './gather.js'
export {
  adjustGamma,
  autocontrast,
  equalize,
  invert,
  posterize,
  randomAutocontrast,
  randomEqualize,
  randomInvert,
  randomPosterize,
  randomSolarize,
  solarize,
} from './levels.js'
export { type ArrayBatch, type BatchTransform, cutMix, type MixOptions, mixUp, type TensorBatch } from './mix.js'
export type { Interpolation } from './resample.js'
export { randomResizedCrop, type RandomResizedCropOptions, resize, type ResizeOptions } from './resize.js'
export { sanitizeBoxes, type SanitizeBoxesOptions } from './sanitize.js'
export type {
  Annotations,
  AnyRaster,
  ByteTransform,
  FloatTransform,
  Picture,
  PictureSample,
  PictureTransform,
  Pixels,
  Rows,
  TensorTransform,
  Transform,
  WithImage,
} from './transform.js'
export { toTensor } from './to-tensor.js'
export { normalize, toBytes, toFloat } from './values.js'
export type { WarpInterpolation, WarpOptions } from './warp.js'
