/**
 * TFRecord framing, as TensorFlow's record files have it:
 *
 *     8 bytes   length of the data, little-endian
 *     4 bytes   masked CRC-32C of these 8
 *     n bytes   the data
 *     4 bytes   masked CRC-32C of the data
 *
 * Source: tensorflow/core/lib/io/record_writer.h and lib/hash/crc32c.h.
 */
import crc32c from 'crc-32/crc32c.js'

/** A checksum that may itself be part of checksummed data: rotated right by 15 bits, and a constant added. */
function masked(data: Uint8Array): number {
  const crc = crc32c.buf(data) >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** One record. */
export function frameRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length)
  const view = new DataView(record.buffer)
  view.setUint32(0, data.length, true)
  view.setUint32(8, masked(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, masked(data), true)
  return record
}
