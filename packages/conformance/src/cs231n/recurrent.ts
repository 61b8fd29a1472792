/** Assignment 3: recurrent networks and captioning with them. Weights are [in, out], as the assignments have them. */
import { cat, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import type { Arguments, Result } from '../golden/call.js'
import { affine, temporalAffine } from './layers.js'
import { temporalSoftmaxLoss } from './losses.js'
import { type FunctionTable, type Inputs, need } from './table.js'

/** The assignments' gates lie in the order input, forget, output, block input; the library's has the last two the other way round. */
function gatesInOrder(weight: Tensor): Tensor {
  const [i, f, o, g] = weight.chunk(4, -1) as [Tensor, Tensor, Tensor, Tensor]
  return cat([i, f, g, o], -1)
}

/** Puts Wx, Wh and b into a layer (its names end in `L0`) or a cell, which keep two biases. */
function filled<M extends nn.Module>(module: M, inputs: Inputs, gates: 1 | 4, suffix: '' | 'L0' = ''): M {
  const [x, h, b] = ['Wx', 'Wh', 'b'].map((name) => (gates === 4 ? gatesInOrder(need(inputs, name)) : need(inputs, name)))
  const weights = { weightIh: x!.t(), weightHh: h!.t(), biasIh: b!, biasHh: b!.mul(0) }
  module.loadStateDict(Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name + suffix, weight])))
  return module
}

/** Input and hidden size of the given weights, and how the library's are to be made. */
function sizesOf(inputs: Inputs): [width: number, hidden: number, options: { dtype: Tensor['dtype']; batchFirst: boolean }] {
  const Wx = need(inputs, 'Wx')
  return [Wx.shape[0]!, need(inputs, 'Wh').shape[0]!, { dtype: Wx.dtype, batchFirst: true }]
}

/** All hidden states (N, T, H) of x (N, T, D) from h0 (N, H), and for an LSTM from a cell of zeros. */
function hiddenStates(inputs: Inputs, cellType: string, x: Tensor, h0: Tensor): Tensor {
  const start = h0.unsqueeze(0)
  if (cellType !== 'lstm') return filled(new nn.RNN(...sizesOf(inputs)), inputs, 1, 'L0').forward(x, start)[0]
  return filled(new nn.LSTM(...sizesOf(inputs)), inputs, 4, 'L0').forward(x, [start, start.mul(0)])[0]
}

/** Vinyals et al. 2015: an image's features are the first hidden state, each word is to predict the next. */
function captioningLoss(inputs: Inputs, { cell_type = 'rnn', null_index = 0 }: Arguments): Result {
  const captions = need(inputs, 'captions')
  const [words, targets] = [captions.narrow(1, 0, captions.shape[1]! - 1), captions.narrow(1, 1, captions.shape[1]! - 1)]
  const h0 = affine(need(inputs, 'features'), need(inputs, 'W_proj'), need(inputs, 'b_proj'))
  const states = hiddenStates(inputs, cell_type, nn.functional.embedding(words, need(inputs, 'W_embed')), h0)
  const scores = temporalAffine(states, need(inputs, 'W_vocab'), need(inputs, 'b_vocab'))
  return { loss: temporalSoftmaxLoss(scores, targets, targets.ne(null_index)) }
}

export const recurrent: FunctionTable = {
  rnn_step_forward: (inputs) => ({
    next_h: filled(new nn.RNNCell(...sizesOf(inputs)), inputs, 1).forward(need(inputs, 'x'), need(inputs, 'prev_h')),
  }),
  rnn_forward: (inputs) => ({ h: hiddenStates(inputs, 'rnn', need(inputs, 'x'), need(inputs, 'h0')) }),
  lstm_step_forward: (inputs) => {
    const cell = filled(new nn.LSTMCell(...sizesOf(inputs)), inputs, 4)
    const [next_h, next_c] = cell.forward(need(inputs, 'x'), [need(inputs, 'prev_h'), need(inputs, 'prev_c')])
    return { next_h, next_c }
  },
  lstm_forward: (inputs) => ({ h: hiddenStates(inputs, 'lstm', need(inputs, 'x'), need(inputs, 'h0')) }),
  word_embedding_forward: (inputs) => ({ out: nn.functional.embedding(need(inputs, 'x'), need(inputs, 'W')) }),
  'CaptioningRNN.loss': captioningLoss,
}
