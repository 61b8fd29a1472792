/** Schedules made of schedules: one after the other, or all at once. */
import { NablaError } from '../../core/errors.js'
import type { LRScheduler, Schedule, Scheduled, ScheduleState } from './schedule.js'

function loadAll(name: string, schedules: readonly Schedule[], state: ScheduleState): void {
  const { schedulers } = state
  if (!Array.isArray(schedulers) || schedulers.length !== schedules.length)
    throw new NablaError('data', `[${name}] the saved state is not of ${schedules.length} schedules`)
  schedules.forEach((schedule, i) => schedule.loadStateDict(schedulers[i] as ScheduleState))
}

/**
 * Schedules one after the other: at each milestone (counted in steps) the next one takes over, from its own epoch 0 on. As PyTorch's
 * SequentialLR.
 */
export class SequentialLR implements Schedule {
  /** How many steps were taken. */
  lastEpoch = 0

  constructor(
    /** Whose learning rates are set. */
    readonly optimizer: Scheduled,
    private readonly schedules: readonly LRScheduler[],
    private readonly milestones: readonly number[],
  ) {
    if (schedules.length === 0 || milestones.length !== schedules.length - 1)
      throw new NablaError(
        'argument',
        `[SequentialLR] ${schedules.length} schedules need ${Math.max(0, schedules.length - 1)} milestones between them, was given ${milestones.length}`,
        { schedules: schedules.length, milestones },
      )
    if (schedules.some((schedule) => schedule.optimizer !== optimizer))
      throw new NablaError('argument', '[SequentialLR] all schedules must be of the optimizer that is given')
    if (milestones.some((milestone, i) => i > 0 && milestone < milestones[i - 1]!))
      throw new NablaError('argument', `[SequentialLR] milestones are ${milestones.join(', ')}; expected them in ascending order`)
    // Each schedule has set its own first learning rate: only the first one's counts.
    for (const group of optimizer.paramGroups) group.lr = group.initialLr ?? group.lr
    for (const schedule of schedules) schedule.lastEpoch--
    schedules[0]!.start()
  }

  private get active(): number {
    return this.milestones.filter((milestone) => milestone <= this.lastEpoch).length
  }

  /** Sets the learning rates of the next epoch. */
  step(): void {
    this.lastEpoch++
    const { active } = this
    const schedule = this.schedules[active]!
    if (active > 0 && this.milestones[active - 1] === this.lastEpoch) schedule.step(0)
    else schedule.step()
  }

  /** The learning rates that are set. */
  getLastLr(): number[] {
    return this.schedules[this.active]!.getLastLr()
  }

  /** Where the schedule stands, for checkpoints. */
  stateDict(): ScheduleState {
    return { lastEpoch: this.lastEpoch, schedulers: this.schedules.map((schedule) => schedule.stateDict()) }
  }

  /** Goes on where the saved schedule stood. */
  loadStateDict(state: ScheduleState): void {
    const { lastEpoch } = state
    if (typeof lastEpoch !== 'number') throw new NablaError('data', '[SequentialLR] the saved state has no lastEpoch')
    loadAll('SequentialLR', this.schedules, state)
    this.lastEpoch = lastEpoch
  }
}

/** All schedules at every step, one upon the other: their factors multiply. As PyTorch's ChainedScheduler. */
export class ChainedScheduler implements Schedule {
  /** Whose learning rates are set. */
  readonly optimizer: Scheduled

  constructor(private readonly schedules: readonly LRScheduler[]) {
    const [first] = schedules
    if (!first || schedules.some((schedule) => schedule.optimizer !== first.optimizer))
      throw new NablaError('argument', '[ChainedScheduler] takes one or more schedules of one optimizer')
    this.optimizer = first.optimizer
  }

  /** Sets the learning rates of the next epoch. */
  step(): void {
    for (const schedule of this.schedules) schedule.step()
  }

  /** The learning rates that are set. */
  getLastLr(): number[] {
    return this.schedules.at(-1)!.getLastLr()
  }

  /** Where the schedule stands, for checkpoints. */
  stateDict(): ScheduleState {
    return { schedulers: this.schedules.map((schedule) => schedule.stateDict()) }
  }

  /** Goes on where the saved schedule stood. */
  loadStateDict(state: ScheduleState): void {
    loadAll('ChainedScheduler', this.schedules, state)
  }
}
