/** Activations, softmax, normalised vectors, distances, dropout. */
import { cdist, type Tensor } from 'nabla'
import { functional as f } from 'nabla/nn'
import type { Call, CallTable } from '../call.js'
import { camelOptions } from '../names.js'
import { dtypeOf } from './dtypes.js'

/** Functions of nothing but the tensor. */
const plain =
  (activation: (input: Tensor) => Tensor): Call =>
  ({ input }) =>
    activation(input)

/** Along a dimension; PyTorch's functions take a dtype to cast to first. */
const along =
  (activation: (input: Tensor, dim: number) => Tensor): Call =>
  ({ input, dim, dtype }) =>
    activation(dtype ? input.type(dtypeOf(dtype)) : input, dim)

/** Dropout by PyTorch's defaults: while training. */
const drop =
  (dropout: (input: Tensor, options: f.DropoutOptions) => Tensor): Call =>
  ({ input, p, training }) =>
    dropout(input, { p: p ?? 0.5, training: training ?? true })

export const activation: CallTable = {
  'torch.nn.functional.relu': plain(f.relu),
  'torch.nn.functional.relu6': plain(f.relu6),
  'torch.nn.functional.sigmoid': plain(f.sigmoid),
  'torch.nn.functional.tanh': plain(f.tanh),
  'torch.nn.functional.silu': plain(f.silu),
  'torch.nn.functional.selu': plain(f.selu),
  'torch.nn.functional.mish': plain(f.mish),
  'torch.nn.functional.hardswish': plain(f.hardswish),
  'torch.nn.functional.hardsigmoid': plain(f.hardsigmoid),
  'torch.nn.functional.logsigmoid': plain(f.logSigmoid),
  'torch.nn.functional.softsign': plain(f.softsign),
  'torch.nn.functional.tanhshrink': plain(f.tanhshrink),
  'torch.nn.functional.gelu': ({ input, ...options }) => f.gelu(input, options),
  'torch.nn.functional.elu': ({ input, alpha }) => f.elu(input, alpha),
  'torch.nn.functional.celu': ({ input, alpha }) => f.celu(input, alpha),
  'torch.nn.functional.leaky_relu': ({ input, negative_slope }) => f.leakyRelu(input, negative_slope),
  'torch.nn.functional.prelu': ({ input, weight }) => f.prelu(input, weight),
  'torch.nn.functional.rrelu': ({ input, lower, upper, training }) => f.rrelu(input, lower, upper, training),
  'torch.nn.functional.softplus': ({ input, beta, threshold }) => f.softplus(input, beta, threshold),
  'torch.nn.functional.hardtanh': ({ input, min_val, max_val }) => f.hardtanh(input, min_val, max_val),
  'torch.nn.functional.softshrink': ({ input, lambd }) => f.softshrink(input, lambd),
  'torch.nn.functional.hardshrink': ({ input, lambd }) => f.hardshrink(input, lambd),
  'torch.nn.functional.threshold': ({ input, threshold, value }) => f.threshold(input, threshold, value),
  'torch.nn.functional.glu': ({ input, dim }) => f.glu(input, dim),
  'torch.nn.functional.softmax': along(f.softmax),
  'torch.nn.functional.softmin': along(f.softmin),
  'torch.nn.functional.log_softmax': along(f.logSoftmax),
  'torch.softmax': along(f.softmax),
  'torch.log_softmax': along(f.logSoftmax),
  'torch.nn.functional.normalize': ({ input, ...options }) => f.normalize(input, options),
  'torch.nn.functional.cosine_similarity': ({ x1, x2, ...options }) => f.cosineSimilarity(x1, x2, options),
  'torch.nn.functional.pairwise_distance': ({ x1, x2, ...options }) => f.pairwiseDistance(x1, x2, options),
  'torch.cdist': ({ x1, x2, p }) => cdist(x1, x2, camelOptions(p === undefined ? {} : { p })),
  'torch.nn.functional.dropout': drop(f.dropout),
  'torch.nn.functional.dropout1d': drop(f.dropout1d),
  'torch.nn.functional.dropout2d': drop(f.dropout2d),
  'torch.nn.functional.dropout3d': drop(f.dropout3d),
  'torch.nn.functional.alpha_dropout': drop(f.alphaDropout),
  'torch.nn.functional.feature_alpha_dropout': drop(f.featureAlphaDropout),
}
