/** Autograd's public functions: switching it off, gradients as values, gradients of functions, rules of one's own, numerical checks. */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { composite, type GradientOptions, gradients, untracked } from './autograd.js'
import { randn, tensor } from './create.js'
import { seedOf, Tensor } from './tensor.js'

let quiet = 0

/**
 * Runs `fn` without building graphs: results require no gradients, and leaves may be changed in place. An async `fn` keeps recording off
 * until it settles; other code that runs meanwhile is not recorded either.
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

export const isGradEnabled = (): boolean => Node.recording

export interface GradOptions extends GradientOptions {
  /** Gradient of the output; default 1 for a single element. */
  readonly gradOutput?: Tensor
  /** Give zeros for inputs that the output does not depend on, instead of an error. Default false. */
  readonly allowUnused?: boolean
}

/** Gradients of `output` with respect to `inputs` (leaves or computed on the way), as new tensors; no `grad` is touched. */
export function grad(output: Tensor, inputs: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  const nodes = inputs.map((input) => input.node)
  nodes.forEach((node, i) => {
    if (!node.tracked)
      throw new NablaError(
        'autograd',
        `[grad] input ${i} of shape ${showShape(node.shape)} does not require gradients; make it with { requiresGrad: true }`,
        { input: i },
      )
  })
  const found = gradients([output.node], [seedOf(output, options.gradOutput)], new Set(nodes), options)
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

/** From f(x, ...) with one number as result, the function that gives [f(x, ...), its gradients by every tensor argument]. */
export function valueAndGrad(f: (...inputs: Tensor[]) => Tensor): (...inputs: Tensor[]) => { value: Tensor; grads: Tensor[] } {
  return (...inputs) => {
    const leaves = inputs.map((input) => (Node.recording && input.requiresGrad ? input.clone() : input.detach().requiresGrad_()))
    const value = enableGrad(() => f(...leaves))
    const nested = inputs.some((input) => input.requiresGrad) && Node.recording
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

export interface CustomFunction {
  /** Shown in errors. */
  readonly name?: string
  /** Computes the result; nothing in it is recorded. */
  readonly forward: (...inputs: Tensor[]) => Tensor
  /**
   * From the gradient of the result, that of each input (null for none). For gradients of higher order it must be computed from
   * the inputs and the output that are handed in.
   */
  readonly backward: (grad: Tensor, inputs: readonly Tensor[], output: Tensor) => readonly (Tensor | null)[]
}

/** A function with a gradient rule of its own. */
export function customFunction(rule: CustomFunction): (...inputs: Tensor[]) => Tensor {
  const name = rule.name ?? 'customFunction'
  return (...inputs) => {
    const sources = inputs.map((input) => input.node)
    const node = composite(
      name,
      sources,
      () => untracked(() => rule.forward(...inputs)).node,
      (grad, output) => {
        const found = rule.backward(
          new Tensor(grad),
          sources.map((source) => new Tensor(source)),
          new Tensor(output),
        )
        if (found.length !== inputs.length)
          throw new NablaError(
            'autograd',
            `[${name}] backward gave ${found.length} gradients for ${inputs.length} inputs; give null where there is none`,
            { name },
          )
        return found.map((gradient) => gradient?.node)
      },
    )
    node.exposed = true
    return new Tensor(node)
  }
}

export interface GradcheckOptions {
  /** Step of the central difference. Default 1e-6. */
  readonly eps?: number
  /** Default 1e-5. */
  readonly atol?: number
  /** Default 1e-3. */
  readonly rtol?: number
}

/**
 * Compares gradients with central differences, in float64: (f(x + eps) - f(x - eps)) / 2 eps, projected on a random direction of the
 * result. Inputs that require gradients must be float64. Throws with the first difference; resolves to true.
 */
export async function gradcheck(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): Promise<true> {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options
  const checked = inputs.map((input) => input.requiresGrad)
  if (!checked.some(Boolean))
    throw new NablaError('autograd', '[gradcheck] no input requires gradients; make one with { requiresGrad: true }')
  inputs.forEach((input, i) => {
    if (checked[i] && input.dtype !== 'float64')
      throw new NablaError('dtype', `[gradcheck] input ${i} is ${input.dtype}; numerical gradients need float64`, { input: i })
  })
  const fresh = inputs.map((input, i) => (checked[i] ? input.detach().requiresGrad_() : input))
  const output = f(...fresh)
  if (!isFloat(output.dtype))
    throw new NablaError('dtype', `[gradcheck] the function gives ${output.dtype}; only floats have gradients`)
  const direction = noGrad(() => randn(output.shape, { dtype: output.dtype, device: output.device })).realize()
  const targets = fresh.filter((_, i) => checked[i])
  const analytic = grad(output, targets, { gradOutput: direction, allowUnused: true })
  const project = async (at: readonly Tensor[]): Promise<number> =>
    noGrad(() =>
      f(...at)
        .mul(direction)
        .sum(),
    ).item()

  for (const [k, target] of targets.entries()) {
    const found = await analytic[k]!.data()
    const values = await target.data()
    const position = fresh.indexOf(target)
    for (let e = 0; e < values.length; e++) {
      const moved = async (by: number): Promise<number> => {
        const data = Float64Array.from(values)
        data[e]! += by
        const { shape, device } = target
        const input = tensor(data, { shape, device })
        return project(fresh.map((other, i) => (i === position ? input : other)))
      }
      const numeric = ((await moved(eps)) - (await moved(-eps))) / (2 * eps)
      if (!(Math.abs(numeric - found[e]!) <= atol + rtol * Math.abs(numeric)))
        throw new NablaError(
          'autograd',
          `[gradcheck] input ${position}, element ${e}: the gradient is ${found[e]}, but differences give ${numeric}`,
          {
            input: position,
            element: e,
            analytic: found[e],
            numeric,
          },
        )
    }
  }
  return true
}
