/** Schedules that let the learning rate fall: in steps, exponentially, as a power, or by any function. */
import { LRScheduler, perGroup, positive, type Scheduled, type ScheduleOptions } from './schedule.js'

/** Options of StepLR and MultiStepLR. */
export interface DecayOptions extends ScheduleOptions {
  /** Factor of the learning rate. Default 0.1. */
  readonly gamma?: number
}

/** lr is multiplied by gamma every `stepSize` epochs: lr_t = lr gamma^floor(t / stepSize). As PyTorch's StepLR. */
export class StepLR extends LRScheduler {
  constructor(optimizer: Scheduled, stepSize: number, options: DecayOptions = {}) {
    const { gamma = 0.1 } = options
    positive('stepSize', stepSize)
    super(
      optimizer,
      {
        next: ({ epoch, lr }) => (epoch === 0 || epoch % stepSize !== 0 ? lr : lr * gamma),
        at: ({ epoch, baseLr }) => baseLr * gamma ** Math.floor(epoch / stepSize),
      },
      options,
    )
  }
}

/** lr is multiplied by gamma at each milestone (twice at one that is given twice). As PyTorch's MultiStepLR. */
export class MultiStepLR extends LRScheduler {
  constructor(optimizer: Scheduled, milestones: readonly number[], options: DecayOptions = {}) {
    const { gamma = 0.1 } = options
    const count = (reached: (milestone: number) => boolean) => milestones.filter(reached).length
    super(
      optimizer,
      {
        next: ({ epoch, lr }) => lr * gamma ** count((m) => m === epoch),
        at: ({ epoch, baseLr }) => baseLr * gamma ** count((m) => m <= epoch),
      },
      options,
    )
  }
}

/** lr_t = lr gamma^t. As PyTorch's ExponentialLR. */
export class ExponentialLR extends LRScheduler {
  constructor(optimizer: Scheduled, gamma: number, options: ScheduleOptions = {}) {
    super(
      optimizer,
      { next: ({ epoch, lr }) => (epoch === 0 ? lr : lr * gamma), at: ({ epoch, baseLr }) => baseLr * gamma ** epoch },
      options,
    )
  }
}

/** Options of PolynomialLR. */
export interface PolynomialOptions extends ScheduleOptions {
  /** Epochs until the learning rate is 0. Default 5. */
  readonly totalIters?: number
  /** Power of the fall; 1 is a straight line. Default 1. */
  readonly power?: number
}

/** lr_t = lr (1 - min(t, totalIters) / totalIters)^power. As PyTorch's PolynomialLR. */
export class PolynomialLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: PolynomialOptions = {}) {
    const { totalIters = 5, power = 1 } = options
    positive('totalIters', totalIters)
    const left = (epoch: number) => 1 - epoch / totalIters
    super(
      optimizer,
      {
        next: ({ epoch, lr }) => (epoch === 0 || epoch > totalIters ? lr : lr * (left(epoch) / left(epoch - 1)) ** power),
        at: ({ epoch, baseLr }) => baseLr * left(Math.min(totalIters, epoch)) ** power,
      },
      options,
    )
  }
}

/** A factor for each epoch; or one such function for each parameter group. */
export type LRLambda = ((epoch: number) => number) | readonly ((epoch: number) => number)[]

/** lr_t = lr f(t). As PyTorch's LambdaLR. */
export class LambdaLR extends LRScheduler {
  constructor(optimizer: Scheduled, lrLambda: LRLambda, options: ScheduleOptions = {}) {
    const factors = perGroup('lrLambda', optimizer, lrLambda)
    super(optimizer, { next: ({ epoch, baseLr, group }) => baseLr * factors[group]!(epoch) }, options)
  }
}

/** lr_t = lr f(1) f(2) ... f(t). As PyTorch's MultiplicativeLR. */
export class MultiplicativeLR extends LRScheduler {
  constructor(optimizer: Scheduled, lrLambda: LRLambda, options: ScheduleOptions = {}) {
    const factors = perGroup('lrLambda', optimizer, lrLambda)
    super(optimizer, { next: ({ epoch, lr, group }) => (epoch > 0 ? lr * factors[group]!(epoch) : lr) }, options)
  }
}
