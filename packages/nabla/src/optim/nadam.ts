/** NAdam: Adam that looks ahead along its direction, as Nesterov's momentum does. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { averaged, meanScalars, squared } from './means.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of NAdam. */
export interface NAdamOptions extends CommonOptions {
  /** Learning rate. Default 0.002. */
  readonly lr?: number
  /** How much of the running means of g and g^2 is kept. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the root of the mean square. Default 1e-8. */
  readonly eps?: number
  /** How fast the momentum's share rises to beta1: mu_t = beta1 (1 - 0.96^(t momentumDecay) / 2). Default 0.004. */
  readonly momentumDecay?: number
}

const defaults: Required<NAdamOptions> = {
  lr: 0.002,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  momentumDecay: 0.004,
  maximize: false,
}

const rule = defineRule({
  defaults,
  limits: { betas: { high: 1 } },
  state: () => ({ expAvg: 0, expAvgSq: 0 }),
  clock: () => ({ muProduct: 1 }),
  scalars: ({ lr, betas, eps, momentumDecay }, clock) => {
    const share = (step: number) => betas[0] * (1 - 0.5 * 0.96 ** (step * momentumDecay))
    const now = share(clock.step)
    const next = share(clock.step + 1)
    const product = clock.muProduct! * now
    clock.muProduct = product
    const soon = product * now * next // mu_t enters twice: as PyTorch 1.13 does, where the paper has product * next
    return {
      ...meanScalars(betas),
      ofGradient: (lr * (1 - now)) / (1 - product),
      ofMean: (lr * next) / (1 - soon),
      root: 1 / Math.sqrt(1 - betas[1] ** clock.step),
      eps,
    }
  },
  update: (p, g, state, k) => {
    const expAvg = averaged(state.expAvg, g, k)
    const expAvgSq = squared(state.expAvgSq, g, k)
    const direction = b.add(b.mul(g, k.ofGradient), b.mul(expAvg, k.ofMean))
    return { p: b.sub(p, b.div(direction, b.add(b.mul(b.sqrt(expAvgSq), k.root), k.eps))), expAvg, expAvgSq }
  },
})

/**
 * With Adam's means m and v, and mu_t as under `momentumDecay`:
 * p -= lr ((1 - mu_t) / (1 - M) g + mu_(t+1) / (1 - M mu_t mu_(t+1)) m) / (sqrt(v / (1 - beta2^t)) + eps) with M = mu_1 ... mu_t.
 * As torch.optim.NAdam of PyTorch 1.13. Dozat 2016 (where the second denominator has mu_t only within M).
 */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(params: Params<NAdamOptions>, options: NAdamOptions = {}) {
    super(params, options, rule)
  }
}
