/** The lab `optimizers`: ways into a valley, batch sizes, update rules on data, schedules. */
import type { Line } from '@nabla/pictures'
import { SGD } from 'nabla/optim'
import type { Lab } from '../../lab.js'
import { airfoilRows, type Curve, fit, madeUpRows } from './noise.js'
import { notes } from './notes.js'
import { rules } from './rules.js'
import { averages, ratesOver } from './schedules.js'
import { apart, height, walk, walkByHand } from './valley.js'

const options = {
  data: {
    kind: 'choice',
    help: 'rows to fit: measurements of airfoils (nabla data get airfoil), or made up in the same form',
    values: ['airfoil', 'made-up'],
    default: 'made-up',
  },
  rows: { kind: 'number', help: 'rows of the data', whole: true, atLeast: 10, default: 1500 },
  epochs: { kind: 'number', help: 'times through the rows', whole: true, atLeast: 1, default: 4 },
  steps: { kind: 'number', help: 'steps down the valley', whole: true, atLeast: 2, default: 40 },
} as const

/** Learning rates of the rules on the data, at batches of 10. */
const dataRates: Readonly<Record<string, number>> = {
  'gradient descent': 0.05,
  momentum: 0.02,
  Nesterov: 0.02,
  Adagrad: 0.1,
  RMSProp: 0.01,
  Adadelta: 1,
  Adam: 0.02,
  AdamW: 0.02,
}

export const optimizers: Lab<typeof options> = {
  id: 'optimizers',
  title: 'Optimizers: update rules, batch sizes, schedules',
  chapter: 'foundations',
  notes,
  options,
  presets: { smoke: { rows: 20, epochs: 1, steps: 3 }, quick: {}, full: { data: 'airfoil' } },
  targets: [{ metric: 'largest_difference_from_formula', atMost: 1e-9, source: 'update rules written out' }],

  async run({ options, seed, signal, report, doing, log, plot, table }) {
    const { steps, epochs } = options
    const stopped = () => ({ stopped: true, summary: {} })
    // Ways into the valley, by the library and by the formulas.
    const rows: (string | number)[][] = []
    const ways: { name: string; x: readonly number[]; y: readonly number[] }[] = []
    let worst = 0
    for (const [i, rule] of rules.entries()) {
      doing('valley', i, rules.length)
      if (signal.aborted) return stopped()
      const way = await walk(rule, rule.lr, steps)
      const difference = apart(way, walkByHand(rule, rule.lr, steps))
      worst = Math.max(worst, difference)
      ways.push({ name: rule.name, ...way })
      rows.push([rule.name, rule.lr, height(way.x.at(-1)!, way.y.at(-1)!), difference])
    }
    await table('valley', { columns: ['rule', 'learning rate', 'height at the end', 'difference from the formula'], rows })
    const [columns, lines] = [61, 41] as const
    const [xRange, yRange] = [
      [-6, 2],
      [-3, 2],
    ] as const
    const values = Array.from({ length: columns * lines }, (_, i) =>
      height(
        xRange[0] + ((xRange[1] - xRange[0]) * (i % columns)) / (columns - 1),
        yRange[0] + ((yRange[1] - yRange[0]) * Math.floor(i / columns)) / (lines - 1),
      ),
    )
    const paths = (names: readonly string[]) => ways.filter(({ name }) => names.includes(name))
    for (const [name, title, shown] of [
      ['momentum', 'momentum', ['gradient descent', 'momentum', 'Nesterov']],
      ['adaptive', 'a rate for each coordinate', ['Adagrad', 'RMSProp', 'Adadelta', 'Adam', 'AdamW']],
    ] as const)
      await plot(`paths-${name}`, {
        kind: 'contour',
        title: `Ways into the valley 0.1 x^2 + 2 y^2: ${title}`,
        x: 'x',
        y: 'y',
        values,
        shape: [lines, columns],
        xRange,
        yRange,
        paths: paths(shown),
      })

    // Batches.
    const data = options.data === 'airfoil' ? await airfoilRows(options.rows, report) : madeUpRows(options.rows)
    const count = data.x.shape[0]!
    const sizes = [
      { name: 'batch', batchSize: count, lr: 0.5, times: 3 * epochs },
      { name: 'mini-batch of 100', batchSize: Math.min(100, count), lr: 0.3, times: epochs },
      { name: 'mini-batch of 10', batchSize: 10, lr: 0.05, times: epochs },
      { name: 'stochastic', batchSize: 1, lr: 0.005, times: epochs },
    ]
    const byBatch: { name: string; curve: Curve }[] = []
    for (const [i, { name, batchSize, lr, times }] of sizes.entries()) {
      doing('batch sizes', i, sizes.length)
      if (signal.aborted) return stopped()
      const make = (params: ConstructorParameters<typeof SGD>[0]) => new SGD(params, { lr })
      byBatch.push({ name, curve: await fit(data, { make, batchSize, epochs: times, seed, signal }) })
    }
    await plot('batches', {
      kind: 'lines',
      title: `Batch, mini-batch and stochastic descent (${data.name})`,
      x: 'epochs',
      y: { label: 'half squared error', log: true },
      series: byBatch.map(lineOf),
    })

    // Rules on data.
    const byRule: { name: string; curve: Curve }[] = []
    for (const [i, { name, make }] of rules.entries()) {
      doing('rules', i, rules.length)
      if (signal.aborted) return stopped()
      const settings = { make: (params: Parameters<typeof make>[0]) => make(params, dataRates[name]!), batchSize: 10 }
      byRule.push({ name, curve: await fit(data, { ...settings, epochs, seed, signal }) })
    }
    await plot('rules', {
      kind: 'lines',
      title: `Update rules, batches of 10 (${data.name})`,
      x: 'epochs',
      y: { label: 'half squared error', log: true },
      series: byRule.map(lineOf),
    })
    await table('data', {
      columns: ['what', 'last half squared error', 'seconds'],
      rows: [...byBatch, ...byRule].map(({ name, curve }) => [name, curve.losses.at(-1)!, curve.seconds]),
    })

    // Schedules and averages need no data.
    await plot('schedules', {
      kind: 'lines',
      title: 'Learning rates over a run of 140 steps',
      x: 'step',
      y: 'learning rate',
      series: ratesOver(140).map(({ name, rates }) => ({ name, y: rates })),
    })
    const { noisy, plain, corrected } = averages(100, 0.9, seed)
    await plot('averages', {
      kind: 'lines',
      title: 'Moving averages, beta = 0.9',
      x: 'step',
      y: 'value',
      series: [
        { name: 'values', y: noisy, faint: true },
        { name: 'average from 0 on', y: plain },
        { name: 'corrected by 1 - beta^t', y: corrected },
      ],
    })
    const best = byRule.reduce((a, b) => (b.curve.losses.at(-1)! < a.curve.losses.at(-1)! ? b : a))
    log(`lowest error on the data: ${best.name}, ${best.curve.losses.at(-1)!.toFixed(4)}`)
    return {
      stopped: signal.aborted,
      summary: {
        data: data.name,
        largest_difference_from_formula: worst,
        batch_loss: byBatch[0]!.curve.losses.at(-1)!,
        minibatch_loss: byBatch[2]!.curve.losses.at(-1)!,
        adam_loss: byRule.find(({ name }) => name === 'Adam')!.curve.losses.at(-1)!,
      },
    }
  },
}

const lineOf = ({ name, curve }: { name: string; curve: Curve }): Line => ({ name, x: curve.epochs, y: curve.losses })
