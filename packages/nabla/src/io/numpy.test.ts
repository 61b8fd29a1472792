import { deflateSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { decodeNpy, encodeNpy, encodeNpz, openNpy, openNpz } from './npy.js'
import { readTensors } from './tensor-file.js'
import { everyType } from './testing.js'
import { writeZip } from './zip.js'

/** A file by hand: header text, then bytes. */
function raw(header: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header)
  const lead = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0]
  return Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...lead, ...text, ...Array.from(data)])
}
const header = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`
const values = (bytes: Uint8Array): number[] => Array.from(decodeNpy(bytes).data)

describe('npy', () => {
  test.each(Object.entries(everyType))('%s comes back', (_, tensor) => {
    expect(decodeNpy(encodeNpy(tensor))).toEqual(tensor)
  })

  test('the elements begin at a multiple of 64 bytes', () => {
    const bytes = encodeNpy({ dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) })
    expect((bytes.length - 12) % 64).toBe(0)
    expect(new TextDecoder('latin1').decode(bytes.subarray(10, 80))).toContain(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
    )
  })

  test('big-endian, Fortran order, both, and the later versions of the header', () => {
    const big = (numbers: number[]): number[] => numbers.flatMap((n) => [n >> 8, n & 255])
    expect(values(raw(header("'>i2'", '(2, 3)'), big([1, 2, 3, 4, 5, 256])))).toEqual([1, 2, 3, 4, 5, 256])
    expect(values(raw(header("'|u1'", '(2, 3)', 'True'), [1, 2, 3, 4, 5, 6]))).toEqual([1, 3, 5, 2, 4, 6])
    expect(values(raw(header("'>u2'", '(3, 2)', 'True'), big([1, 2, 3, 4, 5, 6]), 2))).toEqual([1, 4, 2, 5, 3, 6])
    expect(values(raw(header("'|b1'", '()'), [7], 3))).toEqual([1])
  })

  test('int64 becomes int32 where it fits, and is written back as it was', () => {
    const data = [255, 255, 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 0, 0, 0]
    const found = decodeNpy(raw(header("'<i8'", '(2,)'), data))
    expect(found).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(-1, 2), stored: 'I64' })
    expect(encodeNpy(found, { keepStored: true }).slice(-16)).toEqual(Uint8Array.from(data))
    const wide = raw(header("'<i8'", '(1,)'), [0, 0, 0, 0, 1, 0, 0, 0])
    expect(() => decodeNpy(wide, 'counts.npy')).toThrow(/counts\.npy holds 4294967296, stored as I64, which does not fit int32/)
    expect(decodeNpy(wide, 'x', { wideIntegers: 'float64' }).data).toEqual(Float64Array.of(2 ** 32))
    const widest = raw(header("'<u8'", '(1,)'), [1, 0, 0, 0, 0, 0, 32, 0])
    expect(() => decodeNpy(widest, 'x', { wideIntegers: 'float64' })).toThrow(
      /holds 9007199254740993, stored as U64, .* float64 exactly/,
    )
  })

  test.each([
    ["[('x', '<f4'), ('y', '<i4')]", /a structured type \(\[\["x","<f4"\],\["y","<i4"\]\]\)/],
    ["'|O'", /"\|O" \(Python objects, which are pickles/],
    ["'<U5'", /"<U5" \(texts\)/],
    ["'<c8'", /complex/],
    ["'<M8[ns]'", /dates/],
    ["'<f16'", /type "<f16"; known are/],
  ])('the type %s is refused by name', (descr, message) => {
    expect(() => decodeNpy(raw(header(descr, '(1,)'), [0, 0, 0, 0, 0, 0, 0, 0]))).toThrow(message)
  })

  test.each([
    ['nothing', new Uint8Array(0), /not an npy file/],
    ['another format', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), /not an npy file/],
    ['a version from the future', raw(header("'|u1'", '(1,)'), [0], 4), /version 4\.0/],
    ['a header that is cut off', raw(header("'|u1'", '(1,)'), []).subarray(0, 30), /the header has \d+ bytes, \d+ are there/],
    ['a header that is code', raw("__import__('os').system('x')", []), /not a Python literal|something follows/],
    ['endless nesting', raw('('.repeat(5000), []), /not a Python literal/],
    ['fewer elements', raw(header("'<f4'", '(2,)'), [0, 0, 0, 0]), /has 8 bytes, 4 are there/],
    ['more elements', raw(header("'<f4'", '(0,)'), [0, 0, 0, 0]), /has 0 bytes, 4 are there/],
    ['a billion elements', raw(header("'<f8'", '(100000, 100000)'), [0]), /has 80000000000 bytes, 1 are there/],
    ['a negative extent', raw(header("'|u1'", '(-1,)'), [0]), /lacks 'shape'/],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeNpy(bytes, 'x.npy')).toThrow(message)
  })
})

describe('npz', () => {
  test.each([false, true])('every type comes back, deflated: %s', async (compress) => {
    const bytes = encodeNpz(everyType, { compress })
    const file = await openNpz(new Blob([bytes as Uint8Array<ArrayBuffer>]))
    expect(file.names).toEqual(Object.keys(everyType))
    expect(file.info('count')).toEqual({ dtype: 'int32', stored: 'I32', shape: [2] })
    expect(await readTensors(file)).toEqual(everyType)
    expect(encodeNpz(everyType, { compress })).toEqual(bytes)
  })

  test('npy files open the same way, with one tensor', async () => {
    const file = await openNpy(encodeNpy(everyType.double!))
    expect(await readTensors(file)).toEqual({ array: everyType.double })
    await expect(file.read('arrays')).rejects.toThrow(/did you mean "array"/)
  })

  const entry = encodeNpy({ dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) })
  test.each(['../../etc/x.npy', '/x.npy', 'a\\..\\..\\x.npy', 'C:x.npy', 'a/../../x.npy'])(
    'the name %s is refused',
    async (name) => {
      await expect(openNpz(writeZip('npz', [{ name, bytes: entry }]))).rejects.toThrow(/leads out of the archive/)
    },
  )

  test('what is no array is named', async () => {
    const bytes = writeZip('npz', [{ name: 'readme.txt', bytes: entry }])
    await expect(openNpz(bytes)).rejects.toThrow(/"readme\.txt" is not an array/)
  })

  test('a zip bomb is stopped by what it claims, and by what it is', async () => {
    const size = 8 * 2 ** 20
    const zeros = encodeNpy({ dtype: 'uint8', shape: [size], data: new Uint8Array(size) })
    const bomb = writeZip('npz', [{ name: 'x.npy', bytes: zeros }], { compress: true })
    expect(bomb.length).toBeLessThan(2 ** 15)
    const file = await openNpz(bomb, { maxBytes: size })
    await expect(file.read('x')).rejects.toThrow(/unfolds to 8388736 bytes.*a zip bomb\?/)
    expect((await (await openNpz(bomb)).read('x')).data.length).toBe(size)
    // The directory says less than what comes out.
    const small = encodeNpz({ x: { dtype: 'uint8', shape: [1000], data: new Uint8Array(1000) } }, { compress: true })
    const longer = deflateSync(new Uint8Array(5000))
    const lying = replaceData(small, longer)
    await expect(openNpz(lying).then((f) => f.read('x'))).rejects.toThrow(/unfolds to more than|damaged|cannot unfold|not an npy/)
  })

  /** The only entry's packed bytes, exchanged for others of any length; the directory keeps its claims about the size of what is in it. */
  function replaceData(zip: Uint8Array, packed: Uint8Array): Uint8Array {
    const view = new DataView(zip.buffer, zip.byteOffset)
    const central = view.getUint32(zip.length - 6, true)
    const start = 30 + view.getUint16(26, true) + view.getUint16(28, true)
    const out = new Uint8Array(start + packed.length + zip.length - central)
    out.set(zip.subarray(0, start))
    out.set(packed, start)
    out.set(zip.subarray(central), start + packed.length)
    const moved = new DataView(out.buffer)
    moved.setUint32(out.length - 6, start + packed.length, true)
    moved.setUint32(start + packed.length + 20, packed.length, true)
    return out
  }
})
