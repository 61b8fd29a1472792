/** Three ways to name a price: the mean of the logarithms, a linear model in closed form, a perceptron. */
import { compile, eye, noGrad, ones, type Tensor, tensor } from 'nabla'
import { DataLoader, TensorDataset } from 'nabla/data'
import { solve } from 'nabla/linalg'
import * as nn from 'nabla/nn'
import { Adam, CosineAnnealingLR } from 'nabla/optim'
import type { Houses } from './houses.js'

export interface Part {
  readonly x: Tensor
  readonly y: Tensor
}

/** Some rows of the table. */
export function part({ x, y }: Houses, rows: Uint32Array): Part {
  const at = tensor(Int32Array.from(rows))
  return { x: x.indexSelect(0, at), y: y.indexSelect(0, at) }
}

/** Root of the mean squared difference of logarithms: sqrt(mean((log p - log t)^2)); 0.1 is an error of about ten percent. */
export const logRmse = (predicted: Tensor, y: Tensor): Promise<number> =>
  noGrad(() => predicted.sub(y).square().mean().sqrt()).item()

export const byMean = async (train: Part, test: Part): Promise<number> => logRmse(train.y.mean().expand(test.y.shape), test.y)

/** Ridge regression: w = (X^T X + strength I)^-1 X^T y, with a column of ones that is not held down. */
export async function byLinear(train: Part, test: Part, strength: number): Promise<number> {
  const width = train.x.shape[1]!
  const mean = train.y.mean()
  const centre = train.x.mean(0)
  const x = train.x.sub(centre).type('float64')
  const y = train.y.sub(mean).type('float64').unsqueeze(1)
  const held = x
    .t()
    .matmul(x)
    .add(eye(width, width, { dtype: 'float64' }).mul(strength))
  const w = solve(held, x.t().matmul(y)) // [features, 1]
  const predicted = test.x
    .sub(centre)
    .type('float64')
    .matmul(w)
    .squeeze(1)
    .type('float32')
    .add(mean.mul(ones([1])))
  return logRmse(predicted, test.y)
}

export interface Settings {
  readonly hidden: number
  readonly dropout: number
  readonly lr: number
  readonly weightDecay: number
  readonly batchSize: number
  readonly epochs: number
  readonly seed: number
  /** Nets whose predictions are averaged. */
  readonly nets: number
}

/** Predicts how far the logarithm is from the training rows' mean. */
export async function byNet(
  train: Part,
  test: Part,
  settings: Settings,
  signal: AbortSignal,
): Promise<{ error: number; curve: number[]; predicted: Tensor }> {
  const { hidden, dropout, lr, weightDecay, epochs, seed, nets } = settings
  const width = train.x.shape[1]!
  const mean = await train.y.mean().item()
  const spread = await train.y.std().item()
  const targets = train.y.sub(mean).div(spread).unsqueeze(1).detach() // [N, 1]
  const batchSize = Math.min(settings.batchSize, train.y.shape[0]!)
  const set = new TensorDataset(train.x, targets)
  const predictions: Tensor[] = []
  const curve: number[] = []
  for (let net = 0; net < nets && !signal.aborted; net++) {
    const model = new nn.Sequential(
      new nn.Linear(width, hidden),
      new nn.ReLU(),
      new nn.Dropout(dropout),
      new nn.Linear(hidden, hidden),
      new nn.ReLU(),
      new nn.Linear(hidden, 1),
    )
    const optimizer = new Adam(model.parameters(), { lr, weightDecay })
    const schedule = new CosineAnnealingLR(optimizer, epochs)
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad()
      nn.functional.mseLoss(model.forward(x), y).backward()
      optimizer.step()
    })
    const predict = compile((x: Tensor) => noGrad(() => model.forward(x).squeeze(1).mul(spread).add(mean)))
    const loader = new DataLoader(set, { batchSize, shuffle: true, dropLast: true, seed: seed + net })
    for (let epoch = 0; epoch < epochs && !signal.aborted; epoch++) {
      for await (const [x, y] of loader.batches(epoch)) step(x!, y!)
      schedule.step()
      if (net > 0) continue
      model.eval()
      curve.push(await logRmse(predict(test.x), test.y))
      model.train()
    }
    model.eval()
    predictions.push(predict(test.x))
  }
  const predicted = predictions.reduce((sum, one) => sum.add(one)).div(predictions.length)
  return { error: await logRmse(predicted, test.y), curve, predicted }
}
