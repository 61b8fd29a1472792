/** How large signals are, layer by layer, in a deep net of one width that nobody has trained. */
import { manualSeed, noGrad, randn, realize, stack, type Tensor, zeros } from 'nabla'
import { init } from 'nabla/nn'

export const activations = {
  linear: (x: Tensor) => x,
  sigmoid: (x: Tensor) => x.sigmoid(),
  tanh: (x: Tensor) => x.tanh(),
  relu: (x: Tensor) => x.relu(),
} as const

export type Activation = keyof typeof activations

/** Ways to draw weights. */
export const draws = {
  'normal 0.01': (w: Tensor) => init.normal_(w, 0, 0.01),
  'normal 1': (w: Tensor) => init.normal_(w, 0, 1),
  Xavier: (w: Tensor) => init.xavierNormal_(w),
  Kaiming: (w: Tensor) => init.kaimingNormal_(w, { nonlinearity: 'relu' }),
} as const

export type Draw = keyof typeof draws

export interface Net {
  readonly activation: Activation
  readonly draw: Draw
  readonly depth: number
  readonly width: number
  /** Rows that go through. */
  readonly batch: number
}

/** Mean squares, layer by layer: 1 at the input (forward) and at the output (backward). */
export interface Signals {
  readonly forward: Float32Array
  /** Of the gradients of the layers' outputs. */
  readonly backward: Float32Array
  /** Outputs of the first, the middle and the last layer. */
  readonly samples: readonly Float32Array[]
}

/** One draw of the weights. The loss is the product of the last layer's outputs with noise, so that its gradient there has mean square 1. */
export async function signalsOf({ activation, draw, depth, width, batch }: Net, seed: number): Promise<Signals> {
  manualSeed(seed)
  const weights = Array.from({ length: depth }, () => draws[draw](zeros([width, width])))
  const [input, noise] = [randn([batch, width]), randn([batch, width])]
  realize(...weights, input, noise) // what follows is then one program for all ways to draw
  const outputs: Tensor[] = []
  // The input learns too: so autograd goes all the way, and every output's gradient is the answer to one question.
  let h = input
  h.requiresGrad = true
  for (const w of weights) {
    h = activations[activation](h.matmul(w.t())) // [batch, width]
    h.retainGrad()
    outputs.push(h)
  }
  h.mul(noise).sum().backward()
  const squares = (tensors: readonly Tensor[]): Tensor => stack(tensors.map((t) => t.square().mean()))
  const [forward, backward] = noGrad(() => [squares(outputs), squares(outputs.map((output) => output.grad!))])
  const shown = [0, depth >> 1, depth - 1]
  return {
    forward: (await forward!.data()) as Float32Array,
    backward: (await backward!.data()) as Float32Array,
    samples: await Promise.all(shown.map(async (i) => (await outputs[i]!.detach().flatten().data()) as Float32Array)),
  }
}

/** Mean over several draws; samples are those of the first. */
export async function meanSignals(net: Net, seeds: readonly number[]): Promise<Signals> {
  const all: Signals[] = []
  for (const seed of seeds) all.push(await signalsOf(net, seed))
  const mean = (pick: (signals: Signals) => Float32Array): Float32Array =>
    pick(all[0]!).map((_, i) => all.reduce((sum, signals) => sum + pick(signals)[i]! / all.length, 0))
  return { forward: mean((s) => s.forward), backward: mean((s) => s.backward), samples: all[0]!.samples }
}

/** The norm of the product of 1, 2, ... `count` random square matrices of a size. */
export async function productNorms(count: number, size: number, seed: number): Promise<Float64Array> {
  manualSeed(seed)
  let product = randn([size, size], { dtype: 'float64' })
  const norms: Tensor[] = []
  for (let i = 0; i < count; i++) {
    norms.push(product.square().sum().sqrt())
    product = product.matmul(randn([size, size], { dtype: 'float64' }))
  }
  return (await stack(norms).data()) as Float64Array
}
