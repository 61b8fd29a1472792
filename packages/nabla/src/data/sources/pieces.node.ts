/** Work on large files a megabyte at a time, so that the event loop is never held up for long. Node only. */
import { createHash } from 'node:crypto'
import { createGunzip } from 'node:zlib'

const piece = 1 << 20

/** A checksum. (The Web's digest would copy the whole file at once first.) */
export async function digestInPieces(
  algorithm: 'sha256' | 'sha512',
  bytes: Uint8Array,
  encoding: 'hex' | 'base64',
): Promise<string> {
  const hash = createHash(algorithm)
  for (let at = 0; at < bytes.length; at += piece) {
    if (at) await new Promise((resolve) => setImmediate(resolve))
    hash.update(bytes.subarray(at, at + piece))
  }
  return hash.digest(encoding)
}

/**
 * The content of a gzip file of one member, whose last four bytes say how long it is. Rejects when the file is damaged or cut off, or longer than `most`
 * bytes, before memory is taken for it.
 */
export function gunzipInPieces(packed: Uint8Array, most = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const length = packed.length < 18 ? 0 : new DataView(packed.buffer, packed.byteOffset).getUint32(packed.length - 4, true)
    const possible = Math.min(most, 1032 * packed.length) // no more than that comes of deflate
    if (length > possible)
      return reject(new Error(`damaged, cut off, or too long: its end says ${length} bytes unpacked, at most ${possible} can be`))
    let bytes: Uint8Array
    try {
      bytes = new Uint8Array(length)
    } catch (error) {
      return reject(error)
    }
    let at = 0
    const gunzip = createGunzip({ chunkSize: piece })
    gunzip.on('data', (part: Buffer) => {
      if (at + part.length > length)
        gunzip.destroy(new Error(`unpacked, it is longer than the ${length} bytes that its end says`))
      else bytes.set(part, at)
      at += part.length
    })
    gunzip.on('error', reject)
    gunzip.on('end', () =>
      at === length ? resolve(bytes) : reject(new Error(`unpacked, it has ${at} bytes, ${length} expected`)),
    )
    gunzip.end(packed)
  })
}
