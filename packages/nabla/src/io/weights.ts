/** Tensors to and from safetensors files. Node only at run time; the bytes-only functions stand in `safetensors.ts`. */
import { NablaError } from '../core/errors.js'
import { halfToNumber, numberToHalf } from '../core/half.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import {
  type DecodeOptions,
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsContent,
  type TensorData,
} from './safetensors.js'

/** Reads the values of all tensors and keeps names, shapes and types. */
export async function tensorData(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, TensorData>> {
  const entries = Object.entries(tensors).map(async ([name, t]) => {
    const data = await t.data()
    const stored = t.dtype === 'float16' ? Uint16Array.from(data as ArrayLike<number>, numberToHalf) : data
    return [name, { dtype: t.dtype, shape: t.shape, data: stored }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** Tensors on the default device from plain data. */
export const tensorsFrom = (data: Readonly<Record<string, TensorData>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(data).map(([name, { dtype, shape, data: stored }]) => {
      const values = dtype === 'float16' ? Float32Array.from(stored as ArrayLike<number>, halfToNumber) : stored
      return [name, tensor(values, { shape, dtype })]
    }),
  )

/**
 * Saves tensors by name, for example a module's state dict, whole or not at all.
 *
 *     await saveSafetensors('lenet.safetensors', net.stateDict())
 *
 * Throws NablaError('io') when the file cannot be written.
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(await tensorData(tensors), metadata))
}

/** The tensors of a file by name. Throws NablaError('io') when there is no such file, or when it is damaged. */
export async function loadSafetensors(path: string): Promise<Record<string, Tensor>> {
  return tensorsFrom((await readSafetensors(path)).tensors)
}

/** A file's tensors as plain data, with its metadata. Errors as `loadSafetensors`. */
export async function readSafetensors(path: string, options: DecodeOptions = {}): Promise<SafetensorsContent> {
  const { readFileBytes } = await files()
  return decodeSafetensors(await readFileBytes(path), path, options)
}

/** Writes a file whole or not at all: beside the target first, then renamed. Throws NablaError('io') when it cannot. */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await (await files()).writeFileAtomic(path, data)
}

async function files(): Promise<typeof import('../core/files.node.js')> {
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new NablaError('io', '[io] there are no files here: use encodeSafetensors and decodeSafetensors on bytes')
  return import('../core/files.node.js')
}
