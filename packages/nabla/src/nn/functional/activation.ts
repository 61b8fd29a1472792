/** Activations as functions. */
import * as f from '../../tensor/activations.js'
import { normalize as normalizeNode } from '../../tensor/reduce.js'
import { linear as linearNode } from '../../tensor/products.js'
import { Tensor } from '../../tensor/tensor.js'

export const relu = (x: Tensor): Tensor => x.relu()
export const sigmoid = (x: Tensor): Tensor => x.sigmoid()
export const tanh = (x: Tensor): Tensor => x.tanh()
/** x where x > 0, else negativeSlope x. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => new Tensor(f.leakyRelu(x.node, negativeSlope))
/** x where x > 0, else alpha (exp(x) - 1). */
export const elu = (x: Tensor, alpha = 1): Tensor => new Tensor(f.elu(x.node, alpha))
export const selu = (x: Tensor): Tensor => new Tensor(f.selu(x.node))
/** x Phi(x), exact by erf or approximated with tanh. */
export const gelu = (x: Tensor, options: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor =>
  new Tensor(f.gelu(x.node, options.approximate))
/** x sigmoid(x). */
export const silu = (x: Tensor): Tensor => new Tensor(f.silu(x.node))
/** log(1 + exp(beta x)) / beta; x itself where beta x > threshold. */
export const softplus = (x: Tensor, beta = 1, threshold = 20): Tensor => new Tensor(f.softplus(x.node, beta, threshold))
export const logSigmoid = (x: Tensor): Tensor => new Tensor(f.logSigmoid(x.node))
export const mish = (x: Tensor): Tensor => new Tensor(f.mish(x.node))
export const softsign = (x: Tensor): Tensor => new Tensor(f.softsign(x.node))
export const hardtanh = (x: Tensor, min = -1, max = 1): Tensor => new Tensor(f.hardtanh(x.node, min, max))
export const relu6 = (x: Tensor): Tensor => new Tensor(f.relu6(x.node))
export const hardsigmoid = (x: Tensor): Tensor => new Tensor(f.hardsigmoid(x.node))
export const hardswish = (x: Tensor): Tensor => new Tensor(f.hardswish(x.node))
export const softmax = (x: Tensor, dim: number): Tensor => x.softmax(dim)
export const logSoftmax = (x: Tensor, dim: number): Tensor => x.logSoftmax(dim)
export const oneHot = (x: Tensor, classes: number): Tensor => x.oneHot(classes)
/** x / max(norm(x), eps) along `dim`. */
export const normalize = (
  x: Tensor,
  options: { readonly p?: number; readonly dim?: number; readonly eps?: number } = {},
): Tensor => new Tensor(normalizeNode(x.node, options.p ?? 2, options.dim ?? 1, options.eps ?? 1e-12))
/** x [..., in] by weight [out, in] transposed, plus bias [out]: [..., out]. */
export const linear = (x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor =>
  new Tensor(linearNode(x.node, weight.node, bias?.node))
