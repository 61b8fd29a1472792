/** Dropout: the mask is drawn inside the kernels that use it, forward and backward alike; it is never stored. */
import { NablaError, showShape } from '../../core/errors.js'
import type { Shape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { bernoulliNode } from '../../tensor/random.js'
import { Tensor } from '../../tensor/tensor.js'

/** How often elements are dropped, and whether at all. */
export interface DropoutOptions {
  /** Probability of an element (or channel) to become 0; the others are divided by 1 - p. Default 0.5. */
  readonly p?: number
  /** Whether anything is dropped at all. Default true. */
  readonly training?: boolean
}

/** Throws unless p is a probability. */
export function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new NablaError('argument', `[${op}] the probability p is ${p}; expected 0 to 1`, { op, p })
}

/** What becomes of the input's elements, given where the mask keeps them. */
type Rule = (x: Node, keep: Node, p: number) => Node

const scaled: Rule = (x, keep, p) => b.where(keep, b.mul(x, 1 / (1 - p)), 0)

function drop(op: string, x: Tensor, maskShape: Shape, { p = 0.5, training = true }: DropoutOptions, rule = scaled): Tensor {
  checkProbability(op, p)
  if (!training || p === 0) return x
  if (p === 1) return x.mul(0)
  return new Tensor(rule(x.node, bernoulliNode(1 - p, maskShape, x.device), p))
}

/** One draw for each channel of the input, whose rank must be one of `ranks`; `channel` is where channels are. */
function dropChannels(
  op: string,
  x: Tensor,
  layouts: Readonly<Record<number, string>>,
  options: DropoutOptions,
  rule?: Rule,
): Tensor {
  const layout = layouts[x.shape.length]
  if (layout === undefined)
    throw new NablaError(
      'shape',
      `[${op}] the input has shape ${showShape(x.shape)}; expected ${Object.values(layouts).join(' or ')}`,
      { shape: x.shape },
    )
  const dims = layout.slice(1, -1).split(', ')
  const mask = x.shape.map((n, d) => (dims[d] === 'N' || dims[d] === 'C' ? n : 1))
  return drop(op, x, mask, options, rule)
}

/** Each element by itself (Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting"). */
export const dropout = (x: Tensor, options: DropoutOptions = {}): Tensor => drop('dropout', x, x.shape, options)

/** Whole channels of [N, C, L] or [C, L] (Tompson et al. 2015, "Efficient object localization using convolutional networks"). */
export const dropout1d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  dropChannels('dropout1d', x, { 2: '[C, L]', 3: '[N, C, L]' }, options)

/** Whole channels of [N, C, H, W]; as PyTorch's, three dimensions are [N, C, L] (Tompson et al. 2015). */
export const dropout2d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  dropChannels('dropout2d', x, { 3: '[N, C, L]', 4: '[N, C, H, W]' }, options)

/** Whole channels of [N, C, D, H, W] or [C, D, H, W] (Tompson et al. 2015). */
export const dropout3d = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  dropChannels('dropout3d', x, { 4: '[C, D, H, W]', 5: '[N, C, D, H, W]' }, options)

/** What SELU tends to for large negative inputs, with the sign changed. */
const SATURATION = 1.7580993408473766

/** Dropped elements become SELU's lower bound, and an affine map gives mean 0 and variance 1 back. */
const alpha: Rule = (x, keep, p) => {
  const scale = 1 / Math.sqrt((SATURATION ** 2 * p + 1) * (1 - p))
  return b.add(b.mul(b.where(keep, x, -SATURATION), scale), SATURATION * scale * p)
}

/**
 * For networks of SELU: dropped elements become the activation's lower bound, and mean and variance are kept (Klambauer et al.
 * 2017, "Self-normalizing neural networks").
 */
export const alphaDropout = (x: Tensor, options: DropoutOptions = {}): Tensor => drop('alphaDropout', x, x.shape, options, alpha)

/** As `alphaDropout`, whole channels of [N, C, ...] at once. */
export function featureAlphaDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  if (x.shape.length < 2)
    throw new NablaError('shape', `[featureAlphaDropout] the input has shape ${showShape(x.shape)}; expected [N, C, ...]`, {
      shape: x.shape,
    })
  const channels = x.shape.map((n, d) => (d < 2 ? n : 1))
  return drop('featureAlphaDropout', x, channels, options, alpha)
}
