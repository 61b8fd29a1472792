/** Memory that threads share. */
import type { TypedArray } from '../core/dtype.js'

/** Any view of numbers. */
export type NumberArray = TypedArray | Int8Array | Int16Array | Uint8ClampedArray

/** Whether this place lets threads share memory: Node does, browsers do for pages that are cross-origin isolated. */
export const canShare = (): boolean => typeof SharedArrayBuffer === 'function'

/** Whether a value is a typed array. */
export const isNumbers = (value: unknown): value is NumberArray => ArrayBuffer.isView(value) && !(value instanceof DataView)

/** What was copied already: two views of one buffer stay views of one buffer, and a second loader copies nothing. */
const copies = new WeakMap<ArrayBufferLike, SharedArrayBuffer>()

/** The same numbers in shared memory; the array itself if it lies there. Elsewhere than in Node and isolated pages, the array itself. */
export function shared<A extends NumberArray>(array: A): A {
  if (!canShare() || array.buffer instanceof SharedArrayBuffer || array.length === 0) return array
  const View = array.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => A
  let copy = copies.get(array.buffer)
  if (!copy) {
    const part = array.byteLength < array.buffer.byteLength / 2
    if (part) return new View(bytesOf(array).buffer, 0, array.length)
    copy = bytesOf(new Uint8Array(array.buffer)).buffer
    copies.set(array.buffer, copy)
  }
  return new View(copy, array.byteOffset, array.length)
}

/** The bytes of an array, in new shared memory. */
function bytesOf(array: NumberArray): Uint8Array<SharedArrayBuffer> {
  const bytes = new Uint8Array(new SharedArrayBuffer(array.byteLength))
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  return bytes
}
