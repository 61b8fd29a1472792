/** Schedules along a cosine, once or with restarts. */
import { NablaError } from '../../core/errors.js'
import { between, LRScheduler, positive, type Scheduled, type ScheduleOptions, type ScheduleState } from './schedule.js'

/** Options of CosineAnnealingLR. */
export interface CosineOptions extends ScheduleOptions {
  /** The lowest learning rate. Default 0. */
  readonly etaMin?: number
}

/**
 * lr_t = etaMin + (lr - etaMin) (1 + cos(pi t / tMax)) / 2: down in tMax epochs, and up again in the next. As PyTorch's
 * CosineAnnealingLR. Loshchilov and Hutter 2017.
 */
export class CosineAnnealingLR extends LRScheduler {
  constructor(optimizer: Scheduled, tMax: number, options: CosineOptions = {}) {
    const { etaMin = 0 } = options
    positive('tMax', tMax)
    const height = (epoch: number) => 1 + Math.cos((Math.PI * epoch) / tMax)
    const alone = (epoch: number, baseLr: number) => etaMin + ((baseLr - etaMin) * height(epoch)) / 2
    super(
      optimizer,
      {
        next: ({ epoch, lr, baseLr, steps }) => {
          if (epoch === 0) return lr
          if (steps === 0) return alone(epoch, baseLr)
          // After the lowest point the recursion would divide by 0.
          if ((epoch - 1 - tMax) % (2 * tMax) === 0) return lr + ((baseLr - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2
          return (height(epoch) / height(epoch - 1)) * (lr - etaMin) + etaMin
        },
        at: ({ epoch, baseLr }) => alone(epoch, baseLr),
      },
      options,
    )
  }
}

/** Options of CosineAnnealingWarmRestarts. */
export interface RestartOptions extends CosineOptions {
  /** Factor by which each cycle is longer than the one before, a whole number. Default 1. */
  readonly tMult?: number
}

/** Where an epoch lies in its cycle. */
interface Place {
  readonly current: number
  readonly length: number
}

/**
 * lr = etaMin + (lr - etaMin) (1 + cos(pi c / l)) / 2, c epochs into a cycle of l; the first cycle has t0 epochs, each other tMult times as
 * many as the one before. `step(epoch)` takes fractions too, to go on within an epoch. As PyTorch's CosineAnnealingWarmRestarts.
 * Loshchilov and Hutter 2017.
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly #place: { of: Place }
  readonly #placeOf: (epoch: number) => Place
  readonly #tMult: number

  constructor(optimizer: Scheduled, t0: number, options: RestartOptions = {}) {
    const { tMult = 1, etaMin = 0, lastEpoch = -1 } = options
    positive('t0', t0)
    positive('tMult', tMult)
    const placeOf = (epoch: number): Place => {
      if (epoch < t0) return { current: epoch, length: t0 }
      if (tMult === 1) return { current: epoch % t0, length: t0 }
      const cycles = Math.trunc(Math.log((epoch / t0) * (tMult - 1) + 1) / Math.log(tMult))
      return { current: epoch - (t0 * (tMult ** cycles - 1)) / (tMult - 1), length: t0 * tMult ** cycles }
    }
    const place = { of: placeOf(lastEpoch + 1) }
    super(
      optimizer,
      {
        next: ({ baseLr }) => etaMin + ((baseLr - etaMin) * (1 + Math.cos((Math.PI * place.of.current) / place.of.length))) / 2,
      },
      options,
    )
    this.#place = place
    this.#placeOf = placeOf
    this.#tMult = tMult
  }

  /** Sets the learning rates of the next epoch, or of any one, fractions included. */
  override step(epoch?: number): void {
    // Before the constructor is done, the place is that of the first epoch.
    if (#place in this) {
      if (epoch !== undefined) between('epoch', epoch, 0)
      this.#place.of = epoch !== undefined || this.lastEpoch < 0 ? this.#placeOf(epoch ?? 0) : this.#following()
    }
    this.goTo(Math.floor(epoch ?? this.lastEpoch + 1), true)
  }

  #following(): Place {
    const { current, length } = this.#place.of
    return current + 1 < length
      ? { current: current + 1, length }
      : { current: current + 1 - length, length: length * this.#tMult }
  }

  /** Where the schedule stands, for checkpoints. */
  override stateDict(): ScheduleState {
    const { current, length } = this.#place.of
    return { ...super.stateDict(), tCur: current, tI: length }
  }

  /** Goes on where the saved schedule stood. */
  override loadStateDict(state: ScheduleState): void {
    const { tCur, tI } = state
    if (typeof tCur !== 'number' || typeof tI !== 'number')
      throw new NablaError('data', '[CosineAnnealingWarmRestarts] the saved state has not tCur and tI')
    super.loadStateDict(state)
    this.#place.of = { current: tCur, length: tI }
  }
}
