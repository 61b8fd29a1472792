/** Losses that ask for a distance: what is right must be better than what is wrong by a margin, and no more. */
import { isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { softplus } from '../../tensor/activations.js'
import { checkIndices } from '../../tensor/check.js'
import { clamp } from '../../tensor/elementwise.js'
import { norm } from '../../tensor/norms.js'
import { sum } from '../../tensor/reduce.js'
import { unsqueeze } from '../../tensor/shapes.js'
import type { Tensor } from '../../tensor/tensor.js'
import { checkOptions, checkSame, floats, hingeRules, type LossOptions, type MarginOptions, reduced } from './loss-options.js'
import { classTargets, classWeights } from './loss-targets.js'

/** Margin (default 1), power and weights of a multi-class hinge loss. */
export interface MultiMarginOptions extends MarginOptions {
  /** The power of the excess: 1 (default) or 2. */
  readonly p?: number
  /** A factor for each class: [C]. */
  readonly weight?: Tensor | null
}

/** Margin (default 1) and norm of a triplet loss. */
export interface TripletOptions extends MarginOptions {
  /** The norm that measures distance. Default 2. */
  readonly p?: number
  /** Added to every difference, so that the gradient exists at distance 0. Default 1e-6. */
  readonly eps?: number
  /** Take the distance of positive and negative where it is smaller than that of anchor and negative. Default false. */
  readonly swap?: boolean
}

/** Margin (default 1) and distance of a triplet loss with a distance of one's own. */
export interface TripletDistanceOptions extends MarginOptions {
  /** The distance of two batches of vectors [N, D]: [N]. Default: the Euclidean one. */
  readonly distanceFunction?: ((a: Tensor, b: Tensor) => Tensor) | null
  /** Take the distance of positive and negative where it is smaller than that of anchor and negative. Default false. */
  readonly swap?: boolean
}

/** max(x, 0), whose gradient passes at 0 too. */
const hinge = (x: Node): Node => clamp(x, 0)

/** `signed` where the target is 1, `other` where it is -1 (and both where it is neither, as in PyTorch). */
const bySign = (target: Node, positive: Node, negative: Node): Node =>
  b.add(b.where(b.ne(target, -1), positive, 0), b.where(b.ne(target, 1), negative, 0))

/**
 * For distances of pairs that belong together (target 1) or not (-1): input, or max(0, margin - input) with margin 1 by default.
 * Shapes broadcast.
 */
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  checkOptions('hingeEmbeddingLoss', options)
  const x = floats('hingeEmbeddingLoss', input.node)
  return reduced(bySign(target.node, x, hinge(b.sub(options.margin ?? 1, x))), options.reduction)
}

/**
 * The first input should be the higher (target 1) or the lower (-1): max(0, margin - target (input1 - input2)), margin 0 by
 * default. All three have the same number of dimensions; shapes broadcast.
 */
export function marginRankingLoss(input1: Tensor, input2: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  checkOptions('marginRankingLoss', options)
  checkRanks('marginRankingLoss', { input1, input2, target })
  const ahead = b.mul(b.sub(input1.node, input2.node), target.node)
  return reduced(hinge(b.sub(options.margin ?? 0, floats('marginRankingLoss', ahead))), options.reduction)
}

/** log(1 + exp(-target input)) for targets 1 or -1. Shapes broadcast. */
export function softMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkOptions('softMarginLoss', options)
  const losses = softplus(b.neg(b.mul(input.node, target.node)), 1, Infinity)
  return reduced(floats('softMarginLoss', losses), options.reduction)
}

/**
 * Multi-class hinge loss (Crammer and Singer 2001; Weston and Watkins 1999): for scores x [N, C] (or [C]) and classes y [N], the
 * sum over i != y of weight[y] max(0, margin - x[y] + x[i])^p / C; margin 1 by default. A target outside of 0..C-1 throws where
 * its value is at hand, and else makes the loss NaN.
 */
export function multiMarginLoss(scores: Tensor, target: Tensor, options: MultiMarginOptions = {}): Tensor {
  checkOptions('multiMarginLoss', options, hingeRules)
  checkScores('multiMarginLoss', scores)
  const input = scores.shape.length === 1 && sameShape(target.shape, [1]) ? scores.unsqueeze(0) : scores // a list of one class
  const { p = 1, margin = 1 } = options
  const { chosen, dim, classes, known } = classTargets('multiMarginLoss', input, target)
  const weights = classWeights('multiMarginLoss', options.weight, input, dim)
  const x = floats('multiMarginLoss', input.node)
  const right = sum(b.where(chosen, x, 0), dim, true)
  const excess = b.relu(b.add(b.sub(x, right), margin))
  const wrong = b.where(chosen, 0, p === 2 ? b.mul(excess, excess) : excess)
  const each = b.div(sum(wrong, dim), classes)
  return reduced(known(weights ? b.mul(each, sum(b.where(chosen, weights, 0), dim)) : each), options.reduction)
}

/**
 * Multi-class multi-label hinge loss: for scores x [N, C] (or [C]) and targets of the same shape, of which each row lists its
 * classes up to the first -1: the sum over classes y listed and i not listed of max(0, 1 - x[y] + x[i]) / C. A class outside of
 * 0..C-1 throws where its value is at hand, and else counts nothing.
 */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const op = 'multilabelMarginLoss'
  checkOptions(op, options)
  checkSame(op, input, target)
  checkScores(op, input)
  if (isFloat(target.dtype))
    throw new NablaError('dtype', `[${op}] class indices are integers, not ${target.dtype}; cast them: target.int()`, { op })
  const classes = input.shape.at(-1)!
  checkIndices(op, 'target', target.node, classes, { of: 'the classes', allow: -1 })
  const x = floats(op, input.node)
  const listed = b.scan(b.cast(b.ge(target.node, 0), 'int32'), x.shape.length - 1, 'min') // 1 up to the first -1
  const class_ = b.where(b.ne(listed, 0), b.cast(target.node, 'int32'), -1)
  const counts = b.iota([classes], 'int32', x.device)
  const times = sum(b.eq(unsqueeze(class_, -1), counts), -2) // how often each class is listed: [N, C]
  const excess = b.relu(b.add(b.sub(unsqueeze(x, -2), unsqueeze(x, -1)), 1)) // [N, y, i]
  const pairs = b.mul(unsqueeze(times, -1), b.cast(b.eq(unsqueeze(times, -2), 0), 'int32'))
  return reduced(b.div(sum(b.mul(excess, pairs), [-2, -1]), classes), options.reduction)
}

/**
 * For pairs of vectors [N, D] (or [D]) that belong together (target [N] or a single one: 1) or not (-1): 1 - cos, or max(0, cos -
 * margin), with cos their cosine; margin 0 by default.
 */
export function cosineEmbeddingLoss(input1: Tensor, input2: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  checkOptions('cosineEmbeddingLoss', options)
  const rank = target.shape.length
  if (rank > 1 || input1.shape.length !== rank + 1 || input2.shape.length !== rank + 1)
    throw new NablaError(
      'shape',
      `[cosineEmbeddingLoss] inputs ${showShape(input1.shape)} and ${showShape(input2.shape)} with target ${showShape(target.shape)}: expected [N, D], [N, D] and [N], or [D], [D] and []`,
      { input1: input1.shape, input2: input2.shape, target: target.shape },
    )
  const dot = (x: Tensor, y: Tensor): Node => sum(b.mul(x.node, y.node), -1)
  const length = (x: Tensor): Node => b.add(dot(x, x), 1e-12)
  const cos = b.div(floats('cosineEmbeddingLoss', dot(input1, input2)), b.sqrt(b.mul(length(input1), length(input2))))
  const losses = b.add(
    b.where(b.eq(target.node, 1), b.sub(1, cos), 0),
    b.where(b.eq(target.node, -1), hinge(b.sub(cos, options.margin ?? 0)), 0),
  )
  return reduced(losses, options.reduction)
}

/** max(0, margin + near - far), where `far` may be taken from the positive's side. */
function triplet(
  op: string,
  [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor],
  distance: (a: Tensor, b: Tensor) => Node,
  options: TripletDistanceOptions,
): Tensor {
  const near = distance(anchor, positive)
  const far = distance(anchor, negative)
  const least = options.swap ? b.minimum(far, distance(positive, negative)) : far
  return reduced(hinge(b.add(b.sub(floats(op, near), least), options.margin ?? 1)), options.reduction)
}

/**
 * Triplet loss (Balntas et al. 2016): max(0, |anchor - positive| - |anchor - negative| + margin) of vectors [..., D]: [...];
 * margin 1 by default. The three have the same number of dimensions; shapes broadcast.
 */
export function tripletMarginLoss(anchor: Tensor, positive: Tensor, negative: Tensor, options: TripletOptions = {}): Tensor {
  checkOptions('tripletMarginLoss', options)
  checkRanks('tripletMarginLoss', { anchor, positive, negative })
  const { p = 2, eps = 1e-6 } = options
  const distance = (x: Tensor, y: Tensor) => norm(b.add(b.sub(x.node, y.node), eps), p, -1)
  return triplet('tripletMarginLoss', [anchor, positive, negative], distance, options)
}

/** Triplet loss with a distance of one's own: max(0, d(anchor, positive) - d(anchor, negative) + margin). */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletDistanceOptions = {},
): Tensor {
  const { distanceFunction, ...rest } = options
  if (!distanceFunction) return tripletMarginLoss(anchor, positive, negative, rest)
  checkOptions('tripletMarginWithDistanceLoss', options)
  const distance = (x: Tensor, y: Tensor) => distanceFunction(x, y).node
  return triplet('tripletMarginWithDistanceLoss', [anchor, positive, negative], distance, options)
}

function checkRanks(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  if (new Set(Object.values(tensors).map((tensor) => tensor.shape.length)).size === 1) return
  const given = Object.entries(tensors).map(([name, { shape }]) => `${name} ${showShape(shape)}`)
  throw new NablaError('shape', `[${op}] ${given.join(', ')}: all need the same number of dimensions`, { op, given })
}

function checkScores(op: string, input: Tensor): void {
  const { shape } = input
  if (shape.length !== 1 && shape.length !== 2)
    throw new NablaError('shape', `[${op}] the input is [N, C] or [C], but has shape ${showShape(shape)}`, { op, input: shape })
}
