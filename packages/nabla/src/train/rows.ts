/** A run's figures as rows, one for each line of a log: JSON lines, a table, a curve. */
import type { Callback, Figures } from './callback.js'

/** One line of a run's metrics. `kind` tells lines apart: `step`, `epoch`, `evaluation`. */
export type MetricsRow = Readonly<Record<string, number | string>>

/** Options of `metricsRows`. */
export interface RowsOptions {
  /** Rows of single steps in an epoch, about; 0 for none. Default 50. */
  readonly stepsInEpoch?: number
  /** A row after so many steps, instead. */
  readonly everySteps?: number
}

const prefixed = (prefix: string, figures: Figures = {}): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}_${name}`, value]))

/**
 * A callback that hands every row to `write`:
 *
 *     { kind: 'step', step, epoch, lr, loss, ... }                                  epoch as a fraction
 *     { kind: 'epoch', step, epoch, lr, train_loss, ..., eval_loss, ..., seconds }
 *     { kind: 'evaluation', step, epoch, eval_loss, ... }
 */
export function metricsRows(write: (row: MetricsRow) => void, options: RowsOptions = {}): Callback {
  const { stepsInEpoch: wanted = 50, everySteps } = options
  return {
    onStep({ step, epoch, stepsInEpoch, values, lr }) {
      const every = everySteps ?? (wanted === 0 ? Infinity : Math.ceil((stepsInEpoch ?? wanted) / wanted))
      if (step % every !== 0) return
      write({ kind: 'step', step, epoch: stepsInEpoch ? step / stepsInEpoch : epoch, lr, ...values })
    },
    onEvaluate({ step, epoch, figures }) {
      write({ kind: 'evaluation', step, epoch, ...prefixed('eval', figures) })
    },
    onEpoch({ step, epoch, lr, train, evaluation, seconds }) {
      write({ kind: 'epoch', step, epoch, lr, ...prefixed('train', train), ...prefixed('eval', evaluation), seconds })
    },
  }
}
