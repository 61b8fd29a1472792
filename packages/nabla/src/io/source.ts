/** Where bytes are read from, a piece at a time: a file in Node, a Blob (a picked file) in browsers, memory anywhere. */
import { NablaError } from '../core/errors.js'

/** Bytes that are read piece by piece. */
export interface ByteSource {
  /** What it is called in messages: a path, a file's name. */
  readonly name: string
  /** All bytes. */
  readonly size: number
  /** A piece, in memory of its own. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Lets go of the file. */
  close(): Promise<void>
}

/** What can be read: the path of a file (Node), bytes, a Blob or File, or a source. */
export type Readable = string | Uint8Array | ArrayBuffer | Blob | ByteSource

const isSource = (from: unknown): from is ByteSource =>
  typeof from === 'object' && from !== null && 'read' in from && 'size' in from

/** Opens what can be read; `name` is for messages. Throws NablaError('io') where there is no such file. */
export async function openSource(from: Readable, name?: string): Promise<ByteSource> {
  if (typeof from === 'string') {
    const { openFile } = await files()
    return checked(await openFile(from))
  }
  if (from instanceof Uint8Array || from instanceof ArrayBuffer) {
    const bytes = from instanceof Uint8Array ? from : new Uint8Array(from)
    return checked({
      name: name ?? 'the data',
      size: bytes.length,
      read: async (offset, length) => Uint8Array.prototype.slice.call(bytes, offset, offset + length),
      close: async () => {},
    })
  }
  if (typeof Blob !== 'undefined' && from instanceof Blob)
    return checked({
      name: name ?? (from as Partial<File>).name ?? 'the data',
      size: from.size,
      read: async (offset, length) => new Uint8Array(await from.slice(offset, offset + length).arrayBuffer()),
      close: async () => {},
    })
  if (isSource(from)) return from
  throw new NablaError('argument', '[io] expected a path, bytes (Uint8Array or ArrayBuffer), a Blob, or a ByteSource')
}

/** No piece reaches beyond the end. */
const checked = (source: ByteSource): ByteSource => ({
  ...source,
  async read(offset, length) {
    if (offset < 0 || length < 0 || offset + length > source.size)
      throw new NablaError(
        'io',
        `[io] ${source.name} is cut off: bytes ${offset} to ${offset + length} are wanted, ${source.size} are there`,
        { name: source.name, offset, length, size: source.size },
      )
    return source.read(offset, length)
  },
})

/** Node's files. Throws NablaError('io') in browsers. */
export async function files(): Promise<typeof import('../core/files.node.js')> {
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new NablaError(
      'io',
      '[io] there are no files here: read from a Blob or from bytes, and write by the encode... functions',
    )
  return import('../core/files.node.js')
}
