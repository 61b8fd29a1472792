/** The lab `logistic-regression`: two classes parted by a line, by a curve, and by one that is held back. */
import type { Picture } from '@nabla/pictures'
import { grad, linspace, type Tensor } from 'nabla'
import { DataLoader, stratifiedSplit, TensorDataset } from 'nabla/data'
import { functional as F, Linear } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { Trainer } from 'nabla/train'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { boundary } from '../plane.js'
import { blobs, type Examples, flowers, ring, tensorsOf } from './examples.js'
import { type Fit, fitLogistic, gradients, logLoss, powers } from './logistic.js'
import { notes } from './notes.js'
import { surfaces } from './surfaces.js'

const options = {
  data: {
    kind: 'choice',
    help: 'what a line is to part: petals of iris, or made-up blobs',
    values: ['iris', 'blobs'],
    default: 'iris',
  },
  steps: { kind: 'number', help: 'steps of descent', whole: true, atLeast: 1, default: 1000 },
  lr: { kind: 'number', help: 'learning rate', above: 0, default: 1 },
  degree: { kind: 'number', help: 'highest degree of the polynomial features', whole: true, atLeast: 1, default: 8 },
  lambda: { kind: 'number', help: 'penalty that suits them', atLeast: 0, default: 0.3 },
  ringSize: {
    kind: 'number',
    help: 'points inside and outside of the oval to learn from',
    whole: true,
    atLeast: 20,
    default: 120,
  },
  ringSteps: { kind: 'number', help: 'steps of descent for the polynomials', whole: true, atLeast: 1, default: 5000 },
} as const

type Context = LabContext<OptionValues<typeof options>>
type Summary = Record<string, number | string | null>

export const logisticRegression: Lab<typeof options> = {
  id: 'logistic-regression',
  title: 'Logistic regression: log loss, boundaries, polynomials held back',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { data: 'blobs', steps: 60, ringSteps: 60, degree: 4, ringSize: 60 },
    quick: {},
    full: { ringSteps: 30_000 },
  },
  targets: [
    { metric: 'accuracy', atLeast: 0.93, source: 'a line parts versicolor from virginica by their petals' },
    { metric: 'gradient_error', atMost: 1e-5, source: 'the gradient written out is that of autograd' },
  ],

  async run(context) {
    const summary: Summary = {}
    for (const part of [line, curve, lossCurves]) {
      if (context.signal.aborted) break
      Object.assign(summary, await part(context))
    }
    return { stopped: context.signal.aborted, summary }
  },
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0)

const logits = (x: Tensor, { w, b }: Pick<Fit, 'w' | 'b'>): Tensor => x.matmul(w).add(b)

const accuracy = (z: Tensor, y: Tensor): Promise<number> => z.gt(0).eq(y.gt(0.5)).float().mean().item()

/** Two figures, one line: from scratch and with the library. */
async function line(context: Context): Promise<Summary> {
  const { data, steps, lr } = context.options
  const how = context.report === undefined ? {} : { report: context.report }
  const examples = data === 'iris' ? await flowers(how) : blobs(100, context.seed)
  const { x: raw, y } = tensorsOf(examples)
  const { std, mean } = raw.stdMean(0, { keepdim: true })
  const x = raw.sub(mean).div(std).realize()

  const { w, b, costs } = await fitLogistic(x, y, { lr, steps }, context)
  const model = new Linear(2, 1)
  const trainer = new Trainer<Tensor[]>({
    model,
    optimizer: new SGD(model.parameters(), { lr }),
    step: ([x, y]) => F.binaryCrossEntropyWithLogits(model.forward(x!), y!),
    train: new DataLoader(new TensorDataset(x, y), { batchSize: x.size(0) }),
    steps,
  })
  await trainer.fit({ signal: context.signal })
  for (const [step, loss] of costs.entries()) if (step % 20 === 0) context.metrics({ kind: 'step', step: step + 1, loss })

  const [tw, tb] = [w.clone().requiresGrad_(), b.clone().requiresGrad_()]
  const auto = grad(F.binaryCrossEntropyWithLogits(x.matmul(tw).add(tb), y), [tw, tb])
  const own = gradients(x, y, w, b)
  const gradientError = Math.max(
    largest(await own.w.data(), await auto[0]!.data()),
    largest(await own.b.data(), await auto[1]!.data()),
  )

  const found = await accuracy(logits(x, { w, b }), y)
  const concise = await accuracy(model.forward(x).detach(), y)
  await context.table('line', {
    columns: ['way', 'w1', 'w2', 'b', 'accuracy'],
    rows: [
      ['from scratch', ...(await w.data()), ...(await b.data()), found],
      ['concise', ...(await model.weight.data()), ...(await model.bias!.data()), concise],
    ],
  })
  await context.plot('boundary', {
    ...(await boundaryOf(examples, (points) => logits(points.sub(mean).div(std), { w, b }))),
    title: `Where a neuron is of two minds: w x + b = 0, accuracy ${found.toFixed(2)}`,
  })
  const { picture, bent } = await surfaces(x.slice(1, 0, 1), y)
  await context.plot('surfaces', picture)
  context.log(
    `accuracy ${found.toFixed(3)}; log loss bends down on ${(100 * bent.log).toFixed(1)} % of its surface, squared error on ${(100 * bent.squared).toFixed(1)} %`,
  )
  return {
    data,
    accuracy: found,
    concise_accuracy: concise,
    log_loss: costs.at(-1) ?? null,
    gradient_error: gradientError,
    not_convex_log: bent.log,
    not_convex_squared: bent.squared,
  }
}

const boundaryOf = ({ names: [x, y], classes, points, labels }: Examples, z: (points: Tensor) => Tensor) =>
  boundary({ x, y, classes, width: 420, height: 380 }, { x: points.map((p) => p[0]), y: points.map((p) => p[1]), labels }, (at) =>
    z(at).flatten().gt(0),
  )

/** No line parts a ring; powers of the coordinates do, and too many of them need a penalty. */
async function curve(context: Context): Promise<Summary> {
  const { degree, lambda, ringSize, ringSteps } = context.options
  const all = ring(ringSize + 1000, context.seed)
  const parts = stratifiedSplit(all.labels, [ringSize / all.labels.length, 1000 / all.labels.length], { seed: context.seed })
  const part = (rows: Uint32Array): Examples => ({
    ...all,
    points: Array.from(rows, (i) => all.points[i]!),
    labels: Array.from(rows, (i) => all.labels[i]!),
  })
  const [train, test] = [part(parts[0]!), part(parts[1]!)]
  const [own, unseen] = [tensorsOf(train), tensorsOf(test)]
  const pictures: Picture[] = []
  const rows: (string | number)[][] = []
  const summary: Summary = {}
  for (const [name, features, strength] of [
    ['line', 1, 0],
    ['free', degree, 0],
    ['held_back', degree, lambda],
    ['held_fast', degree, 300 * lambda],
  ] as const) {
    if (context.signal.aborted) return summary
    const x = powers(own.x, features)
    const { std, mean } = x.stdMean(0, { keepdim: true })
    const scaled = (points: Tensor): Tensor => powers(points, features).sub(mean).div(std)
    // Heavy penalties bend the cost: the rate stays below what the penalty alone allows.
    const lr = Math.min(1, ringSize / (strength + 1e-9))
    const fit = await fitLogistic(
      scaled(own.x).realize(),
      own.y,
      { lr, steps: ringSteps, lambda: strength, momentum: 0.9 },
      context,
    )
    const [a, b] = [await accuracy(logits(scaled(own.x), fit), own.y), await accuracy(logits(scaled(unseen.x), fit), unseen.y)]
    const loss = await logLoss(logits(scaled(unseen.x), fit), unseen.y)
      .mean()
      .item()
    rows.push([features, strength, x.size(1), await fit.w.norm().item(), a, b, loss])
    summary[`test_accuracy_${name}`] = b
    summary[`test_loss_${name}`] = loss
    const title = `degree ${features}, λ ${strength}: test accuracy ${b.toFixed(2)}, log loss ${loss.toFixed(2)}`
    pictures.push({ ...(await boundaryOf(train, (points) => logits(scaled(points), fit))), title })
  }
  await context.table('polynomials', {
    columns: ['degree', 'lambda', 'features', 'norm of w', 'training accuracy', 'test accuracy', 'test log loss'],
    rows,
  })
  await context.plot('polynomials', {
    kind: 'figure',
    title: 'Too stiff, too free, held back, held too fast',
    rows: [pictures.slice(0, 2), pictures.slice(2)],
  })
  context.log(
    `degree ${degree}: test loss ${Number(summary.test_loss_free).toFixed(3)} without a penalty, ${Number(summary.test_loss_held_back).toFixed(3)} with λ ${lambda}`,
  )
  return summary
}

/** What each loss says of one example, by the neuron's weighted sum. */
async function lossCurves(context: Context): Promise<Summary> {
  const z = linspace(-6, 6, 121)
  const one = z.mul(0).add(1)
  const x = await z.data()
  const curves = { 'log loss': logLoss(z, one), 'squared error': z.sigmoid().sub(one).square(), 'hinge (SVM)': one.sub(z).relu() }
  await context.plot('losses', {
    kind: 'lines',
    title: 'What an example of class 1 costs: log loss pulls where the neuron is surely wrong, the squared error lies flat',
    x: 'w x + b',
    y: 'loss',
    series: await Promise.all(Object.entries(curves).map(async ([name, y]) => ({ name, x, y: await y.data() }))),
  })
  return {}
}
