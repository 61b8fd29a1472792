/** The digit net of 784, 16, 16 and 10 neurons with sigmoids and squared error: every derivative shown, checked, and used. */
import { compile, grad, type Tensor, where } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import type { LabContext, Table } from '../../lab.js'
import { activations, backward, derivatives, descend, firstWeights, forward, type Pass, type Weights } from './layers.js'

const sizes = [784, 16, 16, 10]
const functions = [activations.sigmoid, activations.sigmoid, activations.sigmoid]

/** Sum of squares between the last neurons and what they should be, a mean over the batch; and its derivative by them. */
const cost = (a: Tensor, truth: Tensor): Tensor => a.sub(truth).square().sum(1).mean()
const costDerivative = (a: Tensor, truth: Tensor): Tensor => a.sub(truth).mul(2 / a.size(0))

const formula = (name: string): string => {
  const l = Number(name.slice(-1))
  if (name === 'dx') return 'dz1 W1ᵀ'
  if (name.startsWith('da')) return l === sizes.length - 1 ? '2 (a − y) / N' : `dz${l + 1} W${l + 1}ᵀ`
  if (name.startsWith('dz')) return `da${l} · a${l} (1 − a${l})`
  if (name.startsWith('dW')) return l === 1 ? 'xᵀ dz1' : `a${l - 1}ᵀ dz${l}`
  return `sum of dz${l} over the batch`
}

/** Every intermediate derivative of one batch: formula, shape, norm, and how far from autograd's it is. */
export async function laidOpen(
  images: Tensor,
  labels: Tensor,
  layers: readonly Weights[],
): Promise<{ table: Table; error: number; norms: Record<string, number> }> {
  const leaf = (t: Tensor): Tensor => t.detach().clone().realize().requiresGrad_()
  const x = leaf(images.flatten(1))
  const own = layers.map(({ w, b }) => ({ w: leaf(w), b: leaf(b) }))
  const truth = labels.oneHot(10).float()
  const pass: Pass = forward(x, own, functions)
  const byHand = derivatives(backward(costDerivative(pass.a.at(-1)!, truth), pass, own, functions))
  const inputs: Record<string, Tensor> = { dx: x }
  for (const [l, { w, b }] of own.entries())
    Object.assign(inputs, { [`da${l + 1}`]: pass.a[l + 1]!, [`dz${l + 1}`]: pass.z[l]!, [`dW${l + 1}`]: w, [`db${l + 1}`]: b })
  const auto = grad(
    cost(pass.a.at(-1)!, truth),
    byHand.map(({ name }) => inputs[name]!),
  )
  // Read first, so that what is compared has been computed apart.
  const byAutograd = await Promise.all(auto.map((value) => value.data()))
  const values = await Promise.all(byHand.map(({ value }) => value.detach().data()))
  const rows: (string | number)[][] = []
  const norms: Record<string, number> = {}
  let worst = 0
  for (const [i, { name, value }] of byHand.entries()) {
    const own = Array.from(values[i]!)
    const difference = Math.max(...own.map((v, k) => Math.abs(v - byAutograd[i]![k]!)))
    norms[name] = Math.hypot(...own)
    worst = Math.max(worst, difference / Math.max(...own.map(Math.abs), 1e-12))
    rows.push([name, formula(name), value.shape.join(' × '), norms[name]!, difference])
  }
  return {
    table: { columns: ['derivative', 'formula', 'shape', 'norm', 'largest difference from autograd'], rows },
    error: worst,
    norms,
  }
}

/** Trains the digit net by that backward pass. Gives its weights and its accuracy after each epoch. */
export async function digitNet(
  train: ImageDataset,
  test: ImageDataset,
  { epochs, lr, seed }: { readonly epochs: number; readonly lr: number; readonly seed: number },
  context: LabContext<unknown>,
): Promise<{ layers: Weights[]; accuracies: number[] }> {
  const layers = firstWeights(sizes, 1)
  const step = compile((images: Tensor, labels: Tensor) => {
    const truth = labels.oneHot(10).float()
    const pass = forward(images.flatten(1), layers, functions)
    descend(layers, backward(costDerivative(pass.a.at(-1)!, truth), pass, layers, functions), lr)
    return cost(pass.a.at(-1)!, truth)
  })
  const right = compile((images: Tensor, labels: Tensor) =>
    where(forward(images.flatten(1), layers, functions).a.at(-1)!.argmax(1).eq(labels), 1, 0).sum(),
  )
  const accuracies: number[] = []
  const loader = new DataLoader(train, { batchSize: 32, shuffle: true, dropLast: true, seed })
  let done = 0
  for (let epoch = 0; epoch < epochs && !context.signal.aborted; epoch++) {
    for await (const [images, labels] of loader.batches(epoch)) {
      const loss = step(images, labels)
      if (++done % 50 !== 0) continue
      await loss.data()
      context.doing('digit net', done, epochs * loader.length!)
      if (context.signal.aborted) break
    }
    let count = 0
    for await (const [images, labels] of new DataLoader(test, { batchSize: 500 })) count += await right(images, labels).item()
    accuracies.push(count / test.length)
    context.metrics({ kind: 'epoch', run: 'digit net', epoch: epoch + 1, test_accuracy: accuracies.at(-1)! })
  }
  return { layers, accuracies }
}
