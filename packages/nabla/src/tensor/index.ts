/** The tensor floor's face for the floors above. */
export * from './create.js'
export * from './differentiate.js'
export * from './functions.js'
export { manualSeed, randomPosition, setRandomPosition } from './random.js'
export { realize } from './realize.js'
export { Tensor } from './tensor.js'
export { decode, encode } from './values.js'
