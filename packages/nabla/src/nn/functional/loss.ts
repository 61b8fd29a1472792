/** Losses. Classes are picked by comparing with a count, not by gathering, so that a loss and its gradient fuse into one pass over the rows. */
import { isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { counting } from '../../ops/source.js'
import { softplus } from '../../tensor/activations.js'
import { logsumexp, mean, sum } from '../../tensor/reduce.js'
import { Tensor } from '../../tensor/tensor.js'

/** 'mean' (default) and 'sum' give one number, 'none' a loss for each sample. */
export type Reduction = 'mean' | 'sum' | 'none'

export interface LossOptions {
  readonly reduction?: Reduction
}

function reduced(op: string, losses: Node, reduction: Reduction = 'mean'): Tensor {
  switch (reduction) {
    case 'mean':
      return new Tensor(mean(losses))
    case 'sum':
      return new Tensor(sum(losses))
    case 'none':
      return new Tensor(losses)
    default:
      throw new NablaError('argument', `[${op}] unknown reduction "${String(reduction)}"; known: mean, sum, none`, {
        op,
        reduction,
      })
  }
}

function same(op: string, input: Tensor, target: Tensor): void {
  if (!sameShape(input.shape, target.shape))
    throw new NablaError(
      'shape',
      `[${op}] input ${showShape(input.shape)} and target ${showShape(target.shape)} must have the same shape`,
      {
        op,
        input: input.shape,
        target: target.shape,
      },
    )
}

/** (input - target)^2. */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  same('mseLoss', input, target)
  const d = b.sub(input.node, target.node)
  return reduced('mseLoss', b.mul(d, d), options.reduction)
}

/** |input - target|. */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  same('l1Loss', input, target)
  return reduced('l1Loss', b.abs(b.sub(input.node, target.node)), options.reduction)
}

/** d^2 / 2 where d = |input - target| < delta, else delta (d - delta / 2). */
export function huberLoss(input: Tensor, target: Tensor, options: LossOptions & { readonly delta?: number } = {}): Tensor {
  same('huberLoss', input, target)
  const { delta = 1 } = options
  const d = b.sub(input.node, target.node)
  const size = b.abs(d)
  const losses = b.where(b.lt(size, delta), b.mul(b.mul(d, d), 0.5), b.mul(b.sub(size, delta / 2), delta))
  return reduced('huberLoss', losses, options.reduction)
}

/** The Huber loss divided by beta. */
export function smoothL1Loss(input: Tensor, target: Tensor, options: LossOptions & { readonly beta?: number } = {}): Tensor {
  const { beta = 1 } = options
  if (beta === 0) return l1Loss(input, target, options)
  return huberLoss(input, target, { ...options, delta: beta }).div(beta)
}

export interface WeightedLossOptions extends LossOptions {
  /** A factor for each element, broadcast. */
  readonly weight?: Tensor | null
}

/** -(t log p + (1 - t) log(1 - p)) of probabilities p; logarithms are at least -100. */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  same('binaryCrossEntropy', input, target)
  const p = input.node
  const t = target.node
  const log = (x: Node) => b.maximum(b.log(x), -100)
  const losses = b.neg(b.add(b.mul(t, log(p)), b.mul(b.sub(1, t), log(b.sub(1, p)))))
  return reduced('binaryCrossEntropy', options.weight ? b.mul(losses, options.weight.node) : losses, options.reduction)
}

/** The same of logits x: (1 - t) x + (1 + (posWeight - 1) t) softplus(-x). */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: WeightedLossOptions & { readonly posWeight?: Tensor | null } = {},
): Tensor {
  same('binaryCrossEntropyWithLogits', input, target)
  const x = input.node
  const t = target.node
  const tail = softplus(b.neg(x), 1, Infinity)
  const weighted = options.posWeight ? b.mul(b.add(b.mul(b.sub(options.posWeight.node, 1), t), 1), tail) : tail
  const losses = b.add(b.mul(b.sub(1, t), x), weighted)
  return reduced('binaryCrossEntropyWithLogits', options.weight ? b.mul(losses, options.weight.node) : losses, options.reduction)
}

export interface ClassLossOptions extends LossOptions {
  /** A factor for each class: [C]. */
  readonly weight?: Tensor | null
  /** Samples of this class count nothing. Default -100. */
  readonly ignoreIndex?: number
}

export interface CrossEntropyOptions extends ClassLossOptions {
  /** This share of every target is spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number
}

/** Scores [N, C, ...] or [C], and where their class dimension is. */
function classDim(op: string, input: Tensor, target: Tensor): number {
  const rank = input.shape.length
  const d = rank === 1 ? 0 : 1
  if (rank === 0) throw new NablaError('shape', `[${op}] the input has no dimensions; expected [N, C] or [N, C, ...]`)
  const expected = input.shape.filter((_, i) => i !== d)
  const probabilities = isFloat(target.dtype) && sameShape(input.shape, target.shape)
  if (!probabilities && !sameShape(target.shape, expected))
    throw new NablaError(
      'shape',
      `[${op}] target ${target.dtype} ${showShape(target.shape)} does not fit input ${showShape(input.shape)}: expected class indices ${showShape(expected)}` +
        (op === 'crossEntropy' ? `, or float probabilities ${showShape(input.shape)}` : ''),
      { op, input: input.shape, target: target.shape },
    )
  if (!probabilities && isFloat(target.dtype))
    throw new NablaError('dtype', `[${op}] class indices are integers, not ${target.dtype}; cast them: target.int()`, {
      op,
      dtype: target.dtype,
    })
  return d
}

/** The class weights, shaped to broadcast over the scores. */
function classWeights(op: string, weight: Tensor | null | undefined, input: Tensor, d: number): Node | undefined {
  if (!weight) return undefined
  if (!sameShape(weight.shape, [input.shape[d]!]))
    throw new NablaError(
      'shape',
      `[${op}] weight has shape ${showShape(weight.shape)}; expected [${input.shape[d]}], one for each class`,
      { op, weight: weight.shape },
    )
  return b.reshape(
    weight.node,
    input.shape.map((n, i) => (i === d ? n : 1)),
  )
}

/** True at each sample's class. */
function chosen(target: Tensor, input: Tensor, d: number): Node {
  const ranked = b.reshape(
    target.node,
    input.shape.map((n, i) => (i === d ? 1 : n)),
  )
  return b.eq(b.expand(b.cast(ranked, 'int32'), input.shape), counting(input.shape, d, input.device, b))
}

/** NaN where the target is no class: values are not looked at before they are computed, so a wrong label has to show in the loss. */
const known = (losses: Node, target: Tensor, classes: number): Node =>
  b.where(b.and(b.ge(target.node, 0), b.lt(target.node, classes)), losses, Number.NaN)

/** Sums each sample's losses by class and averages: samples count by the weight of their class, ignored ones not at all. */
function byClass(
  op: string,
  losses: Node,
  mask: Node,
  weights: Node | undefined,
  target: Tensor,
  d: number,
  classes: number,
  options: ClassLossOptions,
): Tensor {
  const { reduction = 'mean', ignoreIndex = -100 } = options
  const kept = b.ne(target.node, ignoreIndex)
  const each = b.where(kept, known(sum(losses, d), target, classes), 0)
  if (reduction !== 'mean') return reduced(op, each, reduction)
  const counts = weights ? sum(b.where(mask, weights, 0), d) : b.like(each, 1)
  return new Tensor(b.div(sum(each), sum(b.where(kept, counts, 0))))
}

/** -input[class] of log-probabilities [N, C, ...]. */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  const d = classDim('nllLoss', input, target)
  const weights = classWeights('nllLoss', options.weight, input, d)
  const mask = chosen(target, input, d)
  const scores = b.neg(weights ? b.mul(input.node, weights) : input.node)
  return byClass('nllLoss', b.where(mask, scores, 0), mask, weights, target, d, input.shape[d]!, options)
}

/**
 * -log(softmax(input)[class]): input [N, C, ...] (or [C]) are scores, target class indices [N, ...] (int32 or uint8), or probabilities
 * in the input's shape. A class index outside 0..C-1, other than ignoreIndex, makes the loss NaN.
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { reduction = 'mean', ignoreIndex = -100, labelSmoothing: e = 0 } = options
  if (!(e >= 0 && e <= 1))
    throw new NablaError('argument', `[crossEntropy] labelSmoothing is ${e}; expected 0 to 1`, { labelSmoothing: e })
  const d = classDim('crossEntropy', input, target)
  const classes = input.shape[d]!
  const weights = classWeights('crossEntropy', options.weight, input, d)
  const x = input.node
  const total = logsumexp(x, d, true)
  const weighted = (node: Node) => (weights ? b.mul(node, weights) : node)

  if (isFloat(target.dtype)) {
    const t = e > 0 ? b.add(b.mul(target.node, 1 - e), e / classes) : target.node
    const each = sum(weighted(b.mul(b.sub(total, x), t)), d)
    if (reduction !== 'mean') return reduced('crossEntropy', each, reduction)
    const samples = each.shape.reduce((n, extent) => n * extent, 1)
    return new Tensor(b.div(sum(each), samples))
  }

  const mask = chosen(target, input, d)
  if (e === 0 && !weights) {
    // logsumexp(x) - x[class], the plain case.
    const kept = b.ne(target.node, ignoreIndex)
    const each = b.where(kept, known(b.sub(sum(total, d), sum(b.where(mask, x, 0), d)), target, classes), 0)
    if (reduction !== 'mean') return reduced('crossEntropy', each, reduction)
    return new Tensor(b.div(sum(each), sum(b.cast(kept, x.dtype))))
  }
  const losses = weighted(b.sub(total, x))
  const share = b.where(mask, b.like(x, 1 - e + e / classes), e / classes)
  return byClass('crossEntropy', b.mul(losses, share), mask, weights, target, d, classes, options)
}
