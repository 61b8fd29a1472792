/**
 * The idx format of the MNIST files: two zero bytes, a type byte (8: unsigned byte), the number of dimensions, each extent as a
 * big-endian 32-bit number, then the values, row-major.
 */
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'

/** What an idx file holds. */
export interface IdxFile {
  /** Extents of all dimensions, outermost first. */
  readonly shape: readonly number[]
  /** A view of the file's bytes. */
  readonly data: Uint8Array
}

/**
 * Reads an idx file of unsigned bytes. `name` is used in errors; `rank`, where given, is the number of dimensions expected.
 * Throws NablaError('data') when the bytes are not such a file, or are too few or too many for its own header.
 */
export function parseIdx(bytes: Uint8Array, name: string, rank?: number): IdxFile {
  const fail = (what: string): never => {
    throw new NablaError('data', `[idx] ${name}: ${what}`, { name, bytes: bytes.length })
  }
  if (bytes.length < 4) return fail(`not an idx file: it has ${bytes.length} bytes, the header alone takes 4`)
  const [zero1, zero2, type, dims] = bytes as unknown as [number, number, number, number]
  if (zero1 !== 0 || zero2 !== 0) {
    const gzip = zero1 === 0x1f && zero2 === 0x8b
    return fail(gzip ? 'the file is still gzip-compressed' : 'not an idx file: it does not begin with two zero bytes')
  }
  if (type !== 0x08) return fail(`element type 0x${type.toString(16)} is not supported; expected 0x8, unsigned bytes`)
  if (rank !== undefined && dims !== rank) return fail(`it has ${dims} dimensions, expected ${rank}`)
  const start = 4 + 4 * dims
  if (bytes.length < start) return fail(`the header is cut off: ${bytes.length} bytes, ${start} expected`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: dims }, (_, d) => view.getUint32(4 + 4 * d))
  const size = sizeOf(shape)
  if (bytes.length - start !== size)
    return fail(`its header says ${showShape(shape)}, ${size} bytes of values, but ${bytes.length - start} follow it`)
  return { shape, data: bytes.subarray(start) }
}

/** The bytes of an idx file of unsigned bytes: what `parseIdx` reads. Throws NablaError('data') when `data` does not fill the shape. */
export function encodeIdx({ shape, data }: IdxFile): Uint8Array {
  if (sizeOf(shape) !== data.length)
    throw new NablaError('data', `[idx] ${data.length} bytes do not fill ${showShape(shape)}`, { shape, bytes: data.length })
  const start = 4 + 4 * shape.length
  const bytes = new Uint8Array(start + data.length)
  bytes.set([0, 0, 8, shape.length])
  const view = new DataView(bytes.buffer)
  shape.forEach((extent, d) => view.setUint32(4 + 4 * d, extent))
  bytes.set(data, start)
  return bytes
}
