/** Files below an address, over fetch: works in browsers and in Node. Gzip-compressed files (`<name>.gz`) are unpacked on the way. */
import type { DataFile, DataSetEntry, Form } from '../sets/entry.js'
import { type Gunzip, isGzip, join, membersOf, webGunzip } from './archive.js'
import { build, mostOf, publishedFor, type Report, type Source } from './source.js'

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

/** What an address has: the files themselves below it, or an archive. */
export interface AddressPlace {
  readonly address: string
  readonly archive?: string
  readonly form?: Form
}

/** The source `address`, by the given way of downloading and unpacking. */
export function addressSource(
  { address, archive, form }: AddressPlace,
  by: Download = download,
  gunzip: Gunzip = webGunzip,
): Source {
  const base = address.replace(/\/+$/, '')
  const source: Source = {
    name: archive ? `address ${base}/${archive}` : `address ${base}`,
    oneByOne: archive === undefined,
    async fetch(entry, files, report) {
      const get = told(entry, source.name, report, by)
      if (archive) {
        const wanted = publishedFor(entry.files, form)
        const bytes = await get(`${base}/${archive}`, archive)
        const members = await membersOf(bytes, archive, (path) => wanted.has(path), mostOf(entry), gunzip)
        return build(entry.files, form, (path) => members.get(path))
      }
      return build(files, form, async (path, file) => {
        if (form) return get(`${base}/${path}`, path)
        if (path.endsWith('.gz')) return get(`${base}/${path}`, path)
        const packed = await get(`${base}/${path}.gz`, path).catch((error: unknown) =>
          / answered 4\d\d /.test(String(error)) ? get(`${base}/${path}`, path) : Promise.reject(error),
        )
        return isGzip(packed) ? gunzip(packed, file.bytes) : packed // a server may have unpacked it already
      })
    },
  }
  return source
}

/** A download that reports. */
function told(
  entry: DataSetEntry,
  source: string,
  report: Report,
  by: Download,
): (address: string, file: DataFile['name']) => Promise<Uint8Array> {
  return async (address, file) => {
    let length = 0
    const tell = (loaded: number, total: number | undefined, done = false): void => {
      length = loaded
      report({ kind: 'progress', dataSet: entry.name, source, file, loaded, total, done })
    }
    const bytes = await by(address, tell)
    tell(length, length, true)
    return bytes
  }
}
