/** Trained networks of the zoo labs, asked about any picture, and as other engines take them. */
import { noGrad, type Tensor, tensor, zeros } from 'nabla'
import { imageSetEntry, rasterOf } from 'nabla/data'
import type { Layer } from 'nabla/nn'
import { resize, toFloat } from 'nabla/transforms'
import { fitShape, type RgbaImage } from '../../grey.js'
import type { ExportedModel, Prediction } from '../../lab.js'
import type { Classifier } from '../../training/evaluate.js'
import { inputOf } from './data.js'
import type { ZooValues } from './options.js'

type Images = Pick<ZooValues, 'data' | 'inputs'>

/** A picture's pixels in 0..1 as the data set has them: [C, H, W] of its images. */
function pixelsOf(image: RgbaImage, data: ZooValues['data']): Float32Array {
  if (data === 'mnist') return fitShape(image, { box: 20, centre: 'mass' })
  if (data === 'fashion-mnist') return fitShape(image, { box: 28, centre: 'outline' })
  const { width, height } = image
  const planes = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = 4 * (i % (width * height))
    const opaque = image.data[pixel + 3]! / 255
    return 255 + (image.data[pixel + Math.floor(i / (width * height))]! - 255) * opaque // over white
  })
  return toFloat()(resize([32, 32])(rasterOf(planes, [3, height, width]))).data
}

/** A function from a picture to its classes, the likeliest first. */
export function picturePredictor(
  model: Classifier,
  { data, inputs }: Images,
): (image: RgbaImage) => Promise<readonly Prediction[]> {
  const { shape, classes, ...entry } = imageSetEntry(data)
  const [means, stds] = [[entry.mean].flat(), [entry.std].flat()]
  const plane = shape[1] * shape[2]
  const normal = (value: number, i: number): number => {
    const channel = Math.floor(i / plane)
    return (value - (means[channel] ?? means[0]!)) / (stds[channel] ?? stds[0]!)
  }
  return async (image) => {
    const pixels = pixelsOf(image, data)
    const one = tensor(inputs === 'normalized' ? pixels.map(normal) : pixels, { shape: [1, ...shape] })
    const probabilities = await noGrad(() => model.forward(one).softmax(1)).data()
    return classes.map((name, i) => ({ name, probability: probabilities[i]! })).sort((a, b) => b.probability - a.probability)
  }
}

/** A trained model with what the numbers in and out mean. */
export function exportedModel(model: Layer, { data, inputs, size }: Images & Pick<ZooValues, 'size'>): ExportedModel {
  const { shape, classes, mean, std } = imageSetEntry(data)
  const { inChannels, size: side } = inputOf({ data, size })
  const pixels = inputs === 'normalized' ? `(pixel / 255 - ${mean}) / ${std}` : 'pixel / 255'
  const resizing = side === shape[1] ? '' : `, resized to ${side} x ${side} (bilinear)`
  return {
    model,
    input: zeros([1, inChannels, side, side]),
    metadata: {
      input: `[batch, ${inChannels}, ${side}, ${side}], ${pixels}${resizing}`,
      output: 'logits',
      classes: JSON.stringify(classes),
    },
  }
}

/** A network with a run's weights, ready to be asked. */
export function trained<N extends Layer>(model: N, weights: Readonly<Record<string, Tensor>>): N {
  model.loadStateDict(weights)
  return model.eval() as N
}
