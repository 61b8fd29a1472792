/** Rprop: each element has a step of its own, which grows while the gradient keeps its sign. */
import { NablaError } from '../core/errors.js'
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of Rprop. */
export interface RpropOptions extends CommonOptions {
  /** The first step of every element. Default 0.01. */
  readonly lr?: number
  /** Factors of the step where the gradient has changed its sign, and where it has not. Default [0.5, 1.2]. */
  readonly etas?: readonly [number, number]
  /** Smallest and largest step. Default [1e-6, 50]. */
  readonly stepSizes?: readonly [number, number]
}

const defaults: Required<RpropOptions> = { lr: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50], weightDecay: 0, maximize: false }

const rule = defineRule({
  defaults,
  check: ({ etas }) => {
    if (!(etas[0] > 0 && etas[0] < 1 && etas[1] > 1))
      throw new NablaError('argument', `[Rprop] etas are ${etas.join(', ')}; expected one between 0 and 1 and one above 1`, {
        etas,
      })
  },
  state: ({ lr }) => ({ prev: 0, stepSize: lr }),
  scalars: ({ etas, stepSizes }) => ({ shrink: etas[0], grow: etas[1], least: stepSizes[0], most: stepSizes[1] }),
  update: (p, g, { prev, stepSize }, { shrink, grow, least, most }) => {
    const agreement = b.mul(g, prev)
    const factor = b.where(b.gt(agreement, 0), grow, b.where(b.lt(agreement, 0), shrink, b.like(shrink, 1)))
    const size = b.minimum(b.maximum(b.mul(stepSize, factor), least), most)
    // Where the sign has changed the element rests for a step.
    const used = b.where(b.lt(agreement, 0), 0, g)
    return { p: b.sub(p, b.mul(b.sign(used), size)), prev: used, stepSize: size }
  },
})

/**
 * s grows by etas[1] where g agrees in sign with the last gradient and shrinks by etas[0] where not (there g counts as 0), within
 * stepSizes; then p -= s sign(g). For gradients of all the data, not of batches. As torch.optim.Rprop. Riedmiller and Braun 1993.
 */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(params: Params<RpropOptions>, options: RpropOptions = {}) {
    super(params, options, rule)
  }
}
