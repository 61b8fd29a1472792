import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors, openSafetensors } from './safetensors.js'
import { everyType } from './testing.js'

/** A file by hand: header text, then bytes. */
const raw = (header: unknown, data: ArrayLike<number> = []): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

test('what was encoded is decoded, every type, empty and zero-dimensional tensors, any name', () => {
  const { tensors, metadata } = decodeSafetensors(encodeSafetensors(everyType, { format: 'pt', epoch: '3' }))
  expect(tensors).toEqual(everyType)
  expect(Object.is((tensors['layer.weight']!.data as Float32Array)[1], -0)).toBe(true)
  expect(metadata).toEqual({ format: 'pt', epoch: '3' })
  const { tensors: own } = decodeSafetensors(
    encodeSafetensors(
      JSON.parse('{"__proto__":{"dtype":"uint8","shape":[1],"data":{}}}', (key, value) =>
        key === 'data' ? Uint8Array.of(9) : value,
      ),
    ),
  )
  expect(Object.keys(own)).toEqual(['__proto__'])
})

test('every tensor is aligned to its width, and the bytes are those of the format', () => {
  const bytes = encodeSafetensors(everyType)
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  expect(length % 8).toBe(0)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, { data_offsets: number[] }>
  for (const [name, { data }] of Object.entries(everyType))
    expect(header[name]!.data_offsets[0]! % data.BYTES_PER_ELEMENT).toBe(0)
  const one = encodeSafetensors({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } })
  expect(new TextDecoder().decode(one.subarray(8, 64))).toBe('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(56))
  expect([...one.subarray(64)]).toEqual([0, 0, 0x80, 0x3f])
})

test('types that we have not are widened', () => {
  const bytes = raw(
    {
      b: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] },
      l: { dtype: 'I64', shape: [1], data_offsets: [4, 12] },
      i: { dtype: 'I8', shape: [1], data_offsets: [12, 13] },
    },
    [0x80, 0x3f, 0xc0, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80],
  )
  const { tensors } = decodeSafetensors(bytes)
  expect(tensors).toEqual({
    b: { dtype: 'float32', shape: [2], data: Float32Array.of(1, Number.NaN), stored: 'BF16' },
    l: { dtype: 'int32', shape: [1], data: Int32Array.of(-2), stored: 'I64' },
    i: { dtype: 'int32', shape: [1], data: Int32Array.of(-128), stored: 'I8' },
  })
  const wide = raw({ l: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, [0, 0, 0, 0, 1, 0, 0, 0])
  expect(() => decodeSafetensors(wide)).toThrowError(/4294967296.*int32/)
  expect(decodeSafetensors(wide, 'wide', { wideIntegers: 'float64' }).tensors).toEqual({
    l: { dtype: 'float64', shape: [1], data: Float64Array.of(2 ** 32), stored: 'I64' },
  })
})

test('the decoded memory is not the file: changing one leaves the other', () => {
  const bytes = encodeSafetensors({ x: { dtype: 'uint8', shape: [1], data: Uint8Array.of(1) } })
  const inNode = Buffer.from(bytes)
  const [fromBytes, fromBuffer] = [decodeSafetensors(bytes), decodeSafetensors(inNode)]
  bytes.fill(0)
  inNode.fill(0)
  for (const { tensors } of [fromBytes, fromBuffer]) expect([...tensors.x!.data]).toEqual([1])
})

describe('damaged files', () => {
  const entry = (more: object = {}): object => ({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more } })
  const data = new Uint8Array(8)
  test.each([
    ['empty', new Uint8Array(0), /cut off: 0 bytes/],
    ['header cut', raw(entry()).subarray(0, 20), /cut off: its header/],
    ['data cut', raw(entry(), data.subarray(4)), /cut off: "x" ends at byte 8 of the data, 4 are there/],
    ['not the format', new TextEncoder().encode('<!doctype html><html>'), /not a safetensors file/],
    ['header no JSON', raw('{"x":', data), /header is not JSON/],
    ['header no object', raw('[1]'), /not a JSON object/],
    ['entry no object', raw({ x: 3 }), /entry of "x"/],
    ['negative shape', raw(entry({ shape: [-2] }), data), /entry of "x"/],
    ['unknown type', raw(entry({ dtype: 'Q4' }), data), /type Q4; known are/],
    ['inherited type name', raw(entry({ dtype: 'constructor' }), data), /type constructor/],
    ['span and shape differ', raw(entry({ shape: [3] }), data), /12 bytes, but its offsets 0 to 8 span 8/],
    ['gap', raw(entry({ data_offsets: [4, 12] }), new Uint8Array(12)), /leave a gap/],
    ['overlap', raw({ ...entry(), y: { dtype: 'U8', shape: [1], data_offsets: [7, 8] } }, data), /overlap/],
    ['rest', raw(entry(), new Uint8Array(9)), /1 bytes follow/],
    ['metadata no text', raw({ __metadata__: { a: 1 } }), /metadata "a"/],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'net.safetensors')).toThrowError(message)
    expect(() => decodeSafetensors(bytes, 'net.safetensors')).toThrowError(expect.objectContaining({ kind: 'io' }))
  })
  test('every cut of a whole file is noticed', () => {
    const bytes = encodeSafetensors(everyType, { a: 'b' })
    for (let n = 0; n < bytes.length; n++) expect(() => decodeSafetensors(bytes.subarray(0, n))).toThrowError(/safetensors/)
  })
})

test('encoding refuses data that does not fit', () => {
  expect(() => encodeSafetensors({ x: { dtype: 'float32', shape: [3], data: new Float32Array(2) } })).toThrowError(
    /2 elements.*float32 \[3\]/,
  )
  expect(() => encodeSafetensors({ x: { dtype: 'float32', shape: [2], data: new Uint8Array(2) } })).toThrowError(
    /1 bytes.*float32/,
  )
})

describe('a file that is open', () => {
  /** Counts what is read. */
  const counted = (bytes: Uint8Array) => {
    const pieces: [number, number][] = []
    return {
      pieces,
      name: 'big.safetensors',
      size: bytes.length,
      read: async (offset: number, length: number) => {
        pieces.push([offset, length])
        return bytes.slice(offset, offset + length)
      },
      close: async () => {},
    }
  }

  test('only the header is read, then single tensors', async () => {
    const bytes = encodeSafetensors(everyType, { format: 'pt' })
    const source = counted(bytes)
    const file = await openSafetensors(source)
    expect(file.names).toHaveLength(Object.keys(everyType).length)
    expect(file.metadata).toEqual({ format: 'pt' })
    expect(file.info('half')).toEqual({ dtype: 'float16', stored: 'F16', shape: [1] })
    expect(source.pieces.map(([, length]) => length)).toEqual([8, Number(new DataView(bytes.buffer).getBigUint64(0, true))])
    expect(await file.read('count')).toEqual(everyType.count)
    expect(source.pieces.at(-1)![1]).toBe(8)
    expect(() => file.info('coumt')).toThrow(/unknown tensor of big\.safetensors "coumt"; did you mean "count"\?/)
  })

  test('a Blob, bytes and a buffer are read the same way', async () => {
    const bytes = encodeSafetensors(everyType) as Uint8Array<ArrayBuffer>
    for (const from of [bytes, bytes.buffer, new Blob([bytes])])
      expect(await (await openSafetensors(from)).read('double')).toEqual(everyType.double)
  })

  test('types that are not ours: read by rule, written back as they were, or refused by name', async () => {
    const given = raw({ x: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, [0x80, 0x3f, 0xc0, 0xff])
    const { x } = decodeSafetensors(given).tensors
    expect(x).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, Number.NaN), stored: 'BF16' })
    expect(encodeSafetensors({ x: x! }, {}, { keepStored: true }).slice(-4)).toEqual(given.slice(-4))
    for (const dtype of ['F8_E4M3', 'F8_E5M2', 'C64', 'F4'])
      await expect(openSafetensors(raw({ x: { dtype, shape: [1], data_offsets: [0, 1] } }, [0]))).rejects.toThrow(
        `"x" has type ${dtype}`,
      )
  })
})
