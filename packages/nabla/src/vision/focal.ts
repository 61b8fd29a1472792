/** The focal loss. */
import { NablaError, showShape, unknownName } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { logSigmoid } from '../tensor/activations.js'
import { Tensor } from '../tensor/tensor.js'

/** How examples are weighed. */
export interface FocalLossOptions {
  /** Weight of the positive class, 1 - alpha that of the negative; below 0 for no weights. Default 0.25. */
  readonly alpha?: number
  /** How much easy examples are turned down. Default 2. */
  readonly gamma?: number
  /** What becomes of the losses: each by itself, their mean, or their sum. Default 'none'. */
  readonly reduction?: 'none' | 'mean' | 'sum'
}

/**
 * alpha_t (1 - p_t)^gamma times the binary cross entropy of logits `inputs` (Lin et al., 2017), where p_t is the probability of what
 * `targets` (0 or 1, of the same shape) say.
 */
export function sigmoidFocalLoss(inputs: Tensor, targets: Tensor, options: FocalLossOptions = {}): Tensor {
  const { alpha = 0.25, gamma = 2, reduction = 'none' } = options
  if (!sameShape(inputs.shape, targets.shape))
    throw new NablaError(
      'shape',
      `[sigmoidFocalLoss] inputs ${showShape(inputs.shape)} and targets ${showShape(targets.shape)} must have the same shape`,
      { inputs: inputs.shape, targets: targets.shape },
    )
  if (!['none', 'mean', 'sum'].includes(reduction))
    throw unknownName('argument', 'reduction', String(reduction), ['none', 'mean', 'sum'])
  const t = targets.type(inputs.dtype)
  const p = inputs.sigmoid()
  const entropy = inputs.mul(t.rsub(1)).sub(new Tensor(logSigmoid(inputs.node)))
  const right = p.mul(t).add(p.rsub(1).mul(t.rsub(1)))
  const focal = entropy.mul(right.rsub(1).pow(gamma))
  const weighed =
    alpha >= 0
      ? t
          .mul(alpha)
          .add(t.rsub(1).mul(1 - alpha))
          .mul(focal)
      : focal
  return reduction === 'none' ? weighed : reduction === 'mean' ? weighed.mean() : weighed.sum()
}
