/** Optimizers, PyTorch's names in camelCase: `import { SGD } from 'nabla/optim'`. */
export { Adam, type AdamOptions, AdamW } from './adam.js'
export { type CommonOptions, type GroupOptions, Optimizer, type OptimizerState, ParamGroup, type Settings } from './optimizer.js'
export { SGD, type SGDOptions } from './sgd.js'
