/** Reading and writing by index, mask or slice. */
import { fullLike, type Index, Tensor } from 'nabla'
import { functional as f } from 'nabla/nn'
import type { Arguments, CallTable } from '../call.js'
import { camelOptions } from '../names.js'

type Recorded = number | null | Tensor | { readonly slice: readonly (number | null)[] } | { readonly ellipsis: boolean }

/** A recorded subscript as ours. */
function indexOf(index: Recorded): Index {
  if (index === null) return 'newaxis'
  if (typeof index === 'number' || index instanceof Tensor) return index
  if ('ellipsis' in index) return '...'
  const [start, stop, step] = index.slice
  return [start ?? null, stop ?? null, step ?? 1]
}

const subscript = (index: Recorded | readonly Recorded[]): Index[] => ([index].flat() as Recorded[]).map(indexOf)

/** A value as ours: truth values are 1 and 0. */
const numeric = (value: Tensor | number | boolean): Tensor | number => (typeof value === 'boolean' ? Number(value) : value)

/** What is scattered: a tensor under `src`, or a number under `value`. */
const source = ({ src, value }: Arguments): Tensor | number => src ?? numeric(value)

/** The same as a tensor in the shape of the indices. */
function spread(at: Tensor, { dtype }: Tensor, from: Tensor | number): Tensor {
  return typeof from === 'number' ? fullLike(at, from, { dtype }) : from
}

const operations: Readonly<Record<string, 'sum' | 'prod'>> = { add: 'sum', multiply: 'prod' }

export const index: CallTable = {
  'torch.Tensor.__getitem__': ({ input, index: given }) => input.at(...subscript(given)),
  'torch.gather': ({ input, dim, index: at }) => input.gather(dim, at),
  'torch.take': ({ input, index: at }) => input.take(at),
  'torch.take_along_dim': ({ input, indices, dim }) => input.takeAlongDim(indices, dim ?? undefined),
  'torch.index_select': ({ input, dim, index: at }) => input.indexSelect(dim, at),
  'torch.masked_select': ({ input, mask }) => input.maskedSelect(mask),
  'torch.nonzero': ({ input, as_tuple }) =>
    as_tuple ? (input.ndim ? input : input.reshape([1])).nonzero().unbind(1) : input.nonzero(),
  'torch.argwhere': ({ input }) => input.nonzero(),
  'torch.scatter': ({ input, dim, index: at, reduce, ...given }) =>
    reduce
      ? input.scatterReduce(dim, at, spread(at, input, source(given)), operations[reduce])
      : input.scatter(dim, at, source(given)),
  'torch.scatter_add': ({ input, dim, index: at, src }) => input.scatterAdd(dim, at, src),
  'torch.scatter_reduce': ({ input, dim, index: at, src, reduce, ...options }) =>
    input.scatterReduce(dim, at, src, reduce, camelOptions(options)),
  'torch.index_add': ({ input, dim, index: at, source: from, ...options }) => input.indexAdd(dim, at, from, options),
  'torch.index_copy': ({ input, dim, index: at, source: from }) => input.indexCopy(dim, at, from),
  'torch.index_fill': ({ input, dim, index: at, value }) => input.indexFill(dim, at, numeric(value)),
  'torch.index_put': ({ input, indices, values, ...options }) => input.indexPut(indices, values, options),
  'torch.masked_fill': ({ input, mask, value }) => input.maskedFill(mask, numeric(value)),
  'torch.masked_scatter': ({ input, mask, source: from }) => input.maskedScatter(mask, from),
  'torch.nn.functional.embedding': ({ input, weight, ...options }) => f.embedding(input, weight, camelOptions(options)),
}
