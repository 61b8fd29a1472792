/**
 * What is done to gradients between `backward()` and an optimizer's step: clipping. Changes `grad` in place; inside a compiled function
 * the factor is computed once, and the clipping itself becomes part of the optimizer's update.
 */
import { NablaError } from '../core/errors.js'
import { noGrad } from '../tensor/differentiate.js'
import { tensor } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'

/** Options of `clipGradNorm_`. */
export interface ClipOptions {
  /** Order p of the norm (sum |g|^p)^(1/p); Infinity takes the largest magnitude. Default 2. */
  readonly normType?: number
  /**
   * Throw if the norm is NaN or infinite, with the gradients unchanged. Waits for the device, so it is not possible inside a compiled
   * function. Default false.
   */
  readonly errorIfNonfinite?: boolean
}

const gradientsOf = (parameters: Tensor | Iterable<Tensor>): Tensor[] =>
  (parameters instanceof Tensor ? [parameters] : [...parameters]).flatMap(({ grad }) => (grad ? [grad] : []))

/** The norm of some tensors as of one vector, on the first one's device. */
function normOf(parts: readonly Tensor[], order: number): Tensor {
  const { device } = parts[0]!
  const gather = (part: (x: Tensor) => Tensor, join: (a: Tensor, b: Tensor) => Tensor): Tensor =>
    parts.map((x) => part(x.dtype === 'float16' ? x.type('float32') : x).to(device)).reduce(join)
  const add = (a: Tensor, b: Tensor) => a.add(b)
  switch (order) {
    case Infinity:
      return gather(
        (x) => x.abs().max(),
        (a, b) => a.maximum(b),
      )
    case -Infinity:
      return gather(
        (x) => x.abs().min(),
        (a, b) => a.minimum(b),
      )
    case 0: // as PyTorch has it: how many are not all zero
      return gather((x) => x.ne(0).any().type(x.dtype), add)
    case 1:
      return gather((x) => x.abs().sum(), add)
    case 2:
      return gather((x) => x.square().sum(), add).sqrt()
    default:
      return gather((x) => x.abs().pow(order).sum(), add).pow(1 / order)
  }
}

/**
 * Scales all gradients together so that their norm, as of one long vector, is at most `maxNorm`: by maxNorm / (norm + 1e-6) if that is
 * below 1. Returns the norm before, a tensor of rank 0; 0 if there are no gradients. As torch.nn.utils.clip_grad_norm_. Pascanu,
 * Mikolov and Bengio 2013.
 */
export function clipGradNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipOptions = {},
): Tensor {
  if (!(maxNorm >= 0))
    throw new NablaError('argument', `[clipGradNorm_] maxNorm is ${maxNorm}; expected a number of 0 or more`, { maxNorm })
  if (Number.isNaN(normType))
    throw new NablaError('argument', '[clipGradNorm_] normType is NaN; expected a number or Infinity', { normType })
  return noGrad(() => {
    const grads = gradientsOf(parameters)
    const sized = grads.filter((grad) => grad.numel > 0)
    if (sized.length === 0) return tensor(0)
    const total = normOf(
      sized.map((grad) => grad.detach()),
      normType,
    )
    if (errorIfNonfinite && !Number.isFinite(total.itemSync()))
      throw new NablaError(
        'training',
        `[clipGradNorm_] the norm of order ${normType} of the gradients is ${total.itemSync()}, so they cannot be clipped`,
        { norm: total.itemSync() },
      )
    const scale = total.add(1e-6).reciprocal().mul(maxNorm).clamp(undefined, 1)
    for (const grad of sized) grad.mul_(scale.to(grad.device).type(grad.dtype))
    return total
  })
}

/** Brings every element of every gradient into [-clipValue, clipValue]. As torch.nn.utils.clip_grad_value_. */
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  if (!(clipValue >= 0))
    throw new NablaError('argument', `[clipGradValue_] clipValue is ${clipValue}; expected a number of 0 or more`, { clipValue })
  noGrad(() => {
    for (const grad of gradientsOf(parameters)) grad.clamp_(-clipValue, clipValue)
  })
}
