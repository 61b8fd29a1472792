/** The lab `losses`: what they look like, how hard they pull, and what an outlier does to them. */
import type { Line, LinesPicture } from '@nabla/pictures'
import { compile, type Tensor, tensor, zeros } from 'nabla'
import { functional as F } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import type { Lab } from '../../lab.js'
import { curves, evaluate, type LossCurve } from './curves.js'
import { notes } from './notes.js'

const options = {
  points: { kind: 'number', help: 'points of each curve', whole: true, atLeast: 10, default: 120 },
  steps: { kind: 'number', help: 'steps of the fit with an outlier', whole: true, atLeast: 10, default: 2000 },
} as const

/** From where to where each kind of curve is drawn, and at which points its numbers stand in the table. */
const ranges: Readonly<Record<LossCurve['of'], { low: number; high: number; shown: readonly number[]; axis: string }>> = {
  error: { low: -3, high: 3, shown: [-2, -0.5, 0.5, 2], axis: 'error: prediction - truth' },
  logit: { low: -4, high: 4, shown: [-2, -0.5, 0.5, 2], axis: 'logit of the true class' },
  probability: { low: 0.05, high: 0.95, shown: [0.1, 0.3, 0.7, 0.9], axis: 'probability' },
  distance: { low: 0.01, high: 2.5, shown: [0.2, 0.8, 1.2, 2], axis: 'distance of the pair' },
}

/** Nine numbers around 1, and one that is far off. */
const measured = [0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 20]

const fits = {
  squared: (x: Tensor, y: Tensor) => F.mseLoss(x, y),
  absolute: (x: Tensor, y: Tensor) => F.l1Loss(x, y),
  huber: (x: Tensor, y: Tensor) => F.huberLoss(x, y),
}

export const losses: Lab<typeof options> = {
  id: 'losses',
  title: 'Losses: curves, derivatives, outliers',
  chapter: 'foundations',
  notes,
  options,
  presets: { smoke: { points: 20, steps: 100 }, quick: {}, full: {} },
  targets: [{ metric: 'largest_gradient_error', atMost: 1e-9, source: 'autograd against the formula' }],

  async run({ options: { points, steps }, signal, plot, table, doing, log }) {
    const rows: (string | number)[][] = []
    const drawn = new Map<LossCurve['of'], Line[]>()
    let worst = 0
    for (const [i, curve] of curves.entries()) {
      doing('curves', i, curves.length)
      await new Promise((resolve) => setTimeout(resolve)) // so that a stop is heard on devices that compute at once
      if (signal.aborted) return { stopped: true, summary: { largest_gradient_error: worst } }
      const { low, high, shown } = ranges[curve.of]
      const count = 2 * Math.ceil(points / 2) // an even number: none at 0
      const at = Float64Array.from({ length: count }, (_, j) => low + ((high - low) * j) / (count - 1))
      const { values, slopes, error } = await evaluate(curve, tensor(Float64Array.of(...at, ...shown)))
      worst = Math.max(worst, error)
      drawn.set(curve.of, [
        ...(drawn.get(curve.of) ?? []),
        { name: curve.name, panel: 'loss', x: at, y: values.subarray(0, count) },
        { name: curve.name, panel: 'derivative', x: at, y: slopes.subarray(0, count) },
      ])
      for (const [j, point] of shown.entries())
        rows.push([curve.name, curve.formula, curve.of, point, values[count + j]!, slopes[count + j]!])
    }
    await table('values', { columns: ['loss', 'formula', 'as a function of', 'at', 'value', 'derivative'], rows })
    for (const [of, series] of drawn) {
      const picture: LinesPicture = {
        kind: 'lines',
        title: `Losses as functions of the ${of}`,
        x: ranges[of].axis,
        y: '',
        series,
        height: 560,
      }
      await plot(of, picture)
    }
    const centres = await fitted(steps)
    log(
      `a constant fitted to nine numbers near 1 and one at 20: ${centres.map(([name, at]) => `${name} ${at.toFixed(3)}`).join(', ')}`,
    )
    await plot('outlier', {
      kind: 'bars',
      title: 'Nine numbers near 1 and one at 20: where each loss puts the constant',
      y: 'fitted constant',
      labels: centres.map(([name]) => name),
      series: [{ name: 'constant', values: centres.map(([, at]) => at) }],
    })
    return {
      stopped: false,
      summary: {
        losses: curves.length,
        largest_gradient_error: worst,
        ...Object.fromEntries(centres.map(([name, at]) => [`centre_${name}`, at])),
      },
    }
  },
}

/** Where gradient descent on each loss leaves a constant. */
async function fitted(steps: number): Promise<[name: string, at: number][]> {
  const y = tensor(measured)
  const found: [string, number][] = []
  for (const [name, loss] of Object.entries(fits)) {
    const constant = zeros([1])
    constant.requiresGrad = true
    const optimizer = new SGD([constant], { lr: 0.02 })
    const step = compile(() => {
      loss(constant.expand(y.shape), y).backward()
      optimizer.step()
    })
    for (let i = 0; i < steps; i++) step()
    found.push([name, await constant.item()])
  }
  return found
}
