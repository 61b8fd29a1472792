/** Averaged stochastic gradient descent: plain steps, and the mean of where they led. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of ASGD. */
export interface ASGDOptions extends CommonOptions {
  /** Learning rate. Default 0.01. */
  readonly lr?: number
  /** Shrinks parameters by 1 - lambd eta, and the steps eta over time. Default 1e-4. */
  readonly lambd?: number
  /** Power by which steps shrink. Default 0.75. */
  readonly alpha?: number
  /** The step from which on parameters are averaged. Default 1e6. */
  readonly t0?: number
}

const defaults: Required<ASGDOptions> = { lr: 0.01, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false }

const rule = defineRule({
  defaults,
  state: () => ({ ax: 0 }),
  // Of the coming step; eta is lr at the first.
  clock: ({ lr }) => ({ eta: lr, mu: 1 }),
  scalars: ({ lr, lambd, alpha, t0 }, clock) => {
    const { step, eta = lr, mu = 1 } = clock
    clock.eta = lr / (1 + lambd * lr * step) ** alpha
    clock.mu = 1 / Math.max(1, step - t0)
    return { eta, mu, less: 1 - lambd * eta }
  },
  update: (p, g, { ax }, { eta, mu, less }) => {
    const next = b.sub(b.mul(p, less), b.mul(g, eta))
    return { p: next, ax: b.add(ax, b.mul(b.sub(next, ax), mu)) }
  },
})

/**
 * p = (1 - lambd eta) p - eta g with eta = lr / (1 + lambd lr t)^alpha; the state `ax` is the mean of p since step t0.
 * As torch.optim.ASGD. Polyak and Juditsky 1992.
 */
export class ASGD extends Optimizer<ASGDOptions> {
  constructor(params: Params<ASGDOptions>, options: ASGDOptions = {}) {
    super(params, options, rule)
  }
}
