/** The end of a chain that wants tensors; in a file of its own, since it needs the engine and loaders' workers do not. */
import type { Recipe } from '../data/portable.js'
import { toTensor as tensorOf } from '../data/raster.js'
import { carried, imageOf, type TensorTransform, withImage } from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** The picture as a tensor, float32 [C, H, W]: bytes become 0..1. For pictures one by one; a loader makes batches of rasters itself. */
export function toTensor(): TensorTransform {
  return carried(made('toTensor'), (input) => withImage(input, tensorOf(imageOf('toTensor', input))))
}
