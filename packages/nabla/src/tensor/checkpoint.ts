/** Checkpointing: memory for time. What a function computes on the way is not kept for the backward pass, but computed again in it. */
import { NablaError } from '../core/errors.js'
import { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composites, gradients, leavesBehind, untracked } from './autograd.js'
import { enableGrad, listOf } from './differentiate.js'
import { repeatDraws, takeDownDraws } from './random.js'
import { Tensor } from './tensor.js'

/**
 * Calls `fn(...inputs)` so that only its inputs are kept for the backward pass, which runs it once more (random numbers the same) and then
 * differentiates it. Gradients flow to the inputs and to all leaves that `fn` uses (a module's parameters). What `fn` changes besides, such
 * as running statistics, it changes twice. Source: Chen et al., "Training deep nets with sublinear memory cost", 2016.
 *
 * @param fn from tensors to one tensor or several; it must compute the same each time.
 * @throws NablaError if the second run gives other shapes than the first.
 */
export function checkpoint<Results extends Tensor | readonly Tensor[]>(
  fn: (...inputs: Tensor[]) => Results,
  ...inputs: readonly Tensor[]
): Results {
  if (!Node.recording) return fn(...inputs)
  const sources = inputs.map((input) => input.node)
  const { result: first, draws } = takeDownDraws(() => fn(...inputs))
  const outputs = listOf(first).map((tensor) => tensor.node)
  const used = leavesBehind(outputs, new Set(sources))

  const backward = (grads: readonly (Node | undefined)[], results: readonly Node[]): readonly (Node | undefined)[] => {
    const trigger = grads.find((grad) => grad !== undefined)!
    const nested = Node.recording
    const again = sources.map((source) => restarted(source, trigger, nested))
    const second = enableGrad(() => repeatDraws(draws, () => listOf(fn(...again))))
    if (second.length !== results.length || second.some((tensor, i) => tensor.shape.join() !== results[i]!.shape.join()))
      throw new NablaError(
        'autograd',
        '[checkpoint] the function gave other results when it was run again; it must depend on its inputs alone',
      )
    const reached = second.flatMap((tensor, i) =>
      grads[i] && tensor.requiresGrad ? [{ node: tensor.node, grad: grads[i] }] : [],
    )
    const targets = [...(nested ? sources : again.map((tensor) => tensor.node)), ...used]
    const found = gradients(
      reached.map(({ node }) => node),
      reached.map(({ grad }) => grad),
      new Set(targets),
      { createGraph: nested },
    )
    return targets.map((target) => found.get(target))
  }
  const results = composites('checkpoint', [...sources, ...used], () => outputs, backward).map((node) => {
    node.exposed = true
    return new Tensor(node)
  })
  return (first instanceof Tensor ? results[0]! : results) as Results
}

/** An input for the second run, which must not begin before the backward pass has come this far. */
function restarted(source: Node, trigger: Node, nested: boolean): Tensor {
  if (nested) return new Tensor(b.after(source, trigger))
  const leaf = new Tensor(untracked(() => b.after(source, trigger)))
  if (source.tracked) leaf.requiresGrad = true
  return leaf
}
