/** How much of an image a neuron of a stack of layers sees: by the formula, and by where the gradient arrives. */
import { grad, ones, type Tensor, zeros } from 'nabla'
import { functional as F } from 'nabla/nn'

/** A convolution or a pooling of square windows. */
export interface Layer {
  readonly name: string
  readonly window: number
  readonly stride: number
}

/** What a neuron behind a layer sees. */
export interface Sight {
  /** Pixels in a row. */
  readonly field: number
  /** Pixels between what two neighbours see. */
  readonly step: number
}

/** field += (window - 1) step, step *= stride: a window's further numbers each see `step` pixels more. */
export const sightsOf = (layers: readonly Layer[]): Sight[] => {
  let [field, step] = [1, 1]
  return layers.map(({ window, stride }) => {
    field += (window - 1) * step
    step *= stride
    return { field, step }
  })
}

/**
 * The gradient of one neuron behind a stack of convolutions by the pixels, all weights alike: how often each pixel counts on the way to
 * it, as shares. The image is as large as what the neuron sees, and some pixels more.
 */
export async function countsOf(
  layers: readonly Layer[],
  margin = 4,
): Promise<{ values: Float32Array; side: number; seen: number }> {
  const { field } = sightsOf(layers).at(-1)!
  const side = field + 2 * margin
  const image = zeros([1, 1, side, side]).requiresGrad_()
  let now: Tensor = image
  for (const { window, stride } of layers)
    now = F.conv2d(now, ones([1, 1, window, window]).div(window * window), undefined, { stride })
  const [rows, columns] = now.shape.slice(2) as [number, number]
  const neuron = now.at(0, 0, rows >> 1, columns >> 1)
  const values = Float32Array.from((await grad(neuron, [image])[0]!.data()) as ArrayLike<number>)
  const row = Array.from({ length: side }, (_, i) => values.subarray(i * side, (i + 1) * side).some((v) => v !== 0))
  return { values, side, seen: row.lastIndexOf(true) - row.indexOf(true) + 1 }
}

const conv = (name: string, window: number, stride = 1): Layer => ({ name, window, stride })
const pool = (window: number, stride = window): Layer => ({ name: 'pooling', window, stride })

/** The parts before the linear layers. */
export const stacks: Readonly<Record<string, readonly Layer[]>> = {
  'two of 3 x 3': [conv('convolution 1', 3), conv('convolution 2', 3)],
  'three of 3 x 3': [conv('convolution 1', 3), conv('convolution 2', 3), conv('convolution 3', 3)],
  'LeNet-5': [conv('convolution 1', 5), pool(2), conv('convolution 2', 5), pool(2)],
  AlexNet: [
    conv('convolution 1', 11, 4),
    pool(3, 2),
    conv('convolution 2', 5),
    pool(3, 2),
    conv('convolution 3', 3),
    conv('convolution 4', 3),
    conv('convolution 5', 3),
    pool(3, 2),
  ],
  'VGG-11': [1, 1, 2, 2, 2].flatMap((count, block) => [
    ...Array.from({ length: count }, (_, i) => conv(`convolution ${block + 1}.${i + 1}`, 3)),
    pool(2),
  ]),
}
