/** The network with its transformer, and the same without. */
import { SpatialTransformer, type SpatialTransformerOptions } from '@nabla/models'
import type { Tensor } from 'nabla'
import type { Parameter } from 'nabla/nn'

/** The classifier alone: it sees the image as it is. */
class WithoutTransformer extends SpatialTransformer {
  override transform(x: Tensor): Tensor {
    return x
  }
}

/** A network of the comparison. */
export interface Contender {
  readonly name: string
  readonly key: 'with' | 'without' | 'wider'
  readonly model: SpatialTransformer
  /** What it learns; the layers that find the map are apart, since they want smaller steps. */
  readonly classifier: readonly Parameter[]
  readonly localizer: readonly Parameter[]
}

const contenders = [
  { key: 'without', name: 'without transformer', width: 1 },
  { key: 'wider', name: 'without, twice as wide', width: 2 },
  { key: 'with', name: 'with transformer', width: 1 },
] as const

/** The network of one kind, with new weights. */
export function contender(key: Contender['key'], options: SpatialTransformerOptions): Contender {
  const { name, width } = contenders.find((one) => one.key === key)!
  const Network = key === 'with' ? SpatialTransformer : WithoutTransformer
  const model = new Network({ ...options, width })
  const parts = (localizer: boolean): Parameter[] =>
    model
      .namedParameters()
      .filter(([path]) => /^(localization|fcLoc)\./.test(path) === localizer)
      .map(([, parameter]) => parameter)
  return { key, name, model, classifier: parts(false), localizer: key === 'with' ? parts(true) : [] }
}

export const contenderKeys = contenders.map(({ key }) => key)
