/** Element-wise functions of two or more tensors. */
import { type Tensor, tensor, where } from 'nabla'
import type { Arguments, CallTable } from '../call.js'
import { camel, camelOptions, given } from '../names.js'

/** PyTorch's `f(input, other, **options)`; ours are methods of the same names. */
const pairs = [
  'add',
  'atan2',
  'bitwise_and',
  'bitwise_left_shift',
  'bitwise_or',
  'bitwise_right_shift',
  'bitwise_xor',
  'copysign',
  'div',
  'eq',
  'floor_divide',
  'fmax',
  'fmin',
  'fmod',
  'ge',
  'gt',
  'hypot',
  'isclose',
  'le',
  'logaddexp',
  'logaddexp2',
  'logical_and',
  'logical_or',
  'logical_xor',
  'lt',
  'maximum',
  'minimum',
  'mul',
  'ne',
  'remainder',
  'rsub',
  'sub',
  'xlogy',
] as const

type Method = Readonly<Record<string, (other: Tensor | number, options: object) => Tensor>>

/** A number, or Python's True or False as a tensor without dimensions: it promotes as they do. */
const scalar = (value: Tensor | number | boolean): Tensor | number => (typeof value === 'boolean' ? tensor(value) : value)

export const binary: CallTable = {
  ...Object.fromEntries(
    pairs.map((name) => [
      `torch.${name}`,
      ({ input, other, ...options }: Arguments) => (input as Method)[camel(name)]!(scalar(other), camelOptions(given(options))),
    ]),
  ),
  'torch.lerp': ({ input, end, weight }) => input.lerp(end, weight),
  'torch.addcmul': ({ input, tensor1, tensor2, value }) => input.addcmul(tensor1, tensor2, value),
  'torch.addcdiv': ({ input, tensor1, tensor2, value }) => input.addcdiv(tensor1, tensor2, value),
  'torch.where': ({ condition, input, other }) => where(condition, input, other),
}
