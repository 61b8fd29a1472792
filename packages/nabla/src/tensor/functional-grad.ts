/**
 * Derivatives of functions, after torch.autograd.functional: products with the Jacobian from either side, the Jacobian itself,
 * and the same of the second order. Functions take tensors one by one; `inputs` are one tensor or a list, and results come
 * likewise.
 */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { onesLike, tensor, zeros, zerosLike } from './create.js'
import { enableGrad, gradOrZeros, leavesOf, listOf, type Tensors } from './differentiate.js'
import { stack } from './functions.js'
import { currentTracer } from './handle.js'
import { Tensor } from './tensor.js'

/** Whether derivatives can be differentiated again. */
export interface DerivativeOptions {
  /** Record the result's own graph, for derivatives of higher order. Default false. */
  readonly createGraph?: boolean
}

/** One tensor for one, a list for a list. */
export type SameForm<T extends Tensors> = T extends Tensor ? Tensor : Tensor[]

type Fn<Out extends Tensors> = (...inputs: Tensor[]) => Out

const inForm = <T extends Tensors>(form: T, list: readonly Tensor[]): SameForm<T> =>
  (form instanceof Tensor ? list[0]! : [...list]) as SameForm<T>

/** Leaves to differentiate by, and what f makes of them. */
function evaluate<Out extends Tensors>(f: Fn<Out>, inputs: Tensors, nested: boolean): { leaves: Tensor[]; output: Out } {
  const leaves = leavesOf(listOf(inputs), nested)
  return { leaves, output: enableGrad(() => f(...leaves)) }
}

/**
 * A vector of a product: as many tensors as those it meets, of their shapes; ones where a single number is met and none is given.
 */
function vectorFor(op: string, v: Tensors | undefined, met: readonly Tensor[], what: string): readonly Tensor[] {
  if (v === undefined) {
    if (met.length === 1 && met[0]!.numel === 1) return [onesLike(met[0]!)]
    throw new NablaError('argument', `[${op}] needs a vector: only for ${what} of one element it may be left out`)
  }
  const list = listOf(v)
  if (list.length !== met.length || list.some((t, i) => !sameShape(t.shape, met[i]!.shape)))
    throw new NablaError(
      'shape',
      `[${op}] the vector has shapes ${list.map((t) => showShape(t.shape)).join(', ')}, but ${what} ${met.map((t) => showShape(t.shape)).join(', ')}; they must be equal`,
      { given: list.map((t) => t.shape), expected: met.map((t) => t.shape) },
    )
  return list
}

const settled = (tensors: readonly Tensor[], createGraph: boolean): Tensor[] => tensors.map((t) => (createGraph ? t : t.detach()))

/**
 * [f(inputs), v^T J]: the vector `v` (shaped as f's result; not needed for a single number) times the Jacobian, shaped as
 * `inputs`. One backward pass.
 */
export function vjp<Out extends Tensors, In extends Tensors>(
  f: Fn<Out>,
  inputs: In,
  v?: Tensors,
  { createGraph = false }: DerivativeOptions = {},
): [SameForm<Out>, SameForm<In>] {
  const { leaves, output } = evaluate(f, inputs, createGraph)
  const outputs = listOf(output)
  const found = gradOrZeros(outputs, leaves, vectorFor('vjp', v, outputs, 'a result'), { createGraph })
  return [inForm(output, settled(outputs, createGraph)), inForm(inputs, found)]
}

/**
 * [f(inputs), J v]: the Jacobian times the vector `v` (shaped as `inputs`; not needed for a single number), shaped as f's result.
 * Two backward passes: v^T J is linear in v, and its derivative by v is J (J. Townsend, A new trick for calculating Jacobian
 * vector products, 2017).
 */
export function jvp<Out extends Tensors, In extends Tensors>(
  f: Fn<Out>,
  inputs: In,
  v?: Tensors,
  { createGraph = false }: DerivativeOptions = {},
): [SameForm<Out>, SameForm<Out>] {
  const vector = vectorFor('jvp', v, listOf(inputs), 'an input')
  const { leaves, output } = evaluate(f, inputs, createGraph)
  const outputs = listOf(output)
  const free = outputs.map((o) => zerosLike(o, { requiresGrad: true }))
  const pulled = gradOrZeros(outputs, leaves, free, { createGraph: true })
  const found = gradOrZeros(pulled, free, vector, { createGraph })
  return [inForm(output, settled(outputs, createGraph)), inForm(output, found)]
}

/**
 * All derivatives of f's results by all inputs: for a result of shape [...out] and an input of [...in] a tensor [...out, ...in];
 * for several inputs a list of them, for several results a list of those. One backward pass for every element of the results.
 */
export function jacobian<Out extends Tensors, In extends Tensors>(
  f: Fn<Out>,
  inputs: In,
  { createGraph = false }: DerivativeOptions = {},
): Out extends Tensor ? SameForm<In> : SameForm<In>[] {
  const { leaves, output } = evaluate(f, inputs, createGraph)
  const blocks = listOf(output).map((one) => inForm(inputs, rowsOf(one, leaves, createGraph)))
  return (output instanceof Tensor ? blocks[0]! : blocks) as Out extends Tensor ? SameForm<In> : SameForm<In>[]
}

/** The Jacobian of one result by each leaf. Every row is computed as it is made, by the program of the first. */
function rowsOf(output: Tensor, leaves: readonly Tensor[], createGraph: boolean): Tensor[] {
  const { shape, numel, dtype, device } = output
  const rows = Array.from({ length: numel }, (_, e) => {
    const one = tensor(
      Float64Array.from({ length: numel }, (_, i) => Number(i === e)),
      { shape, dtype, device },
    )
    const row = gradOrZeros([output], leaves, [one], { createGraph, retainGraph: true })
    return createGraph || currentTracer() ? row : row.map((part) => part.realize())
  })
  return leaves.map((leaf, l) => {
    const full = [...shape, ...leaf.shape]
    if (numel === 0) return zeros(full, { dtype: leaf.dtype, device: leaf.device })
    return stack(rows.map((row) => row[l]!)).reshape(full)
  })
}

/** The gradient of f, which must give one number, as a function; and the last value that f gave. */
function gradientOf(op: string, f: Fn<Tensor>): { gradient: Fn<Tensor[]>; value: () => Tensor } {
  let value: Tensor
  const gradient = (...inputs: Tensor[]): Tensor[] => {
    value = f(...inputs)
    if (value.numel !== 1)
      throw new NablaError('shape', `[${op}] the function must give one number, but gave ${showShape(value.shape)}`, {
        shape: value.shape,
      })
    return gradOrZeros([value], inputs, [onesLike(value)], { createGraph: true })
  }
  return { gradient, value: () => value }
}

/**
 * Second derivatives of f, which gives one number: for one input a tensor [...in, ...in], for several the blocks, block [i][j] of
 * shape [...input i, ...input j].
 */
export function hessian<In extends Tensors>(
  f: Fn<Tensor>,
  inputs: In,
  options: DerivativeOptions = {},
): In extends Tensor ? Tensor : Tensor[][] {
  const blocks = jacobian(gradientOf('hessian', f).gradient, listOf(inputs), options) as Tensor[][]
  return (inputs instanceof Tensor ? blocks[0]![0]! : blocks) as In extends Tensor ? Tensor : Tensor[][]
}

/** [f(inputs), v^T H]: the vector `v`, shaped as `inputs`, times the Hessian of f, which gives one number. Cheaper than `hvp`. */
export function vhp<In extends Tensors>(
  f: Fn<Tensor>,
  inputs: In,
  v?: Tensors,
  options: DerivativeOptions = {},
): [Tensor, SameForm<In>] {
  const { gradient, value } = gradientOf('vhp', f)
  const [, product] = vjp(gradient, listOf(inputs), vectorFor('vhp', v, listOf(inputs), 'an input'), options)
  return [settled([value()], options.createGraph ?? false)[0]!, inForm(inputs, product)]
}

/** [f(inputs), H v]: the Hessian of f, which gives one number, times the vector `v`, shaped as `inputs`. */
export function hvp<In extends Tensors>(
  f: Fn<Tensor>,
  inputs: In,
  v?: Tensors,
  options: DerivativeOptions = {},
): [Tensor, SameForm<In>] {
  const { gradient, value } = gradientOf('hvp', f)
  const [, product] = jvp(gradient, listOf(inputs), vectorFor('hvp', v, listOf(inputs), 'an input'), options)
  return [settled([value()], options.createGraph ?? false)[0]!, inForm(inputs, product)]
}
