/** Losses as functions, by idea: numbers, distributions, classes, margins, sequences. */
export * from './loss-binary.js'
export * from './loss-classes.js'
export * from './loss-ctc.js'
export * from './loss-likelihood.js'
export * from './loss-margin.js'
export type { LossOptions, MarginOptions, Reduction, WeightedLossOptions } from './loss-options.js'
export * from './loss-regression.js'
