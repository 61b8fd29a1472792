/** Schedules in cycles: the learning rate rises and falls again, and the momentum goes the other way. */
import { NablaError } from '../../core/errors.js'
import { between, LRScheduler, type Moment, oneOf, perGroup, positive, type Scheduled, type ScheduleOptions } from './schedule.js'

/** One number for all parameter groups, or one for each. */
export type PerGroup = number | readonly number[]

interface MomentumOptions extends ScheduleOptions {
  /** Move the momentum (or the first of Adam's betas) against the learning rate. Default true. */
  readonly cycleMomentum?: boolean
  /** Momentum where the learning rate is highest. Default 0.85 (CyclicLR: 0.8). */
  readonly baseMomentum?: PerGroup
  /** Momentum where the learning rate is lowest. Default 0.95 (CyclicLR: 0.9). */
  readonly maxMomentum?: PerGroup
}

/** From `start` to `end`, as `share` goes from 0 to 1. */
const anneal = {
  cos: (start: number, end: number, share: number) => end + ((start - end) / 2) * (Math.cos(Math.PI * share) + 1),
  linear: (start: number, end: number, share: number) => (end - start) * share + start,
}

/** How learning rates are annealed: along a cosine or a straight line. */
export type AnnealStrategy = keyof typeof anneal

/** The way of that name; an error if there is none. */
export const annealing = (name: string, strategy: AnnealStrategy) => anneal[oneOf(name, strategy, ['cos', 'linear'])]

function checkMomentum(name: string, optimizer: Scheduled): void {
  if (optimizer.paramGroups.some((group) => group.momentum === undefined))
    throw new NablaError('argument', `[${name}] the optimizer has no momentum to cycle; set cycleMomentum: false`)
}

/** Options of OneCycleLR. */
export interface OneCycleOptions extends MomentumOptions {
  /** Steps of the whole cycle; or give `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number
  /** Instead of `totalSteps`. */
  readonly epochs?: number
  /** Instead of `totalSteps`: batches in an epoch. */
  readonly stepsPerEpoch?: number
  /** Share of the steps in which the learning rate rises. Default 0.3. */
  readonly pctStart?: number
  /** 'cos' (default) or 'linear'. */
  readonly annealStrategy?: AnnealStrategy
  /** The first learning rate is maxLr / divFactor. Default 25. */
  readonly divFactor?: number
  /** The last learning rate is the first / finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number
  /** Fall back to the first learning rate as fast as it rose, and only then to the last. Default false: straight to the last. */
  readonly threePhase?: boolean
}

/**
 * The learning rate rises from maxLr / divFactor to maxLr, then falls far below where it started; one step a batch. As PyTorch's
 * OneCycleLR. Smith and Topin 2018.
 */
export class OneCycleLR extends LRScheduler {
  constructor(optimizer: Scheduled, maxLr: PerGroup, options: OneCycleOptions = {}) {
    const { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4, threePhase = false, cycleMomentum = true } = options
    const { baseMomentum = 0.85, maxMomentum = 0.95, annealStrategy = 'cos', lastEpoch = -1 } = options
    const total = stepsOf(options)
    between('pctStart', pctStart, 0, 1)
    const annealed = annealing('annealStrategy', annealStrategy)
    const groups = optimizer.paramGroups
    const highest = perGroup('maxLr', optimizer, maxLr)
    const [most, least] = [perGroup('maxMomentum', optimizer, maxMomentum), perGroup('baseMomentum', optimizer, baseMomentum)]
    if (cycleMomentum) checkMomentum('OneCycleLR', optimizer)
    if (lastEpoch === -1) groups.forEach((group, i) => (group.initialLr = highest[i]! / divFactor))

    const summit = pctStart * total - 1
    // Where each phase ends, and what it goes to: 0 the first learning rate, 1 the highest, 2 the last.
    const phases = threePhase
      ? [
          { end: summit, from: 0, to: 1 },
          { end: 2 * pctStart * total - 2, from: 1, to: 0 },
          { end: total - 1, from: 0, to: 2 },
        ]
      : [
          { end: summit, from: 0, to: 1 },
          { end: total - 1, from: 1, to: 2 },
        ]
    const at = (epoch: number, levels: readonly number[]): number => {
      if (epoch > total)
        throw new NablaError('argument', `[OneCycleLR] step ${epoch + 1} of a cycle of ${total} steps`, { epoch, total })
      const found = phases.findIndex(({ end }) => epoch <= end)
      const i = found < 0 ? phases.length - 1 : found
      const { end, from, to } = phases[i]!
      const start = i > 0 ? phases[i - 1]!.end : 0
      return annealed(levels[from]!, levels[to]!, end === start ? 1 : (epoch - start) / (end - start))
    }
    super(
      optimizer,
      {
        next: ({ epoch, baseLr, group }) => at(epoch, [baseLr, highest[group]!, baseLr / finalDivFactor]),
        ...(cycleMomentum && { momentum: ({ epoch, group }: Moment) => at(epoch, [most[group]!, least[group]!, most[group]!]) }),
      },
      options,
    )
  }
}

function stepsOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleOptions): number {
  if (totalSteps !== undefined) return positive('totalSteps', totalSteps)
  if (epochs === undefined || stepsPerEpoch === undefined)
    throw new NablaError('argument', '[OneCycleLR] give totalSteps, or epochs and stepsPerEpoch')
  return positive('epochs', epochs) * positive('stepsPerEpoch', stepsPerEpoch)
}

/** Options of CyclicLR. */
export interface CyclicOptions extends MomentumOptions {
  /** Steps from the lowest learning rate to the highest. Default 2000. */
  readonly stepSizeUp?: number
  /** Steps down again. Default: as up. */
  readonly stepSizeDown?: number
  /** 'triangular' (default); 'triangular2' halves the height every cycle; 'exp_range' scales it by gamma^step. */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range'
  /** Factor of the height for each step, of mode 'exp_range'. Default 1. */
  readonly gamma?: number
  /** Scales the height instead of `mode`, by the number of the cycle (from 1) or of the step: see `scaleMode`. */
  readonly scaleFn?: (x: number) => number
  /** What `scaleFn` is given. Default 'cycle'. */
  readonly scaleMode?: 'cycle' | 'iterations'
}

/** The learning rate goes up from baseLr to maxLr and down again in straight lines, over and over. As PyTorch's CyclicLR. Smith 2017. */
export class CyclicLR extends LRScheduler {
  constructor(optimizer: Scheduled, baseLr: PerGroup, maxLr: PerGroup, options: CyclicOptions = {}) {
    const { stepSizeUp = 2000, stepSizeDown = stepSizeUp, mode = 'triangular', gamma = 1, cycleMomentum = true } = options
    const { scaleFn, scaleMode = 'cycle', baseMomentum = 0.8, maxMomentum = 0.9, lastEpoch = -1 } = options
    oneOf('mode', mode, ['triangular', 'triangular2', 'exp_range'])
    oneOf('scaleMode', scaleMode, ['cycle', 'iterations'])
    const total = positive('stepSizeUp', stepSizeUp) + positive('stepSizeDown', stepSizeDown)
    const [lowest, highest] = [perGroup('baseLr', optimizer, baseLr), perGroup('maxLr', optimizer, maxLr)]
    const [least, most] = [perGroup('baseMomentum', optimizer, baseMomentum), perGroup('maxMomentum', optimizer, maxMomentum)]
    if (cycleMomentum) checkMomentum('CyclicLR', optimizer)
    if (lastEpoch === -1) optimizer.paramGroups.forEach((group, i) => (group.lr = lowest[i]!))

    const scale = (cycle: number, step: number): number => {
      if (scaleFn) return scaleFn(scaleMode === 'cycle' ? cycle : step)
      return mode === 'triangular' ? 1 : mode === 'triangular2' ? 1 / 2 ** (cycle - 1) : gamma ** step
    }
    /** 0 at the foot, 1 at the summit. */
    const height = (step: number): number => {
      const cycle = Math.floor(1 + step / total)
      const x = 1 + step / total - cycle
      const up = stepSizeUp / total
      return (x <= up ? x / up : (x - 1) / (up - 1)) * scale(cycle, step)
    }
    super(
      optimizer,
      {
        next: ({ epoch, group }) => lowest[group]! + (highest[group]! - lowest[group]!) * height(epoch),
        ...(cycleMomentum && {
          momentum: ({ epoch, group }: Moment) => most[group]! - (most[group]! - least[group]!) * height(epoch),
        }),
      },
      options,
    )
  }
}
