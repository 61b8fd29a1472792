/** A search over learning rate and regularisation strength: every pair is tried, the best on the validation images wins. */
import type { HeatMapPicture } from '@nabla/pictures'

export interface Trial<Model> {
  readonly rate: number
  readonly strength: number
  readonly train: number
  readonly validation: number
  readonly model: Model
}

/** All pairs, rates outermost. */
export const pairs = (rates: readonly number[], strengths: readonly number[]): { rate: number; strength: number }[] =>
  rates.flatMap((rate) => strengths.map((strength) => ({ rate, strength })))

/** The trial with the best validation accuracy; of equals, the first. A diverged one (NaN weights) has the accuracy of chance and so never wins. */
export const bestTrial = <M>(trials: readonly Trial<M>[]): Trial<M> | undefined =>
  trials.reduce<Trial<M> | undefined>((best, trial) => (best && best.validation >= trial.validation ? best : trial), undefined)

/** Accuracies by rate (down) and strength (across). */
export function searchPicture(
  title: string,
  trials: readonly Trial<unknown>[],
  of: 'train' | 'validation' = 'validation',
): HeatMapPicture {
  const distinct = (values: number[]): number[] => [...new Set(values)]
  const rates = distinct(trials.map((trial) => trial.rate))
  const strengths = distinct(trials.map((trial) => trial.strength))
  const at = (rate: number, strength: number): number =>
    trials.find((trial) => trial.rate === rate && trial.strength === strength)?.[of] ?? Number.NaN
  const values = rates.flatMap((rate) => strengths.map((strength) => at(rate, strength)))
  return {
    kind: 'heatmap',
    title: `${title}: accuracy on ${of === 'train' ? 'training' : 'validation'} images`,
    shape: [rates.length, strengths.length],
    values,
    rowLabels: rates.map(short),
    columnLabels: strengths.map(short),
    y: 'learning rate',
    x: 'regularisation strength',
    value: 'accuracy',
    numbers: true,
  }
}

/** 0.0000001 as 1e-7. */
export const short = (value: number): string => (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value))

/** Trials as rows of a table, the best first. */
export const searchTable = (trials: readonly Trial<unknown>[]) => ({
  columns: ['learning rate', 'strength', 'training accuracy', 'validation accuracy'],
  rows: [...trials]
    .sort((a, b) => b.validation - a.validation)
    .map(({ rate, strength, train, validation }) => [short(rate), short(strength), train, validation]),
})
