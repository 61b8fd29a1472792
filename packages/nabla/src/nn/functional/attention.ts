/** Attention (Bahdanau et al. 2015; Vaswani et al. 2017): softmax(q k^T / sqrt(E)) v. The one home of its arithmetic. */
import { NablaError, showShape } from '../../core/errors.js'
import { isFloat } from '../../core/dtype.js'
import { broadcastShapes, sameShape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import { softmax } from '../../tensor/reduce.js'
import { transpose } from '../../tensor/shapes.js'
import { Tensor } from '../../tensor/tensor.js'
import { dropout } from './dropout.js'

export interface AttendOptions {
  /** Added to the scores, broadcast to [..., L, S]: -Infinity forbids. */
  readonly bias?: Node | undefined
  /** Probability with which a weight becomes 0. Default 0. */
  readonly dropoutP?: number
  /** Factor of the scores. Default 1 / sqrt(E). */
  readonly scale?: number | undefined
}

/**
 * Queries [..., L, E], keys [..., S, E] and values [..., S, V] to the output [..., L, V] and the weights [..., L, S]. A row
 * whose keys are all forbidden is NaN.
 */
export function attend(q: Node, k: Node, v: Node, options: AttendOptions): { output: Node; weights: Node } {
  const scale = options.scale ?? 1 / Math.sqrt(q.shape[q.shape.length - 1]!)
  const scores = b.matmul(b.mul(q, scale), transpose(k, -2, -1))
  const weights = softmax(options.bias ? b.add(scores, options.bias) : scores, -1)
  const p = options.dropoutP ?? 0
  const kept = p > 0 ? dropout(new Tensor(weights), { p }).node : weights
  return { output: b.matmul(kept, v), weights: kept }
}

/** 0 where `allowed` holds, -Infinity elsewhere, in the scores' dtype. */
export function biasWhere(allowed: Node, like: Node): Node {
  return b.where(allowed, b.constant(0, [], like.dtype, like.device), -Infinity)
}

/** A query sees the keys up to its own position: true on and below the diagonal of [rows, columns]. */
export function causal(rows: number, columns: number, device: string): Node {
  const shape = [rows, columns]
  return b.le(counting(shape, 1, device, b), counting(shape, 0, device, b))
}

/** Which pairs take part, and how scores are scaled. */
export interface ScaledDotProductOptions {
  /** Broadcast to [..., L, S]: of bools, true takes part; of floats, what is added to the scores. */
  readonly attnMask?: Tensor | null
  /**
   * Probability with which a weight becomes 0, others are divided by 1 - p. Default 0; it applies at every call, in evaluation
   * too.
   */
  readonly dropoutP?: number
  /** A query sees the keys up to its own position; not together with `attnMask`. Default false. */
  readonly isCausal?: boolean
  /** Factor of the scores. Default 1 / sqrt(E). */
  readonly scale?: number
}

/**
 * softmax(query key^T scale + mask) value (Vaswani et al. 2017, "Attention is all you need"): query [..., L, E], key [..., S, E]
 * and value [..., S, V] give [..., L, V]; leading dimensions (batch, heads) broadcast. A query that may see no key gives NaN.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: ScaledDotProductOptions = {},
): Tensor {
  const op = 'scaledDotProductAttention'
  const { attnMask = null, isCausal = false } = options
  const [l, e] = query.shape.slice(-2)
  const [s, keyWidth] = key.shape.slice(-2)
  if ([query, key, value].some((x) => x.shape.length < 2) || e !== keyWidth || s !== value.shape[value.shape.length - 2])
    throw new NablaError(
      'shape',
      `[${op}] query ${showShape(query.shape)}, key ${showShape(key.shape)} and value ${showShape(value.shape)} do not fit: expected [..., L, E], [..., S, E] and [..., S, V]`,
      { query: query.shape, key: key.shape, value: value.shape },
    )
  if (attnMask && isCausal)
    throw new NablaError('argument', `[${op}] takes attnMask or isCausal, not both; put the causal part into the mask`)
  let bias: Node | undefined
  if (isCausal) bias = biasWhere(causal(l!, s!, query.device), query.node)
  else if (attnMask) {
    const scores = [...broadcastShapes(op, query.shape.slice(0, -2), key.shape.slice(0, -2)), l!, s!]
    if (!sameShape(broadcastShapes(op, scores, attnMask.shape), scores))
      throw new NablaError(
        'shape',
        `[${op}] attnMask ${showShape(attnMask.shape)} does not broadcast to the scores ${showShape(scores)}`,
        {
          mask: attnMask.shape,
          scores,
        },
      )
    bias = maskBias(op, 'attnMask', attnMask, query.node, true)
  }
  const { dropoutP = 0, scale } = options
  return new Tensor(attend(query.node, key.node, value.node, { bias, dropoutP, scale }).output)
}

/** What a mask adds to the scores: 0 and -Infinity for bools, of which `takesPart` are allowed, else its own values. */
export function maskBias(op: string, name: string, mask: Tensor, like: Node, takesPart: boolean): Node {
  if (mask.dtype === 'bool') return biasWhere(takesPart ? mask.node : b.not(mask.node), like)
  if (!isFloat(mask.dtype))
    throw new NablaError('dtype', `[${op}] ${name} is ${mask.dtype}; expected bools, or floats to be added to the scores`, {
      dtype: mask.dtype,
    })
  return b.cast(mask.node, like.dtype)
}
