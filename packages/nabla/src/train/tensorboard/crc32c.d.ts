/** The part of `crc-32` that has no declarations of its own. */
declare module 'crc-32/crc32c.js' {
  const crc32c: { buf(data: Uint8Array, seed?: number): number }
  export = crc32c
}
