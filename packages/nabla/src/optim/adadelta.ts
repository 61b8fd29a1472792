/** Adadelta: steps as large as the last ones were, per unit of gradient. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { mix } from './means.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of Adadelta. */
export interface AdadeltaOptions extends CommonOptions {
  /** Factor of the step. Default 1. */
  readonly lr?: number
  /** How much of the running means is kept. Default 0.9. */
  readonly rho?: number
  /** Added to both means before their roots are taken. Default 1e-6. */
  readonly eps?: number
}

const defaults: Required<AdadeltaOptions> = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false }

const rule = defineRule({
  defaults,
  limits: { rho: { high: 1, closed: true } },
  state: () => ({ squareAvg: 0, accDelta: 0 }),
  scalars: ({ lr, rho, eps }) => ({ lr, rho, fresh: 1 - rho, eps }),
  update: (p, g, state, { lr, rho, fresh, eps }) => {
    const squareAvg = mix(state.squareAvg, rho, b.mul(g, g), fresh)
    const delta = b.mul(b.div(b.sqrt(b.add(state.accDelta, eps)), b.sqrt(b.add(squareAvg, eps))), g)
    return { p: b.sub(p, b.mul(delta, lr)), squareAvg, accDelta: mix(state.accDelta, rho, b.mul(delta, delta), fresh) }
  },
})

/**
 * v = rho v + (1 - rho) g^2, d = sqrt(u + eps) / sqrt(v + eps) g, u = rho u + (1 - rho) d^2, then p -= lr d. As torch.optim.Adadelta.
 * Zeiler 2012.
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(params: Params<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(params, options, rule)
  }
}
