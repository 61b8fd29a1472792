/**
 * Functions with a gradient rule of their own: a short form for one result, and one with a context, as PyTorch's
 * autograd.Function.
 */
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composites } from './autograd.js'
import { listOf } from './differentiate.js'
import { Tensor } from './tensor.js'

/** A function with a gradient rule, in the short form: one result, and `backward` is handed inputs and output. */
export interface CustomFunction {
  /** Shown in errors. */
  readonly name?: string
  /** Tells this form from the one with a context. Default false. */
  readonly context?: false
  /** Computes the result; nothing in it is recorded. */
  readonly forward: (...inputs: Tensor[]) => Tensor
  /**
   * From the gradient of the result, that of each input (null for none). For gradients of higher order it must be computed from
   * the inputs and the output that are handed in.
   */
  readonly backward: (grad: Tensor, inputs: readonly Tensor[], output: Tensor) => readonly (Tensor | null)[]
}

/** What one call of a custom function keeps for its backward pass. */
export interface FunctionContext {
  /**
   * Keeps tensors for `backward`. Gradients of higher order flow through saved inputs and results; all else is constant there.
   */
  saveForBackward(...tensors: readonly Tensor[]): void
  /** What was saved, in that order. */
  readonly savedTensors: readonly Tensor[]
  /** Which inputs need a gradient; `backward` may give null for the others. */
  readonly needsInputGrad: readonly boolean[]
  /** In `backward`: which results a gradient reaches; for the others it is handed zeros. */
  readonly hasOutputGrad: readonly boolean[]
}

/** One result, or a list of several. */
export type FunctionResults = Tensor | readonly [Tensor, ...Tensor[]] | readonly Tensor[]

/** A function with a gradient rule, with a context: any number of results, and what `backward` needs is saved. */
export interface ContextFunction<Results extends FunctionResults> {
  /** Shown in errors. */
  readonly name?: string
  /** Tells this form from the short one: both functions are handed a context first. */
  readonly context: true
  /** Computes one result or several; nothing in it is recorded. */
  readonly forward: (context: FunctionContext, ...inputs: Tensor[]) => Results
  /** From the gradient of each result, that of each input (null for none); a single input needs no list. */
  readonly backward: (context: FunctionContext, ...grads: Tensor[]) => Tensor | readonly (Tensor | null)[]
}

/**
 * A function with a gradient rule of its own. Either `backward` is handed the inputs and the one result, or, with `context:
 * true`, `forward` saves what `backward` needs:
 *
 *     const cube = customFunction({
 *       context: true,
 *       forward(context, x) {
 *         context.saveForBackward(x)
 *         return x.pow(3)
 *       },
 *       backward(context, grad) {
 *         const [x] = context.savedTensors
 *         return grad.mul(x.square().mul(3))
 *       },
 *     })
 */
export function customFunction(rule: CustomFunction): (...inputs: Tensor[]) => Tensor
export function customFunction<Results extends FunctionResults>(rule: ContextFunction<Results>): (...inputs: Tensor[]) => Results
export function customFunction(
  rule: CustomFunction | ContextFunction<FunctionResults>,
): (...inputs: Tensor[]) => FunctionResults {
  const full = rule.context ? rule : withContext(rule)
  return (...inputs) => call(full, inputs)
}

/** The short form saves its inputs and its result. */
const withContext = (rule: CustomFunction): ContextFunction<Tensor> => ({
  name: rule.name ?? 'customFunction',
  context: true,
  forward(context, ...inputs) {
    const output = rule.forward(...inputs)
    context.saveForBackward(...inputs, output)
    return output
  },
  backward(context, grad) {
    const saved = context.savedTensors
    return rule.backward(grad, saved.slice(0, -1), saved[saved.length - 1]!)
  },
})

function call(rule: ContextFunction<FunctionResults>, inputs: readonly Tensor[]): FunctionResults {
  const name = rule.name ?? 'customFunction'
  const sources = inputs.map((input) => input.node)
  const needsInputGrad = sources.map((node) => node.tracked)
  const saved: Node[] = []
  let computed: readonly Node[] = []
  let single = false
  const forward = (): readonly Node[] => {
    const context: FunctionContext = {
      saveForBackward(...tensors) {
        for (const { node } of tensors) {
          node.exposed = true
          saved.push(node)
        }
      },
      savedTensors: [],
      needsInputGrad,
      hasOutputGrad: [],
    }
    const output = rule.forward(context, ...inputs)
    single = output instanceof Tensor
    computed = listOf(output).map((tensor) => tensor.node)
    return computed
  }
  const backward = (grads: readonly (Node | undefined)[], results: readonly Node[]): readonly (Node | undefined)[] => {
    const context: FunctionContext = {
      saveForBackward() {
        throw new NablaError('autograd', `[${name}] saveForBackward belongs into forward`)
      },
      savedTensors: saved.map((node) => new Tensor(sources.includes(node) ? node : (results[computed.indexOf(node)] ?? node))),
      needsInputGrad,
      hasOutputGrad: grads.map((grad) => grad !== undefined),
    }
    const found = rule.backward(context, ...grads.map((grad, i) => new Tensor(grad ?? b.like(results[i]!, 0))))
    const list = found instanceof Tensor ? [found] : found
    if (list.length !== inputs.length)
      throw new NablaError(
        'autograd',
        `[${name}] backward gave ${list.length} gradients for ${inputs.length} inputs; give null where there is none`,
        { name },
      )
    return list.map((gradient) => gradient?.node)
  }
  const results = composites(name, sources, forward, backward).map((node) => {
    node.exposed = true
    return new Tensor(node)
  })
  return single ? results[0]! : results
}
