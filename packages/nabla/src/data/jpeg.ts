/**
 * JPEG files, decoded by mozjpeg (a package in WebAssembly). The package ends its instance at the first file that it cannot read, so the next
 * file gets a new one; and it gives whatever came of a file that is cut off, so that is looked for here.
 */
import type { Raster } from './raster.js'

/** What a JPEG's header says. */
interface JpegFrame {
  readonly channels: number
  readonly height: number
  readonly width: number
  /** Where the compressed pixels begin. */
  readonly scan: number
}

/** The frame header, found by walking the segments before the first scan. Throws when there is none. */
export function jpegFrame(bytes: Uint8Array): JpegFrame {
  const word = (at: number): number => (bytes[at]! << 8) | bytes[at + 1]!
  let frame: Omit<JpegFrame, 'scan'> | undefined
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) {
      at++ // bytes between segments mean nothing
      continue
    }
    const marker = bytes[at + 1]!
    if (marker === 0xff) at++
    else if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) at += 2
    else if (marker === 0xd9) break
    else {
      const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
      if (isFrame && at + 10 <= bytes.length) frame = { height: word(at + 5), width: word(at + 7), channels: bytes[at + 9]! }
      if (marker === 0xda && frame) return { ...frame, scan: at }
      at += 2 + word(at + 2)
    }
  }
  throw new Error('it ends before its pixels begin')
}

/** Whether an end-of-image marker follows the scan's beginning (it cannot occur in the compressed pixels). */
function ends(bytes: Uint8Array, scan: number): boolean {
  for (let at = bytes.length - 2; at > scan; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true
  return false
}

type Codec = { decode(data: Uint8Array, preserveOrientation: boolean): { data: Uint8ClampedArray } | null }
interface Instance {
  readonly codec: Codec
  /** What the decoder complained of since the last file. */
  readonly complaints: string[]
}
/** The part of WebAssembly's interface that is used here; the types of Node have it not. */
interface Engine {
  compile(bytes: Uint8Array): Promise<object>
  Instance: new (module: object, imports: object) => { readonly exports: object }
}
let compiled: Promise<object | undefined> | undefined
let instance: Promise<Instance> | undefined

const inNode = (): boolean => typeof process !== 'undefined' && Boolean(process.versions?.node)

async function newInstance(): Promise<Instance> {
  const { default: make } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js')
  const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly
  compiled ??= inNode()
    ? import('./jpeg.node.js').then(async ({ jpegModule }) => engine.compile(await jpegModule()))
    : Promise.resolve(undefined)
  const module = await compiled
  const complaints: string[] = []
  const codec = await make({
    noInitialRun: true,
    print: () => {},
    printErr: (text: string) => void complaints.push(text),
    ...(module && {
      instantiateWasm(imports: object, done: (made: object) => void) {
        const made = new engine.Instance(module, imports)
        done(made)
        return made.exports
      },
    }),
  })
  return { codec, complaints }
}

/** What the decoder passes over and a reader should not: pixels that are missing or nonsense. */
const damage = /premature end|bad huffman/i

/** The pixels: one channel for a grey file, else three. Throws with the reason when it cannot be read. */
export async function decodeJpeg(bytes: Uint8Array, frame: JpegFrame): Promise<Raster> {
  if (!ends(bytes, frame.scan)) throw new Error('it is cut off')
  instance ??= newInstance()
  instance.catch(() => (instance = undefined))
  const { codec, complaints } = await instance
  complaints.length = 0
  let rgba: Uint8ClampedArray | undefined
  try {
    rgba = codec.decode(bytes, false)?.data
  } catch {
    instance = undefined // it has ended, or its memory is out of order
  }
  const { height, width } = frame
  const wrong = complaints.find((text) => damage.test(text))
  if (wrong || rgba?.length !== 4 * height * width) throw new Error(wrong ?? (complaints.join('; ') || 'it cannot be decoded'))
  const channels = frame.channels === 1 ? 1 : 3
  const size = height * width
  const data = new Uint8Array(channels * size)
  for (let c = 0; c < channels; c++) for (let i = 0, from = c; i < size; i++, from += 4) data[c * size + i] = rgba[from]!
  return { data, channels, height, width }
}
