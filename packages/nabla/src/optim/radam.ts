/** RAdam: Adam that goes without its mean square until that is known well enough. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { averaged, meanScalars, squared } from './means.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of RAdam. */
export interface RAdamOptions extends CommonOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number
  /** How much of the running means of g and g^2 is kept. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the root of the mean square. Default 1e-8. */
  readonly eps?: number
}

const defaults: Required<RAdamOptions> = { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false }

/** From how many steps the variance is known, in effect: rho_t; and how far to trust it, or undefined where it is too few. */
function rectification(beta2: number, step: number): number | undefined {
  const most = 2 / (1 - beta2) - 1
  const power = beta2 ** step
  const length = most - (2 * step * power) / (1 - power)
  if (length <= 5) return undefined
  return Math.sqrt(((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length))
}

const rule = defineRule({
  defaults,
  limits: { betas: { high: 1 } },
  state: () => ({ expAvg: 0, expAvgSq: 0 }),
  // The rate is plain + scaled / (sqrt(v) + eps), one of the two being 0.
  scalars: ({ lr, betas, eps }, { step }) => {
    const rate = lr / (1 - betas[0] ** step)
    const trust = rectification(betas[1], step)
    return trust === undefined
      ? { ...meanScalars(betas), plain: rate, scaled: 0, eps: 1 }
      : { ...meanScalars(betas), plain: 0, scaled: rate * trust * Math.sqrt(1 - betas[1] ** step), eps }
  },
  update: (p, g, state, k) => {
    const expAvg = averaged(state.expAvg, g, k)
    const expAvgSq = squared(state.expAvgSq, g, k)
    const rate = b.add(b.div(k.scaled, b.add(b.sqrt(expAvgSq), k.eps)), k.plain)
    return { p: b.sub(p, b.mul(expAvg, rate)), expAvg, expAvgSq }
  },
})

/**
 * With Adam's means m and v, rho = 2 / (1 - beta2) - 1 and rho_t = rho - 2 t beta2^t / (1 - beta2^t): where rho_t > 5,
 * p -= lr r m / (1 - beta1^t) sqrt(1 - beta2^t) / (sqrt(v) + eps) with r^2 = (rho_t - 4)(rho_t - 2) rho / ((rho - 4)(rho - 2) rho_t);
 * before, p -= lr m / (1 - beta1^t). As torch.optim.RAdam. Liu et al. 2020.
 */
export class RAdam extends Optimizer<RAdamOptions> {
  constructor(params: Params<RAdamOptions>, options: RAdamOptions = {}) {
    super(params, options, rule)
  }
}
