/** Cross-validation: as many runs as folds, each tested on what the others were trained with. */
import { NablaError } from '../core/errors.js'
import { type MapStyleDataset, Subset } from '../data/dataset.js'
import { type Fold, kFold, stratifiedKFold } from '../data/split.js'
import type { Figures } from './callback.js'
import { textTable } from './text-table.js'

/** How a data set is cut. */
export interface CrossValidateOptions {
  /** The folds are a function of this. Default 0. */
  readonly seed?: number
  /** Mix the samples first. Default true. */
  readonly shuffle?: boolean
  /** Class of each sample: every fold gets its share of each. Default: folds do not look at classes. */
  readonly labels?: ArrayLike<number | string>
  /** Called with the figures of each fold when its run has ended. */
  readonly onFold?: (figures: Figures, fold: number) => void
}

/** What a cross-validation found. */
export interface CrossValidation {
  /** The figures of each fold. */
  readonly folds: readonly Figures[]
  /** Mean of each figure over the folds. */
  readonly mean: Figures
  /** Standard deviation of each figure (of a sample: divided by the number of folds less one). */
  readonly std: Figures
  /** The figures as text: a row a fold, then mean and standard deviation. */
  table(): string
}

/** A run on one fold: gives one figure, or some by name. */
export type FoldRun<Sample> = (
  train: Subset<Sample>,
  test: Subset<Sample>,
  fold: number,
) => number | Figures | Promise<number | Figures>

/**
 * Runs once for each fold, one after the other, on the samples outside of it (`train`) and those in it (`test`).
 *
 *     const { mean, std, table } = await crossValidate(houses, 5, async (train, test) => ({ rmse: await fit(train, test) }))
 *
 * `folds` is their number, or the folds themselves. Throws NablaError('argument') unless there are 2 or more, and no more than samples, and
 * when runs give different figures.
 */
export async function crossValidate<Sample>(
  dataset: MapStyleDataset<Sample>,
  folds: number | readonly Fold[],
  run: FoldRun<Sample>,
  { labels, onFold, ...options }: CrossValidateOptions = {},
): Promise<CrossValidation> {
  if (labels && labels.length !== dataset.length)
    throw new NablaError('argument', `[crossValidate] ${labels.length} labels for ${dataset.length} samples: expected one each`, {
      labels: labels.length,
      samples: dataset.length,
    })
  const cuts =
    typeof folds !== 'number' ? folds : labels ? stratifiedKFold(labels, folds, options) : kFold(dataset.length, folds, options)
  if (cuts.length === 0) throw new NablaError('argument', '[crossValidate] there are no folds')
  const results: Figures[] = []
  for (const [fold, { train, test }] of cuts.entries()) {
    const result = await run(new Subset(dataset, train), new Subset(dataset, test), fold)
    const figures = typeof result === 'number' ? { score: result } : result
    const names = [results[0] ?? figures, figures].map((each) => Object.keys(each).sort().join(', '))
    if (names[0] !== names[1])
      throw new NablaError(
        'argument',
        `[crossValidate] fold ${fold} gives ${names[1] || 'nothing'}, the first gives ${names[0] || 'nothing'}`,
        {
          fold,
          names,
        },
      )
    results.push(figures)
    onFold?.(figures, fold)
  }
  const names = Object.keys(results[0]!)
  const each = (f: (values: number[]) => number): Figures =>
    Object.fromEntries(names.map((name) => [name, f(results.map((figures) => figures[name]!))]))
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const spread = (values: readonly number[]) =>
    Math.sqrt(values.reduce((sum, value) => sum + (value - average(values)) ** 2, 0) / (values.length - 1))
  const [mean, std] = [each(average), each(spread)]
  const row = (title: string, figures: Figures) => [title, ...names.map((name) => figures[name])]
  const table = () =>
    textTable(['fold', ...names], [...results.map((figures, i) => row(String(i), figures)), row('mean', mean), row('std', std)])
  return { folds: results, mean, std, table }
}
