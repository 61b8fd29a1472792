/** Batches as tensors. */
import type { TypedArray } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { collateHost, type CollateOptions, type HostBatch } from './collate-host.js'
import type { ShapedArray } from './column-rows.js'
import type { Raster } from './raster.js'
import type { NumberArray } from './shared.js'

/** What a batch of such samples is: tensors where they have numbers, arrays where they have strings. */
export type Collated<Sample> = Sample extends
  | number
  | boolean
  | NumberArray
  | Raster<Uint8Array | Float32Array>
  | ShapedArray
  | Tensor
  ? Tensor
  : Sample extends string
    ? string[]
    : Sample extends object
      ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
      : unknown

/**
 * Samples put together, field by field: numbers, typed arrays, rasters, `{ data, shape }` and tensors become tensors whose first dimension
 * is the number of samples; strings become an array; tuples and records stay what they are. It is what a DataLoader does unless it is given
 * another `collate`. Throws NablaError('shape' or 'data') with the path of a field that does not fit, and both shapes.
 */
export function collate<Sample>(samples: readonly Sample[], options: CollateOptions = {}): Collated<Sample> {
  if (samples.length === 0) throw new NablaError('argument', '[collate] there are no samples: expected at least one')
  return toTensors(
    collateHost(
      samples,
      samples.map((_, i) => i),
      options,
    ),
  ) as Collated<Sample>
}

/** A batch of the host's as tensors. Copies the numbers. */
export function toTensors(batch: HostBatch): unknown {
  switch (batch.kind) {
    case 'array':
      return tensor(batch.data as TypedArray, { shape: batch.shape, dtype: batch.dtype })
    case 'list':
      return batch.items
    case 'tuple':
      return batch.items.map(toTensors)
    case 'record':
      return Object.fromEntries(batch.fields.map(([key, value]) => [key, toTensors(value)]))
  }
}
