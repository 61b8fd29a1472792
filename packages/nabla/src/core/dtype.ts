/** The element types, and the rules by which they meet (PyTorch's promotion lattice over the types we have). */

export type DType = 'float32' | 'float64' | 'float16' | 'int32' | 'uint32' | 'uint8' | 'bool'
/** What holds the values of a tensor on the host: Uint16Array the bits of float16, Uint8Array those of uint8 and bool. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | Uint16Array

interface DTypeInfo {
  readonly bytes: number
  /** bool < integers < floats; a higher category wins a promotion. */
  readonly category: 0 | 1 | 2
  readonly rank: number
  readonly array: new (source: number | ArrayBufferLike | ArrayLike<number>, offset?: number, length?: number) => TypedArray
}

/** `float16` is a storage type: its bits live in a Uint16Array, arithmetic happens in float32. `uint32` serves random bits. */
export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  bool: { bytes: 1, category: 0, rank: 0, array: Uint8Array as DTypeInfo['array'] },
  uint8: { bytes: 1, category: 1, rank: 1, array: Uint8Array as DTypeInfo['array'] },
  int32: { bytes: 4, category: 1, rank: 2, array: Int32Array as DTypeInfo['array'] },
  uint32: { bytes: 4, category: 1, rank: 3, array: Uint32Array as DTypeInfo['array'] },
  float16: { bytes: 2, category: 2, rank: 4, array: Uint16Array as DTypeInfo['array'] },
  float32: { bytes: 4, category: 2, rank: 5, array: Float32Array as DTypeInfo['array'] },
  float64: { bytes: 8, category: 2, rank: 6, array: Float64Array as DTypeInfo['array'] },
}

export const isFloat = (dtype: DType): boolean => dtypes[dtype].category === 2

/** The type that holds both operands: the higher category, then the higher rank. */
export const promote = (a: DType, b: DType): DType => (dtypes[a].rank >= dtypes[b].rank ? a : b)

/** A JS number is a weak scalar: it raises a tensor's type only if its category is higher (1.5 turns int32 into float32). */
export function promoteScalar(dtype: DType, value: number | boolean): DType {
  if (typeof value === 'boolean') return dtype
  if (Number.isInteger(value)) return dtype === 'bool' ? 'int32' : dtype
  return isFloat(dtype) ? dtype : 'float32'
}
