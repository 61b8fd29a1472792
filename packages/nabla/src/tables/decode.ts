/** Bytes as text, with an error that names the file. */
import { NablaError } from '../core/errors.js'

/** Bytes as text; a byte order mark is left out. Throws NablaError('data') when they are not of that encoding. */
export function decodeText(bytes: Uint8Array, name = 'text', encoding = 'utf-8'): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (error) {
    const unknown = error instanceof RangeError
    throw new NablaError(
      unknown ? 'argument' : 'data',
      unknown
        ? `[text] unknown encoding "${encoding}"`
        : `[text] ${name} is not ${encoding}; pass { encoding } if it is another one`,
      { name, encoding },
    )
  }
}
