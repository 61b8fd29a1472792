/** Adagrad: steps shrink where gradients have been large. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of Adagrad. */
export interface AdagradOptions extends CommonOptions {
  /** Learning rate. Default 0.01. */
  readonly lr?: number
  /** Step t takes lr / (1 + (t - 1) lrDecay). Default 0. */
  readonly lrDecay?: number
  /** What the sums of squares start from. Default 0. */
  readonly initialAccumulatorValue?: number
  /** Added to the root of the sum. Default 1e-10. */
  readonly eps?: number
}

const defaults: Required<AdagradOptions> = {
  lr: 0.01,
  lrDecay: 0,
  weightDecay: 0,
  initialAccumulatorValue: 0,
  eps: 1e-10,
  maximize: false,
}

const rule = defineRule({
  defaults,
  state: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  scalars: ({ lr, lrDecay, eps }, { step }) => ({ rate: lr / (1 + (step - 1) * lrDecay), eps }),
  update: (p, g, state, { rate, eps }) => {
    const sum = b.add(state.sum, b.mul(g, g))
    return { p: b.sub(p, b.mul(b.div(g, b.add(b.sqrt(sum), eps)), rate)), sum }
  },
})

/** s += g^2, then p -= lr / (1 + (t - 1) lrDecay) g / (sqrt(s) + eps). As torch.optim.Adagrad. Duchi, Hazan and Singer 2011. */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options: AdagradOptions = {}) {
    super(params, options, rule)
  }
}
