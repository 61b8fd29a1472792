/** Half precision (IEEE binary16) as bits in a 16-bit integer: float16 is a storage type, its arithmetic happens in float32. */

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The number that 16 bits stand for. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The nearest half to a number (by way of float32), ties to even; too large gives infinity. */
export function numberToHalf(value: number): number {
  float[0] = value
  const x = bits[0]!
  const sign = (x >>> 16) & 0x8000
  const magnitude = x & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00 // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00 // rounds to 2^16 or more
  if (magnitude < 0x38800000) {
    // Below 2^-14 halves are multiples of 2^-24; adding 2^23 lets the float unit do the rounding.
    float[0] = Math.abs(float[0]!) * 2 ** 24 + 2 ** 23
    return sign | (float[0]! - 2 ** 23)
  }
  const rebased = magnitude - 0x38000000
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13)
}
