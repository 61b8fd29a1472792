/** Assignments 1 and 2: layers as functions. */
import type { Tensor } from 'nabla'
import { functional as F } from 'nabla/nn'
import type { Arguments, Result } from '../golden/call.js'
import { type FunctionTable, type Inputs, keep, need } from './table.js'

/** x (N, d1, ..., dk) w + b, with x as rows. */
export const affine = (x: Tensor, w: Tensor, b: Tensor): Tensor => F.linear(x.flatten(1), w.t(), b)

/** The last dimension times w + b. */
export const temporalAffine = (x: Tensor, w: Tensor, b: Tensor): Tensor => F.linear(x, w.t(), b)

/** A layer's output with the mean and the biased deviation of its normalised sets. */
export function withMoments(out: Tensor, over: readonly number[], sets: Tensor = out): Result {
  return { out, out_mean: sets.mean(over).flatten(), out_std: sets.std(over, { correction: 0 }).flatten() }
}

/** Batch statistics in training, the given running statistics otherwise. */
export function batchnorm(x: Tensor, inputs: Inputs, { mode = 'train', eps = 1e-5 }: Arguments, layer: number | '' = ''): Tensor {
  const training = mode === 'train'
  return F.batchNorm(
    x,
    training ? null : need(inputs, `running_mean${layer}`),
    training ? null : need(inputs, `running_var${layer}`),
    { weight: need(inputs, `gamma${layer}`), bias: need(inputs, `beta${layer}`), training, eps },
  )
}

/** Over the features of each row. */
export function layernorm(x: Tensor, inputs: Inputs, { eps = 1e-5 }: Arguments, layer: number | '' = ''): Tensor {
  const [weight, bias] = [need(inputs, `gamma${layer}`), need(inputs, `beta${layer}`)]
  return F.layerNorm(x, x.shape.slice(1), { weight, bias, eps })
}

export const layers: FunctionTable = {
  affine_forward: (inputs) => ({ out: affine(need(inputs, 'x'), need(inputs, 'w'), need(inputs, 'b')) }),
  relu_forward: (inputs) => ({ out: need(inputs, 'x').relu() }),
  affine_relu_forward: (inputs) => ({ out: affine(need(inputs, 'x'), need(inputs, 'w'), need(inputs, 'b')).relu() }),
  temporal_affine_forward: (inputs) => ({ out: temporalAffine(need(inputs, 'x'), need(inputs, 'w'), need(inputs, 'b')) }),
  dropout_forward: (inputs, params) => {
    const mask = params['mode'] === 'test' ? undefined : (inputs['mask'] ?? inputs['dropout_mask'])
    return { out: keep(need(inputs, 'x'), mask, { keep_prob: params['keep_prob'] ?? params['p'] }) }
  },

  conv_forward: (inputs, { stride, pad }) => ({
    out: F.conv2d(need(inputs, 'x'), need(inputs, 'w'), need(inputs, 'b'), { stride, padding: pad }),
  }),
  max_pool_forward: (inputs, { pool_height, pool_width, stride }) => ({
    out: F.maxPool2d(need(inputs, 'x'), [pool_height, pool_width], { stride }),
  }),

  batchnorm_forward: (inputs, params) => withMoments(batchnorm(need(inputs, 'x'), inputs, params), [0]),
  spatial_batchnorm_forward: (inputs, params) => withMoments(batchnorm(need(inputs, 'x'), inputs, params), [0, 2, 3]),
  layernorm_forward: (inputs, params) => withMoments(layernorm(need(inputs, 'x'), inputs, params), [1]),
  spatial_groupnorm_forward: (inputs, { G, eps = 1e-5 }) => {
    const x = need(inputs, 'x')
    const [weight, bias] = [need(inputs, 'gamma').flatten(), need(inputs, 'beta').flatten()]
    const out = F.groupNorm(x, G, { weight, bias, eps })
    return withMoments(out, [2], out.reshape([x.shape[0]!, G, -1]))
  },
}
