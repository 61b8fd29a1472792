/**
 * What a loader's worker does: makes its data set by the recipe, then batches, one after the other, as they are asked for. Their numbers are
 * written to shared memory that both sides use again and again. The engine is not needed for this, and not loaded.
 */
import type { TypedArray } from '../core/dtype.js'
import type { ViewOf } from './collate-blocks.js'
import { collateHost, type CollateOptions, type HostBatch } from './collate-host.js'
import type { FieldTypes, MapStyleDataset } from './dataset.js'
import { type Draw, drawSamples, guarded, type Mishap, mishapOf, StreamReader } from './draw.js'
import { type Load, unpack } from './pack.js'
import { canShare } from './shared.js'
import { type IterableDataset, streamOf } from './stream.js'

/** What a worker is told when it starts. */
export interface WorkerInit {
  /** See pack.ts. */
  readonly dataset: unknown
  /** Absent: samples are handed on as they are, to be put together by whoever asked. */
  readonly collate?: CollateOptions
  /** Samples in a batch of a stream; absent for a data set by number. */
  readonly batchSize?: number
}

/** One batch to make. */
export interface Task extends Draw {
  readonly id: number
  /** Number of the loop over the loader; each has a stream of its own. */
  readonly iteration: number
  /** Samples of the batch; absent for a stream. */
  readonly rows?: Uint32Array
  /** Which piece of shared memory may be written to. */
  readonly slot: number
}

/** From the loader: a batch to make, or the end of a loop over a stream. */
export type Order = { readonly task: Task } | { readonly close: number }

/** To the loader. */
export type Answer =
  | { readonly id: number; readonly count: number; readonly batch: HostBatch }
  | { readonly id: number; readonly count: number; readonly samples: readonly unknown[] }
  | { readonly id: number; readonly mishap: Mishap }

/** Shared memory for one batch at a time; as large as the largest that has been in it. */
class Slot {
  private buffer: ArrayBufferLike = new ArrayBuffer(0)
  private used = 0
  private wanted = 0

  clear(): void {
    if (this.wanted > this.buffer.byteLength && canShare()) this.buffer = new SharedArrayBuffer(this.wanted)
    this.used = this.wanted = 0
  }

  /** Room for numbers; beyond the end of the memory it is memory of its own, and there will be more the next time. */
  readonly allocate = (View: ViewOf, length: number): TypedArray => {
    const bytes = length * (View as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT
    const offset = this.used
    this.wanted += Math.ceil(bytes / 8) * 8
    if (offset + bytes > this.buffer.byteLength)
      return new View(canShare() ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes), 0, length)
    this.used += Math.ceil(bytes / 8) * 8
    return new View(this.buffer, offset, length)
  }
}

/** Works until it is ended: gives the function that takes orders. */
export function serve(
  { dataset, collate, batchSize }: WorkerInit,
  load: Load,
  answer: (message: Answer) => void,
): (order: Order) => void {
  const made = unpack(dataset, load) as Promise<MapStyleDataset | IterableDataset>
  const slots: Slot[] = []
  const readers = new Map<number, StreamReader>()

  async function samplesOf(
    task: Task,
  ): Promise<{ rows: Uint32Array; samples: readonly unknown[]; types: FieldTypes | undefined }> {
    const source = await made
    if (task.rows)
      return { rows: task.rows, samples: await drawSamples(source as MapStyleDataset, task.rows, task), types: source.dtypes }
    const stream = streamOf(source as IterableDataset)
    const reader = readers.get(task.iteration) ?? new StreamReader(stream, batchSize!, task.epoch)
    readers.set(task.iteration, reader)
    return { ...(await reader.read(task)), types: stream.dtypes }
  }

  async function run(task: Task): Promise<Answer> {
    const { id } = task
    try {
      const { rows, samples, types } = await samplesOf(task)
      if (!collate || samples.length === 0) return { id, count: samples.length, samples }
      const slot = (slots[task.slot] ??= new Slot())
      slot.clear()
      return { id, count: samples.length, batch: guarded(() => collateHost(samples, rows, collate, types, slot.allocate)) }
    } catch (error) {
      return { id, mishap: mishapOf(error) }
    }
  }

  function post(message: Answer): void {
    try {
      answer(message)
    } catch (error) {
      answer({ id: message.id, mishap: mishapOf(error) }) // something in it that cannot be copied
    }
  }

  let queue: Promise<void> = Promise.resolve()
  made.catch(() => {}) // It is told with the first batch.
  return (order) => {
    if ('task' in order) queue = queue.then(async () => post(await run(order.task)))
    else
      queue = queue.then(async () => {
        const reader = readers.get(order.close)
        readers.delete(order.close)
        await reader?.close().catch(() => {})
      })
  }
}
