/** Lion: every element moves by the same amount, in the direction of a running mean's sign. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { averaged, meanScalars, mix } from './means.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of Lion. */
export interface LionOptions extends CommonOptions {
  /** Learning rate; the paper takes 3 to 10 times less than for AdamW. Default 1e-4. */
  readonly lr?: number
  /** How much of the mean counts in the direction, and how much of it is kept. Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number]
  /** Shrinks p by lr weightDecay; the paper takes 3 to 10 times more than for AdamW. Default 0. */
  readonly weightDecay?: number
}

const defaults: Required<LionOptions> = { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false }

const rule = defineRule({
  defaults,
  limits: { betas: { high: 1 } },
  decoupled: true,
  state: () => ({ expAvg: 0 }),
  scalars: ({ lr, betas }) => ({ ...meanScalars(betas), lr }),
  update: (p, g, { expAvg }, k) => ({
    p: b.sub(p, b.mul(b.sign(averaged(expAvg, g, k)), k.lr)),
    expAvg: mix(expAvg, k.beta2, g, k.new2),
  }),
})

/** p -= lr (sign(beta1 m + (1 - beta1) g) + weightDecay p), then m = beta2 m + (1 - beta2) g. Chen et al. 2023. */
export class Lion extends Optimizer<LionOptions> {
  constructor(params: Params<LionOptions>, options: LionOptions = {}) {
    super(params, options, rule)
  }
}
