/** Any file of tensors, opened by what it is: its first bytes decide, for names lie. */
import { NablaError } from '../core/errors.js'
import { openNpy, openNpz } from './npy.js'
import { openOnnx } from './onnx/read.js'
import { openSafetensors } from './safetensors.js'
import { openSource, type Readable } from './source.js'
import type { FileFormat, TensorFile } from './tensor-file.js'
import { openTorch } from './torch.js'
import type { ZipOptions } from './zip.js'

/** How a file is opened. */
export interface OpenOptions extends ZipOptions {
  /** The format. Default: seen from the file's first bytes. */
  readonly format?: FileFormat
}

const openers: Readonly<Record<FileFormat, (from: Readable, options: ZipOptions) => Promise<TensorFile>>> = {
  safetensors: openSafetensors,
  npy: openNpy,
  npz: openNpz,
  torch: openTorch,
  onnx: openOnnx,
}

/** The format that a file of `size` bytes beginning with `head` has. */
function formatOf(head: Uint8Array, size: number, name: string, archive: () => FileFormat): FileFormat {
  const [a, b] = head
  if (a === 0x93 && b === 0x4e) return 'npy'
  if (a === 0x50 && b === 0x4b) return archive()
  // A small little-endian length, then the brace of the header.
  if (head.length > 8 && head[8] === 0x7b && head.subarray(5, 8).every((byte) => byte === 0)) return 'safetensors'
  if (a === 0x80 || new TextDecoder('latin1').decode(head.subarray(257, 262)) === 'ustar') return 'torch'
  if (a === 0x08 && (b ?? 99) < 32) return 'onnx' // the first field of a model is its version
  throw new NablaError(
    'io',
    `[io] ${name} is no file of tensors: neither safetensors, npy, npz, PyTorch nor ONNX (${size} bytes)`,
    {
      name,
    },
  )
}

/**
 * Opens a file of tensors of any format that is read here. An archive is PyTorch's if its first entry says so.
 * Throws NablaError('io') where it is none of them, or damaged.
 */
export async function openTensors(from: Readable, { format, ...options }: OpenOptions = {}): Promise<TensorFile> {
  const source = await openSource(from)
  try {
    const head = await source.read(0, Math.min(512, source.size))
    const first = new TextDecoder('latin1').decode(head.subarray(30, 30 + ((head[26] ?? 0) | ((head[27] ?? 0) << 8))))
    const found = format ?? formatOf(head, source.size, source.name, () => (first.endsWith('.npy') ? 'npz' : 'torch'))
    return await openers[found](source, options)
  } catch (error) {
    await source.close()
    throw error
  }
}
