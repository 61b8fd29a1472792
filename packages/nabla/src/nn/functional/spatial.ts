/** Settings of layers that slide over space: one number for all dimensions, or one each; and inputs with or without a batch. */
import { NablaError, showShape, unknownName } from '../../core/errors.js'
import type { Shape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { Tensor } from '../../tensor/tensor.js'

/** One number for all spatial dimensions, or a list with one each. */
export type Size = number | readonly number[]

/** A setting as `count` whole numbers, each at least `least`. A list of one number holds for all, as in PyTorch. */
export function sizes(op: string, name: string, given: Size, count: number, least: number): number[] {
  const listed = typeof given === 'number' ? [given] : [...given]
  const list = listed.length === 1 ? new Array<number>(count).fill(listed[0]!) : listed
  if (list.length !== count || list.some((n) => !Number.isInteger(n) || n < least))
    throw new NablaError(
      'argument',
      `[${op}] ${name} is ${typeof given === 'number' ? given : showShape(given)}; expected ${count === 1 ? 'a whole number' : `one or ${count} whole numbers`} of ${least} or more`,
      { op, [name]: given },
    )
  return list
}

/** The names of `count` spatial dimensions, for messages. */
export const spaceNames = (count: number): string => ['L', 'H, W', 'D, H, W'][count - 1]!

/** Checks an input of [N, C, ...] or [C, ...] with `count` spatial dimensions; true if it has no batch dimension. */
export function unbatched(op: string, shape: Shape, count: number): boolean {
  if (shape.length !== count + 2 && shape.length !== count + 1) {
    const space = spaceNames(count)
    throw new NablaError('shape', `[${op}] the input has shape ${showShape(shape)}; expected [N, C, ${space}] or [C, ${space}]`, {
      op,
      shape,
    })
  }
  return shape.length === count + 1
}

/** `compute` on [N, C, ...]; what has no batch dimension becomes a batch of one, and its result loses it again. */
export function inBatch(op: string, count: number, input: Tensor, compute: (input: Tensor) => Tensor): Tensor {
  return unbatched(op, input.shape, count) ? compute(input.unsqueeze(0)).squeeze(0) : compute(input)
}

/** A setting that is one of some names. */
export function oneOf<T extends string>(op: string, what: string, name: T, known: readonly T[]): T {
  if (!known.includes(name)) {
    const fault = unknownName('argument', what, String(name), known)
    throw new NablaError('argument', `[${op}] ${fault.message}`, { op, ...fault.facts })
  }
  return name
}

/** A handle on what was computed from `source`; where that is its own node, neither handle may be overwritten under the other. */
export function tensorOf(node: Node, source: Tensor): Tensor {
  if (node === source.node) node.exposed = true
  return new Tensor(node)
}
