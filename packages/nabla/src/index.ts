/** Nabla: tensors that are computed lazily by compiled kernels, with autograd. Layers are in `nabla/nn`, optimizers in `nabla/optim`. */
export { defaultDevice, type DeviceDescription, describeDevices, prepareDevice, setDefaultDevice } from './compiler/devices.js'
export type { DType, TypedArray } from './core/dtype.js'
export { type ErrorKind, NablaError, unknownName } from './core/errors.js'
export type { Shape } from './core/shape.js'
export type { KernelTime } from './device/device.js'
export type { GradientOptions } from './tensor/autograd.js'
export { compile, type Compiled, profile } from './tensor/compile.js'
export * from './tensor/checkpoint.js'
export * from './tensor/create.js'
export * from './tensor/custom-function.js'
export {
  enableGrad,
  grad,
  type GradOptions,
  gradOf,
  isGradEnabled,
  noGrad,
  type Tensors,
  valueAndGrad,
} from './tensor/differentiate.js'
export * from './tensor/functional-grad.js'
export * from './tensor/functions.js'
export * from './tensor/functions-products.js'
export * from './tensor/gradcheck.js'
export type { DivOptions, Operand, Scaled } from './tensor/methods-elementwise.js'
export type { As, DiffOptions, Keep, Spread } from './tensor/methods-reduce.js'
export type { Chosen, Interpolation, QuantileOptions, SortOptions, TopkOptions, UniqueOptions } from './tensor/methods-sort.js'
export type { Scales } from './tensor/products-scaled.js'
export type { Contracted } from './tensor/products-tensor.js'
export { manualSeed, randomPosition, setRandomPosition } from './tensor/random.js'
export { realize } from './tensor/realize.js'
export type { Index, PutOptions, ScatterReduceOptions } from './tensor/methods-index.js'
export { Tensor } from './tensor/tensor.js'
export type { Nested } from './tensor/values.js'
