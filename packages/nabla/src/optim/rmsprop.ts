/** RMSprop: steps per running root mean square of the gradient. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { mix } from './means.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of RMSprop. */
export interface RMSpropOptions extends CommonOptions {
  /** Learning rate. Default 0.01. */
  readonly lr?: number
  /** How much of the running means is kept. Default 0.99. */
  readonly alpha?: number
  /** Added to the root. Default 1e-8. */
  readonly eps?: number
  /** Share of the last direction that is kept. Default 0. */
  readonly momentum?: number
  /** Divide by the deviation of the gradient rather than by its root mean square. Default false. */
  readonly centered?: boolean
}

const defaults: Required<RMSpropOptions> = {
  lr: 0.01,
  alpha: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  momentum: 0,
  centered: false,
  maximize: false,
}

const rule = defineRule({
  defaults,
  state: ({ momentum, centered }) => ({
    squareAvg: 0,
    ...(centered && { gradAvg: 0 }),
    ...(momentum && { momentumBuffer: 0 }),
  }),
  scalars: ({ lr, alpha, eps, momentum }) => ({ lr, alpha, fresh: 1 - alpha, eps, momentum }),
  update: (p, g, state, { lr, alpha, fresh, eps, momentum }) => {
    const squareAvg = mix(state.squareAvg, alpha, b.mul(g, g), fresh)
    const gradAvg = state.gradAvg && mix(state.gradAvg, alpha, g, fresh)
    const variance = gradAvg ? b.sub(squareAvg, b.mul(gradAvg, gradAvg)) : squareAvg
    const scaled = b.div(g, b.add(b.sqrt(variance), eps))
    const momentumBuffer = state.momentumBuffer && b.add(b.mul(state.momentumBuffer, momentum), scaled)
    return {
      p: b.sub(p, b.mul(momentumBuffer ?? scaled, lr)),
      squareAvg,
      ...(gradAvg && { gradAvg }),
      ...(momentumBuffer && { momentumBuffer }),
    }
  },
})

/**
 * v = alpha v + (1 - alpha) g^2, then p -= lr g / (sqrt(v) + eps); centered: v less the square of g's running mean, under the root; with
 * momentum, d = momentum d + g / (sqrt(v) + eps) and p -= lr d. As torch.optim.RMSprop. Hinton 2012; centered: Graves 2013.
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(params, options, rule)
  }
}
