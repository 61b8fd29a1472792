/** Files below an address, over fetch: works in browsers and in Node. Gzip-compressed files (`<name>.gz`) are unpacked on the way. */
import type { Source } from './source.js'

/** Bytes of a response body, told of as they come. */
export type Download = (address: string, tell: (loaded: number, total: number | undefined) => void) => Promise<Uint8Array>

/** A plain download, without resumption. Rejects when the server says anything but yes. */
export const download: Download = async (address, tell) => {
  const response = await fetch(address)
  if (!response.ok || !response.body) throw new Error(`${address} answered ${response.status} ${response.statusText}`)
  const total = Number(response.headers.get('content-length')) || undefined
  const parts: Uint8Array[] = []
  let loaded = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    loaded += value.length
    tell(loaded, total)
  }
  return join(parts, loaded)
}

export function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Bytes as they are, or unpacked when they begin as gzip does (a server may have unpacked them already). */
export async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** The source `address`, by the given way of downloading. */
export function addressSource(address: string, by: Download = download): Source {
  const base = address.replace(/\/+$/, '')
  const source: Source = {
    name: `address ${base}`,
    async fetch(entry, files, report) {
      const got = new Map<string, Uint8Array>()
      for (const file of files) {
        let length = 0
        const tell = (loaded: number, total: number | undefined, done = false): void => {
          length = loaded
          report({ kind: 'progress', dataSet: entry.name, source: source.name, file: file.name, loaded, total, done })
        }
        const packed = await by(`${base}/${file.name}.gz`, tell).catch((error: unknown) =>
          / answered 4\d\d /.test(String(error)) ? by(`${base}/${file.name}`, tell) : Promise.reject(error),
        )
        tell(length, length, true)
        got.set(file.name, await unpack(packed))
      }
      return got
    },
  }
  return source
}
