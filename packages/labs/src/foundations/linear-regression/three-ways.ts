/** The same line found in three ways: by a formula, by descent written out, and by the library's layers. */
import { cat, compile, noGrad, ones, randn, type Tensor, tensor, zeros } from 'nabla'
import { DataLoader, TensorDataset } from 'nabla/data'
import { lstsq, solve } from 'nabla/linalg'
import { functional as F, Linear } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { Trainer } from 'nabla/train'

/** Weights, then the bias: y = w x + b. */
export type Coefficients = readonly number[]

/** What the examples are made from. */
export const truth: Coefficients = [2, -3.4, 4.2]

/** Examples x [N, 2], y [N, 1] of the true line, with normal noise. */
export function examples(count: number, noise: number): { x: Tensor; y: Tensor } {
  const x = randn([count, 2])
  const w = tensor(truth.slice(0, -1)).reshape(-1, 1)
  const y = x
    .matmul(w)
    .add(truth.at(-1)!)
    .add(randn([count, 1]).mul(noise))
  return { x: x.realize(), y: y.realize() }
}

const coefficients = async (...parts: Tensor[]): Promise<Coefficients> =>
  Array.from(await cat(parts.map((part) => part.detach().flatten())).data())

/** The matrix whose last column of ones stands for the bias. */
const design = (x: Tensor): Tensor => cat([x, ones([x.size(0), 1], { dtype: x.dtype })], 1)

/** (X^T X) w = X^T y: short, but squares the condition number. */
export function normalEquations(x: Tensor, y: Tensor): Promise<Coefficients> {
  const X = design(x)
  return coefficients(solve(X.t().matmul(X), X.t().matmul(y)))
}

/** The pseudoinverse of X, by singular values. */
export const leastSquares = (x: Tensor, y: Tensor): Promise<Coefficients> => coefficients(lstsq(design(x), y).solution)

export interface Descent {
  readonly epochs: number
  readonly batchSize: number
  readonly lr: number
  readonly seed: number
  readonly signal: AbortSignal
  /** Half the mean squared error of each step. */
  readonly onStep: (loss: number) => void
}

/** Mini-batch descent with the gradient written out; no autograd, no layers. */
export async function fromScratch(x: Tensor, y: Tensor, descent: Descent): Promise<Coefficients> {
  const { epochs, lr, signal, onStep, ...order } = descent
  const w = noGrad(() => randn([x.size(1), 1]).mul(0.01))
  const b = zeros([1])
  const step = compile((x: Tensor, y: Tensor) => {
    const error = x.matmul(w).add(b).sub(y) // [B, 1]
    w.sub_(x.t().matmul(error).div(x.size(0)), { alpha: lr }) // X^T e / B
    b.sub_(error.mean().reshape(1), { alpha: lr })
    return error.square().mean().div(2)
  })
  const loader = new DataLoader(new TensorDataset(x, y), { ...order, shuffle: true })
  for (let epoch = 0; epoch < epochs; epoch++)
    for await (const [rows, targets] of loader.batches(epoch)) {
      if (signal.aborted) return coefficients(w, b)
      onStep(await step(rows!, targets!).item())
    }
  return coefficients(w, b)
}

/** The same with a layer, a loss and an optimizer. */
export async function concise(x: Tensor, y: Tensor, descent: Descent): Promise<Coefficients> {
  const { epochs, lr, signal, onStep, ...order } = descent
  const model = new Linear(x.size(1), 1)
  const trainer = new Trainer<Tensor[]>({
    model,
    optimizer: new SGD(model.parameters(), { lr }),
    step: ([x, y]) => F.mseLoss(model.forward(x!), y!).div(2),
    train: new DataLoader(new TensorDataset(x, y), { ...order, shuffle: true }),
    epochs,
    callbacks: [{ onStep: ({ values }) => onStep(values.loss!) }],
  })
  await trainer.fit({ signal })
  return coefficients(model.weight, model.bias!)
}
