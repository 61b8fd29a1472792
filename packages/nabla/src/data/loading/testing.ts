/** What the tests of loaders send to workers. */
import { workerData } from 'node:worker_threads'
import { BaseDataset } from '../dataset.js'
import { portable } from '../portable.js'
import type { SampleRandom } from '../random.js'
import { StreamDataset } from '../stream.js'

/** A record with something random, something of every sample's own length, and its thread's name. */
export interface Row {
  readonly index: number
  readonly noise: number
  readonly words: Int32Array
  readonly name: string
}

class Rows extends BaseDataset<Row> {
  constructor(readonly length: number) {
    super()
  }
  get(index: number, random: SampleRandom): Row {
    return { index, noise: random.uniform(), words: new Int32Array((index % 5) + 1).fill(index), name: `row ${index}` }
  }
}

export const rows = portable(import.meta.url, 'rows', (length: number) => new Rows(length))

/** Fails for one sample. */
export const failing = portable(import.meta.url, 'failing', (index: number) => (row: Row) => {
  if (row.index === index) throw new RangeError(`row ${index} is bad`)
  return row
})

/** Ends its thread. */
export const deadly = portable(import.meta.url, 'deadly', () => (): number => process.exit(3))

/** Adds noise. */
export const noisy = portable(
  import.meta.url,
  'noisy',
  (level: number) => (x: number, random: SampleRandom) => x + level * random.normal(),
)

/** Takes its time, more for even numbers. */
export const slow = portable(import.meta.url, 'slow', (milliseconds: number) => async (row: Row) => {
  await new Promise((resolve) => setTimeout(resolve, row.index % 2 ? 0 : milliseconds))
  return row
})

/** A stream of numbers. */
export const numbers = portable(
  import.meta.url,
  'numbers',
  (length: number) =>
    new StreamDataset(async function* (epoch: number) {
      for (let i = 0; i < length; i++) yield { value: 1000 * epoch + i }
    }),
)

/** Whether this code runs in a loader's worker. */
export const inWorker = portable(
  import.meta.url,
  'inWorker',
  () => () => Boolean((workerData as { entry?: string } | null)?.entry?.includes('worker-main')),
)

/** Exported under another name than it says. */
export const misnamed = portable(import.meta.url, 'otherwise', () => (row: Row) => row)
