/**
 * Inverted dropout (Srivastava et al. 2014): in training every unit is kept with probability `keep`, and what is kept is divided by `keep`. The mean stays what
 * it was, E[out] = keep (x / keep) + (1 - keep) 0 = x, so that nothing need be done in use.
 */
import { NablaError, rand, type Tensor } from 'nabla'
import type { Mode } from './batchnorm.js'

export interface DropoutOptions {
  /** Probability that a unit is kept: above 0, at most 1. */
  readonly keep: number
  /** Default `train`. */
  readonly mode?: Mode
  /** Ones where units are kept, instead of drawing: for checks. Shape of x. */
  readonly mask?: Tensor | undefined
}

/** What each unit was multiplied by; undefined in test mode. */
export type DropoutCache = Tensor | undefined

export function dropoutForward(x: Tensor, { keep, mode = 'train', mask }: DropoutOptions): [out: Tensor, cache: DropoutCache] {
  if (!(keep > 0 && keep <= 1))
    throw new NablaError('argument', `[dropoutForward] keep is ${keep}; expected a probability above 0 and at most 1`, { keep })
  if (mode === 'test') return [x, undefined]
  const kept = mask ?? rand(x.shape, { device: x.device }).lt(keep) // shape of x
  const scaled = kept.type(x.dtype).div(keep) // 0 or 1 / keep
  return [x.mul(scaled), scaled]
}

/** The units that said nothing learn nothing. */
export const dropoutBackward = (dout: Tensor, scaled: DropoutCache): Tensor => (scaled ? dout.mul(scaled) : dout)
