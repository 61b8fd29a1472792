/** Stochastic gradient descent. */
import { NablaError } from '../core/errors.js'
import { builder as b } from '../ops/builder.js'
import type { CommonOptions, Params } from './group.js'
import { Optimizer } from './optimizer.js'
import { defineRule } from './rule.js'

/** Options of SGD. */
export interface SGDOptions extends CommonOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number
  /** Share of the last direction that is kept. Default 0. */
  readonly momentum?: number
  /** The new gradient enters the direction with 1 - dampening, from the second step on. Default 0. */
  readonly dampening?: number
  /** Looks ahead along the direction; needs momentum and no dampening. Default false. */
  readonly nesterov?: boolean
}

const defaults: Required<SGDOptions> = {
  lr: 0.001,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
}

const rule = defineRule({
  defaults,
  limits: { dampening: { low: -Infinity } },
  state: ({ momentum }) => ({ ...(momentum && { momentumBuffer: 0 }) }),
  // The buffer starts at 0, so the first step differs in nothing but the dampening.
  scalars: ({ lr, momentum, dampening }, { step }) => ({ lr, momentum, fresh: step === 1 ? 1 : 1 - dampening }),
  update: (p, g, { momentumBuffer }, { lr, momentum, fresh }, on) => {
    if (!momentumBuffer) return { p: b.sub(p, b.mul(g, lr)) }
    const next = b.add(b.mul(momentumBuffer, momentum), on.dampening ? b.mul(g, fresh) : g)
    const direction = on.nesterov ? b.add(g, b.mul(next, momentum)) : next
    return { p: b.sub(p, b.mul(direction, lr)), momentumBuffer: next }
  },
})

/**
 * With gradient g: d = momentum d + (1 - dampening) g (d = g at the first step), then p -= lr d; with nesterov p -= lr (g + momentum d).
 * As torch.optim.SGD. Polyak 1964; Sutskever et al. 2013.
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: SGDOptions = {}) {
    const { nesterov, momentum, dampening } = { ...defaults, ...options }
    // A group of its own settings may go without: there nesterov has nothing to look along.
    if (nesterov && (momentum <= 0 || dampening !== 0))
      throw new NablaError(
        'argument',
        `[SGD] nesterov needs a momentum above 0 and dampening 0; momentum is ${momentum}, dampening ${dampening}`,
        { momentum, dampening },
      )
    super(params, options, rule)
  }
}
