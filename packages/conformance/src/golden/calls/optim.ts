/** Optimizers and clipping of gradients. */
import * as nn from 'nabla/nn'
import * as library from 'nabla/optim'
import type { AnyOptimizer, Arguments, ClipTable, OptimizerTable } from '../call.js'
import { camelOptions, given } from '../names.js'

/** How PyTorch is to compute it, not what. */
const implementation = new Set(['foreach', 'capturable', 'differentiable', 'fused'])

const options = (kwargs: Arguments): object =>
  camelOptions(given(Object.fromEntries(Object.entries(kwargs).filter(([name]) => !implementation.has(name)))))

const { SGD, Adagrad, Adadelta, RMSprop, Adam, AdamW, Adamax, NAdam, RAdam, ASGD, Rprop } = library
const classes = { SGD, Adagrad, Adadelta, RMSprop, Adam, AdamW, Adamax, NAdam, RAdam, ASGD, Rprop }

export const optim: OptimizerTable = Object.fromEntries(
  Object.entries(classes).map(([name, Class]) => [
    `torch.optim.${name}`,
    (groups, kwargs) =>
      new Class(
        groups.map(({ params, options: own }) => ({ params, ...options(own) })),
        options(kwargs),
      ) as unknown as AnyOptimizer,
  ]),
)

const { clipGradNorm_, clipGradValue_ } = nn.utils

export const clip: ClipTable = {
  'torch.nn.utils.clip_grad_norm_': (params, { max_norm, norm_type, error_if_nonfinite }) =>
    clipGradNorm_(params, max_norm, { normType: norm_type ?? 2, errorIfNonfinite: error_if_nonfinite ?? false }),
  'torch.nn.utils.clip_grad_value_': (params, { clip_value }) => clipGradValue_(params, clip_value),
}
