/** Learning rates over a run: one face for the schedules of `nabla/optim`, those that watch a metric, and plain functions. */
import { ReduceLROnPlateau } from '../optim/schedules/plateau.js'
import type { ScheduleState } from '../optim/schedules/schedule.js'
import type { TrainerOptions } from './options.js'
import type { Plain } from './plain.js'

export interface Rates {
  /** Before a step, with the share of the run that is done. */
  before(done: number | undefined): void
  /** After a step. */
  step(): void
  /** After an epoch. */
  epoch(): void
  /** After an evaluation (an epoch, where there are none). */
  watch(value: number): void
  state: Plain
}

const nothing = (): void => {}

/** What sets an optimizer's learning rates. Rates that a function multiplies are those that the optimizer has now. */
export function ratesOf<Batch>({ schedule, schedulePer = 'epoch', optimizer }: TrainerOptions<Batch>): Rates {
  const idle: Rates = { before: nothing, step: nothing, epoch: nothing, watch: nothing, state: undefined }
  if (schedule === undefined) return idle
  if (typeof schedule === 'function') {
    const base = optimizer.paramGroups.map(({ lr }) => lr)
    return {
      ...idle,
      before: (done = 0) => {
        const factor = schedule(done)
        optimizer.paramGroups.forEach((group, i) => {
          group.lr = base[i]! * factor
        })
      },
    }
  }
  const kept = {
    get state(): Plain {
      return schedule.stateDict() as Plain
    },
    set state(saved: Plain) {
      schedule.loadStateDict(saved as ScheduleState)
    },
  }
  const hooks: Omit<Rates, 'state'> =
    schedule instanceof ReduceLROnPlateau
      ? { ...idle, watch: (value) => schedule.step(value) }
      : { ...idle, [schedulePer]: () => schedule.step() }
  return Object.defineProperty({ ...hooks } as Rates, 'state', Object.getOwnPropertyDescriptor(kept, 'state')!)
}
