/** Optimizers and schedules, PyTorch's names in camelCase: `import { SGD } from 'nabla/optim'`. */
export { Adadelta, type AdadeltaOptions } from './adadelta.js'
export { Adagrad, type AdagradOptions } from './adagrad.js'
export { Adam, type AdamOptions, AdamW } from './adam.js'
export { Adamax, type AdamaxOptions } from './adamax.js'
export { ASGD, type ASGDOptions } from './asgd.js'
export { type AverageOptions, ExponentialMovingAverage, StochasticWeightAverage, WeightAverage } from './average.js'
export {
  type CommonOptions,
  type GroupOptions,
  type Limit,
  ParamGroup,
  type Params,
  type Setting,
  type SettingRules,
  type Settings,
} from './group.js'
export { Lion, type LionOptions } from './lion.js'
export { NAdam, type NAdamOptions } from './nadam.js'
export { Optimizer, type OptimizerState } from './optimizer.js'
export { RAdam, type RAdamOptions } from './radam.js'
export { RMSprop, type RMSpropOptions } from './rmsprop.js'
export { Rprop, type RpropOptions } from './rprop.js'
export { defineRule, type Rule, type Switches } from './rule.js'
export * from './schedules/index.js'
export type { Clock, Nodes, Numbers } from './scalars.js'
export { SGD, type SGDOptions } from './sgd.js'
