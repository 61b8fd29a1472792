/** The schedule that watches a metric. */
import { NablaError } from '../../core/errors.js'
import { Tensor } from '../../tensor/tensor.js'
import { between, oneOf, perGroup, type Scheduled, type ScheduleState } from './schedule.js'

/** Options of ReduceLROnPlateau. */
export interface PlateauOptions {
  /** Whether the metric is to fall ('min', default) or to rise. */
  readonly mode?: 'min' | 'max'
  /** Factor of the learning rate, below 1. Default 0.1. */
  readonly factor?: number
  /** Steps without improvement that are put up with. Default 10. */
  readonly patience?: number
  /** What counts as an improvement: better than the best by this much. Default 1e-4. */
  readonly threshold?: number
  /** Whether `threshold` is a share of the best ('rel', default) or a difference. */
  readonly thresholdMode?: 'rel' | 'abs'
  /** Steps after a reduction in which none counts as bad. Default 0. */
  readonly cooldown?: number
  /** The lowest learning rate, or one for each parameter group. Default 0. */
  readonly minLr?: number | readonly number[]
  /** A change of the learning rate by no more than this is left out. Default 1e-8. */
  readonly eps?: number
}

/** Multiplies the learning rate by `factor` when the metric that `step(metric)` is given stops improving. As PyTorch's ReduceLROnPlateau. */
export class ReduceLROnPlateau {
  private readonly settings: Required<Omit<PlateauOptions, 'minLr'>>
  private readonly minLrs: readonly number[]
  private best: number
  private badEpochs = 0
  private cooldownLeft = 0
  /** How many steps were taken. */
  lastEpoch = 0

  constructor(
    /** Whose learning rates are set. */
    readonly optimizer: Scheduled,
    options: PlateauOptions = {},
  ) {
    const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = 'rel' } = options
    const { cooldown = 0, minLr = 0, eps = 1e-8 } = options
    oneOf('mode', mode, ['min', 'max'])
    oneOf('thresholdMode', thresholdMode, ['rel', 'abs'])
    if (!(factor >= 0 && factor < 1))
      throw new NablaError('argument', `factor is ${factor}; expected 0 or more, and below 1`, { factor })
    between('patience', patience, 0)
    between('cooldown', cooldown, 0)
    this.settings = { mode, factor, patience, threshold, thresholdMode, cooldown, eps }
    this.minLrs = perGroup('minLr', optimizer, minLr)
    this.best = this.worst
  }

  private get worst(): number {
    return this.settings.mode === 'min' ? Infinity : -Infinity
  }

  private isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.settings
    const { best } = this
    if (mode === 'min') return metric < (thresholdMode === 'rel' ? best * (1 - threshold) : best - threshold)
    return metric > (thresholdMode === 'rel' ? best * (1 + threshold) : best + threshold)
  }

  /** Takes the metric of an epoch: a number, or a tensor of one element, which is waited for. */
  step(metric: number | Tensor): void {
    const value = metric instanceof Tensor ? metric.itemSync() : metric
    if (typeof value !== 'number')
      throw new NablaError('argument', `[ReduceLROnPlateau] step() takes the metric, a number; was given ${typeof value}`)
    const { patience, cooldown } = this.settings
    this.lastEpoch++
    if (this.isBetter(value)) {
      this.best = value
      this.badEpochs = 0
    } else this.badEpochs++
    if (this.cooldownLeft > 0) {
      this.cooldownLeft--
      this.badEpochs = 0
    }
    if (this.badEpochs <= patience) return
    this.reduce()
    this.cooldownLeft = cooldown
    this.badEpochs = 0
  }

  private reduce(): void {
    const { factor, eps } = this.settings
    this.optimizer.paramGroups.forEach((group, i) => {
      const lr = Math.max(group.lr * factor, this.minLrs[i]!)
      if (group.lr - lr > eps) group.lr = lr
    })
  }

  /** The learning rates that are set. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr)
  }

  /** Where the schedule stands, for checkpoints. */
  stateDict(): ScheduleState {
    const { best, badEpochs, cooldownLeft, lastEpoch } = this
    // JSON has no infinities; where there is no best yet, none is saved.
    return { ...(Number.isFinite(best) && { best }), numBadEpochs: badEpochs, cooldownCounter: cooldownLeft, lastEpoch }
  }

  /** Goes on where the saved schedule stood. */
  loadStateDict(state: ScheduleState): void {
    const { best, numBadEpochs, cooldownCounter, lastEpoch } = state
    if (typeof numBadEpochs !== 'number' || typeof cooldownCounter !== 'number' || typeof lastEpoch !== 'number')
      throw new NablaError('data', '[ReduceLROnPlateau] the saved state has not numBadEpochs, cooldownCounter and lastEpoch')
    this.best = typeof best === 'number' ? best : this.worst
    this.badEpochs = numBadEpochs
    this.cooldownLeft = cooldownCounter
    this.lastEpoch = lastEpoch
  }
}
