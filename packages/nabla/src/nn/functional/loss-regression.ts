/** Losses of numbers that should be equal to others. */
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite } from '../../tensor/autograd.js'
import { clamp } from '../../tensor/elementwise.js'
import type { Tensor } from '../../tensor/tensor.js'
import { checkOptions, elementwise, type LossOptions } from './loss-options.js'

/** Where a Huber loss turns linear. */
export interface HuberOptions extends LossOptions {
  /** Where the loss turns from squared to linear. Default 1. */
  readonly delta?: number
}

/** Where a smooth L1 loss turns linear. */
export interface SmoothL1Options extends LossOptions {
  /** Where the loss turns from squared to linear; 0 is the L1 loss. Default 1. */
  readonly beta?: number
}

/** Mean squared error: (input - target)^2. Input and target have one shape; 'none' keeps it. */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return elementwise('mseLoss', input, target, options, (x, t) => {
    const d = b.sub(x, t)
    return b.mul(d, d)
  })
}

/** Mean absolute error: |input - target|; its gradient where they are equal is 0. Input and target have one shape. */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return elementwise('l1Loss', input, target, options, (x, t) => b.abs(b.sub(x, t)))
}

/**
 * d^2 / 2 up to |d| = delta, from there delta (|d| - delta / 2): m (|d| - m / 2) with m = min(|d|, delta). The gradient is d, cut
 * off.
 */
const huber = (d: Node, delta: number): Node =>
  composite(
    'huber',
    [d],
    () => {
      const size = b.abs(d)
      const m = b.minimum(size, delta)
      return b.mul(m, b.sub(size, b.mul(m, 0.5)))
    },
    (grad) => [b.mul(grad, clamp(d, -delta, delta))],
  )

/**
 * Huber loss (Huber 1964): d^2 / 2 where |d| = |input - target| is below `delta`, else delta (|d| - delta / 2). Input and target
 * have one shape.
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  return elementwise('huberLoss', input, target, options, (x, t) => huber(b.sub(x, t), options.delta ?? 1))
}

/**
 * Smooth L1 (Girshick 2015, "Fast R-CNN"): d^2 / (2 beta) where |d| = |input - target| is below `beta`, else |d| - beta / 2.
 * Input and target have one shape.
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  checkOptions('smoothL1Loss', options)
  const { beta = 1 } = options
  return elementwise('smoothL1Loss', input, target, options, (x, t) => {
    const d = b.sub(x, t)
    return beta === 0 ? b.abs(d) : b.div(huber(d, beta), beta)
  })
}
