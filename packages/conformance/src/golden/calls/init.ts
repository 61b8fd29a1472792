/** Initialisation of parameters. */
import * as nn from 'nabla/nn'
import type { GainTable, InitTable } from '../call.js'

const { init: i } = nn

export const init: InitTable = {
  'torch.nn.init.uniform_': (tensor, { a, b }) => i.uniform_(tensor, a, b),
  'torch.nn.init.normal_': (tensor, { mean, std }) => i.normal_(tensor, mean, std),
  'torch.nn.init.trunc_normal_': (tensor, { mean, std, a, b }) => i.truncNormal_(tensor, mean, std, a, b),
  'torch.nn.init.constant_': (tensor, { val }) => i.constant_(tensor, val),
  'torch.nn.init.zeros_': (tensor) => i.zeros_(tensor),
  'torch.nn.init.ones_': (tensor) => i.ones_(tensor),
  'torch.nn.init.eye_': (tensor) => i.eye_(tensor),
  'torch.nn.init.dirac_': (tensor, { groups }) => i.dirac_(tensor, groups),
  'torch.nn.init.xavier_uniform_': (tensor, { gain }) => i.xavierUniform_(tensor, gain),
  'torch.nn.init.xavier_normal_': (tensor, { gain }) => i.xavierNormal_(tensor, gain),
  'torch.nn.init.kaiming_uniform_': (tensor, options) => i.kaimingUniform_(tensor, options),
  'torch.nn.init.kaiming_normal_': (tensor, options) => i.kaimingNormal_(tensor, options),
  'torch.nn.init.orthogonal_': (tensor, { gain }) => i.orthogonal_(tensor, gain),
  'torch.nn.init.sparse_': (tensor, { sparsity, std }) => i.sparse_(tensor, sparsity, std),
}

export const gain: GainTable = {
  'torch.nn.init.calculate_gain': ({ nonlinearity, param }) => i.calculateGain(nonlinearity, param ?? undefined),
}
