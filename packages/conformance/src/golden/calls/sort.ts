/** Sorting, the largest elements, distinct elements, places in a sorted list. */
import { searchsorted, type Tensor } from 'nabla'
import type { CallTable, Result } from '../call.js'
import { camelOptions } from '../names.js'

/** Which of the three results PyTorch gives depends on what is asked for. */
function distinct(
  { values, inverse, counts }: Readonly<Record<'values' | 'inverse' | 'counts', Tensor>>,
  wanted: { return_inverse?: boolean; return_counts?: boolean },
): Result {
  const all = [values, ...(wanted.return_inverse ? [inverse] : []), ...(wanted.return_counts ? [counts] : [])]
  return all.length === 1 ? values : all
}

const slices = (dim: number | null | undefined) => (typeof dim === 'number' ? { dim } : {})

export const sort: CallTable = {
  'torch.sort': ({ input, dim, ...options }) => input.sort(dim, camelOptions(options)),
  'torch.argsort': ({ input, dim, ...options }) => input.argsort(dim, camelOptions(options)),
  'torch.msort': ({ input }) => input.msort(),
  'torch.topk': ({ input, k, dim, ...options }) => input.topk(k, dim, camelOptions(options)),
  'torch.kthvalue': ({ input, k, dim, ...options }) => input.kthvalue(k, dim, camelOptions(options)),
  'torch.mode': ({ input, dim, ...options }) => input.mode(dim, camelOptions(options)),
  'torch.unique': ({ input, dim, ...wanted }) => distinct(input.unique(slices(dim)), wanted),
  'torch.unique_consecutive': ({ input, dim, ...wanted }) => distinct(input.uniqueConsecutive(slices(dim)), wanted),
  'torch.searchsorted': ({ sorted_sequence, input, ...options }) => searchsorted(sorted_sequence, input, camelOptions(options)),
  'torch.bucketize': ({ input, boundaries, ...options }) => input.bucketize(boundaries, camelOptions(options)),
  'torch.bincount': ({ input, weights, ...options }) => input.bincount(weights, camelOptions(options)),
}
