/**
 * Schedules of learning rates: after every epoch (or batch) `step()` sets the learning rate of each parameter group. A schedule says how
 * the rate goes on from the last one, so that several schedules on one optimizer multiply; where it can, also what the rate is at an
 * epoch by itself. Setting a rate compiles nothing anew.
 */
import { NablaError } from '../../core/errors.js'

/** What schedules need of a parameter group. */
export interface ScheduledGroup {
  /** Learning rate. */
  lr: number
  /** The share of the last direction that is kept; undefined if the optimizer has none. */
  get momentum(): number | undefined
  set momentum(value: number)
  /** The learning rate that schedules start from. */
  initialLr: number | undefined
}

/** An optimizer, as schedules see it. */
export interface Scheduled {
  /** Each has a learning rate of its own. */
  readonly paramGroups: readonly ScheduledGroup[]
}

/** What most schedules take. */
export interface ScheduleOptions {
  /** The last epoch of the run that is resumed; the groups must then have their `initialLr`. Default -1: a new run. */
  readonly lastEpoch?: number
}

/** What a resumed run needs: plain data. Functions and settings are not in it; the schedule is built as it was before. */
export type ScheduleState = { readonly [name: string]: number | readonly number[] | readonly ScheduleState[] | undefined }

/** What every schedule can do. */
export interface Schedule {
  /** Sets the learning rates of the next epoch. */
  step(): void
  /** The learning rates that the last step has set. */
  getLastLr(): number[]
  /** Where the schedule stands, for checkpoints. */
  stateDict(): ScheduleState
  /** Goes on where the saved schedule stood. Learning rates are part of the optimizer's state, not of this one. */
  loadStateDict(state: ScheduleState): void
}

/** One group at one step. */
export interface Moment {
  /** Counts from 0, the epoch at which the schedule is made. */
  readonly epoch: number
  /** The group's learning rate now. */
  readonly lr: number
  /** What the group's learning rate was when schedules began. */
  readonly baseLr: number
  /** Position of the group. */
  readonly group: number
  /** How many steps the schedule has taken since it was made; a resumed one starts at 0 too. */
  readonly steps: number
}

/** A schedule's formulas. */
export interface ScheduleRule {
  /** The learning rate at `epoch`, from the one before. */
  next(at: Moment): number
  /** The learning rate at `epoch` by itself: what `step(epoch)` sets. */
  at?(at: Moment): number
  /** The momentum at `epoch`. */
  momentum?(at: Moment): number
}

/** A schedule of one rule. To write one of your own, extend it: `super(optimizer, { next: ({ lr }) => lr / 2 })`. */
export class LRScheduler implements Schedule {
  /** The epoch whose learning rate is set. */
  lastEpoch: number
  /** Where the groups started. */
  protected baseLrs: readonly number[]
  private lastLr: readonly number[] = []
  private count = 0

  constructor(
    /** Whose learning rates are set. */
    readonly optimizer: Scheduled,
    private readonly rule: ScheduleRule,
    { lastEpoch = -1 }: ScheduleOptions = {},
  ) {
    const groups = optimizer.paramGroups
    if (lastEpoch === -1) for (const group of groups) group.initialLr ??= group.lr
    this.baseLrs = groups.map(({ initialLr }, i) => {
      if (initialLr === undefined)
        throw new NablaError(
          'argument',
          `[${this.constructor.name}] group ${i} has no initialLr, from which to resume at epoch ${lastEpoch}; load the optimizer's state first`,
        )
      return initialLr
    })
    this.lastEpoch = lastEpoch
    this.start()
  }

  /** @internal The step that sets the first learning rates. */
  start(): void {
    this.count = 0
    this.step()
  }

  /** Sets the learning rates of the next epoch, or of any one. */
  step(epoch?: number): void {
    this.goTo(epoch ?? this.lastEpoch + 1, epoch !== undefined)
  }

  /** Sets the learning rates of an epoch, `alone` where it need not follow the last one. */
  protected goTo(epoch: number, alone: boolean): void {
    const { rule } = this
    const steps = this.count++
    this.lastEpoch = epoch
    const groups = this.optimizer.paramGroups
    const moments = this.baseLrs.map((baseLr, group): Moment => ({ epoch, lr: groups[group]!.lr, baseLr, group, steps }))
    const rates = moments.map((at) => (alone && rule.at ? rule.at(at) : rule.next(at)))
    moments.forEach((at, i) => {
      groups[i]!.lr = rates[i]!
      if (rule.momentum) groups[i]!.momentum = rule.momentum(at)
    })
    this.lastLr = rates
  }

  /** The learning rates that are set. */
  getLastLr(): number[] {
    return [...this.lastLr]
  }

  /** Where the schedule stands, for checkpoints. */
  stateDict(): ScheduleState {
    const { lastEpoch, count, baseLrs, lastLr } = this
    return { lastEpoch, stepCount: count, baseLrs: [...baseLrs], lastLr: [...lastLr] }
  }

  /** Goes on where the saved schedule stood. */
  loadStateDict(state: ScheduleState): void {
    const { lastEpoch, stepCount, baseLrs, lastLr } = state
    if (typeof lastEpoch !== 'number' || typeof stepCount !== 'number' || !Array.isArray(baseLrs) || !Array.isArray(lastLr))
      throw new NablaError('data', `[${this.constructor.name}] the saved state has not lastEpoch, stepCount, baseLrs and lastLr`)
    if (baseLrs.length !== this.baseLrs.length)
      throw new NablaError(
        'data',
        `[${this.constructor.name}] the saved state is of ${baseLrs.length} parameter groups, the optimizer has ${this.baseLrs.length}`,
        { expected: this.baseLrs.length, given: baseLrs.length },
      )
    this.lastEpoch = lastEpoch
    this.count = stepCount
    this.baseLrs = baseLrs as number[]
    this.lastLr = lastLr as number[]
  }
}

/** One value for all groups, or one for each. */
export function perGroup<T>(name: string, optimizer: Scheduled, given: T | readonly T[]): readonly T[] {
  const count = optimizer.paramGroups.length
  if (!Array.isArray(given)) return Array.from({ length: count }, () => given as T)
  if (given.length !== count)
    throw new NablaError('argument', `${name} has ${given.length} values, the optimizer ${count} parameter groups`, {
      given: given.length,
      expected: count,
    })
  return given as readonly T[]
}

/** A number that must lie within bounds, both included. */
export function between(name: string, value: number, low: number, high = Infinity): number {
  if (!(value >= low && value <= high))
    throw new NablaError(
      'argument',
      `${name} is ${value}; expected ${high === Infinity ? `a number of ${low} or more` : `${low} to ${high}`}`,
      { [name]: value },
    )
  return value
}

/** A whole number from 1. */
export function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new NablaError('argument', `${name} is ${value}; expected a whole number of 1 or more`, { [name]: value })
  return value
}

/** One of some words. */
export function oneOf<W extends string>(name: string, value: W, words: readonly W[]): W {
  if (!words.includes(value))
    throw new NablaError('argument', `${name} is ${String(value)}; expected one of ${words.join(', ')}`, { [name]: value })
  return value
}
