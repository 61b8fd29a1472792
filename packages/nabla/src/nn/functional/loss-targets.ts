/**
 * Classes as targets. A class is found by comparing with a count, not by gathering, so that a loss and its gradient fuse into one
 * pass.
 */
import { isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import { checkIndices } from '../../tensor/check.js'
import type { Tensor } from '../../tensor/tensor.js'

/** Scores and the classes that are right for them. */
export interface ClassTargets {
  /** The class dimension of the scores [N, C, ...] or [C]. */
  readonly dim: number
  readonly classes: number
  /** True at each sample's class, in the shape of the scores. */
  readonly chosen: Node
  /**
   * What is to stand for each sample's loss: NaN where the target is no class, since values may be unknown until they are
   * computed.
   */
  known(losses: Node): Node
}

/** The class dimension of scores [N, C, ...] or [C]. */
export function classDim(op: string, input: Tensor): number {
  if (input.shape.length === 0)
    throw new NablaError('shape', `[${op}] the input has no dimensions; expected [N, C], [N, C, ...] or [C]`, { op })
  return input.shape.length === 1 ? 0 : 1
}

/** Class indices [N, ...] (or a single one) for scores [N, C, ...] (or [C]), checked. */
export function classTargets(op: string, input: Tensor, target: Tensor, ignoreIndex?: number): ClassTargets {
  const dim = classDim(op, input)
  const { shape } = input
  const expected = shape.filter((_, i) => i !== dim)
  if (!sameShape(target.shape, expected))
    throw new NablaError(
      'shape',
      `[${op}] target ${target.dtype} ${showShape(target.shape)} does not fit input ${showShape(shape)}: expected class indices ${showShape(expected)}` +
        (op === 'crossEntropy' ? `, or float probabilities ${showShape(shape)}` : ''),
      { op, input: shape, target: target.shape },
    )
  if (isFloat(target.dtype))
    throw new NablaError('dtype', `[${op}] class indices are integers, not ${target.dtype}; cast them: target.int()`, {
      op,
      dtype: target.dtype,
    })
  const classes = shape[dim]!
  checkIndices(op, 'target', target.node, classes, { of: 'the classes', allow: ignoreIndex })
  const ranked = b.reshape(
    target.node,
    shape.map((n, i) => (i === dim ? 1 : n)),
  )
  return {
    dim,
    classes,
    chosen: b.eq(b.expand(b.cast(ranked, 'int32'), shape), counting(shape, dim, input.device, b)),
    known: (losses) => b.where(b.and(b.ge(target.node, 0), b.lt(target.node, classes)), losses, Number.NaN),
  }
}

/** The class weights [C], shaped to broadcast over the scores. */
export function classWeights(op: string, weight: Tensor | null | undefined, input: Tensor, dim: number): Node | undefined {
  if (!weight) return undefined
  const classes = input.shape[dim]!
  if (!sameShape(weight.shape, [classes]))
    throw new NablaError(
      'shape',
      `[${op}] weight has shape ${showShape(weight.shape)}; expected [${classes}], one for each class`,
      { op, weight: weight.shape },
    )
  return b.reshape(
    weight.node,
    input.shape.map((n, i) => (i === dim ? n : 1)),
  )
}
