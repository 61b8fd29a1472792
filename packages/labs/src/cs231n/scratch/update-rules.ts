/**
 * Update rules, in CS231n's meaning: from a weight, its gradient and what the rule remembers to the next weight and what it remembers then. Nothing is changed in place.
 * `learningRate` may be a tensor of one number, so that a compiled step serves all rates.
 */
import { pow, type Tensor, tensor, zerosLike } from 'nabla'

/** What a rule remembers of one weight, by name; the names are those of the configuration. */
export type RuleState = Readonly<Record<string, Tensor>>

export interface Update {
  readonly w: Tensor
  readonly state: RuleState
}

export interface RuleConfig {
  readonly learningRate?: number | Tensor
  /** Of momentum and Nesterov's. Default 0.9. */
  readonly momentum?: number
  /** RMSProp's share of the old mean square. Default 0.99. */
  readonly decayRate?: number
  /** Adam's share of the old mean. Default 0.9. */
  readonly beta1?: number
  /** Adam's share of the old mean square. Default 0.999. */
  readonly beta2?: number
  /** Added to a root before it divides. Default 1e-8. */
  readonly epsilon?: number
}

export interface UpdateRule {
  /** What is remembered before the first step. */
  start(w: Tensor): RuleState
  update(w: Tensor, dw: Tensor, state: RuleState, config: RuleConfig): Update
}

const zero =
  (...names: string[]) =>
  (w: Tensor): RuleState =>
    Object.fromEntries(names.map((name) => [name, zerosLike(w)]))

/** w - lr dw */
export const sgd: UpdateRule = {
  start: zero(),
  update: (w, dw, _, { learningRate = 1e-2 }) => ({ w: w.sub(dw.mul(learningRate)), state: {} }),
}

/** v = mu v - lr dw, then w + v: a ball that rolls (Polyak 1964). */
export const sgdMomentum: UpdateRule = {
  start: zero('velocity'),
  update(w, dw, { velocity }, { learningRate = 1e-2, momentum = 0.9 }) {
    const v = velocity!.mul(momentum).sub(dw.mul(learningRate))
    return { w: w.add(v), state: { velocity: v } }
  },
}

/**
 * The gradient where the ball is about to be (Nesterov 1983; Sutskever et al. 2013). Kept as the point ahead, so that the gradient is one at w:
 *
 *     v' = mu v - lr dw        w' = w - mu v + (1 + mu) v'
 */
export const nesterov: UpdateRule = {
  start: zero('velocity'),
  update(w, dw, { velocity }, { learningRate = 1e-2, momentum = 0.9 }) {
    const v = velocity!.mul(momentum).sub(dw.mul(learningRate))
    return { w: w.sub(velocity!.mul(momentum)).add(v.mul(1 + momentum)), state: { velocity: v } }
  },
}

/** Each number by its own rate, lr over the root of all its squared gradients so far (Duchi, Hazan and Singer 2011). */
export const adagrad: UpdateRule = {
  start: zero('cache'),
  update(w, dw, state, { learningRate = 1e-2, epsilon = 1e-8 }) {
    const cache = state.cache!.add(dw.square())
    return { w: w.sub(dw.mul(learningRate).div(cache.sqrt().add(epsilon))), state: { cache } }
  },
}

/** Adagrad that forgets: a running mean of squared gradients instead of their sum (Tieleman and Hinton 2012). */
export const rmsprop: UpdateRule = {
  start: zero('cache'),
  update(w, dw, state, { learningRate = 1e-2, decayRate = 0.99, epsilon = 1e-8 }) {
    const cache = state.cache!.mul(decayRate).add(dw.square().mul(1 - decayRate))
    return { w: w.sub(dw.mul(learningRate).div(cache.sqrt().add(epsilon))), state: { cache } }
  },
}

/** Momentum over RMSProp (Kingma and Ba 2015). Both means begin at 0 and are too small at first: dividing by 1 - beta^t makes up for it. */
export const adam: UpdateRule = {
  start: (w) => ({ ...zero('m', 'v')(w), t: tensor(0, { dtype: 'float64', device: w.device }) }),
  update(w, dw, state, { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }) {
    const t = state.t!.add(1) // []
    const m = state.m!.mul(beta1).add(dw.mul(1 - beta1))
    const v = state.v!.mul(beta2).add(dw.square().mul(1 - beta2))
    const corrected = (mean: Tensor, beta: number): Tensor => mean.div(pow(beta, t).neg().add(1).type(w.dtype))
    const step = corrected(m, beta1).div(corrected(v, beta2).sqrt().add(epsilon))
    return { w: w.sub(step.mul(learningRate)), state: { m, v, t } }
  },
}

/** All of them, by name. */
export const updateRules = { sgd, sgdMomentum, nesterov, adagrad, rmsprop, adam } as const

export type RuleName = keyof typeof updateRules
