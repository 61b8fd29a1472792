/** Element-wise functions of one tensor, and powers. */
import { pow, type Tensor } from 'nabla'
import type { CallTable } from '../call.js'
import { camel, camelOptions, given } from '../names.js'

/** PyTorch's functions that take nothing but the tensor; ours are methods of the same names. */
const plain = [
  'abs',
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atanh',
  'bitwise_not',
  'ceil',
  'cos',
  'cosh',
  'deg2rad',
  'erf',
  'erfc',
  'erfinv',
  'exp',
  'exp2',
  'expm1',
  'floor',
  'frac',
  'isfinite',
  'isinf',
  'isnan',
  'log',
  'log10',
  'log1p',
  'log2',
  'logical_not',
  'neg',
  'rad2deg',
  'reciprocal',
  'relu',
  'rsqrt',
  'sigmoid',
  'sign',
  'signbit',
  'sin',
  'sinc',
  'sinh',
  'sqrt',
  'square',
  'tan',
  'tanh',
  'trunc',
] as const

type Method = Readonly<Record<string, () => Tensor>>

export const unary: CallTable = {
  ...Object.fromEntries(
    plain.map((name) => [`torch.${name}`, ({ input }: { input?: Tensor }) => (input as unknown as Method)[camel(name)]!()]),
  ),
  'torch.round': ({ input, decimals = 0 }) => input.round({ decimals }),
  'torch.logit': ({ input, eps }) => input.logit(eps ?? undefined),
  'torch.nan_to_num': ({ input, ...options }) => input.nanToNum(camelOptions(given(options))),
  'torch.clamp': ({ input, min, max }) => input.clamp(min ?? undefined, max ?? undefined),
  'torch.clip': ({ input, min, max }) => input.clamp(min ?? undefined, max ?? undefined),
  'torch.pow': ({ input, exponent }) => pow(input, exponent),
}
