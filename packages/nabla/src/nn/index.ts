/** Neural network modules, PyTorch's names in camelCase: `import * as nn from 'nabla/nn'`. */
export * from './activation.js'
export * from './attention.js'
export * from './containers.js'
export * from './conv.js'
export * from './dropout.js'
export * from './embedding.js'
export * as functional from './functional/index.js'
export type { Size } from './functional/spatial.js'
export * as init from './init.js'
export * from './lazy-layers.js'
export { Bilinear, Flatten, Identity, Linear, type LinearOptions, type Place, Unflatten } from './linear.js'
export * from './loss.js'
export type { BackwardHook, ForwardHook, ForwardPreHook, HookHandle } from './hooks.js'
export * from './module.js'
export type { LoadResult, StateDict } from './state.js'
export * from './norm.js'
export * from './padding.js'
export * from './pool.js'
export { GRU, LSTM, type LSTMOptions, RNN, type RecurrentLayerOptions, type RNNOptions, type SequenceOptions } from './rnn.js'
export { type CellOptions, GRUCell, LSTMCell, RNNCell, type RNNCellOptions } from './rnn-cells.js'
export * from './transformer.js'
export * from './transformer-layers.js'
export * from './upsample.js'
export * as utils from './utils.js'
export {
  type ModuleSummary,
  summary,
  type SummaryInput,
  type SummaryMemory,
  type SummaryOptions,
  type SummaryRow,
} from './summary.js'
