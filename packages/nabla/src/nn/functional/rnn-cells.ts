/**
 * The cells of recurrent networks, on nodes: one step and its gradient side by side. A step is handed the input's share of the
 * gates and the product of h with the hidden weights, both [N, gates H], so that a layer can compute all shares at once.
 */
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { linear } from '../../tensor/products.js'
import { cat, split } from '../../tensor/shapes.js'

/** What a cell remembers: h [N, H], and an LSTM's c [N, H] after it. */
export type State = readonly Node[]

/** Of one layer and direction, by PyTorch's names without the layer's number. */
export interface Weights {
  /** [gates H, inputs] */
  readonly ih: Node
  /** [gates H, H], or of projected states [gates H, P] */
  readonly hh: Node
  /** [gates H] */
  readonly biasIh?: Node | undefined
  /** [gates H] */
  readonly biasHh?: Node | undefined
  /** [P, H]: projects an LSTM's h. */
  readonly hr?: Node | undefined
}

/** One step: what went in and what came out. */
export interface Step {
  readonly share: Node
  readonly product: Node
  readonly before: State
  readonly after: State
}

/** Gradients of one step. */
export interface StepGradients {
  readonly share: Node
  readonly product: Node
  /** Of the state before, but for what flows through the product; undefined is none. */
  readonly before: readonly (Node | undefined)[]
  /** Of a projected h: what is projected. */
  readonly projected?: Node
}

export interface Cell {
  /** Blocks of H rows in the weights. */
  readonly gates: number
  /** 1, or 2 for an LSTM. */
  readonly states: number
  /** The hidden bias belongs to the product; else to the input's share. */
  readonly hiddenBias: boolean
  readonly step: (share: Node, product: Node, before: State, hr: Node | undefined) => State
  /** From the gradients of the state after the step. */
  readonly back: (step: Step, grads: State, hr: Node | undefined) => StepGradients
}

/** The gates of [N, gates H], each [N, H]. */
const parts = (x: Node, gates: number): Node[] => split(x, x.shape[1]! / gates, 1)

/** 1 - x. */
const rest = (x: Node): Node => b.sub(1, x)
/** The derivative of the sigmoid where it is s. */
const ofSigmoid = (s: Node): Node => b.mul(s, rest(s))
/** The derivative of tanh where it is t. */
const ofTanh = (t: Node): Node => rest(b.mul(t, t))

/** h' = f(W x + U h + b), f being tanh or relu (Elman 1990). `flow` multiplies by the derivative of f where it is y. */
const elman = (f: (x: Node) => Node, flow: (grad: Node, y: Node) => Node): Cell => ({
  gates: 1,
  states: 1,
  hiddenBias: false,
  step: (share, product) => [f(b.add(share, product))],
  back({ after: [y] }, [grad]) {
    const both = flow(grad!, y!)
    return { share: both, product: both, before: [undefined] }
  },
})

/** Of the sum of share and product: i, f, g, o. */
function lstmGates(share: Node, product: Node): [i: Node, f: Node, g: Node, o: Node] {
  const [i, f, g, o] = parts(b.add(share, product), 4)
  return [b.sigmoid(i!), b.sigmoid(f!), b.tanh(g!), b.sigmoid(o!)]
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997): c' = f c + i g, h' = o tanh(c'), projected if there is a matrix for
 * it.
 */
const lstm: Cell = {
  gates: 4,
  states: 2,
  hiddenBias: false,
  step(share, product, [, c], hr) {
    const [i, f, g, o] = lstmGates(share, product)
    const cell = b.add(b.mul(f, c!), b.mul(i, g))
    const hidden = b.mul(o, b.tanh(cell))
    return [hr ? linear(hidden, hr) : hidden, cell]
  },
  back({ share, product, before: [, c], after: [, cell] }, [gradH, gradC], hr) {
    const [i, f, g, o] = lstmGates(share, product)
    const t = b.tanh(cell!)
    const dh = hr ? b.matmul(gradH!, hr) : gradH!
    const dc = b.add(gradC!, b.mul(b.mul(dh, o), ofTanh(t)))
    const gates = [
      b.mul(b.mul(dc, g), ofSigmoid(i)),
      b.mul(b.mul(dc, c!), ofSigmoid(f)),
      b.mul(b.mul(dc, i), ofTanh(g)),
      b.mul(b.mul(dh, t), ofSigmoid(o)),
    ]
    const both = cat(gates, 1)
    return { share: both, product: both, before: [undefined, b.mul(dc, f)], ...(hr ? { projected: b.mul(o, t) } : {}) }
  },
}

/** r, z and n of a gated recurrent unit, and the product's part of n. */
function gruGates(share: Node, product: Node): [r: Node, z: Node, n: Node, hidden: Node] {
  const [xr, xz, xn] = parts(share, 3)
  const [hr, hz, hn] = parts(product, 3)
  const r = b.sigmoid(b.add(xr!, hr!))
  return [r, b.sigmoid(b.add(xz!, hz!)), b.tanh(b.add(xn!, b.mul(r, hn!))), hn!]
}

/**
 * Gated recurrent unit (Cho et al. 2014), the gates in the order r, z, n: n = tanh(Wn x + r (Un h + bn)), h' = (1 - z) n + z h.
 */
const gru: Cell = {
  gates: 3,
  states: 1,
  hiddenBias: true,
  step(share, product, [h]) {
    const [, z, n] = gruGates(share, product)
    return [b.add(n, b.mul(z, b.sub(h!, n)))]
  },
  back({ share, product, before: [h] }, [grad]) {
    const [r, z, n, hidden] = gruGates(share, product)
    const dn = b.mul(b.mul(grad!, rest(z)), ofTanh(n))
    const dz = b.mul(b.mul(grad!, b.sub(h!, n)), ofSigmoid(z))
    const dr = b.mul(b.mul(dn, hidden), ofSigmoid(r))
    return { share: cat([dr, dz, dn], 1), product: cat([dr, dz, b.mul(dn, r)], 1), before: [b.mul(grad!, z)] }
  },
}

/** Every cell by its name; the plain ones by their nonlinearity. */
export const cells = {
  tanh: elman(b.tanh, (grad, y) => b.mul(grad, ofTanh(y))),
  relu: elman(b.relu, (grad, y) => b.where(b.gt(y, 0), grad, 0)),
  lstm,
  gru,
} as const satisfies Record<string, Cell>

/** The input's share of the gates, of all rows at once: x [..., inputs] to [..., gates H]. */
export function shareOf(cell: Cell, x: Node, { ih, biasIh, biasHh }: Weights): Node {
  return linear(x, ih, biasIh && biasHh && !cell.hiddenBias ? b.add(biasIh, biasHh) : biasIh)
}

/** The product of h [N, H] with the hidden weights. */
export const productOf = (cell: Cell, h: Node, { hh, biasHh }: Weights): Node =>
  linear(h, hh, cell.hiddenBias ? biasHh : undefined)

/** One step of a cell by itself: x [N, inputs]. */
export const stepCell = (cell: Cell, x: Node, before: State, weights: Weights): State =>
  cell.step(shareOf(cell, x, weights), productOf(cell, before[0]!, weights), before, weights.hr)
