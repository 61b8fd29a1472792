/** A static server on this machine: files in memory and folders, all with the same headers, those that isolate a page or forbid it things. */
import { readFile } from 'node:fs/promises'
import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

/** What a page must come with to be given shared memory. */
export const isolation: OutgoingHttpHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** A content security policy. */
export const policy = (text: string): OutgoingHttpHeaders => ({ 'Content-Security-Policy': text })

export interface Site {
  /** By path: `/index.html`. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>
  /** A folder on disk by the path it is served under: `/golden/`. */
  readonly folders?: Readonly<Record<string, string>>
  readonly headers?: OutgoingHttpHeaders
}

export interface Server extends AsyncDisposable {
  /** `http://localhost:1234`, which browsers trust as they trust https. */
  readonly address: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** Serves until it is disposed of. */
export async function serve({ files, folders = {}, headers = {} }: Site): Promise<Server> {
  const find = async (path: string): Promise<string | Uint8Array | undefined> => {
    const file = files?.get(path)
    if (file !== undefined) return file
    const mount = Object.keys(folders).find((prefix) => path.startsWith(prefix))
    return mount && readFile(join(folders[mount]!, path.slice(mount.length))).catch(() => undefined)
  }
  const server = createServer(async ({ url }, response) => {
    const path = normalize(decodeURIComponent(new URL(url ?? '/', 'http://localhost').pathname))
    const body = await find(path)
    const type = types[extname(path)] ?? 'application/octet-stream'
    response.writeHead(body === undefined ? 404 : 200, { ...headers, 'Content-Type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
