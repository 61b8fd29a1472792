/** Schedules of a start: a reduced learning rate that comes up to its full size. */
import { NablaError } from '../../core/errors.js'
import { SequentialLR } from './combined.js'
import { between, LRScheduler, positive, type Schedule, type Scheduled, type ScheduleOptions } from './schedule.js'

/** Options of ConstantLR. */
export interface ConstantOptions extends ScheduleOptions {
  /** Factor of the learning rate until `totalIters`, 0 to 1. Default 1/3. */
  readonly factor?: number
  /** Epochs until the learning rate is full. Default 5. */
  readonly totalIters?: number
}

/** lr_t = factor lr before epoch totalIters, lr from then on. As PyTorch's ConstantLR. */
export class ConstantLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: ConstantOptions = {}) {
    const { factor = 1 / 3, totalIters = 5 } = options
    between('factor', factor, 0, 1)
    super(
      optimizer,
      {
        next: ({ epoch, lr, baseLr }) => {
          if (epoch === 0) return lr * factor
          if (epoch !== totalIters) return lr
          return factor === 0 ? baseLr : lr / factor
        },
        at: ({ epoch, baseLr }) => baseLr * (epoch >= totalIters ? 1 : factor),
      },
      options,
    )
  }
}

/** Options of LinearLR. */
export interface LinearOptions extends ScheduleOptions {
  /** Factor of the learning rate at first, above 0 up to 1. Default 1/3. */
  readonly startFactor?: number
  /** Factor at last, 0 to 1. Default 1. */
  readonly endFactor?: number
  /** Epochs from the one to the other. Default 5. */
  readonly totalIters?: number
}

/** lr_t = lr (startFactor + (endFactor - startFactor) min(t, totalIters) / totalIters). As PyTorch's LinearLR. */
export class LinearLR extends LRScheduler {
  constructor(optimizer: Scheduled, options: LinearOptions = {}) {
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options
    if (!(startFactor > 0 && startFactor <= 1))
      throw new NablaError('argument', `startFactor is ${startFactor}; expected a number above 0, up to 1`, { startFactor })
    between('endFactor', endFactor, 0, 1)
    positive('totalIters', totalIters)
    const rise = endFactor - startFactor
    super(
      optimizer,
      {
        next: ({ epoch, lr }) => {
          if (epoch === 0) return lr * startFactor
          if (epoch > totalIters) return lr
          return lr * (1 + rise / (totalIters * startFactor + (epoch - 1) * rise))
        },
        at: ({ epoch, baseLr }) => baseLr * (startFactor + (rise * Math.min(totalIters, epoch)) / totalIters),
      },
      options,
    )
  }
}

/** Options of `warmup`. */
export interface WarmupOptions {
  /** Factor of the learning rate at first, above 0 up to 1. Default 1 / (steps + 1). */
  readonly startFactor?: number
  /** What takes over when the learning rate is full, from its own epoch 0 on. Default: it stays. */
  readonly after?: LRScheduler
}

/**
 * Linear warm-up over `steps` steps, then another schedule:
 * `warmup(optimizer, 500, { after: new CosineAnnealingLR(optimizer, 10_000) })`. Goyal et al. 2017.
 */
export function warmup(optimizer: Scheduled, steps: number, { startFactor, after }: WarmupOptions = {}): Schedule {
  positive('steps', steps)
  const rise = new LinearLR(optimizer, { startFactor: startFactor ?? 1 / (steps + 1), totalIters: steps })
  return after ? new SequentialLR(optimizer, [rise, after], [steps]) : rise
}
