/** The lab `house-prices`: a net against the mean and a linear model, by k-fold cross-validation of the logarithmic error. */
import { kFold } from 'nabla/data'
import type { Lab } from '../../lab.js'
import { houses } from './houses.js'
import { byLinear, byMean, byNet, part } from './models.js'
import { notes } from './notes.js'

const options = {
  data: {
    kind: 'choice',
    help: "ames: Kaggle's houses; boston: a smaller real table; made-up: no files needed",
    values: ['ames', 'boston', 'made-up'],
    default: 'ames',
  },
  rows: { kind: 'number', help: 'rows that are made up', whole: true, atLeast: 20, default: 600 },
  folds: { kind: 'number', help: 'parts of the cross-validation', whole: true, atLeast: 2, default: 5 },
  epochs: { kind: 'number', help: 'times through the training rows', whole: true, atLeast: 1, default: 100 },
  nets: { kind: 'number', help: 'nets that are averaged in each fold', whole: true, atLeast: 1, default: 3 },
  hidden: { kind: 'number', help: 'units of each hidden layer', whole: true, atLeast: 1, default: 64 },
  dropout: { kind: 'number', help: 'share of hidden units that is dropped', atLeast: 0, below: 1, default: 0.1 },
  lr: { kind: 'number', help: 'highest learning rate of Adam', above: 0, default: 0.005 },
  weightDecay: { kind: 'number', help: 'weight decay of the net', atLeast: 0, default: 1e-3 },
  ridge: { kind: 'number', help: 'strength that holds the linear weights down', above: 0, default: 10 },
  batchSize: { kind: 'number', help: 'rows in a step', whole: true, atLeast: 1, default: 64 },
} as const

const source = 'the baselines of the same folds'

export const housePricesLab: Lab<typeof options> = {
  id: 'house-prices',
  title: 'House prices: tabular regression with k-fold cross-validation',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { data: 'made-up', rows: 40, folds: 2, epochs: 2, nets: 1, hidden: 8, batchSize: 16 },
    quick: { data: 'boston' },
    full: {},
  },
  targets: [
    { metric: 'net_over_mean', atMost: 1, source },
    { metric: 'net_over_linear', atMost: 1, source },
  ],

  async run({ options, seed, signal, report, doing, log, plot, table }) {
    const { folds, ridge } = options
    const data = await houses(options.data, options.rows, seed, report)
    const count = data.y.shape[0]!
    log(`${data.name}: ${count} rows, ${data.features.length} columns`)
    const found = { mean: [] as number[], linear: [] as number[], net: [] as number[] }
    const curves: number[][] = []
    let cloud: { truth: ArrayLike<number>; predicted: ArrayLike<number> } | undefined
    for (const [fold, { train, test }] of kFold(count, folds, { seed }).entries()) {
      doing('folds', fold, folds)
      if (signal.aborted) break
      const [own, other] = [part(data, train), part(data, test)]
      const net = await byNet(own, other, { ...options, seed: seed + 100 * fold }, signal)
      if (signal.aborted) break // a net that was not trained to its end is no figure
      found.mean.push(await byMean(own, other))
      found.linear.push(await byLinear(own, other, ridge))
      found.net.push(net.error)
      curves.push(net.curve)
      cloud = { truth: await other.y.exp().data(), predicted: await net.predicted.exp().data() }
      log(
        `fold ${fold + 1}: mean ${found.mean.at(-1)!.toFixed(4)}, linear ${found.linear.at(-1)!.toFixed(4)}, net ${net.error.toFixed(4)}`,
      )
    }
    if (!cloud) return { stopped: signal.aborted, summary: { data: data.name } }
    const names = ['mean', 'linear', 'net'] as const
    const [means, deviations] = [names.map((name) => average(found[name])), names.map((name) => deviation(found[name]))]
    await table('folds', {
      columns: ['fold', ...names],
      rows: [
        ...found.net.map((_, i) => [i + 1, ...names.map((name) => found[name][i]!)]),
        ['average', ...means],
        ['deviation', ...deviations],
      ],
    })
    await plot('errors', {
      kind: 'bars',
      title: `Logarithmic error, ${folds}-fold (${data.name})`,
      y: 'log-RMSE',
      labels: names,
      series: [{ name: 'average over the folds', values: means, errors: deviations }],
    })
    await plot('epochs', {
      kind: 'lines',
      title: 'The net on rows that it has not seen',
      x: 'epoch',
      y: { label: 'log-RMSE', log: true },
      series: curves.map((curve, i) => ({ name: `fold ${i + 1}`, x: curve.map((_, epoch) => epoch + 1), y: curve })),
    })
    await plot('prices', {
      kind: 'scatter',
      title: 'True and predicted prices of the last fold',
      x: { label: 'price', log: true },
      y: { label: 'predicted', log: true },
      series: [
        { name: 'houses', x: cloud.truth, y: cloud.predicted },
        { name: 'exactly right', x: cloud.truth, y: cloud.truth },
      ],
    })
    const [mean, linear, net] = means as [number, number, number]
    return {
      stopped: signal.aborted,
      summary: {
        data: data.name,
        rows: count,
        features: data.features.length,
        folds: found.net.length,
        log_rmse_mean: mean,
        log_rmse_linear: linear,
        log_rmse_net: net,
        net_over_mean: net / mean,
        net_over_linear: net / linear,
      },
    }
  },
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Of a sample; 0 for one value. */
function deviation(values: readonly number[]): number {
  const mean = average(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1))
}
