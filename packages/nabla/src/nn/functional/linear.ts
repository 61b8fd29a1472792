/** Linear and bilinear maps as functions. */
import * as products from '../../tensor/products.js'
import { Tensor } from '../../tensor/tensor.js'

/**
 * x weight^T + bias: input [..., in], weight [out, in] and bias [out] give [..., out]. A weight [in] gives [...].
 * Throws where the input's last dimension is not the weight's.
 */
export const linear = (input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor =>
  new Tensor(products.linear(input.node, weight.node, bias?.node))

/**
 * y[o] = x1^T weight[o] x2 + bias[o]: inputs [..., in1] and [..., in2] of equal leading dimensions, weight [out, in1, in2] and
 * bias [out] give [..., out].
 */
export const bilinear = (input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor =>
  new Tensor(products.bilinear(input1.node, input2.node, weight.node, bias?.node))
