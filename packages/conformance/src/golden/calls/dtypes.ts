/** Recorded dtypes as ours: whole numbers are int32, for there is no int64. */
import type { DType } from 'nabla'

export const dtypeOf = (name: string): DType => (/^(int64|long|int16|int8)$/.test(name) ? 'int32' : (name as DType))

/** Options whose `dtype`, if there is one, is ours. */
export const withDtype = <Options extends { readonly dtype?: string | null }>({ dtype, ...rest }: Options) =>
  dtype ? { ...rest, dtype: dtypeOf(dtype) } : rest
