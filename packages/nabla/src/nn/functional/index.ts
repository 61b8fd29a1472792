/** Layers as functions: what modules compute, given parameters by hand. */
export * from './activation.js'
export * from './conv.js'
export * from './dropout.js'
export * from './loss.js'
export * from './normalization.js'
export * from './pool.js'
export type { Size } from './spatial.js'
