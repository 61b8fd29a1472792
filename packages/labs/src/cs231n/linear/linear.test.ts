import { randn, setDefaultDevice, type Tensor, tensor } from 'nabla'
import { functional as F } from 'nabla/nn'
import { beforeAll, expect, test } from 'vitest'
import { softmaxLoss, svmLoss } from '../scratch/losses.js'
import { crossEntropyNaive } from './cross-entropy.js'
import { hingeNaive } from './hinge.js'
import { gradientError, type Problem } from './loops.js'
import { linearLoss } from './vectorised.js'

beforeAll(() => setDefaultDevice('js'))

const [n, d, classes] = [5, 7, 4]
const labels = [0, 3, 1, 1, 2]

async function sample(): Promise<{ problem: Problem; weights: Tensor; rows: Tensor }> {
  const weights = randn([d, classes], { dtype: 'float64' })
  const rows = randn([n, d]) // what the loops take is single precision
  const problem: Problem = {
    weights: Float64Array.from(await weights.data()),
    rows: Float32Array.from(await rows.data()),
    labels,
    classes,
    strength: 0.3,
  }
  return { problem, weights, rows: rows.type('float64') }
}

/** By autograd: hinge margins of all classes (the true one gives exactly 1 an example), and the library's cross-entropy. */
const judged = {
  hinge: (scores: Tensor, y: Tensor) =>
    scores
      .sub(scores.gather(1, y.unsqueeze(1)))
      .add(1)
      .relu()
      .sum()
      .div(n)
      .sub(1),
  'cross-entropy': (scores: Tensor, y: Tensor) => F.crossEntropy(scores, y),
}

test.each([
  ['hinge', hingeNaive, svmLoss],
  ['cross-entropy', crossEntropyNaive, softmaxLoss],
] as const)('%s: loops, tensors, autograd and differences agree', async (name, naive, lossOf) => {
  const { problem, weights, rows } = await sample()
  const y = tensor(labels, { dtype: 'int32' })
  const { loss, gradient } = naive(problem)
  expect(gradientError(naive, problem, d * classes)).toBeLessThan(1e-5)

  const vectorised = linearLoss(lossOf)(weights, rows, y, problem.strength)
  expect(await vectorised.loss.item()).toBeCloseTo(loss, 10)
  ;(await vectorised.gradient.data()).forEach((value, k) => expect(value).toBeCloseTo(gradient[k]!, 10))

  const w = weights.detach().requiresGrad_()
  judged[name](rows.matmul(w), y).add(w.square().sum().mul(problem.strength)).backward()
  ;(await w.grad!.data()).forEach((value, k) => expect(value).toBeCloseTo(gradient[k]!, 10))
})

test('small weights: the hinge loss starts at one a wrong class, the cross-entropy at the logarithm of the classes', async () => {
  const { problem } = await sample()
  const zero = { ...problem, weights: new Float64Array(d * classes) }
  expect(hingeNaive(zero).loss).toBeCloseTo(classes - 1, 12)
  expect(crossEntropyNaive(zero).loss).toBeCloseTo(Math.log(classes), 12)
})

test('scores that would overflow do not', () => {
  const problem = { weights: Float64Array.of(1000, 0), rows: Float32Array.of(1), labels: [1], classes: 2, strength: 0 }
  expect(crossEntropyNaive(problem).loss).toBe(1000)
})
