/**
 * The update rules: the library's optimizers, and the same written out for plain numbers, so that every formula can be read and both can be
 * compared step by step.
 */
import type { Tensor } from 'nabla'
import { Adadelta, Adagrad, Adam, AdamW, type Optimizer, RMSprop, SGD } from 'nabla/optim'

/** What a rule remembers of one number. */
type Memory = Record<string, number>

export interface UpdateRule {
  readonly name: string
  /** Of the picture of the valley. */
  readonly lr: number
  make(params: readonly Tensor[], lr: number): Optimizer<object>
  /** The next value of w with gradient g, at step t = 1, 2, ...; `memory` starts empty and is changed. */
  byHand(w: number, g: number, lr: number, memory: Memory, t: number): number
}

/** Exponential moving average: beta m + (1 - beta) x, from 0 on. */
const average = (memory: Memory, name: string, beta: number, x: number): number =>
  (memory[name] = beta * (memory[name] ?? 0) + (1 - beta) * x)

/** Adam's direction: both averages, corrected for their start at 0. */
function adamDirection(g: number, memory: Memory, t: number): number {
  const m = average(memory, 'm', 0.9, g) / (1 - 0.9 ** t)
  const v = average(memory, 'v', 0.999, g * g) / (1 - 0.999 ** t)
  return m / (Math.sqrt(v) + 1e-8)
}

export const rules: readonly UpdateRule[] = [
  {
    name: 'gradient descent',
    lr: 0.4,
    make: (params, lr) => new SGD(params, { lr }),
    byHand: (w, g, lr) => w - lr * g,
  },
  {
    name: 'momentum',
    lr: 0.2,
    make: (params, lr) => new SGD(params, { lr, momentum: 0.5 }),
    byHand: (w, g, lr, memory) => w - lr * (memory.v = 0.5 * (memory.v ?? 0) + g),
  },
  {
    name: 'Nesterov',
    lr: 0.2,
    make: (params, lr) => new SGD(params, { lr, momentum: 0.5, nesterov: true }),
    byHand: (w, g, lr, memory) => {
      memory.v = 0.5 * (memory.v ?? 0) + g
      return w - lr * (g + 0.5 * memory.v)
    },
  },
  {
    name: 'Adagrad',
    lr: 1,
    make: (params, lr) => new Adagrad(params, { lr }),
    byHand: (w, g, lr, memory) => {
      memory.s = (memory.s ?? 0) + g * g
      return w - (lr * g) / (Math.sqrt(memory.s) + 1e-10)
    },
  },
  {
    name: 'RMSProp',
    lr: 0.2,
    make: (params, lr) => new RMSprop(params, { lr, alpha: 0.9 }),
    byHand: (w, g, lr, memory) => w - (lr * g) / (Math.sqrt(average(memory, 's', 0.9, g * g)) + 1e-8),
  },
  {
    name: 'Adadelta',
    lr: 1,
    make: (params, lr) => new Adadelta(params, { lr, rho: 0.9, eps: 1e-3 }),
    byHand: (w, g, lr, memory) => {
      const s = average(memory, 's', 0.9, g * g)
      const step = (Math.sqrt((memory.d ?? 0) + 1e-3) / Math.sqrt(s + 1e-3)) * g
      average(memory, 'd', 0.9, step * step)
      return w - lr * step
    },
  },
  {
    name: 'Adam',
    lr: 0.3,
    make: (params, lr) => new Adam(params, { lr }),
    byHand: (w, g, lr, memory, t) => w - lr * adamDirection(g, memory, t),
  },
  {
    name: 'AdamW',
    lr: 0.3,
    make: (params, lr) => new AdamW(params, { lr, weightDecay: 0.1 }),
    byHand: (w, g, lr, memory, t) => w * (1 - lr * 0.1) - lr * adamDirection(g, memory, t),
  },
]
