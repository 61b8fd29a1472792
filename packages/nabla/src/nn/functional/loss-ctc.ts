/**
 * Connectionist temporal classification: the likelihood of a sequence of labels under frames of which nobody knows to which label
 * they belong.
 *
 *     labels a b  ->  - a - b -      blanks between and around: L = 2 S + 1 places
 *     a path through the frames stays, moves on by one place, or skips a blank between two different labels
 *
 * `alpha[s]` is the log-probability of all paths that end at place s after so many frames; one step of the graph for each frame.
 */
import { isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite } from '../../tensor/autograd.js'
import { checkWithin } from '../../tensor/check.js'
import { aliasNode } from '../../tensor/handle.js'
import { gather } from '../../tensor/picking.js'
import { sum } from '../../tensor/reduce.js'
import { cat, expand, pad, select, stack, unsqueeze } from '../../tensor/shapes.js'
import { dataNode } from '../../tensor/source.js'
import { Tensor } from '../../tensor/tensor.js'
import { checkOptions, floats, type LossOptions, reduced } from './loss-options.js'

/** What a CTC loss takes for blank and for impossible, and how losses are reduced. */
export interface CtcOptions extends LossOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number
  /** Sequences that do not fit into their frames have loss and gradient 0, instead of an infinite loss. Default false. */
  readonly zeroInfinity?: boolean
}

/** Lengths of a batch's sequences: numbers, or an integer tensor [N]. */
export type Lengths = readonly number[] | number | Tensor

/** The logarithm of a probability that counts as 0: finite, so that differences of such are no NaN. */
const impossible = -1e30

/** log(exp(x) + exp(y) + ...). */
const logSum = (parts: readonly Node[]): Node =>
  composite(
    'logSum',
    parts,
    () => {
      const top = parts.reduce((x, y) => b.maximum(x, y))
      return b.add(b.log(parts.map((x) => b.exp(b.sub(x, top))).reduce((x, y) => b.add(x, y))), top)
    },
    (grad, result) => parts.map((x) => b.mul(grad, b.exp(b.sub(x, result)))),
  )

/** The last dimension moved on by `n` places; what comes in is impossible. */
const moved = (a: Node, n: number): Node =>
  pad(
    a,
    [
      [0, 0],
      [n, -n],
    ],
    impossible,
  )

/**
 * CTC loss (Graves et al. 2006): -log p(targets) for log-probabilities of the classes at each frame, [T, N, C] or [T, C], and
 * targets [N, S], or all one after the other [sum of lengths]. Of each sequence `inputLengths` frames and `targetLengths` labels
 * count. 'mean' divides each loss by the number of its labels (1 at least), then averages. A sequence that does not fit into its
 * frames has an infinite loss. As in PyTorch, the gradient is that of scores before a log-softmax.
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CtcOptions = {},
): Tensor {
  checkOptions('ctcLoss', options)
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options
  const batched = logProbs.ndim === 3
  if (!batched && logProbs.ndim !== 2)
    throw new NablaError(
      'shape',
      `[ctcLoss] log-probabilities have shape ${showShape(logProbs.shape)}; expected [T, N, C] or [T, C]`,
    )
  const x = floats('ctcLoss', batched ? logProbs.node : unsqueeze(logProbs.node, 1))
  const [frames, batch, classes] = x.shape as readonly [number, number, number]
  if (blank >= classes)
    throw new NablaError('argument', `[ctcLoss] blank ${blank} is outside of the classes 0..${classes - 1}`, { blank, classes })
  if (isFloat(targets.dtype))
    throw new NablaError('dtype', `[ctcLoss] targets are integers, not ${targets.dtype}; cast them: targets.int()`)
  const lengths = lengthsOf('inputLengths', inputLengths, x, frames)
  const flat = targets.ndim === 1 && batched
  const longest = flat && Array.isArray(targetLengths) ? Math.max(0, ...(targetLengths as number[])) : (targets.shape.at(-1) ?? 0)
  const counts = lengthsOf('targetLengths', targetLengths, x, longest)
  const labels = labelsOf(targets, counts, longest, batch, flat, blank)

  const places = interleaved(labels, blank)
  const width = places.shape[1]!
  const place = b.expand(b.reshape(b.iota([width], 'int32', x.device), [1, width]), [batch, width])
  const skips = b.and(
    b.ge(place, 2),
    b.ne(
      places,
      pad(places, [
        [0, 0],
        [2, -2],
      ]),
    ),
  )
  const scores = gather(x, 2, expand(unsqueeze(places, 0), [frames, batch, width]))
  const limit = unsqueeze(lengths, 1)
  let alpha = b.where(
    b.lt(place, 2),
    frames ? select(scores, 0, 0) : 0,
    b.constant(impossible, [batch, width], x.dtype, x.device),
  )
  for (let t = 1; t < frames; t++) {
    const next = b.add(select(scores, 0, t), logSum([alpha, moved(alpha, 1), b.where(skips, moved(alpha, 2), impossible)]))
    alpha = b.where(b.gt(limit, t), next, alpha)
  }

  // A path ends at the last label or the blank behind it.
  const end = b.mul(unsqueeze(counts, 1), 2)
  const at = (s: Node): Node => sum(b.where(b.eq(place, s), alpha, 0), 1)
  const paths = logSum([at(end), b.where(b.gt(counts, 0), at(b.sub(end, 1)), impossible)])
  const none = b.where(b.eq(counts, 0), 0, Infinity)
  const fits = b.and(b.gt(lengths, 0), b.gt(paths, impossible / 10))
  const unfit = zeroInfinity ? 0 : b.where(b.gt(lengths, 0), Infinity, none)
  const losses = b.where(fits, b.neg(paths), unfit)
  const whole = x.tracked ? b.add(losses, softmaxGradient(x, lengths, fits)) : losses

  const each = batched ? whole : b.reshape(whole, [])
  if (reduction !== 'mean') return reduced(each, reduction)
  const shares = b.maximum(counts, 1)
  return reduced(b.div(each, b.cast(batched ? shares : b.reshape(shares, []), x.dtype)), 'mean')
}

/**
 * 0, with the gradient exp(x) at the frames that count: what a log-softmax before makes of the plain gradient anyway, and PyTorch
 * gives.
 */
function softmaxGradient(x: Node, lengths: Node, fits: Node): Node {
  const p = b.exp(x)
  const t = b.reshape(b.iota([x.shape[0]!], 'int32', x.device), [x.shape[0]!, 1])
  const counts = b.and(b.lt(t, unsqueeze(lengths, 0)), unsqueeze(fits, 0))
  return sum(b.where(unsqueeze(counts, 2), b.sub(p, aliasNode(p)), 0), [0, 2])
}

/** Lengths [N] as int32, checked where their values are at hand. */
function lengthsOf(name: string, given: Lengths, x: Node, most: number): Node {
  const batch = x.shape[1]!
  const node =
    given instanceof Tensor
      ? b.reshape(b.cast(given.node, 'int32'), [given.numel])
      : dataNode(Int32Array.from([given].flat() as number[]), [[given].flat().length], 'int32', x.device)
  if (node.shape[0] !== batch)
    throw new NablaError('shape', `[ctcLoss] ${name} are ${node.shape[0]}; expected ${batch}, one for each sequence`, { batch })
  checkWithin('ctcLoss', name, node, 0, most)
  return node
}

/** Labels [N, S], blank beyond each sequence's length. */
function labelsOf(targets: Tensor, counts: Node, longest: number, batch: number, flat: boolean, blank: number): Node {
  const shape = [batch, longest]
  const k = b.expand(b.reshape(b.iota([longest], 'int32', targets.device), [1, longest]), shape)
  const own = b.lt(k, unsqueeze(counts, 1))
  if (flat) {
    const starts = batch ? b.sub(b.scan(counts, 0, 'sum'), counts) : counts
    const at = b.where(own, b.add(k, unsqueeze(starts, 1)), 0)
    const all = b.cast(targets.node, 'int32')
    const found = targets.numel
      ? b.reshape(gather(all, 0, b.reshape(at, [batch * longest])), shape)
      : b.constant(0, shape, 'int32', targets.device)
    return b.where(own, found, blank)
  }
  if (targets.numel !== batch * longest || targets.ndim > 2)
    throw new NablaError(
      'shape',
      `[ctcLoss] targets have shape ${showShape(targets.shape)}; expected [${batch}, S], or all labels one after the other`,
      { targets: targets.shape, batch },
    )
  return b.where(own, b.cast(b.reshape(targets.node, shape), 'int32'), blank)
}

/** Blanks between and around the labels: [N, S] to [N, 2 S + 1]. */
function interleaved(labels: Node, blank: number): Node {
  const [batch, count] = labels.shape as readonly [number, number]
  const blanks = (n: number): Node => b.constant(blank, [batch, n], 'int32', labels.device)
  return cat([b.reshape(stack([blanks(count), labels], 2), [batch, 2 * count]), blanks(1)], 1)
}
