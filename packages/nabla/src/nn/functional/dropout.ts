/** Dropout: the mask is drawn inside the kernels that use it, forward and backward alike; it is never stored. */
import { NablaError, showShape } from '../../core/errors.js'
import { builder as b } from '../../ops/builder.js'
import { bernoulliNode } from '../../tensor/random.js'
import { Tensor } from '../../tensor/tensor.js'

export interface DropoutOptions {
  /** Probability of an element (or channel) to become 0; the others are divided by 1 - p. Default 0.5. */
  readonly p?: number
  /** Default true; without training the input is the result. */
  readonly training?: boolean
}

function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new NablaError('argument', `[${op}] the probability p is ${p}; expected 0 to 1`, { op, p })
}

function drop(op: string, x: Tensor, maskShape: readonly number[], { p = 0.5, training = true }: DropoutOptions): Tensor {
  checkProbability(op, p)
  if (!training || p === 0) return x
  if (p === 1) return x.mul(0)
  const keep = bernoulliNode(1 - p, maskShape, x.device)
  return new Tensor(b.where(keep, b.mul(x.node, 1 / (1 - p)), 0))
}

/** Each element by itself. */
export const dropout = (x: Tensor, options: DropoutOptions = {}): Tensor => drop('dropout', x, x.shape, options)

/** Whole channels of [N, C, H, W] or [C, H, W]. */
export function dropout2d(x: Tensor, options: DropoutOptions = {}): Tensor {
  const rank = x.shape.length
  if (rank !== 3 && rank !== 4)
    throw new NablaError('shape', `[dropout2d] the input has shape ${showShape(x.shape)}; expected [N, C, H, W] or [C, H, W]`, {
      shape: x.shape,
    })
  return drop(
    'dropout2d',
    x,
    x.shape.map((n, d) => (d < rank - 2 ? n : 1)),
    options,
  )
}
