/** The activations with their derivatives: how the library computes them, and the formulas they are checked against. */
import { type Tensor, tensor } from 'nabla'
import { functional as F } from 'nabla/nn'

export interface Curve {
  readonly name: string
  readonly f: (x: Tensor) => Tensor
  /** The derivative by its formula, one number at a time. */
  readonly derivative: (x: number) => number
  /** Where the derivative jumps. */
  readonly kinks?: readonly number[]
}

const sigma = (x: number): number => 1 / (1 + Math.exp(-x))
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)

/** Slope of LeakyReLU, and of PReLU before it has learnt another. */
const leak = 0.1
const learnt = 0.25

/** The area under the normal density up to x, by Simpson's rule: a way to GELU that the library does not go. */
function area(x: number): number {
  const n = 200
  const h = x / n
  let sum = density(0) + density(x)
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * density(i * h)
  return 0.5 + (sum * h) / 3
}

/** Three straight lines, of which a Maxout neuron takes the highest. */
export const pieces = [
  { w: -0.8, b: -1 },
  { w: 0.15, b: 0 },
  { w: 1.2, b: -1.5 },
] as const

/** max over k of w_k x + b_k, for x [...]: a learnt convex function (Goodfellow et al. 2013). */
export const maxout = (x: Tensor, w: Tensor, b: Tensor): Tensor => x.unsqueeze(-1).mul(w).add(b).amax(-1)

const highest = (x: number) => pieces.reduce((best, p) => (p.w * x + p.b > best.w * x + best.b ? p : best))

export const curves: readonly Curve[] = [
  { name: 'sigmoid', f: F.sigmoid, derivative: (x) => sigma(x) * (1 - sigma(x)) },
  { name: 'tanh', f: F.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 },
  { name: 'ReLU', f: (x) => F.relu(x), derivative: (x) => (x > 0 ? 1 : 0), kinks: [0] },
  { name: 'LeakyReLU', f: (x) => F.leakyRelu(x, leak), derivative: (x) => (x > 0 ? 1 : leak), kinks: [0] },
  { name: 'PReLU', f: (x) => F.prelu(x, tensor([learnt])), derivative: (x) => (x > 0 ? 1 : learnt), kinks: [0] },
  { name: 'ELU', f: (x) => F.elu(x), derivative: (x) => (x > 0 ? 1 : Math.exp(x)) },
  { name: 'GELU', f: (x) => F.gelu(x), derivative: (x) => area(x) + x * density(x) },
  { name: 'SiLU', f: (x) => F.silu(x), derivative: (x) => sigma(x) * (1 + x * (1 - sigma(x))) },
  {
    name: 'Maxout',
    f: (x) => maxout(x, tensor(pieces.map(({ w }) => w)), tensor(pieces.map(({ b }) => b))),
    derivative: (x) => highest(x).w,
    kinks: [-1 / 0.95, 1.5 / 1.05],
  },
]
