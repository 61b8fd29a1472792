/** The tensor floor's face for the floors above. */
export * from './checkpoint.js'
export * from './create.js'
export * from './custom-function.js'
export {
  enableGrad,
  grad,
  type GradOptions,
  gradOf,
  isGradEnabled,
  noGrad,
  type Tensors,
  valueAndGrad,
} from './differentiate.js'
export * from './functional-grad.js'
export * from './functions.js'
export * from './functions-products.js'
export * from './gradcheck.js'
export { manualSeed, randomPosition, setRandomPosition } from './random.js'
export { realize } from './realize.js'
export { Tensor } from './tensor.js'
export { decode, encode } from './values.js'
