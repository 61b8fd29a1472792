/** What tests of training share: a small problem, and a store that keeps real copies. */
import { DataLoader, type DataLoaderOptions, TensorDataset } from '../data/index.js'
import * as nn from '../nn/index.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import {
  type BestInfo,
  type Checkpoint,
  type CheckpointStore,
  decodeCheckpoint,
  encodeCheckpoint,
  type Tensors,
} from './checkpoint.js'
import type { Loader } from './options.js'

/** Points in the plane; class 1 where the first coordinate is the larger. */
export function points(count: number): TensorDataset {
  const data = Float32Array.from({ length: 2 * count }, (_, i) => Math.sin(i * 12.9898) * 2)
  const classes = Int32Array.from({ length: count }, (_, i) => (data[2 * i]! > data[2 * i + 1]! ? 1 : 0))
  return new TensorDataset(tensor(data, { shape: [count, 2] }), tensor(classes, { shape: [count], dtype: 'int32' }))
}

export type Pair = readonly [Tensor, Tensor]
export const loaderOf = (count: number, options: DataLoaderOptions = {}): Loader<Pair> & { readonly length: number } =>
  new DataLoader(points(count), { batchSize: 8, shuffle: true, seed: 3, ...options } as object) as unknown as DataLoader<
    TensorDataset,
    Pair
  >

/** A network with something random and with statistics of its own. */
export const network = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(2, 16), new nn.BatchNorm1d(16), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(16, 2))

/** Keeps the bytes of every checkpoint. */
export class MemoryStore implements CheckpointStore {
  readonly saved: Uint8Array[] = []
  best: { readonly info: BestInfo; readonly weights: Record<string, number[]> } | undefined
  constructor(private from?: Uint8Array) {}
  async load(): Promise<Checkpoint | undefined> {
    return this.from && { ...(await decodeCheckpoint(this.from)).checkpoint, seconds: 1 }
  }
  async save(checkpoint: Checkpoint): Promise<void> {
    this.saved.push((await encodeCheckpoint(checkpoint)).bytes)
  }
  async saveBest(model: Tensors, info: BestInfo): Promise<void> {
    this.best = { info, weights: await valuesOf(model) }
  }
}

export async function valuesOf(tensors: Tensors): Promise<Record<string, number[]>> {
  return Object.fromEntries(
    await Promise.all(Object.entries(tensors).map(async ([name, t]) => [name, Array.from(await t.data())] as const)),
  )
}
