/** The lab `activations`: nine functions with their derivatives, and what a network makes of each. */
import type { Line, LinesPicture } from '@nabla/pictures'
import { grad, linspace, manualSeed, tensor } from 'nabla'
import { Adam } from 'nabla/optim'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { fit, imageOptions, images } from '../images.js'
import { curves } from './curves.js'
import { network } from './network.js'
import { notes } from './notes.js'

const options = {
  ...imageOptions,
  epochs: { ...imageOptions.epochs, default: 3 },
  trainSize: { ...imageOptions.trainSize, default: 20_000 },
  width: { kind: 'number', help: 'neurons in each of two hidden layers', whole: true, atLeast: 1, default: 64 },
  lr: { kind: 'number', help: "Adam's learning rate", above: 0, default: 0.002 },
} as const

type Context = LabContext<OptionValues<typeof options>>

export const activationsLab: Lab<typeof options> = {
  id: 'activations',
  title: 'Activations and their derivatives',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { epochs: 1, trainSize: 200, testSize: 100, batchSize: 100, width: 16 },
    quick: {},
    full: { epochs: 10, trainSize: 60_000, width: 256 },
  },
  targets: [{ metric: 'derivative_error', atMost: 1e-5, source: "autograd's derivatives are those of the formulas" }],

  async run(context) {
    const error = await drawCurves(context)
    const accuracies = await compare(context)
    return {
      stopped: context.signal.aborted,
      summary: {
        derivative_error: error,
        ...Object.fromEntries([...accuracies].map(([name, accuracy]) => [`test_accuracy_${name.toLowerCase()}`, accuracy])),
      },
    }
  },
}

/** All curves with their derivatives; gives the largest difference between autograd and the formulas. */
async function drawCurves(context: Context): Promise<number> {
  const x = linspace(-5, 5, 401).requiresGrad_()
  const xs = await x.data()
  const rows: (string | number)[][] = []
  const pictures: LinesPicture[] = []
  let worst = 0
  for (const { name, f, derivative, kinks = [] } of curves) {
    const y = f(x)
    const [values, slopes] = [await y.detach().data(), await grad(y.sum(), x)[0]!.data()]
    const error = Math.max(
      ...Array.from(slopes, (slope, i) =>
        kinks.some((k) => Math.abs(xs[i]! - k) < 1e-3) ? 0 : Math.abs(slope - derivative(xs[i]!)),
      ),
    )
    worst = Math.max(worst, error)
    const [least, most] = [Math.min(...slopes), Math.max(...slopes)]
    rows.push([name, values[200]!, slopes[200]!, Math.min(...values), Math.max(...values), least, most, error])
    const series: Line[] = [
      { name: 'f', x: xs, y: values },
      { name: 'derivative', x: xs, y: slopes },
    ]
    pictures.push({
      kind: 'lines',
      title: name,
      x: 'x',
      y: { label: 'value', range: [-1.5, 3] },
      series: series.map(clip),
      width: 320,
      height: 260,
    })
  }
  await context.table('activations', {
    columns: ['activation', 'f(0)', "f'(0)", 'least on -5..5', 'largest', 'least slope', 'largest slope', 'autograd − formula'],
    rows,
  })
  await context.plot('activations', {
    kind: 'figure',
    title: 'Activations and their derivatives by autograd',
    rows: [0, 3, 6].map((i) => pictures.slice(i, i + 3)),
  })
  await context.plot('vanishing', await vanishing())
  return worst
}

/** What lies outside of the picture leaves a gap. */
const clip = (line: Line): Line => ({
  ...line,
  x: Array.from(line.x!).filter((_, i) => line.y[i]! <= 3 && line.y[i]! >= -1.5),
  y: Array.from(line.y).filter((v) => v <= 3 && v >= -1.5),
})

/** The slope of each function applied again and again: what is left of a gradient after that many layers. */
async function vanishing(): Promise<LinesPicture> {
  const depths = Array.from({ length: 20 }, (_, i) => i + 1)
  const series: Line[] = []
  for (const { name, f } of curves.filter(({ name }) => ['sigmoid', 'tanh', 'ReLU', 'ELU', 'SiLU'].includes(name))) {
    const y = []
    let value = await linspace(0.05, 3, 60).data()
    let slopes = Array.from(value, () => 1)
    for (const _ of depths) {
      const x = tensor(value).requiresGrad_()
      const next = f(x)
      const own = await grad(next.sum(), x)[0]!.data()
      value = await next.detach().data()
      slopes = slopes.map((slope, i) => slope * own[i]!) // the chain rule
      y.push(slopes.reduce((sum, slope) => sum + Math.abs(slope), 0) / slopes.length)
    }
    series.push({ name, x: depths, y, dots: true })
  }
  return {
    kind: 'lines',
    title: 'What is left of a gradient after so many activations in a row (mean over inputs 0.05 to 3, weights of 1)',
    x: 'activations in a row',
    y: { label: 'mean slope', log: true },
    series,
  }
}

/** Two hidden layers with each activation, the same first seed. */
async function compare(context: Context): Promise<Map<string, number>> {
  const { epochs, batchSize, lr, width } = context.options
  const { train, test } = await images(context, context.options, true)
  const series: Line[] = []
  const accuracies = new Map<string, number>()
  for (const { name } of curves) {
    if (context.signal.aborted) break
    manualSeed(context.seed)
    const model = network(name, width)
    const optimizer = new Adam(model.parameters(), { lr })
    const curve = await fit({ name, model, optimizer, train, test, epochs, batchSize, seed: context.seed }, context)
    if (curve.testAccuracy.length < epochs) break
    accuracies.set(name, curve.testAccuracy.at(-1)!)
    series.push({ name, x: curve.epochs, y: curve.trainLoss, dots: true })
    context.log(`${name}: test accuracy ${curve.testAccuracy.at(-1)!.toFixed(4)}`)
  }
  if (accuracies.size > 0) {
    await context.plot('losses', {
      kind: 'lines',
      title: `Two hidden layers of ${width} on ${context.options.data}`,
      x: 'epoch',
      y: 'training loss',
      series,
    })
    await context.plot('accuracies', {
      kind: 'bars',
      title: `Test accuracy after ${epochs} epochs`,
      labels: [...accuracies.keys()],
      y: 'accuracy',
      series: [{ name: 'test accuracy', values: [...accuracies.values()] }],
    })
  }
  return accuracies
}
