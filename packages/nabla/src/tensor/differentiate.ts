/** Autograd's public functions: switching it off, gradients as values, gradients of functions. */
import { NablaError, showShape } from '../core/errors.js'
import { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { type GradientOptions, gradients } from './autograd.js'
import { seedOf, Tensor } from './tensor.js'

let quiet = 0

/**
 * Runs `fn` without building graphs: results require no gradients, and leaves may be changed in place. An async `fn` keeps
 * recording off until it settles; other code that runs meanwhile is not recorded either.
 */
export function noGrad<R>(fn: () => R): R {
  const before = Node.recording
  quiet++
  Node.recording = false
  let waits = false
  const leave = () => {
    quiet--
    Node.recording = quiet === 0
  }
  try {
    const result = fn()
    if (result instanceof Promise) {
      waits = true
      return result.finally(leave) as R
    }
    return result
  } finally {
    if (!waits) {
      quiet--
      Node.recording = before
    }
  }
}

/** Runs `fn` with recording on, inside a `noGrad` too. */
export function enableGrad<R>(fn: () => R): R {
  const before = Node.recording
  Node.recording = true
  try {
    return fn()
  } finally {
    Node.recording = before
  }
}

/** Whether computations are recorded for gradients now: false inside of `noGrad`. */
export const isGradEnabled = (): boolean => Node.recording

/** One tensor, or several. */
export type Tensors = Tensor | readonly Tensor[]

export const listOf = (tensors: Tensors): readonly Tensor[] => (tensors instanceof Tensor ? [tensors] : tensors)

/** From which gradients to start, and what is left behind. */
export interface GradOptions extends GradientOptions {
  /** Gradient of each output (or of the only one); default, and for null, 1 for a single element. */
  readonly gradOutputs?: Tensor | readonly (Tensor | null)[]
  /** Give zeros for inputs that no output depends on, instead of an error. Default false. */
  readonly allowUnused?: boolean
}

/**
 * Gradients of one output or the sum of several with respect to `inputs` (leaves or computed on the way), as new tensors; no
 * `grad` is touched. Throws for an input that requires no gradients, or that no output depends on.
 */
export function grad(outputs: Tensors, inputs: Tensors, options: GradOptions = {}): Tensor[] {
  const nodes = listOf(inputs).map((input) => input.node)
  nodes.forEach((node, i) => {
    if (!node.tracked)
      throw new NablaError(
        'autograd',
        `[grad] input ${i} of shape ${showShape(node.shape)} does not require gradients; make it with { requiresGrad: true }`,
        { input: i },
      )
  })
  const ends = listOf(outputs)
  const given = options.gradOutputs === undefined ? [] : [options.gradOutputs].flat()
  if (given.length && given.length !== ends.length)
    throw new NablaError('argument', `[grad] ${given.length} gradOutputs for ${ends.length} outputs; give one each, or null`)
  const found = gradients(
    ends.map((output) => output.node),
    ends.map((output, i) => seedOf(output, given[i] ?? undefined)),
    new Set(nodes),
    options,
  )
  return nodes.map((node, i) => {
    const gradient = found.get(node)
    if (!gradient && !options.allowUnused)
      throw new NablaError(
        'autograd',
        `[grad] the output does not depend on input ${i} of shape ${showShape(node.shape)}; pass { allowUnused: true } to get zeros`,
        { input: i },
      )
    if (gradient) gradient.exposed = true
    return new Tensor(gradient ?? b.like(node, 0))
  })
}

/** Copies to differentiate by: with their history where gradients of higher order are wanted, else cut from it. */
export const leavesOf = (inputs: readonly Tensor[], nested: boolean): Tensor[] =>
  inputs.map((input) => (nested && input.requiresGrad ? input.clone() : input.detach().requiresGrad_()))

/** As `grad`, where outputs may be without a graph and inputs without influence: their share is zero. */
export function gradOrZeros(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  gradOutputs: readonly (Tensor | null)[],
  options: GradientOptions = {},
): Tensor[] {
  const ends = outputs.map((output, i) => ({ output, seed: gradOutputs[i] ?? null })).filter(({ output }) => output.requiresGrad)
  if (ends.length === 0) return inputs.map((input) => new Tensor(b.like(input.node, 0)))
  return grad(
    ends.map(({ output }) => output),
    inputs,
    { ...options, gradOutputs: ends.map(({ seed }) => seed), allowUnused: true },
  )
}

/** From f(x, ...) with one number as result, the function that gives [f(x, ...), its gradients by every tensor argument]. */
export function valueAndGrad(f: (...inputs: Tensor[]) => Tensor): (...inputs: Tensor[]) => { value: Tensor; grads: Tensor[] } {
  return (...inputs) => {
    const nested = inputs.some((input) => input.requiresGrad) && Node.recording
    const leaves = leavesOf(inputs, nested)
    const value = enableGrad(() => f(...leaves))
    return { value: nested ? value : value.detach(), grads: grad(value, leaves, { allowUnused: true, createGraph: nested }) }
  }
}

/** The gradient of f by its first argument, as a function; nests for higher orders. */
export function gradOf(f: (...inputs: Tensor[]) => Tensor): (...inputs: Tensor[]) => Tensor {
  const both = valueAndGrad(f)
  return (...inputs) => {
    const [first] = both(...inputs).grads
    if (!first) throw new NablaError('argument', '[gradOf] the function needs at least one tensor')
    return first
  }
}
