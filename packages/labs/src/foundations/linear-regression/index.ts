/** The lab `linear-regression`: a line through points, by formula and by descent; what scaling does to descent, and when it has arrived. */
import type { ContourPicture, Line } from '@nabla/pictures'
import { type Tensor, tensor } from 'nabla'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { over, type PlaneGrid, rangeOf } from '../plane.js'
import { byEpsilon, byPlateau, descend } from './descent.js'
import { curvature, houses, priceOf, scaled, scalings } from './houses.js'
import { notes } from './notes.js'
import { concise, examples, fromScratch, leastSquares, normalEquations, truth } from './three-ways.js'

const options = {
  examples: { kind: 'number', help: 'points of the made-up line', whole: true, atLeast: 10, default: 1000 },
  noise: { kind: 'number', help: 'standard deviation of their noise', atLeast: 0, default: 0.01 },
  epochs: { kind: 'number', help: 'times through them', whole: true, atLeast: 1, default: 3 },
  batchSize: { kind: 'number', help: 'points in a step', whole: true, atLeast: 1, default: 10 },
  lr: { kind: 'number', help: 'learning rate of that descent', above: 0, default: 0.03 },
  houses: { kind: 'number', help: 'houses for the comparison of scalings', whole: true, atLeast: 10, default: 200 },
  steps: { kind: 'number', help: 'at most so many steps for each scaling', whole: true, atLeast: 50, default: 3000 },
} as const

type Context = LabContext<OptionValues<typeof options>>

type Summary = Record<string, number | string | null>

export const linearRegression: Lab<typeof options> = {
  id: 'linear-regression',
  title: 'Linear regression: by formula, by hand, by the library',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { examples: 200, epochs: 5, lr: 0.1, houses: 60, steps: 100 },
    quick: {},
    full: { steps: 20_000 },
  },
  targets: [
    { metric: 'largest_error', atMost: 0.01, source: 'Dive into Deep Learning 3.2 and 3.3: the true weights are found' },
    { metric: 'gap_to_formula', atMost: 0.01, source: 'descent arrives where the formula says' },
  ],

  async run(context) {
    const summary: Summary = {}
    for (const part of [threeWays, compareScalings, convergence]) {
      if (context.signal.aborted) break
      Object.assign(summary, await part(context))
    }
    return { stopped: context.signal.aborted, summary }
  },
}

const largest = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))

/** The true weights found by four ways. */
async function threeWays(context: Context): Promise<Summary> {
  const { examples: count, noise, epochs, batchSize, lr } = context.options
  const { x, y } = examples(count, noise)
  const losses: Record<'scratch' | 'concise', number[]> = { scratch: [], concise: [] }
  const descent = (name: keyof typeof losses) => ({
    epochs,
    batchSize,
    lr,
    seed: context.seed,
    signal: context.signal,
    onStep: (loss: number) => {
      context.metrics({ kind: 'step', run: name, step: losses[name].push(loss), loss })
    },
  })
  const ways = {
    truth,
    'normal equations': await normalEquations(x, y),
    pseudoinverse: await leastSquares(x, y),
    'descent, from scratch': await fromScratch(x, y, descent('scratch')),
    'descent, concise': await concise(x, y, descent('concise')),
  }
  await context.table('three-ways', {
    columns: ['way', 'w1', 'w2', 'b', 'largest error'],
    rows: Object.entries(ways).map(([name, found]) => [name, ...found, largest(found, truth)]),
  })
  await context.plot('loss', {
    kind: 'lines',
    title: `Mini-batch descent, ${batchSize} of ${count} points a step, learning rate ${lr}`,
    x: 'step',
    y: { label: 'half squared error', log: true },
    series: Object.entries(losses).map(([name, y]) => ({ name, y, x: y.map((_, i) => i + 1) })),
  })
  const error = Math.max(...Object.values(ways).map((found) => largest(found, truth)))
  const gap = largest(ways['descent, from scratch'], ways.pseudoinverse)
  context.log(`true weights ${truth.join(', ')}; largest error of all ways ${error.toFixed(5)}`)
  return { largest_error: error, gap_to_formula: gap }
}

/** Half the mean squared error of x w - y, for every w of a grid. */
const cost = (x: Tensor, y: Tensor) => (w: Tensor) => x.matmul(w.to(x.dtype).t()).sub(y).square().mean(0).div(2)

/** The same descent with features as they are and scaled in three ways. */
async function compareScalings(context: Context): Promise<Summary> {
  const { steps, houses: count } = context.options
  const { signal } = context
  const { x, y } = houses(count, context.seed)
  const best = await leastSquares(x, y)
  const floor = await cost(x, y.sub(best[2]!))(tensor([best.slice(0, 2)], { dtype: 'float64' })).item()
  const series: Line[] = []
  const rows: (string | number | null)[][] = []
  const summary: Summary = {}
  for (const [i, [name, scaling]] of Object.entries(scalings).entries()) {
    context.doing('scalings', i, 4)
    const s = scaling(x)
    const features = scaled(x, s).realize()
    const { least, most } = await curvature(features)
    const start = (await y.square().mean().div(2).item()) - floor
    const near = (costs: readonly number[]): boolean => costs.at(-1)! - floor < 1e-4 * start
    const { costs, path } = await descend(features, y, { lr: 1 / most, steps, signal, until: near })
    const arrived = near(costs) ? costs.length - 1 : null
    const [w1, w2, b] = path.at(-1)!
    const [shift, scale] = [await s.shift.data(), await s.scale.data()]
    const own = [w1! / scale[0]!, w2! / scale[1]!] // back to thousands a square metre and a room
    rows.push([name, most / least, 1 / most, arrived, ...own, b! - own[0]! * shift[0]! - own[1]! * shift[1]!])
    series.push({ name, y: costs.map((c) => c - floor), x: costs.map((_, k) => k + 1) })
    summary[`steps_${name.replace('-', '_')}`] = arrived
    context.log(
      `${name}: condition ${(most / least).toPrecision(3)}, ${arrived === null ? `not there after ${costs.length} steps` : `there after ${arrived} steps`}`,
    )
  }
  rows.push(['formula', null, null, null, ...best], ['truth', null, null, null, priceOf.area, priceOf.rooms, priceOf.base])
  await context.table('scalings', {
    columns: ['scaling', 'condition number', 'learning rate', 'steps', 'thousands a m²', 'thousands a room', 'base'],
    rows,
  })
  await context.plot('scalings', {
    kind: 'lines',
    title: 'What scaling saves: descent on prices of houses, each at the learning rate that suits it',
    x: { label: 'step', log: true },
    y: { label: 'cost above the least', log: true },
    series,
  })
  const centred = x.sub(x.mean(0, { keepdim: true }))
  const target = y.sub(y.mean())
  const z = scaled(x, scalings['z-score']!(x))
  await context.plot('contours', {
    kind: 'figure',
    title: 'The same cost in the features’ own units, and with both scaled to deviation 1',
    rows: [[await contours('own units, centred', centred, target, context), await contours('z-score', z, target, context)]],
  })
  return summary
}

/** The cost over both weights, with the way of 40 steps of descent at 0.95 of the rate that would no longer converge. */
async function contours(title: string, x: Tensor, y: Tensor, { signal }: Context): Promise<ContourPicture> {
  const { most } = await curvature(x, false)
  const [w1, w2] = await leastSquares(x, y)
  const away = title === 'z-score' ? -0.5 : 20
  const from = tensor([[0.1 * w1!], [w2! + 0.9 * w1! * away]], { dtype: 'float64' })
  const { path } = await descend(x, y, { lr: 1.9 / most, steps: 40, signal, bias: false, from })
  const [px, py] = [0, 1].map((i) => path.map((place) => place[i]!))
  const grid: PlaneGrid = {
    xRange: rangeOf([...px!, 2 * w1! - px![0]!], 0.1),
    yRange: rangeOf([...py!, 2 * w2! - py![0]!], 0.1),
    shape: [80, 80],
  }
  const values = await over(grid, cost(x.float(), y.float()))
  return {
    kind: 'contour',
    title,
    x: 'weight of the area',
    y: 'weight of the rooms',
    ...grid,
    values,
    log: true,
    value: 'cost',
    paths: [{ name: '40 steps', x: px!, y: py! }],
    width: 460,
    height: 400,
  }
}

/** Two rules for when a descent has arrived, at three learning rates; and one rate that is too large. */
async function convergence(context: Context): Promise<Summary> {
  const { steps, houses: count } = context.options
  const { signal } = context
  const { x, y } = houses(count, context.seed)
  const features = scaled(x, scalings['z-score']!(x)).realize()
  const { most } = await curvature(features)
  const best = await leastSquares(features, y)
  const floor = await cost(features, y.sub(best[2]!))(tensor([best.slice(0, 2)], { dtype: 'float64' })).item()
  const rules = {
    'plateau: 20 steps gain less than 0.1 %': byPlateau(20, 1e-3),
    'epsilon 10': byEpsilon(10),
    'epsilon 0.1': byEpsilon(0.1),
    'epsilon 0.001': byEpsilon(1e-3),
  }
  const series: Line[] = []
  const rows: (string | number | null)[][] = []
  for (const share of [0.002, 0.02, 0.5, 2.05]) {
    context.doing('learning rates', rows.length, 12)
    const lr = share / most
    const { costs, path } = await descend(features, y, { lr, steps: share > 2 ? 60 : Math.min(steps, 2000), signal })
    series.push({
      name: `learning rate ${lr.toPrecision(2)}`,
      y: costs.slice(0, 400),
      x: costs.slice(0, 400).map((_, i) => i + 1),
    })
    if (share > 2) continue
    for (const [rule, converged] of Object.entries(rules)) {
      const at = costs.findIndex((_, i) => converged(costs.slice(Math.max(0, i - 20), i + 1)))
      rows.push([lr, rule, at < 0 ? null : at, at < 0 ? null : costs[at]! / floor - 1, at < 0 ? null : largest(path[at]!, best)])
    }
  }
  await context.table('convergence', {
    columns: ['learning rate', 'rule', 'says so at step', 'cost above the least, as a share', 'largest error of a weight'],
    rows,
  })
  await context.plot('learning-rates', {
    kind: 'lines',
    title: 'Too small, small, right, too large (prices of houses, z-scores)',
    x: { label: 'step', log: true },
    y: { label: 'cost', log: true },
    series,
  })
  return {}
}
