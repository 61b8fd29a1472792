/**
 * Fully connected layers on bare tensors, with the backward pass written out:
 *
 *     a[0] = x,  z[l] = a[l-1] W[l] + b[l],  a[l] = f(z[l]),  loss of a[L] (or of z[L])
 *
 *     dz[l] = da[l] f'(z[l]),  dW[l] = a[l-1]^T dz[l],  db[l] = sum of dz[l] over the batch,  da[l-1] = dz[l] W[l]^T
 */
import { noGrad, randn, type Tensor, zeros } from 'nabla'

/** A layer's weights, [inputs, outputs] and [outputs]. */
export interface Weights {
  readonly w: Tensor
  readonly b: Tensor
}

/** A function of one number and its derivative, the latter by z and f(z). */
export interface Activation {
  readonly f: (z: Tensor) => Tensor
  readonly derivative: (z: Tensor, a: Tensor) => Tensor
  readonly formula: string
}

export const activations = {
  relu: { f: (z) => z.relu(), derivative: (z) => z.gt(0).float(), formula: '[z > 0]' },
  sigmoid: { f: (z) => z.sigmoid(), derivative: (_, a) => a.mul(a.neg().add(1)), formula: 'a (1 - a)' },
  tanh: { f: (z) => z.tanh(), derivative: (_, a) => a.square().neg().add(1), formula: '1 - a^2' },
  none: { f: (z) => z, derivative: (z) => z.mul(0).add(1), formula: '1' },
} satisfies Record<string, Activation>

/** First weights: normal with deviation gain / sqrt(inputs), so that sums keep their size; biases 0. */
export const firstWeights = (sizes: readonly number[], gain: number): Weights[] =>
  sizes.slice(1).map((outputs, l) => ({
    w: noGrad(() => randn([sizes[l]!, outputs]).mul(gain / Math.sqrt(sizes[l]!))).realize(),
    b: zeros([outputs]),
  }))

/** Weighted sums and activations of every layer; `a` begins with the input. */
export interface Pass {
  readonly z: readonly Tensor[]
  readonly a: readonly Tensor[]
}

export function forward(x: Tensor, layers: readonly Weights[], functions: readonly Activation[]): Pass {
  const [z, a]: [Tensor[], Tensor[]] = [[], [x]]
  for (const [l, { w, b }] of layers.entries()) {
    z.push(a[l]!.matmul(w).add(b)) // [N, outputs]
    a.push(functions[l]!.f(z[l]!))
  }
  return { z, a }
}

/** Derivatives of the loss by everything of a pass; `da` begins with the input's. */
export interface Backward {
  readonly dz: readonly Tensor[]
  readonly da: readonly Tensor[]
  readonly dw: readonly Tensor[]
  readonly db: readonly Tensor[]
}

/** From the derivative by the last activation back to the input. */
export function backward(last: Tensor, { z, a }: Pass, layers: readonly Weights[], functions: readonly Activation[]): Backward {
  const count = layers.length
  const [dz, da, dw, db]: Tensor[][] = [[], [], [], []]
  da![count] = last
  for (let l = count - 1; l >= 0; l--) {
    dz![l] = da![l + 1]!.mul(functions[l]!.derivative(z[l]!, a[l + 1]!)) // [N, outputs]
    dw![l] = a[l]!.t().matmul(dz![l]!) // [inputs, outputs]
    db![l] = dz![l]!.sum(0) // [outputs]
    da![l] = dz![l]!.matmul(layers[l]!.w.t()) // [N, inputs]
  }
  return { dz: dz!, da: da!, dw: dw!, db: db! }
}

/** One step down, in place. */
export function descend(layers: readonly Weights[], { dw, db }: Backward, lr: number | Tensor): void {
  for (const [l, { w, b }] of layers.entries()) {
    w.sub_(dw[l]!.mul(lr))
    b.sub_(db[l]!.mul(lr))
  }
}

/** Tensors with the names that the notes give them, from the loss to the input. */
export function derivatives({ dz, da, dw, db }: Backward): { name: string; value: Tensor }[] {
  const rows = []
  for (let l = dz.length; l >= 1; l--)
    rows.push(
      { name: `da${l}`, value: da[l]! },
      { name: `dz${l}`, value: dz[l - 1]! },
      { name: `dW${l}`, value: dw[l - 1]! },
      { name: `db${l}`, value: db[l - 1]! },
    )
  return [...rows, { name: 'dx', value: da[0]! }]
}
