/** From pictures to rows of features: shape without colour (HOG), and colour without shape. */
import type { ImageDataset } from 'nabla/data'
import type { LabContext } from '../../lab.js'
import { paced } from '../../pace.js'
import { colourHistogram } from './colour.js'
import { hog, hogLength, type HogOptions } from './hog.js'

export interface FeatureOptions extends HogOptions {
  /** Bins of each of the three histograms of colour. */
  readonly bins: number
}

/** Pictures done between two looks at the clock. */
const chunk = 20

/** Features of all pictures of a set, row by row; those not done are 0 when the run is stopped. */
export async function featuresOf(
  { images, length, shape }: ImageDataset,
  options: FeatureOptions,
  text: string,
  context: LabContext<unknown>,
): Promise<Float32Array> {
  const [, height, width] = shape as [number, number, number]
  const size = images.length / length
  const edges = hogLength(height, width, options)
  const columns = edges + 3 * options.bins
  const features = new Float32Array(length * columns)
  for await (const c of paced(context, text, Math.ceil(length / chunk)))
    for (let i = c * chunk; i < Math.min(length, (c + 1) * chunk); i++) {
      const pixels = images.subarray(i * size, (i + 1) * size)
      hog(pixels, height, width, options, features, i * columns)
      colourHistogram(pixels, options.bins, features, i * columns + edges)
    }
  return features
}
