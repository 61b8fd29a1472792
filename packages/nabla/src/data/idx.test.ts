import { describe, expect, test } from 'vitest'
import { encodeIdx, parseIdx } from './idx.js'

const file = (shape: number[], values: number[], type = 8): Uint8Array => {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length)
  bytes.set([0, 0, type, shape.length])
  shape.forEach((n, d) => new DataView(bytes.buffer).setUint32(4 + 4 * d, n))
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}

test('reads shape and values, also out of the middle of a buffer', () => {
  const bytes = file([2, 1, 3], [1, 2, 3, 4, 5, 255])
  const wide = new Uint8Array(bytes.length + 5)
  wide.set(bytes, 3)
  expect(parseIdx(wide.subarray(3, 3 + bytes.length), 'x', 3)).toEqual({
    shape: [2, 1, 3],
    data: Uint8Array.of(1, 2, 3, 4, 5, 255),
  })
  expect(parseIdx(file([0], []), 'x').data.length).toBe(0)
})

test('writes what it reads', () => {
  expect(encodeIdx({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) })).toEqual(file([2, 3], [1, 2, 3, 4, 5, 255]))
  expect(() => encodeIdx({ shape: [2], data: Uint8Array.of(1) })).toThrowError(/1 bytes do not fill \[2\]/)
})

describe('says what is wrong', () => {
  test.each([
    ['no bytes', new Uint8Array(0), /has 0 bytes/],
    ['another file', Uint8Array.of(0x50, 0x4b, 3, 4), /not an idx file/],
    ['still packed', Uint8Array.of(0x1f, 0x8b, 8, 0), /still gzip-compressed/],
    ['floats', file([1], [0, 0, 0, 0], 0x0d), /0xd is not supported/],
    ['half a header', file([2, 2], []).subarray(0, 9), /header is cut off/],
    ['too few values', file([2, 2], [1, 2, 3]), /\[2, 2\], 4 bytes of values, but 3 follow/],
    ['too many values', file([2], [1, 2, 3]), /2 bytes of values, but 3 follow/],
  ])('%s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'digits')).toThrowError(message)
    expect(() => parseIdx(bytes, 'digits')).toThrowError(expect.objectContaining({ kind: 'data' }))
  })
  test('another rank', () => expect(() => parseIdx(file([4], [1, 2, 3, 4]), 'x', 3)).toThrowError(/1 dimensions, expected 3/))
})
