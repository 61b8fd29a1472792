/** The schedule of stochastic weight averaging. */
import { type AnnealStrategy, annealing, type PerGroup } from './cycle.js'
import { between, LRScheduler, perGroup, type Scheduled, type ScheduleOptions } from './schedule.js'

/** Options of SWALR. */
export interface SWAOptions extends ScheduleOptions {
  /** Epochs until swaLr is reached; 0 sets it at the first step. Default 10. */
  readonly annealEpochs?: number
  /** 'cos' (default) or 'linear'. */
  readonly annealStrategy?: AnnealStrategy
}

/**
 * From whatever the learning rate is to swaLr within annealEpochs, where it stays while weights are averaged. As
 * torch.optim.swa_utils.SWALR. Izmailov et al. 2018.
 */
export class SWALR extends LRScheduler {
  constructor(optimizer: Scheduled, swaLr: PerGroup, options: SWAOptions = {}) {
    const { annealEpochs = 10, annealStrategy = 'cos' } = options
    between('annealEpochs', annealEpochs, 0)
    const rates = perGroup('swaLr', optimizer, swaLr)
    const anneal = annealing('annealStrategy', annealStrategy)
    const share = (step: number) => anneal(0, 1, Math.max(0, Math.min(1, step / Math.max(1, annealEpochs))))
    super(
      optimizer,
      {
        next: ({ lr, group, steps }) => {
          const step = annealEpochs === 0 ? Math.max(1, steps) : steps
          const [before, now] = [share(step - 1), share(step)]
          const last = rates[group]!
          // What the learning rate was before the annealing began.
          const first = before === 1 ? last : (lr - before * last) / (1 - before)
          return last * now + first * (1 - now)
        },
      },
      options,
    )
  }
}
