/** Whether batch normalisation by hand is the layer's: outputs, gradients and averages, in float64. */
import { grad, manualSeed, noGrad, randn, type Tensor } from 'nabla'
import { BatchNorm2d } from 'nabla/nn'
import type { Table } from '../../lab.js'
import { batchNorm } from './by-hand.js'

/** Three training batches and one in evaluation, by both. Gives the largest difference as a share of the largest value, and all of them. */
export async function againstLayer(seed: number): Promise<{ readonly table: Table; readonly worst: number }> {
  manualSeed(seed)
  const shape = [8, 3, 5, 4] as const
  const draw = (of: readonly number[]): Tensor => randn(of, { dtype: 'float64' }).realize()
  const layer = new BatchNorm2d(3, { dtype: 'float64' })
  noGrad(() => {
    layer.weight!.copy_(draw([3]))
    layer.bias!.copy_(draw([3]))
  })
  const own = (t: Tensor): Tensor => t.detach().clone().realize()
  const state = {
    weight: own(layer.weight!).requiresGrad_(),
    bias: own(layer.bias!).requiresGrad_(),
    runningMean: own(layer.runningMean!),
    runningVar: own(layer.runningVar!),
  }
  const names = ['output', 'gradient by x', 'gradient by gamma', 'gradient by beta', 'running mean', 'running variance']
  const worst = names.map(() => 0)
  for (const training of [true, true, true, false]) {
    layer.train(training)
    const [x, weights] = [draw(shape).mul(3).add(1).realize().requiresGrad_(), draw(shape)]
    const of = (y: Tensor, parameters: readonly Tensor[]): Tensor[] => [y, ...grad(y.mul(weights).sum(), [x, ...parameters])]
    const theirs = [...of(layer.forward(x), [layer.weight!, layer.bias!]), layer.runningMean!, layer.runningVar!]
    const ours = [...of(batchNorm(x, state, training), [state.weight, state.bias]), state.runningMean, state.runningVar]
    for (const [i, t] of theirs.entries()) {
      const [a, b] = [await t.detach().data(), await ours[i]!.detach().data()]
      const largest = Math.max(...Array.from(a, Math.abs), 1e-12)
      worst[i] = Math.max(worst[i]!, ...Array.from(a, (v, k) => Math.abs(v - b[k]!) / largest))
    }
  }
  return {
    table: { columns: ['what', 'largest difference, as a share'], rows: names.map((name, i) => [name, worst[i]!]) },
    worst: Math.max(...worst),
  }
}
