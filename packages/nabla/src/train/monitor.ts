/** Which evaluation was best, and how long ago. */
import { NablaError, unknownName } from '../core/errors.js'
import type { Figures } from './callback.js'
import type { Plain } from './plain.js'

/** What is watched, and when a run that no longer improves ends. */
export interface MonitorOptions {
  readonly monitor: string
  readonly mode: 'min' | 'max'
  readonly patience: number
  readonly minDelta: number
}

export class Monitor {
  /** The best value, and the step that had it. */
  best: { readonly value: number; readonly step: number } | undefined
  /** The value that the next has to beat by `minDelta` not to count as bad. */
  private mark: number | undefined
  /** Evaluations since the last improvement. */
  private bad = 0

  constructor(readonly options: MonitorOptions) {}

  /** The watched figure among `eval_*` and `train_*`; an error that names the known ones where there is none. */
  valueOf(figures: Figures): number {
    const { monitor } = this.options
    const value = figures[monitor]
    if (value === undefined) throw unknownName('argument', 'figure to watch (monitor)', monitor, Object.keys(figures))
    return value
  }

  /** Takes in a value; true if it is the best so far. NaN never is. */
  take(value: number, step: number): boolean {
    const { mode, minDelta } = this.options
    const beats = (old: number | undefined, by: number): boolean =>
      !Number.isNaN(value) && (old === undefined || (mode === 'min' ? value < old - by : value > old + by))
    if (beats(this.mark, minDelta)) {
      this.mark = value
      this.bad = 0
    } else this.bad++
    const best = beats(this.best?.value, 0)
    if (best) this.best = { value, step }
    return best
  }

  /** Whether patience is over. */
  get over(): boolean {
    return this.bad > this.options.patience
  }

  /** For checkpoints. */
  get state(): Plain {
    return { best: this.best, mark: this.mark, bad: this.bad }
  }

  set state(saved: Plain) {
    const { best, mark, bad } = (saved ?? {}) as { best?: Monitor['best']; mark?: number; bad?: number }
    if (typeof bad !== 'number') throw new NablaError('data', '[Trainer] the checkpoint does not say what was best')
    this.best = best
    this.mark = mark
    this.bad = bad
  }
}
