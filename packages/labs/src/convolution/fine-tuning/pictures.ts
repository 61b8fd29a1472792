/** Where a network's features put images that it has never learnt. */
import type { ScatterPicture } from '@nabla/pictures'
import { noGrad } from 'nabla'
import type { ImageDataset } from 'nabla/data'
import { svd } from 'nabla/linalg'
import type { Layer } from 'nabla/nn'
import type { Start } from './start.js'
import { featuresOf } from './ways.js'

/** Images that are shown. */
const most = 500

/** The two directions along which the features of some test images differ most. */
export async function featuresPictureOf(model: Layer, start: Start, test: ImageDataset): Promise<ScatterPicture> {
  model.eval()
  const count = Math.min(most, test.length)
  const [images] = test.batch(Uint32Array.from({ length: count }, (_, i) => i))
  const features = noGrad(() => featuresOf(model, start, images))
  const centred = features
    .sub(features.mean(0, { keepdim: true }))
    .detach()
    .realize()
  const { Vh } = noGrad(() => svd(centred, { fullMatrices: false }))
  const places = await noGrad(() => centred.matmul(Vh.narrow(0, 0, 2).t())).data() // [count, 2]
  const points = Array.from({ length: count }, (_, i) => ({ x: places[2 * i]!, y: places[2 * i + 1]!, k: test.labels[i]! }))
  return {
    kind: 'scatter',
    title: 'Features of test images before they are learnt: their two main directions',
    x: 'first direction',
    y: 'second direction',
    series: test.classes.flatMap((name, k) => {
      const own = points.filter((point) => point.k === k)
      return own.length ? [{ name, x: own.map(({ x }) => x), y: own.map(({ y }) => y) }] : []
    }),
  }
}
