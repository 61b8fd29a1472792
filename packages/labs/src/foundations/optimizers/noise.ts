/** Linear regression on the noise of airfoils (or on made-up rows of the same form), by different optimizers and batch sizes. */
import { compile, randn, type Tensor, tensor, zeros } from 'nabla'
import { airfoil, DataLoader, type Report, TensorDataset } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import type { Optimizer } from 'nabla/optim'
import { scale } from 'nabla/tables'

export interface Rows {
  readonly name: string
  /** [N, 5], every column with mean 0 and deviation 1. */
  readonly x: Tensor
  /** [N, 1], likewise. */
  readonly y: Tensor
}

/** NASA's measurements, shuffled by their file as they are. */
export async function airfoilRows(count: number, report: Report | false | undefined): Promise<Rows> {
  const table = scale(await airfoil(report === undefined ? {} : { report }), 'zScore').slice(0, count)
  return { name: 'airfoil', x: table.drop('pressure').toTensor(), y: table.tensor('pressure').unsqueeze(1) }
}

/** y = x w + noise, with inputs that have much in common: what makes a valley. */
export function madeUpRows(count: number): Rows {
  const common = randn([count, 1])
  const x = randn([count, 5]).add(common).mul(Math.SQRT1_2)
  const y = x.matmul(tensor([[0.8], [-0.6], [0.4], [-0.2], [0.1]])).add(randn([count, 1]).mul(0.5))
  return { name: 'made up', x: x.detach(), y: y.detach() }
}

export interface Curve {
  /** Rows seen so far, in epochs. */
  readonly epochs: readonly number[]
  /** Of all rows. */
  readonly losses: readonly number[]
  readonly seconds: number
}

export interface Fit {
  readonly make: (params: readonly Tensor[]) => Optimizer<object>
  readonly batchSize: number
  readonly epochs: number
  readonly seed: number
  readonly signal: AbortSignal
}

/** Fits half the squared error; measures it on all rows about ten times an epoch. */
export async function fit({ x, y }: Rows, { make, batchSize, epochs, seed, signal }: Fit): Promise<Curve> {
  const count = x.shape[0]!
  const [w, b] = [zeros([5, 1]), zeros([1])]
  for (const parameter of [w, b]) parameter.requiresGrad = true
  const optimizer = make([w, b])
  const lossOf = (inputs: Tensor, targets: Tensor): Tensor => F.mseLoss(inputs.matmul(w).add(b), targets).div(2)
  const step = compile((inputs: Tensor, targets: Tensor) => {
    optimizer.zeroGrad()
    lossOf(inputs, targets).backward()
    optimizer.step()
  })
  const measure = compile((inputs: Tensor, targets: Tensor) => lossOf(inputs, targets).detach())
  const loader = new DataLoader(new TensorDataset(x, y), { batchSize, shuffle: batchSize < count, dropLast: true, seed })
  const every = Math.max(1, Math.floor(loader.length / 10))
  const curve = { epochs: [0], losses: [await measure(x, y).item()] }
  const started = performance.now()
  let steps = 0
  for (let epoch = 0; epoch < epochs && !signal.aborted; epoch++)
    for await (const [inputs, targets] of loader.batches(epoch)) {
      step(inputs!, targets!)
      if (++steps % every !== 0) continue
      curve.epochs.push(steps / loader.length)
      curve.losses.push(await measure(x, y).item())
      if (signal.aborted) break
    }
  return { ...curve, seconds: (performance.now() - started) / 1000 }
}
