/** The JPEG decoder's WebAssembly out of its package, which in Node is a file and not an address. Node only. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** The decoder's WebAssembly. */
export const jpegModule = (): Promise<Uint8Array> =>
  readFile(createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'))
