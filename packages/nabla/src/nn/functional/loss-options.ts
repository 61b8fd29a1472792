/** What all losses have in common: how they are reduced, which settings make sense, and how their tensors must fit together. */
import { isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { mean, sum } from '../../tensor/reduce.js'
import { Tensor } from '../../tensor/tensor.js'

/** 'mean' (default) and 'sum' give one number, 'none' every loss by itself. The mean of no losses is NaN. */
export type Reduction = 'mean' | 'sum' | 'none'

/** How losses become one number. */
export interface LossOptions {
  /** What becomes of the losses: their mean, their sum, or each by itself. Default 'mean'. */
  readonly reduction?: Reduction
}

/** How losses are weighted, and become one number. */
export interface WeightedLossOptions extends LossOptions {
  /** A factor for each loss, broadcast. */
  readonly weight?: Tensor | null
}

/** How far apart things should be, and how losses become one number. */
export interface MarginOptions extends LossOptions {
  /** Distance wanted; the default is the loss's own. */
  readonly margin?: number
}

/** What a setting may be. */
interface Rule {
  readonly holds: (value: unknown) => boolean
  readonly expected: string
}

/** What settings may be, by name. */
export type Rules = Readonly<Record<string, Rule>>

const number = (holds: (value: number) => boolean, expected: string): Rule => ({
  holds: (value) => typeof value === 'number' && holds(value),
  expected,
})

const word = (...known: readonly string[]): Rule => ({
  holds: (value) => known.includes(value as string),
  expected: known.map((name) => `'${name}'`).join(', '),
})

/** By the setting's name: the same in every loss that has it, but for `special` ones. */
const rules: Rules = {
  reduction: word('mean', 'sum', 'none'),
  labelSmoothing: number((v) => v >= 0 && v <= 1, '0 to 1'),
  beta: number((v) => v >= 0, '0 or more'),
  delta: number((v) => v > 0, 'more than 0'),
  eps: number((v) => v >= 0, '0 or more'),
  p: number((v) => v > 0, 'more than 0'),
  margin: number(Number.isFinite, 'a number'),
  ignoreIndex: number(Number.isInteger, 'a whole number'),
  blank: number((v) => Number.isInteger(v) && v >= 0, 'a whole number of 0 or more'),
}

/** The divergence has one more way to be averaged. */
export const klRules: Rules = { reduction: word('mean', 'sum', 'none', 'batchmean') }
/** The power of a hinge. */
export const hingeRules: Rules = { p: number((v) => v === 1 || v === 2, '1 or 2') }

/** Throws on a setting that is out of its range, naming the loss `op`. */
export function checkOptions(op: string, options: object, special: Rules = {}): void {
  const known: Rules = { ...rules, ...special }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined
    if (!rule || value === undefined || value === null || rule.holds(value)) continue
    const shown = typeof value === 'string' ? `'${value}'` : String(value)
    throw new NablaError('argument', `[${op}] ${name} is ${shown}; expected ${rule.expected}`, { op, [name]: value })
  }
}

export function reduced(losses: Node, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return new Tensor(losses)
  return new Tensor(reduction === 'sum' ? sum(losses) : mean(losses))
}

/** A loss for each element of an input and a target of one shape. */
export function elementwise(
  op: string,
  input: Tensor,
  target: Tensor,
  options: WeightedLossOptions,
  loss: (x: Node, t: Node) => Node,
): Tensor {
  checkOptions(op, options)
  checkSame(op, input, target)
  return reduced(weighted(floats(op, loss(input.node, target.node)), options.weight), options.reduction)
}

export const weighted = (losses: Node, weight: Tensor | null | undefined): Node => (weight ? b.mul(losses, weight.node) : losses)

export function checkSame(op: string, input: Tensor, target: Tensor, names = ['input', 'target']): void {
  if (!sameShape(input.shape, target.shape))
    throw new NablaError(
      'shape',
      `[${op}] ${names[0]} ${showShape(input.shape)} and ${names[1]} ${showShape(target.shape)} must have the same shape`,
      { op, input: input.shape, target: target.shape },
    )
}

/** Losses are floating-point numbers: what is computed from integers alone is refused. */
export function floats(op: string, losses: Node): Node {
  if (!isFloat(losses.dtype))
    throw new NablaError('dtype', `[${op}] the input must be floating-point, not ${losses.dtype}; cast it first: input.float()`, {
      op,
      dtype: losses.dtype,
    })
  return losses
}
