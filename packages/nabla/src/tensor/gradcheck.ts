/** Gradients against differences: what a rule claims is compared with what the function does, in float64. */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { randn, tensor } from './create.js'
import { enableGrad, gradOrZeros, listOf, noGrad, type Tensors } from './differentiate.js'
import type { Tensor } from './tensor.js'

/** Step and tolerance: differences up to atol + rtol |expected| pass. */
export interface GradcheckOptions {
  /** Step of the central difference. Default 1e-6. */
  readonly eps?: number
  /** Difference that always passes. Default 1e-5. */
  readonly atol?: number
  /** Difference that passes, as a part of what is expected. Default 1e-3. */
  readonly rtol?: number
  /** Throw at the first difference, with where and how large it is; false resolves to false instead. Default true. */
  readonly raiseException?: boolean
}

/**
 * Compares the gradients of f's result (or results) with central differences, (f(x + eps) - f(x - eps)) / 2 eps, projected on a
 * random direction of the result. Inputs that require gradients must be float64 and away from kinks, and f must give the same
 * each time. Resolves to true; throws with the first difference, or resolves to false with `raiseException: false`.
 */
export const gradcheck = (
  f: (...inputs: Tensor[]) => Tensors,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): Promise<boolean> => compare('gradcheck', f, inputs, options)

/** Step and tolerance, and where the second order is checked. */
export interface GradgradcheckOptions extends GradcheckOptions {
  /** Gradients of the results at which the first order is taken. Default: random. */
  readonly gradOutputs?: readonly Tensor[]
}

/**
 * The same one order higher: checks what autograd finds as gradients of its gradients, by the inputs and by the results'
 * gradients.
 */
export async function gradgradcheck(
  f: (...inputs: Tensor[]) => Tensors,
  inputs: readonly Tensor[],
  options: GradgradcheckOptions = {},
): Promise<boolean> {
  const checked = checkInputs('gradgradcheck', inputs)
  const floats = (...given: Tensor[]): Tensor[] => listOf(f(...given)).filter((output) => isFloat(output.dtype))
  const seeds = options.gradOutputs ?? noGrad(() => floats(...inputs)).map(direction)
  const gradients = (...all: Tensor[]): Tensor[] =>
    enableGrad(() => {
      const given = inputs.map((_, i) => (checked[i] && !all[i]!.requiresGrad ? all[i]!.detach().requiresGrad_() : all[i]!))
      const targets = given.filter((_, i) => checked[i])
      return gradOrZeros(floats(...given), targets, all.slice(inputs.length), { createGraph: true })
    })
  return compare('gradgradcheck', gradients, [...inputs, ...seeds.map((seed) => seed.detach().requiresGrad_())], options)
}

/** Which inputs are checked. */
function checkInputs(op: string, inputs: readonly Tensor[]): boolean[] {
  const checked = inputs.map((input) => input.requiresGrad)
  if (!checked.some(Boolean))
    throw new NablaError('autograd', `[${op}] no input requires gradients; make one with { requiresGrad: true }`)
  inputs.forEach((input, i) => {
    if (checked[i] && input.dtype !== 'float64')
      throw new NablaError('dtype', `[${op}] input ${i} is ${input.dtype}; numerical gradients need float64`, { input: i })
  })
  return checked
}

/** A random tensor like this one, computed once. */
const direction = ({ shape, dtype, device }: Tensor): Tensor => noGrad(() => randn(shape, { dtype, device })).realize()

async function compare(
  op: string,
  f: (...inputs: Tensor[]) => Tensors,
  inputs: readonly Tensor[],
  options: GradcheckOptions,
): Promise<boolean> {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raiseException = true } = options
  const checked = checkInputs(op, inputs)
  const fresh = inputs.map((input, i) => (checked[i] ? input.detach().requiresGrad_() : input))
  const outputs = listOf(f(...fresh))
  outputs.forEach(({ dtype }, i) => {
    if (!isFloat(dtype))
      throw new NablaError('dtype', `[${op}] result ${i} is ${dtype}; only floats have gradients: leave it out`, { output: i })
  })
  const directions = outputs.map(direction)
  const targets = fresh.filter((_, i) => checked[i])
  const analytic = gradOrZeros(outputs, targets, directions)
  /** What f gives at a point, as one number. */
  const project = (at: readonly Tensor[]): Promise<number> =>
    noGrad(() =>
      listOf(f(...at))
        .map((output, i) => output.mul(directions[i]!).sum())
        .reduce((x, y) => x.add(y)),
    ).item()

  for (const [position, target] of fresh.entries()) {
    if (!checked[position]) continue
    const found = await analytic.shift()!.data()
    const values = await target.data()
    const { shape, device } = target
    for (let e = 0; e < values.length; e++) {
      const at = (by: number): Promise<number> => {
        const data = Float64Array.from(values)
        data[e]! += by
        return project(fresh.map((other, i) => (i === position ? tensor(data, { shape, device }) : other)))
      }
      const numeric = ((await at(eps)) - (await at(-eps))) / (2 * eps)
      if (Math.abs(numeric - found[e]!) <= atol + rtol * Math.abs(numeric)) continue
      if (!raiseException) return false
      const where = showShape(shape.map((n, d) => Math.floor(e / sizeOf(shape.slice(d + 1))) % n))
      throw new NablaError(
        'autograd',
        `[${op}] input ${position}, element ${where}: the gradient is ${found[e]}, but differences give ${numeric}`,
        { input: position, element: e, analytic: found[e], numeric },
      )
    }
  }
  return true
}
