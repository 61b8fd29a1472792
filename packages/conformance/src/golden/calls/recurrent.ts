/** Recurrent layers and cells. */
import * as nn from 'nabla/nn'
import type { Arguments, ModuleCall, ModuleTable } from '../call.js'
import { camelOptions } from '../names.js'

type Build = new (inputSize: number, hiddenSize: number, options: Arguments) => nn.Module

const sized =
  (Layer: Build): ModuleCall['build'] =>
  ({ input_size, hidden_size, ...rest }) =>
    new Layer(input_size, hidden_size, camelOptions(rest))

export const recurrent: ModuleTable = {
  'torch.nn.RNN': { build: sized(nn.RNN), forward: (module, { input, hx }) => (module as nn.RNN).forward(input, hx) },
  'torch.nn.GRU': { build: sized(nn.GRU), forward: (module, { input, hx }) => (module as nn.GRU).forward(input, hx) },
  'torch.nn.LSTM': {
    build: sized(nn.LSTM),
    forward(module, { input, hx }) {
      const [output, [h, c]] = (module as nn.LSTM).forward(input, hx)
      return [output, h, c]
    },
  },
  'torch.nn.RNNCell': { build: sized(nn.RNNCell), forward: (module, { input, hx }) => (module as nn.RNNCell).forward(input, hx) },
  'torch.nn.GRUCell': { build: sized(nn.GRUCell), forward: (module, { input, hx }) => (module as nn.GRUCell).forward(input, hx) },
  'torch.nn.LSTMCell': {
    build: sized(nn.LSTMCell),
    forward: (module, { input, hx }) => (module as nn.LSTMCell).forward(input, hx),
  },
}
