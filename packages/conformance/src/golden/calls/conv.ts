/** Convolutions. */
import type { Tensor } from 'nabla'
import { functional as f } from 'nabla/nn'
import type { Call, CallTable } from '../call.js'
import { camelOptions } from '../names.js'

type Conv = (input: Tensor, weight: Tensor, bias: Tensor | null, options: f.ConvOptions & f.ConvTransposeOptions) => Tensor

const call =
  (conv: unknown): Call =>
  ({ input, weight, bias = null, ...options }) =>
    (conv as Conv)(input, weight, bias, camelOptions(options))

export const conv: CallTable = {
  'torch.nn.functional.conv1d': call(f.conv1d),
  'torch.nn.functional.conv2d': call(f.conv2d),
  'torch.nn.functional.conv3d': call(f.conv3d),
  'torch.nn.functional.conv_transpose1d': call(f.convTranspose1d),
  'torch.nn.functional.conv_transpose2d': call(f.convTranspose2d),
  'torch.nn.functional.conv_transpose3d': call(f.convTranspose3d),
}
