/** The lab `knn`: the nearest neighbours of an image name it. CS231n, assignment 1. */
import type { BarsPicture, GridImage, HeatMapPicture, ImagesPicture } from '@nabla/pictures'
import { type Tensor, tensor } from 'nabla'
import { type ImageDataset, kFold } from 'nabla/data'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { assignmentParts, dataOption, rasterAt } from '../cifar.js'
import { paced, secondsOf } from '../../pace.js'
import { distances, distancesOfRow, distancesPairByPair } from './distances.js'
import { notes } from './notes.js'
import { nearest, share, vote } from './vote.js'

const options = {
  data: dataOption,
  trainSize: { kind: 'number', help: 'images to search in', whole: true, atLeast: 20, default: 5000 },
  testSize: { kind: 'number', help: 'images to name', whole: true, atLeast: 1, default: 500 },
  foldSize: { kind: 'number', help: 'training images to choose k by', whole: true, atLeast: 20, default: 5000 },
  folds: { kind: 'number', help: 'parts of the cross-validation', whole: true, atLeast: 2, default: 5 },
  timed: { kind: 'number', help: 'test images to compare the three forms with', whole: true, atLeast: 1, default: 100 },
} as const

/** Numbers of neighbours to choose from. */
const candidates = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
/** Test images in one product of matrices. */
const chunk = 500

/** Pixels as rows around 0: distances stay the same, and the squares that are multiplied out stay small. */
function rowsOf({ images, length }: ImageDataset): Tensor {
  const values = new Float32Array(images.length)
  for (let i = 0; i < values.length; i++) values[i] = images[i]! - 128
  return tensor(values, { shape: [length, images.length / length] })
}

/** Accuracies [k][fold]. */
type Folds = readonly { readonly k: number; readonly accuracies: readonly number[] }[]

export const knn: Lab<typeof options> = {
  id: 'knn',
  title: 'k nearest neighbours on photographs',
  chapter: 'cs231n',
  notes,
  options,
  presets: {
    smoke: { data: 'shapes', trainSize: 120, testSize: 20, foldSize: 120, folds: 3, timed: 4 },
    quick: {},
    full: { trainSize: 50_000, testSize: 1000 },
  },
  targets: [
    { metric: 'accuracy_k1', atLeast: 0.27, source: 'CS231n assignment 1, knn: k = 1, 5,000 and 500 images' },
    { metric: 'accuracy_best_k', atLeast: 0.28, source: 'CS231n assignment 1, knn: k chosen by 5-fold cross-validation' },
  ],

  async run(context) {
    const { options, signal } = context
    const { train, test } = await assignmentParts(
      options.data,
      { train: options.trainSize, validation: 0, test: options.testSize },
      context.report,
    )
    const rows = rowsOf(train)
    const forms = await compareForms(context, train, test, rows)
    const folds = await crossValidate(context, train)
    const best = folds.reduce((a, b) => (mean(b.accuracies) > mean(a.accuracies) ? b : a), folds[0] ?? { k: 1, accuracies: [] })
    const kept = Math.min(Math.max(...candidates), train.length)
    const neighbours = signal.aborted ? new Int32Array(0) : await neighboursOf(context, test, rows, kept)
    if (signal.aborted) return { stopped: true, summary: { ...forms, best_k: best.accuracies.length > 0 ? best.k : null } }

    const found = (k: number): Int32Array => vote(neighbours, kept, k, train.labels, train.classes.length)
    await context.plot('cross-validation', foldsPicture(folds, train.classes.length))
    await context.plot('distances', await distancesPicture(test, rows))
    await context.plot('neighbours', neighboursPicture(train, test, neighbours, kept))
    await context.table('cross-validation', {
      columns: ['k', ...(folds[0]?.accuracies ?? []).map((_, i) => `fold ${i + 1}`), 'mean'],
      rows: folds.map(({ k, accuracies }) => [k, ...accuracies, mean(accuracies)]),
    })
    return {
      stopped: false,
      summary: {
        ...forms,
        accuracy_k1: share(found(1), test.labels),
        best_k: best.k,
        cross_validated: mean(best.accuracies),
        accuracy_best_k: share(found(best.k), test.labels),
      },
    }
  },
}

type Context = LabContext<OptionValues<typeof options>>

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** How long each form takes for the same distances, and by how much their results differ. */
async function compareForms(context: Context, train: ImageDataset, test: ImageDataset, rows: Tensor) {
  const n = Math.min(context.options.timed, test.length)
  const some = test.take(n)
  const width = test.images.length / test.length
  const pixels = (i: number): Uint8Array => test.images.subarray(i * width, (i + 1) * width)
  const singles = Array.from({ length: n }, (_, i) => tensor(Float32Array.from(pixels(i), (byte) => byte - 128)))
  const whole = rowsOf(some)

  const [pairwise, byRow]: [Float32Array[], ArrayLike<number>[]] = [[], []]
  let start = performance.now()
  for await (const i of paced(context, 'distances by two loops', n)) pairwise.push(distancesPairByPair(pixels(i), train.images))
  const twoLoops = (performance.now() - start) / 1000
  await distancesOfRow(singles[0]!, rows).data()
  start = performance.now()
  for await (const i of paced(context, 'distances by one loop', n)) byRow.push(await distancesOfRow(singles[i]!, rows).data())
  const oneLoop = (performance.now() - start) / 1000
  if (context.signal.aborted) return {}
  const noLoops = await secondsOf(() => distances(whole, rows).data(), 3)

  const product = await distances(whole, rows).data()
  let worst = 0
  pairwise.forEach((row, i) =>
    row.forEach((exact, j) => {
      const off = Math.max(Math.abs(byRow[i]![j]! - exact), Math.abs(product[i * row.length + j]! - exact))
      worst = Math.max(worst, off / Math.max(exact, 1))
    }),
  )
  context.log(
    `${n} x ${train.length} distances: two loops ${twoLoops.toFixed(2)} s, one loop ${oneLoop.toFixed(2)} s, no loops ${noLoops.toFixed(3)} s`,
  )
  await context.table('forms', {
    columns: ['form', 'seconds', 'times as fast as two loops'],
    rows: [
      ['two loops', twoLoops, 1],
      ['one loop', oneLoop, twoLoops / oneLoop],
      ['no loops', noLoops, twoLoops / noLoops],
    ],
  })
  return { one_loop_speedup: twoLoops / oneLoop, no_loops_speedup: twoLoops / noLoops, largest_difference: worst }
}

/** Every k on every fold: the neighbours of a fold are found once, then each k asks as many of them as it wants. */
async function crossValidate(context: Context, all: ImageDataset): Promise<Folds> {
  const set = all.take(context.options.foldSize)
  const folds = kFold(set.length, context.options.folds, { shuffle: false })
  const least = Math.min(...folds.map(({ train }) => train.length))
  const asked = candidates.filter((k) => k <= least)
  const kept = asked.at(-1)!
  const accuracies = asked.map((): number[] => [])
  const rows = rowsOf(set)
  for await (const f of paced(context, 'cross-validation', folds.length)) {
    const { train, test } = folds[f]!
    const pick = (numbers: Uint32Array): Tensor => rows.indexSelect(0, tensor(Int32Array.from(numbers)))
    const labelsOf = (numbers: Uint32Array): Uint8Array => Uint8Array.from(numbers, (i) => set.labels[i]!)
    const neighbours = await nearest(pick(test), pick(train), kept)
    const labels = labelsOf(train)
    asked.forEach((k, i) => accuracies[i]!.push(share(vote(neighbours, kept, k, labels, set.classes.length), labelsOf(test))))
  }
  return asked.map((k, i) => ({ k, accuracies: accuracies[i]! }))
}

/** The nearest training images of every test image: [N, kept]. */
async function neighboursOf(context: Context, test: ImageDataset, rows: Tensor, kept: number): Promise<Int32Array> {
  const found = new Int32Array(test.length * kept)
  const all = rowsOf(test)
  for await (const i of paced(context, 'neighbours of the test images', Math.ceil(test.length / chunk))) {
    const from = i * chunk
    found.set(await nearest(all.narrow(0, from, Math.min(chunk, test.length - from)), rows, kept), from * kept)
  }
  return found
}

function foldsPicture(folds: Folds, classes: number): BarsPicture {
  const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)))
  return {
    kind: 'bars',
    title: `Cross-validation of k: mean of ${folds[0]?.accuracies.length} folds and one deviation (chance: ${(1 / classes).toFixed(2)})`,
    labels: folds.map(({ k }) => String(k)),
    x: 'neighbours k',
    y: 'accuracy on the fold left out',
    series: [
      {
        name: 'accuracy',
        values: folds.map(({ accuracies }) => mean(accuracies)),
        errors: folds.map(({ accuracies }) => deviation(accuracies)),
      },
    ],
  }
}

/** A corner of the distance matrix: a bright row is a test image that is far from everything, a bright column a training image that is. */
async function distancesPicture(test: ImageDataset, rows: Tensor): Promise<HeatMapPicture> {
  const [down, across] = [Math.min(100, test.length), Math.min(300, rows.shape[0]!)]
  const corner = distances(rowsOf(test.take(down)), rows.narrow(0, 0, across))
  return {
    kind: 'heatmap',
    title: `Distances of the first ${down} test images to the first ${across} training images`,
    values: await corner.data(),
    shape: [down, across],
    y: 'test image',
    x: 'training image',
    value: 'distance',
    colours: 'viridis',
  }
}

/** Test images, each with its nearest training images behind it. */
function neighboursPicture(train: ImageDataset, test: ImageDataset, neighbours: Int32Array, kept: number): ImagesPicture {
  const [rows, shown] = [Math.min(8, test.length), Math.min(7, kept)]
  const images = Array.from({ length: rows }, (_, i): GridImage[] => {
    const truth = test.labels[i]!
    const found = Array.from(neighbours.subarray(i * kept, i * kept + shown), (n): GridImage => {
      const label = train.labels[n]!
      return { image: rasterAt(train, n), caption: train.classes[label]!, border: label === truth ? 'right' : 'wrong' }
    })
    return [{ image: rasterAt(test, i), caption: `${test.classes[truth]}?` }, ...found]
  })
  return {
    kind: 'images',
    title: 'Test images (first column) and their nearest training images: what is near is alike in background and brightness',
    images: images.flat(),
    columns: shown + 1,
  }
}
