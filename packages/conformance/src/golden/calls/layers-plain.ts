/** Layers that keep nothing: activations, and losses as modules. */
import * as nn from 'nabla/nn'
import type { ModuleCall, ModuleTable } from '../call.js'
import { camelOptions, given } from '../names.js'

/** The settings that an activation takes in order; all others are options. `inplace` says how PyTorch is to compute it, not what. */
const activations: Readonly<Record<string, readonly string[]>> = {
  CELU: ['alpha'],
  ELU: ['alpha'],
  GELU: [],
  GLU: ['dim'],
  Hardshrink: ['lambd'],
  Hardsigmoid: [],
  Hardswish: [],
  Hardtanh: ['min_val', 'max_val'],
  LeakyReLU: ['negative_slope'],
  LogSigmoid: [],
  LogSoftmax: ['dim'],
  Mish: [],
  ReLU: [],
  ReLU6: [],
  RReLU: ['lower', 'upper'],
  SELU: [],
  SiLU: [],
  Sigmoid: [],
  Softmax: ['dim'],
  Softmax2d: [],
  Softmin: ['dim'],
  Softplus: ['beta', 'threshold'],
  Softshrink: ['lambd'],
  Softsign: [],
  Tanh: [],
  Tanhshrink: [],
  Threshold: ['threshold', 'value'],
}

const losses = [
  'BCELoss',
  'BCEWithLogitsLoss',
  'CosineEmbeddingLoss',
  'CrossEntropyLoss',
  'GaussianNLLLoss',
  'HingeEmbeddingLoss',
  'HuberLoss',
  'KLDivLoss',
  'L1Loss',
  'MarginRankingLoss',
  'MSELoss',
  'MultiLabelMarginLoss',
  'MultiLabelSoftMarginLoss',
  'MultiMarginLoss',
  'NLLLoss',
  'PoissonNLLLoss',
  'SmoothL1Loss',
  'SoftMarginLoss',
  'TripletMarginLoss',
] as const

type Build = new (...settings: readonly unknown[]) => nn.Module

/** Builds a class of that name from its first settings in order, and from all others as options where there are any. */
function layer(name: string, positional: readonly string[]): [string, ModuleCall] {
  const Layer = (nn as unknown as Readonly<Record<string, Build>>)[name]!
  const build: ModuleCall['build'] = (kwargs) => {
    const { inplace: _, ...settings } = given(kwargs)
    const options = Object.entries(settings).filter(([key]) => !positional.includes(key))
    const first = positional.map((key) => settings[key])
    return new Layer(...first, ...(options.length ? [camelOptions(Object.fromEntries(options))] : []))
  }
  return [`torch.nn.${name}`, { build }]
}

export const layersPlain: ModuleTable = Object.fromEntries([
  ...Object.entries(activations).map(([name, positional]) => layer(name, positional)),
  ...losses.map((name) => layer(name, [])),
])
