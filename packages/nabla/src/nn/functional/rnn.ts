/**
 * Recurrent layers, on nodes. The input's share of the gates is one product for all time steps; then the layer walks, a product
 * with h and the cell at each step. Its gradient walks back, gathers the steps' gradients, and the weights' are one product
 * again.
 */
import { NablaError } from '../../core/errors.js'
import { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import { composite, untracked } from '../../tensor/autograd.js'
import { sum } from '../../tensor/reduce.js'
import { cat, reshape, select, slice, stack, transpose } from '../../tensor/shapes.js'
import { type Cell, productOf, shareOf, type State, type Step, type Weights } from './rnn-cells.js'

/** All that a layer of one direction computes from. */
interface Walk {
  readonly cell: Cell
  /** [T, N, gates H] */
  readonly shares: Node
  readonly initial: State
  readonly weights: Weights
  /** From the last step to the first. */
  readonly reverse: boolean
  /** Steps that count, of each row: [N]. */
  readonly lengths: Node | undefined
}

interface Run {
  /** By time. */
  readonly steps: readonly Step[]
  /** h after every step, by time: [T, N, H]. */
  readonly outputs: Node
  readonly end: State
}

/** The time steps in the order of the walk. */
const timesOf = ({ shares, reverse }: Walk): number[] => {
  const times = Array.from({ length: shares.shape[0]! }, (_, t) => t)
  return reverse ? times.reverse() : times
}

/** [N, 1]: which rows step `t` belongs to; the state of the others stands still. */
const aliveAt = (lengths: Node, t: number): Node => reshape(b.gt(lengths, t), [-1, 1])

function forward(walk: Walk): Run {
  const { cell, shares, weights, lengths } = walk
  const steps: Step[] = []
  const outputs: Node[] = []
  let state = walk.initial
  for (const t of timesOf(walk)) {
    const before = state
    const share = select(shares, 0, t)
    const product = productOf(cell, before[0]!, weights)
    const after = cell.step(share, product, before, weights.hr)
    steps[t] = { share, product, before, after }
    state = lengths ? after.map((s, k) => b.where(aliveAt(lengths, t), s, before[k]!)) : after
    outputs[t] = state[0]!
  }
  return { steps, outputs: stack(outputs), end: state }
}

/** What gradients flow to, in the order in which `backward` gives them. */
const sourcesOf = ({ cell, shares, initial, weights: { hh, biasHh, hr } }: Walk): Node[] => [
  shares,
  ...initial,
  hh,
  ...(cell.hiddenBias && biasHh ? [biasHh] : []),
  ...(hr ? [hr] : []),
]

/** Backpropagation through time, from the gradients of all outputs [T, N, H] and of the state at the end, where there are any. */
function backward(walk: Walk, run: Run, ofOutputs: Node | undefined, ofEnd: readonly (Node | undefined)[]): Node[] {
  const { cell, initial, weights, reverse, lengths } = walk
  const { hh, hr } = weights
  let grads: State = initial.map((s, k) => ofEnd[k] ?? b.like(s, 0))
  const shares: Node[] = []
  const products: Node[] = []
  const projections: { grad: Node; input: Node }[] = []
  for (const t of timesOf(walk).reverse()) {
    const all = ofOutputs ? [b.add(grads[0]!, select(ofOutputs, 0, t)), ...grads.slice(1)] : grads
    const alive = lengths && aliveAt(lengths, t)
    const stepped = alive ? all.map((g) => b.where(alive, g, 0)) : all
    const found = cell.back(run.steps[t]!, stepped, hr)
    shares[t] = found.share
    products[t] = found.product
    if (found.projected) projections.push({ grad: stepped[0]!, input: found.projected })
    grads = all.map((g, k) => {
      const flows = [...(k === 0 ? [b.matmul(found.product, hh)] : []), ...(found.before[k] ? [found.before[k]] : [])]
      const moved = flows.reduce((x, y) => b.add(x, y))
      return alive ? b.where(alive, moved, g) : moved
    })
  }
  const ofShares = stack(shares)
  const ofProducts = cell.hiddenBias ? stack(products) : ofShares
  const first = b.reshape(initial[0]!, [1, ...initial[0]!.shape])
  const before = reverse ? cat([slice(run.outputs, 0, 1), first]) : cat([first, slice(run.outputs, 0, 0, -1)])
  return [
    ofShares,
    ...grads,
    outerSum(ofProducts, before),
    ...(cell.hiddenBias && weights.biasHh ? [sum(ofProducts, [0, 1])] : []),
    ...(hr ? [outerSum(stack(projections.map((p) => p.grad)), stack(projections.map((p) => p.input)))] : []),
  ]
}

/** The sum over all steps and rows of x [T, N, m] by y [T, N, n]: [m, n]. */
function outerSum(x: Node, y: Node): Node {
  const rows = x.shape[0]! * x.shape[1]!
  return b.matmul(transpose(b.reshape(x, [rows, x.shape[2]!]), 0, 1), b.reshape(y, [rows, y.shape[2]!]))
}

/** Outputs and the state at the end of one layer in one direction; beyond a row's length its outputs are 0. */
function runLayer(walk: Walk): { output: Node; state: State } {
  const { lengths, reverse } = walk
  const run = untracked(() => forward(walk))
  const sources = sourcesOf(walk)
  // Where gradients are recorded, the steps are computed anew, from what they depend on.
  const current = (): Run => (Node.recording ? forward(walk) : run)
  const outputs = composite(
    'recurrent',
    sources,
    () => run.outputs,
    (grad) => backward(walk, current(), grad, []),
  )
  const steps = outputs.shape[0]!
  const state = run.end.map((end, k) =>
    k === 0
      ? select(outputs, 0, reverse ? 0 : steps - 1)
      : composite(
          'recurrent',
          sources,
          () => end,
          (grad) => backward(walk, current(), undefined, [undefined, grad]),
        ),
  )
  if (!lengths) return { output: outputs, state }
  const alive = b.gt(b.reshape(lengths, [1, lengths.shape[0]!, 1]), counting(outputs.shape, 0, outputs.device, b))
  return { output: b.where(alive, outputs, 0), state }
}

export interface RecurrentOptions {
  /** Of each layer, one set of weights for each direction. */
  readonly weights: readonly (readonly Weights[])[]
  /** Steps that count, of each row: [N], int32. Beyond them states stand still and outputs are 0. */
  readonly lengths?: Node | undefined
  /** Applied to what one layer hands to the next. */
  readonly between: (x: Node) => Node
}

/**
 * Layers of a cell, in one or both directions: x [T, N, inputs] and the states [layers directions, N, H] to the outputs
 * [T, N, directions H] of the last layer and the states after the last step.
 */
export function recurrent(cell: Cell, x: Node, initial: State, options: RecurrentOptions): { output: Node; state: State } {
  if (x.shape[0] === 0)
    throw new NablaError('shape', '[recurrent] the sequence is empty; expected one time step or more', { shape: x.shape })
  const ends: State[] = []
  let output = x
  options.weights.forEach((directions, layer) => {
    const input = layer === 0 ? x : options.between(output)
    const runs = directions.map((weights, direction) =>
      runLayer({
        cell,
        shares: shareOf(cell, input, weights),
        initial: initial.map((s) => select(s, 0, layer * directions.length + direction)),
        weights,
        reverse: direction === 1,
        lengths: options.lengths,
      }),
    )
    output = cat(
      runs.map((run) => run.output),
      2,
    )
    ends.push(...runs.map((run) => run.state))
  })
  return { output, state: initial.map((_, k) => stack(ends.map((end) => end[k]!))) }
}
