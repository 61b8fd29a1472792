/** Files out of archives: tar, tar.gz and zip, told apart by their content. Works in browsers and in Node. */
import { tarMembers } from '../tar.js'

/** Unpacks gzip; rejects when that gives more than `most` bytes. */
export type Gunzip = (packed: Uint8Array, most: number) => Promise<Uint8Array>

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b
const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b

/** The Web's own means of unpacking gzip, which Node has too. */
export const webGunzip: Gunzip = async (packed, most) => {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'))
  const parts: Uint8Array[] = []
  let length = 0
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) return join(parts, length)
    length += value.length
    if (length > most) {
      await reader.cancel()
      throw new Error(tooLong(most))
    }
    parts.push(value)
  }
}

export const tooLong = (most: number): string => `unpacked, it is longer than the ${most} bytes expected of it`

export function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The members of an archive for which `wanted` is true, by their paths. `most`: bytes that it may unpack to. */
export async function membersOf(
  bytes: Uint8Array,
  name: string,
  wanted: (path: string) => boolean,
  most: number,
  gunzip: Gunzip = webGunzip,
): Promise<Map<string, Uint8Array>> {
  if (isZip(bytes)) {
    const { unzipSync } = await import('fflate')
    let left = most
    const all = unzipSync(bytes, {
      filter: (file) => {
        if (!wanted(file.name)) return false
        left -= file.originalSize
        if (left < 0) throw new Error(`${name}: ${tooLong(most)}`)
        return true
      },
    })
    return new Map(Object.entries(all))
  }
  const found = new Map<string, Uint8Array>()
  for (const member of tarMembers(isGzip(bytes) ? await gunzip(bytes, most) : bytes, name))
    if (wanted(member.name)) found.set(member.name, member.data)
  return found
}
