/** Stochastic gradient descent on a linear classifier: scores = rows W. */
import { compile, type Tensor, tensor, zeros } from 'nabla'
import { SampleRandom } from 'nabla/data'
import type { LabContext } from '../../lab.js'
import type { Examples } from '../examples.js'
import { paced } from '../../pace.js'
import type { LinearLoss } from './vectorised.js'

export interface Descent {
  readonly rate: number
  readonly strength: number
  readonly iterations: number
  readonly batchSize: number
  readonly seed: number
}

/** One classifier after another on the same examples: the step is compiled once, rate and strength are data. */
export function descender(lossOf: LinearLoss, examples: Examples, classes: number, context: LabContext<unknown>) {
  const weights = zeros([examples.columns, classes])
  const step = compile((rows: Tensor, labels: Tensor, rate: Tensor, strength: Tensor): Tensor => {
    const { loss, gradient } = lossOf(weights, rows, labels, strength)
    weights.sub_(gradient.mul(rate))
    return loss
  })
  /** Starts anew with small random weights; gives the weights and the loss of every iteration. */
  return async (descent: Descent, text: string): Promise<{ weights: Tensor; losses: Float32Array }> => {
    const random = new SampleRandom(descent.seed, 0, 0)
    const first = Float32Array.from({ length: examples.columns * classes }, () => 1e-4 * random.normal())
    weights.copy_(tensor(first, { shape: weights.shape }))
    const [rate, strength] = [tensor(descent.rate), tensor(descent.strength)]
    const losses: Tensor[] = []
    for await (const _ of paced(context, text, descent.iterations)) {
      const numbers = Array.from({ length: descent.batchSize }, () => random.integer(examples.length))
      losses.push(step(...examples.batch(numbers), rate, strength))
      if (losses.length % 50 === 0) await losses.at(-1)!.item()
    }
    const values = await Promise.all(losses.map((loss) => loss.item()))
    return { weights: weights.clone(), losses: Float32Array.from(values as number[]) }
  }
}
