/** The lab `model-selection`: how complex a model should be, and how one finds out. */
import type { Line, Picture } from '@nabla/pictures'
import { noGrad, type Tensor, tensor } from 'nabla'
import { DataLoader, kFold, TensorDataset } from 'nabla/data'
import { functional as F, Linear } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { Trainer } from 'nabla/train'
import { paced } from '../../pace.js'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { boundary } from '../plane.js'
import { notes } from './notes.js'
import { cubic, cubicNoise, error, leastSquares, measured, part, predict, tamedPowers, wave } from './polynomials.js'
import { circle, cover, labelings, quadratic, separable } from './shatter.js'

const options = {
  examples: { kind: 'number', help: 'points of the cubic, half of them to test', whole: true, atLeast: 40, default: 200 },
  epochs: { kind: 'number', help: 'of descent on them', whole: true, atLeast: 1, default: 400 },
  degree: { kind: 'number', help: 'highest degree tried', whole: true, atLeast: 4, default: 12 },
  folds: { kind: 'number', help: 'parts of the cross-validation', whole: true, atLeast: 2, default: 5 },
  points: { kind: 'number', help: 'points of the wave in a data set', whole: true, atLeast: 10, default: 25 },
  noise: { kind: 'number', help: "deviation of the wave's noise", atLeast: 0, default: 0.3 },
  dataSets: { kind: 'number', help: 'data sets for bias and variance', whole: true, atLeast: 2, default: 200 },
  shatter: { kind: 'number', help: 'most points whose labelings are tried', whole: true, atLeast: 4, default: 8 },
  corrections: { kind: 'number', help: 'corrections that a perceptron gets', whole: true, atLeast: 100, default: 20_000 },
} as const

type Context = LabContext<OptionValues<typeof options>>
type Summary = Record<string, number | string | null>

export const modelSelection: Lab<typeof options> = {
  id: 'model-selection',
  title: 'Model selection: too simple, too complex, and how to tell',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { examples: 60, epochs: 4, degree: 6, dataSets: 4, shatter: 4, corrections: 200 },
    quick: {},
    full: { epochs: 1500, dataSets: 2000, corrections: 100_000 },
  },
  targets: [
    { metric: 'shattered_by_line', atLeast: 3, atMost: 3, source: 'VC dimension of lines in the plane: 3' },
    { metric: 'decomposition_gap', atMost: 0.05, source: 'bias² + variance + noise is the error' },
  ],

  async run(context) {
    const summary: Summary = {}
    for (const study of [curves, chooseDegree, biasAndVariance, shattering]) {
      if (context.signal.aborted) break
      Object.assign(summary, await study(context))
    }
    return { stopped: context.signal.aborted, summary }
  },
}

/** Descent on three polynomials: too stiff, right, too free. */
async function curves(context: Context): Promise<Summary> {
  const { examples, epochs } = context.options
  const all = measured(cubic, examples, cubicNoise, 'normal', context.seed)
  const half = examples >> 1
  const index = all.x.map((_, i) => i)
  const [train, test] = [part(all, index.slice(0, half)), part(all, index.slice(half))]
  const series: Line[] = []
  const summary: Summary = {}
  for (const [name, degree, count] of [
    ['underfit', 1, half],
    ['fit', 3, half],
    ['overfit', 19, Math.min(20, half)],
  ] as const) {
    const own = part(train, index.slice(0, count))
    const data = ({ x, y }: typeof own) =>
      new TensorDataset(tensor(x.map((v) => tamedPowers(v, degree))), tensor(y.map((v) => [v])))
    const model = new Linear(degree + 1, 1, { bias: false })
    noGrad(() => model.weight.zero_())
    const [x, trained, tested]: number[][] = [[], [], []]
    const trainer = new Trainer<Tensor[]>({
      model,
      optimizer: new SGD(model.parameters(), { lr: 0.01 }),
      step: ([x, y]) => F.mseLoss(model.forward(x!), y!),
      train: new DataLoader(data(own), { batchSize: 10, shuffle: true, seed: context.seed }),
      evaluation: new DataLoader(data(test), { batchSize: test.x.length }),
      evaluateEvery: { epochs: Math.ceil(epochs / 100) },
      epochs,
      callbacks: [
        {
          onEpoch: ({ epoch, train, evaluation }) => {
            context.doing(name, epoch, epochs)
            if (!evaluation) return
            x!.push(epoch)
            trained!.push(train.loss!)
            tested!.push(evaluation.loss!)
          },
        },
      ],
    })
    const result = await trainer.fit({ signal: context.signal })
    const panel = {
      underfit: 'degree 1: underfits',
      fit: 'degree 3: as the truth',
      overfit: `degree 19 from ${count} points: overfits`,
    }[name]
    series.push({ name: 'training', x: x!, y: trained!, panel }, { name: 'test', x: x!, y: tested!, panel })
    Object.assign(summary, {
      [`train_loss_${name}`]: result.train.loss ?? null,
      [`test_loss_${name}`]: result.evaluation?.loss ?? null,
    })
  }
  await context.plot('curves', {
    kind: 'lines',
    title: 'Descent on points of a cubic',
    x: 'epoch',
    y: { label: 'squared error', log: true },
    series,
    height: 620,
  })
  return summary
}

/** Training, validation and test error by degree, and what cross-validation says. */
async function chooseDegree(context: Context): Promise<Summary> {
  const { degree: most, folds, points, noise, seed } = { ...context.options, seed: context.seed }
  const [train, validation, test] = [points, 4 * points, 1000].map((count, i) =>
    measured(wave, count, noise, 'uniform', seed + 10 + i),
  )
  const degrees = Array.from({ length: most + 1 }, (_, i) => i)
  const rows: number[][] = []
  const cuts = kFold(train!.x.length, folds, { seed })
  for await (const degree of paced(context, 'degrees', degrees.length)) {
    const weights = await leastSquares(train!, degree)
    const scores = []
    for (const cut of cuts) scores.push(error(await leastSquares(part(train!, cut.train), degree), part(train!, cut.test)))
    const mean = scores.reduce((a, b) => a + b, 0) / folds
    const spread = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / (folds - 1) / folds)
    rows.push([degree, error(weights, train!), error(weights, validation!), mean, spread, error(weights, test!)])
  }
  await context.table('degrees', {
    columns: ['degree', 'training', 'validation', `${folds}-fold`, 'its standard error', 'test'],
    rows,
  })
  const column = (i: number): number[] => rows.map((row) => row[i]!)
  const best = (i: number): number => column(i).indexOf(Math.min(...column(i)))
  await context.plot('degrees', {
    kind: 'lines',
    title: `Squared error by degree: ${points} points of a wave to learn from, noise ${noise}`,
    x: 'degree',
    y: { label: 'squared error', log: true },
    series: [
      { name: 'training', x: degrees, y: column(1), dots: true },
      { name: 'validation', x: degrees, y: column(2), dots: true },
      { name: `${folds}-fold`, x: degrees, y: column(3), dots: true },
      { name: 'test', x: degrees, y: column(5), dots: true },
    ],
  })
  const line = Array.from({ length: 201 }, (_, i) => -1 + i / 100)
  const panels: Picture[] = []
  for (const degree of [1, best(3), most]) {
    const y = predict(await leastSquares(train!, degree), line)
    const shown = line.flatMap((_, i) => (Math.abs(y[i]!) <= 2.2 ? [i] : []))
    panels.push({
      kind: 'scatter',
      title: `degree ${degree}`,
      x: 'x',
      y: { label: 'y', range: [-2.2, 2.2] },
      series: [
        { name: 'truth', x: line, y: line.map(wave) },
        { name: 'polynomial', x: shown.map((i) => line[i]!), y: shown.map((i) => y[i]!) },
        { name: 'points', x: train!.x, y: train!.y },
      ],
      width: 330,
      height: 300,
    })
  }
  await context.plot('polynomials', {
    kind: 'figure',
    title: 'Too simple, chosen by cross-validation, too complex',
    rows: [panels],
  })
  if (rows.length < degrees.length) return {}
  context.log(`best degree: by validation ${best(2)}, by ${folds} folds ${best(3)}, by the test ${best(5)}`)
  return {
    degree_by_validation: best(2),
    degree_by_folds: best(3),
    degree_by_test: best(5),
    test_error_chosen: rows[best(3)]![5]!,
  }
}

/** The same model on many data sets: how far off they are together, and how far apart. */
async function biasAndVariance(context: Context): Promise<Summary> {
  const { degree: most, points, noise, dataSets } = context.options
  const line = Array.from({ length: 41 }, (_, i) => -0.95 + (1.9 * i) / 40)
  const rows: number[][] = []
  let gap = 0
  for await (const degree of paced(context, 'bias and variance', Math.min(most, 9) + 1)) {
    const said: ArrayLike<number>[] = []
    let missed = 0
    for (let k = 0; k < dataSets && !context.signal.aborted; k++) {
      const weights = await leastSquares(measured(wave, points, noise, 'uniform', 1000 + k + context.seed), degree, 1e-6)
      const own = predict(weights, line)
      said.push(own)
      const fresh = measured(() => 0, line.length, noise, 'uniform', 500_000 + k).y // noise alone
      missed += line.reduce((sum, x, i) => sum + (wave(x) + fresh[i]! - own[i]!) ** 2, 0) / line.length
    }
    const mean = line.map((_, i) => said.reduce((sum, own) => sum + own[i]!, 0) / said.length)
    const bias = line.reduce((sum, x, i) => sum + (mean[i]! - wave(x)) ** 2, 0) / line.length
    const variance =
      line.reduce((sum, _, i) => sum + said.reduce((s, own) => s + (own[i]! - mean[i]!) ** 2, 0) / said.length, 0) / line.length
    const whole = missed / said.length
    rows.push([degree, bias, variance, noise ** 2, bias + variance + noise ** 2, whole])
    gap = Math.max(gap, Math.abs(bias + variance + noise ** 2 - whole) / whole)
  }
  await context.table('bias-variance', { columns: ['degree', 'bias²', 'variance', 'noise', 'their sum', 'error measured'], rows })
  const column = (i: number): Line['y'] => rows.map((row) => row[i]!)
  await context.plot('bias-variance', {
    kind: 'lines',
    title: `${dataSets} data sets of ${points} points: bias falls with the degree, variance rises`,
    x: 'degree',
    y: { label: 'squared error', log: true },
    series: ['bias²', 'variance', 'noise', 'their sum', 'error measured'].map((name, i) => ({
      name,
      x: column(0),
      y: column(i + 1),
      dots: true,
    })),
  })
  return { decomposition_gap: gap }
}

/** Which labelings of points lines part, and which curves of second degree. */
async function shattering(context: Context): Promise<Summary> {
  const { shatter, corrections } = context.options
  const rows: (string | number)[][] = []
  const most = { line: 0, curve: 0 }
  for await (const i of paced(context, 'labelings', shatter - 1)) {
    const n = i + 2
    const points = circle(n)
    const count = async (at: number[][]): Promise<number> =>
      (await separable(tensor(at), labelings(n), corrections)).filter(Boolean).length
    const [line, curve] = [await count(points), await count(quadratic(points))]
    if (line === 2 ** n) most.line = n
    if (curve === 2 ** n) most.curve = n
    rows.push([n, 2 ** n, line, cover(n, 2), curve])
  }
  await context.table('shattering', {
    columns: ['points', 'labelings', 'parted by a line', 'by Cover’s count', 'parted by a curve of second degree, found'],
    rows,
  })
  await context.plot('shattering', {
    kind: 'lines',
    title: 'Share of labelings that a classifier can learn: all up to its VC dimension',
    x: 'points on a circle',
    y: { label: 'share', range: [0, 1] },
    series: [
      { name: 'line', x: rows.map((row) => Number(row[0])), y: rows.map((row) => Number(row[2]) / Number(row[1])), dots: true },
      {
        name: 'curve of second degree',
        x: rows.map((row) => Number(row[0])),
        y: rows.map((row) => Number(row[4]) / Number(row[1])),
        dots: true,
      },
    ],
  })
  await context.plot('four-points', await fourPoints(corrections))
  context.log(`a line shatters ${most.line} points, a curve of second degree ${most.curve}`)
  return { shattered_by_line: most.line, shattered_by_curve: most.curve }
}

/** Four corners in eight of their labelings (the others are these with the classes exchanged): six that lines part, two that none does. */
async function fourPoints(corrections: number): Promise<Picture> {
  const corners = [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ]
  const all = labelings(4).slice(0, 0, 8)
  const parted = await separable(tensor(corners), all, Math.min(corrections, 1000))
  const rows = (await all.toArray()) as number[][]
  const pictures: Picture[] = []
  for (const [k, labels] of rows.entries()) {
    const w = noGrad(() => bestLine(corners, labels))
    const points = { x: corners.map((c) => c[0]!), y: corners.map((c) => c[1]!), labels: labels.map((l) => (l > 0 ? 1 : 0)) }
    const title = parted[k] ? 'a line parts them' : 'no line does'
    const picture = { title, x: 'x', y: 'y', classes: ['−', '+'], width: 240, height: 240 }
    pictures.push(
      await boundary(picture, points, (at) =>
        at
          .matmul(w.slice(0, 0, 2))
          .add(w.select(0, 2))
          .flatten()
          .gt(0),
      ),
    )
  }
  return { kind: 'figure', title: 'Four points: too many for a line', rows: [pictures.slice(0, 4), pictures.slice(4)] }
}

/** The line of least squares through classes of -1 and 1: weights and bias [3, 1]. On the corners of a square it parts what can be parted. */
const bestLine = (corners: readonly (readonly number[])[], labels: readonly number[]): Tensor => {
  const X = tensor(corners.map((c) => [...c, 1]))
  const sums = X.t().matmul(tensor(labels.map((l) => [l]))) // the columns of X are orthogonal, of length 2
  return sums.div(4)
}
