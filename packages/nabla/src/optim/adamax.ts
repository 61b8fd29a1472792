/** Adamax: Adam by the largest gradient of late instead of the mean square. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { averaged, meanScalars } from './means.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of Adamax. */
export interface AdamaxOptions extends CommonOptions {
  /** Learning rate. Default 0.002. */
  readonly lr?: number
  /** How much is kept of the running mean, and of the largest gradient. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the size of the gradient. Default 1e-8. */
  readonly eps?: number
}

const defaults: Required<AdamaxOptions> = { lr: 0.002, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false }

const rule = defineRule({
  defaults,
  limits: { betas: { high: 1 } },
  state: () => ({ expAvg: 0, expInf: 0 }),
  scalars: ({ lr, betas, eps }, { step }) => ({ ...meanScalars(betas), rate: lr / (1 - betas[0] ** step), eps }),
  update: (p, g, state, k) => {
    const expAvg = averaged(state.expAvg, g, k)
    const expInf = b.maximum(b.mul(state.expInf, k.beta2), b.add(b.abs(g), k.eps))
    return { p: b.sub(p, b.mul(b.div(expAvg, expInf), k.rate)), expAvg, expInf }
  },
})

/**
 * m = beta1 m + (1 - beta1) g, u = max(beta2 u, |g| + eps), then p -= lr / (1 - beta1^t) m / u. As torch.optim.Adamax.
 * Kingma and Ba 2015, section 7.
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(params: Params<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(params, options, rule)
  }
}
