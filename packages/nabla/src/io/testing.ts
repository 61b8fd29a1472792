/** What the tests of formats share. */
import type { TensorData } from './stored.js'

/** A tensor of every type, with empty and zero-dimensional ones and a name that needs care. */
export const everyType: Readonly<Record<string, TensorData>> = {
  flag: { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
  half: { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) },
  'layer.weight': { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -0, Infinity, Number.NaN) },
  double: { dtype: 'float64', shape: [], data: Float64Array.of(Math.PI) },
  count: { dtype: 'int32', shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
  bits: { dtype: 'uint32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  byte: { dtype: 'uint8', shape: [1, 1], data: Uint8Array.of(255) },
  nothing: { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
  'naïve ∇ __proto__': { dtype: 'uint8', shape: [1], data: Uint8Array.of(7) },
}
