/** Reductions and what runs along a dimension. */
import { matrixNorm, norm, vectorNorm } from 'nabla/linalg'
import type { Call, CallTable } from '../call.js'
import { camel, camelOptions, given } from '../names.js'
import { withDtype } from './dtypes.js'

/** PyTorch's `f(input, dim, **options)`, where no dimension means all; ours are methods of the same names. */
const along = [
  'all',
  'amax',
  'amin',
  'aminmax',
  'any',
  'argmax',
  'argmin',
  'count_nonzero',
  'cummax',
  'cummin',
  'cumprod',
  'cumsum',
  'logcumsumexp',
  'logsumexp',
  'mean',
  'median',
  'nanmean',
  'nanmedian',
  'nansum',
  'prod',
  'std',
  'std_mean',
  'sum',
  'var',
  'var_mean',
] as const

const reduction =
  (name: string): Call =>
  ({ input, ...args }) => {
    const { dim, ...options } = given(args)
    return input[camel(name)](dim, withDtype(camelOptions(options)))
  }

/** `torch.max(input, other)` is maximum. */
const extreme =
  (name: 'max' | 'min'): Call =>
  ({ input, other, ...args }) =>
    other === undefined ? reduction(name)({ input, ...args }) : input[`${name}imum`](other)

export const reduce: CallTable = {
  ...Object.fromEntries(along.map((name) => [`torch.${name}`, reduction(name)])),
  'torch.max': extreme('max'),
  'torch.min': extreme('min'),
  'torch.quantile': ({ input, q, dim, ...options }) => input.quantile(q, dim ?? undefined, camelOptions(options)),
  'torch.nanquantile': ({ input, q, dim, ...options }) => input.nanquantile(q, dim ?? undefined, camelOptions(options)),
  'torch.norm': ({ input, p, dim, ...options }) =>
    p === 'nuc'
      ? matrixNorm(input, p, dim ?? undefined, withDtype(given(options)))
      : input.norm(p ?? undefined, dim ?? undefined, withDtype(given(options))),
  'torch.linalg.vector_norm': ({ input, x, ord, dim, ...options }) =>
    vectorNorm(input ?? x, ord ?? undefined, dim ?? undefined, withDtype(given(options))),
  'torch.linalg.norm': ({ input, A, ord, dim, ...options }) =>
    norm(input ?? A, ord ?? undefined, dim ?? undefined, withDtype(given(options))),
  'torch.dist': ({ input, other, p }) => input.dist(other, p),
  'torch.diff': ({ input, ...options }) => input.diff(camelOptions(given(options))),
}
