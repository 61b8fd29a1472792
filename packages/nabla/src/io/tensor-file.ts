/** A file of tensors, open: what it holds is known, values are read one by one when asked for. The same face for every format. */
import type { DType } from '../core/dtype.js'
import { unknownName } from '../core/errors.js'
import type { DecodeOptions, TensorData } from './stored.js'

/** The formats that hold tensors. */
export type FileFormat = 'safetensors' | 'npy' | 'npz' | 'torch' | 'onnx'

/** What is known of a tensor before it is read. */
export interface TensorInfo {
  /** The type that its elements will have here. */
  readonly dtype: DType
  /** The type in the file, by safetensors' names: `F32`, `I64`, `BF16`, ... */
  readonly stored: string
  /** Extents. */
  readonly shape: readonly number[]
}

/** An open file of tensors. */
export interface TensorFile {
  /** Which format it has. */
  readonly format: FileFormat
  /** The path or name it was opened by. */
  readonly name: string
  /** The tensors' names, in the file's order. */
  readonly names: readonly string[]
  /** Texts by key: safetensors' metadata; of PyTorch files the numbers and texts beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>
  /** Shape and type of a tensor. Throws NablaError('io') on an unknown name. */
  info(name: string): TensorInfo
  /** The values of one tensor; of the rest of the file nothing is read. Throws NablaError('io') where the file is damaged. */
  read(name: string, options?: DecodeOptions): Promise<TensorData>
  /** Lets go of the file. */
  close(): Promise<void>
}

/** A tensor that can be read. */
export interface TensorEntry extends TensorInfo {
  readonly read: (options: DecodeOptions) => Promise<TensorData>
}

/** The common face over a format's own entries. */
export function tensorFile(
  format: FileFormat,
  name: string,
  entries: ReadonlyMap<string, TensorEntry>,
  metadata: Readonly<Record<string, string>>,
  close: () => Promise<void>,
): TensorFile {
  const names = [...entries.keys()]
  const entry = (wanted: string): TensorEntry => {
    const found = entries.get(wanted)
    if (!found) throw unknownName('io', `tensor of ${name}`, wanted, names)
    return found
  }
  return {
    format,
    name,
    names,
    metadata,
    info: (wanted) => {
      const { dtype, stored, shape } = entry(wanted)
      return { dtype, stored, shape }
    },
    read: async (wanted, options = {}) => entry(wanted).read(options),
    close,
  }
}

/** Records whose keys come from files: `__proto__` is a name like any other. */
export function record<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const made: Record<string, T> = {}
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true })
  return made
}

/** The values of all tensors. */
export async function readTensors(file: TensorFile, options: DecodeOptions = {}): Promise<Record<string, TensorData>> {
  const read: [string, TensorData][] = []
  for (const name of file.names) read.push([name, await file.read(name, options)])
  return record(read)
}
