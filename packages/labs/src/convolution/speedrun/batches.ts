/** Batches for the fast run: shifted and mirrored as bytes while they are put together. */
import { type Tensor, tensor } from 'nabla'
import { type ImageDataset, permutation } from 'nabla/data'
import type { Loader } from 'nabla/train'

/** How images are moved. */
export interface MovingOptions {
  readonly batchSize: number
  /** The order of images and their shifts follow from it. */
  readonly seed: number
  /** Images are shifted by up to so many pixels in both directions; what comes in is their own reflection. */
  readonly shift: number
  /** `alternate`: every second epoch shows what the one before did not. `random`: by chance. */
  readonly flip: 'alternate' | 'random' | 'none'
}

/** A hash of two whole numbers, evenly spread: of what is drawn for an image. */
function hash(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}

/** `at`, or where its mirror image at the border lies: of a line of `n` pixels. */
const reflected = (at: number, n: number): number => {
  const inside = Math.abs(at)
  return inside < n ? inside : 2 * (n - 1) - inside
}

/**
 * Batches `[pixels uint8 [N, C, H, W], labels int32 [N]]` in another order every epoch. A row of an image is a row of bytes, so a shift is a
 * copy, and an epoch of CIFAR-10 is moved in a fraction of a second. What an image gets follows from seed, epoch and image alone.
 */
export class MovingBatches implements Loader<readonly [Tensor, Tensor]> {
  readonly length: number
  private readonly batchSize: number

  constructor(
    private readonly dataset: ImageDataset,
    private readonly options: MovingOptions,
  ) {
    this.batchSize = Math.min(options.batchSize, dataset.length)
    this.length = Math.floor(dataset.length / this.batchSize)
  }

  async *batches(epoch: number, start = 0): AsyncGenerator<readonly [Tensor, Tensor]> {
    const { dataset, batchSize, options } = this
    const order = permutation(dataset.length, options.seed, epoch)
    for (let batch = start; batch < this.length; batch++) {
      const rows = order.subarray(batch * batchSize, (batch + 1) * batchSize)
      const pixels = tensor(this.moved(rows, epoch), { shape: [batchSize, ...dataset.shape], dtype: 'uint8' })
      yield [
        pixels,
        tensor(
          Int32Array.from(rows, (row) => dataset.labels[row]!),
          { dtype: 'int32' },
        ),
      ]
    }
  }

  /** The pixels of these images as this epoch shows them. */
  private moved(rows: Uint32Array, epoch: number): Uint8Array {
    const { dataset, options } = this
    const { seed, shift, flip } = options
    const [channels, height, width] = dataset.shape as [number, number, number]
    const size = channels * height * width
    const out = new Uint8Array(rows.length * size)
    const columns = new Int32Array(width)
    const free = 2 * shift + 1
    rows.forEach((row, i) => {
      const drawn = hash(hash(seed, row), epoch)
      const [down, across] = [(drawn % free) - shift, (Math.floor(drawn / free) % free) - shift]
      const coin = flip === 'random' ? drawn >>> 31 : (hash(seed, row) + epoch) & 1
      const mirrored = flip !== 'none' && coin === 1
      for (let x = 0; x < width; x++) columns[x] = reflected((mirrored ? width - 1 - x : x) + across, width)
      let to = i * size
      for (let channel = 0; channel < channels; channel++)
        for (let y = 0; y < height; y++) {
          const from = row * size + (channel * height + reflected(y + down, height)) * width
          for (let x = 0; x < width; x++) out[to++] = dataset.images[from + columns[x]!]!
        }
    })
    return out
  }
}
