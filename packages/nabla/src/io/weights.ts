/** Tensors to and from files. The functions on bytes stand with their formats. */
import { halfToNumber, numberToHalf } from '../core/half.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from './safetensors.js'
import { files } from './source.js'
import type { DecodeOptions, TensorData } from './stored.js'
import { record } from './tensor-file.js'

/** Reads the values of all tensors and keeps names, shapes and types. */
export async function tensorData(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, TensorData>> {
  const entries = Object.entries(tensors).map(async ([name, t]) => {
    const data = await t.data()
    const stored = t.dtype === 'float16' ? Uint16Array.from(data as ArrayLike<number>, numberToHalf) : data
    return [name, { dtype: t.dtype, shape: t.shape, data: stored }] as const
  })
  return record(await Promise.all(entries))
}

/** A tensor on the default device from plain data. */
export function tensorFrom({ dtype, shape, data }: TensorData): Tensor {
  const values = dtype === 'float16' ? Float32Array.from(data as ArrayLike<number>, halfToNumber) : data
  return tensor(values, { shape, dtype })
}

/** Tensors on the default device from plain data. */
export const tensorsFrom = (data: Readonly<Record<string, TensorData>>): Record<string, Tensor> =>
  record(Object.entries(data).map(([name, one]) => [name, tensorFrom(one)] as const))

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
