/** Adam and AdamW: steps scaled by running means of the gradient and its square. */
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'
import { averaged, meanScalars, squared } from './means.js'

/** Options of Adam and AdamW. */
export interface AdamOptions extends CommonOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number
  /** How much of the running means of g and g^2 is kept. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the root of the mean square. Default 1e-8. */
  readonly eps?: number
  /** Adam (default 0): adds weightDecay p to the gradient. AdamW (default 0.01): shrinks p by lr weightDecay. */
  readonly weightDecay?: number
  /** Divide by the largest mean square so far. Default false. */
  readonly amsgrad?: boolean
}

const defaults: Required<AdamOptions> = {
  lr: 0.001,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
}

const adam = (own: { readonly weightDecay: number; readonly decoupled: boolean }) =>
  defineRule({
    defaults: { ...defaults, weightDecay: own.weightDecay },
    limits: { betas: { high: 1 } },
    decoupled: own.decoupled,
    state: ({ amsgrad }) => ({ expAvg: 0, expAvgSq: 0, ...(amsgrad && { maxExpAvgSq: 0 }) }),
    scalars: ({ lr, betas, eps }, { step }) => ({
      ...meanScalars(betas),
      rate: lr / (1 - betas[0] ** step),
      root: 1 / Math.sqrt(1 - betas[1] ** step),
      eps,
    }),
    update: (p, g, state, k) => {
      const expAvg = averaged(state.expAvg, g, k)
      const expAvgSq = squared(state.expAvgSq, g, k)
      const largest = state.maxExpAvgSq && b.maximum(state.maxExpAvgSq, expAvgSq)
      const denominator = b.add(b.mul(b.sqrt(largest ?? expAvgSq), k.root), k.eps)
      const next = b.sub(p, b.mul(b.div(expAvg, denominator), k.rate))
      return { p: next, expAvg, expAvgSq, ...(largest && { maxExpAvgSq: largest }) }
    },
  })

const rules = { adam: adam({ weightDecay: 0, decoupled: false }), adamW: adam({ weightDecay: 0.01, decoupled: true }) }

/**
 * m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, then
 * p -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps). As torch.optim.Adam. Kingma and Ba 2015; amsgrad: Reddi et al. 2018.
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, options, rules.adam)
  }
}

/** Adam with weight decay apart from the gradient: p shrinks by lr weightDecay first. As torch.optim.AdamW. Loshchilov and Hutter 2019. */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, options, rules.adamW)
  }
}
