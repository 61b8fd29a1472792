/** Layers as functions: what modules compute, given parameters by hand. */
export * from './activation.js'
export {
  multiHeadAttention,
  type HeadOptions,
  type HeadWeights,
  type MaskOptions,
} from './attention-heads.js'
export { scaledDotProductAttention, type ScaledDotProductOptions } from './attention.js'
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './conv.js'
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  type DropoutOptions,
  featureAlphaDropout,
} from './dropout.js'
export * from './distance.js'
export * from './fold.js'
export * from './grid-sample.js'
export * from './interpolate.js'
export { type BagMode, embedding, embeddingBag, type EmbeddingBagOptions, type EmbeddingOptions } from './embedding.js'
export * from './linear.js'
export * from './loss.js'
export * from './normalization.js'
export * from './pad.js'
export {
  type AvgPool1dOptions,
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type LPPoolOptions,
  lpPool1d,
  lpPool2d,
  type MaxPool,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolOptions,
  type WithIndices,
} from './pool.js'
export * from './pool-adaptive.js'
export * from './pool-unpool.js'
export * from './resample-shuffle.js'
export type { Size } from './spatial.js'
