/** The lab of a linear classifier on pixels, as assignment 1 has it for both losses: check the gradient, compare loops with tensors, descend, search, look at the weights. */
import type { ImagesPicture } from '@nabla/pictures'
import { compile, type Tensor, tensor } from 'nabla'
import { type Raster, SampleRandom } from 'nabla/data'
import type { Lab, LabContext, LabResult, Target } from '../../lab.js'
import type { GivenOptions, OptionValues } from '../../options.js'
import { assignmentParts, dataOption } from '../cifar.js'
import { lossLines } from '../curves.js'
import { accuracyOf, columnMoments, Examples } from '../examples.js'
import { secondsOf } from '../../pace.js'
import { bestTrial, pairs, searchPicture, searchTable, short, type Trial } from '../search.js'
import { descender } from './descent.js'
import { type Found, gradientError, type Problem } from './loops.js'
import type { LinearLoss } from './vectorised.js'

export interface LinearLab {
  readonly id: string
  readonly title: string
  /** `hinge loss`, as it stands on axes. */
  readonly loss: string
  readonly notes: Lab['notes']
  readonly naive: (problem: Problem) => Found
  readonly vectorised: LinearLoss
  /** What the search tries. */
  readonly rates: readonly number[]
  readonly strengths: readonly number[]
  readonly targets: readonly Target[]
}

const optionsOf = ({ rates, strengths }: LinearLab) =>
  ({
    data: dataOption,
    trainSize: { kind: 'number', help: 'training images', whole: true, atLeast: 10, default: 49_000 },
    testSize: { kind: 'number', help: 'validation images, and test images', whole: true, atLeast: 10, default: 1000 },
    rates: { kind: 'numbers', help: 'learning rates to try', above: 0, default: rates },
    strengths: { kind: 'numbers', help: 'regularisation strengths to try', atLeast: 0, default: strengths },
    iterations: { kind: 'number', help: 'steps of each run', whole: true, atLeast: 1, default: 1500 },
    batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 200 },
    checked: { kind: 'number', help: 'images to check and time the losses on', whole: true, atLeast: 2, default: 500 },
  }) as const

type Options = OptionValues<ReturnType<typeof optionsOf>>

const smoke: GivenOptions = {
  data: 'shapes',
  trainSize: 150,
  testSize: 30,
  rates: [1e-7, 3e-7],
  strengths: [1e3, 1e4],
  iterations: 40,
  batchSize: 30,
  checked: 12,
}

export function linearLab(lab: LinearLab): Lab<ReturnType<typeof optionsOf>> {
  return {
    id: lab.id,
    title: lab.title,
    chapter: 'cs231n',
    notes: lab.notes,
    options: optionsOf(lab),
    presets: { smoke, quick: {}, full: { iterations: 6000 } },
    targets: lab.targets,
    run: (context) => run(lab, context),
  }
}

async function run(lab: LinearLab, context: LabContext<Options>): Promise<LabResult> {
  const { options, seed, signal } = context
  const { data, trainSize: train, testSize, iterations, batchSize } = options
  const parts = await assignmentParts(data, { train, validation: testSize, test: testSize }, context.report)
  const width = parts.train.images.length / parts.train.length
  const { mean } = columnMoments(parts.train.images, width)
  const examples = (set: (typeof parts)['train']): Examples => new Examples(set.images, set.labels, { mean, bias: true })
  const [own, validation, test] = [examples(parts.train), examples(parts.validation), examples(parts.test)]
  const { classes } = parts.train

  const checks = await compareForms(lab, own, classes.length, context)
  const descend = descender(lab.vectorised, own, classes.length, context)
  const judged = examples(parts.train.take(Math.max(testSize, 1))) // the training accuracy is measured on some of the images
  const trials: Trial<Awaited<ReturnType<typeof descend>>>[] = []
  const all = pairs(options.rates, options.strengths)
  for (const { rate, strength } of all) {
    const text = `run ${trials.length + 1} of ${all.length}: rate ${short(rate)}, strength ${short(strength)}`
    const model = await descend({ rate, strength, iterations, batchSize, seed }, text)
    if (signal.aborted) break
    const score = scorer(model.weights)
    const trial = {
      rate,
      strength,
      model,
      train: await accuracyOf(score, judged),
      validation: await accuracyOf(score, validation),
    }
    trials.push(trial)
    context.metrics({ kind: 'trial', step: trials.length, rate, strength, train: trial.train, validation: trial.validation })
    context.log(`${text}: training ${trial.train.toFixed(3)}, validation ${trial.validation.toFixed(3)}`)
  }
  const best = bestTrial(trials)
  if (best) {
    await context.plot('search', searchPicture(lab.title, trials))
    await context.table('search', searchTable(trials))
    await context.plot('loss', {
      ...lossLines(best.model.losses, 'iteration', lab.loss),
      title: `${lab.title}: rate ${short(best.rate)}, strength ${short(best.strength)}`,
    })
    await context.plot('templates', templatesPicture(lab, await best.model.weights.data(), classes, parts.train.shape))
  }
  return {
    stopped: signal.aborted,
    summary: {
      ...checks,
      runs: trials.length,
      learning_rate: best?.rate ?? null,
      strength: best?.strength ?? null,
      train_accuracy: best?.train ?? null,
      validation_accuracy: best?.validation ?? null,
      test_accuracy: best && !signal.aborted ? await accuracyOf(scorer(best.model.weights), test) : null,
    },
  }
}

/** Scores [N, C] of rows [N, D]. */
const scorer = (weights: Tensor) => compile((rows: Tensor) => rows.matmul(weights))

/** The naive loss against differences and against the form on tensors: how far apart, and how much slower. */
async function compareForms(lab: LinearLab, examples: Examples, classes: number, { options, seed, log }: LabContext<Options>) {
  const n = Math.min(options.checked, examples.length)
  const numbers = Array.from({ length: n }, (_, i) => i)
  const random = new SampleRandom(seed, 0, 1)
  const weights = Float64Array.from({ length: examples.columns * classes }, () => 1e-4 * random.normal())
  const strength = 0.5
  const problem: Problem = { weights, rows: examples.rows(numbers), labels: examples.labelsOf(numbers), classes, strength }
  const few = Math.min(n, 20)
  const error = gradientError(lab.naive, {
    ...problem,
    rows: problem.rows.subarray(0, few * examples.columns),
    labels: examples.labelsOf(numbers.slice(0, few)),
  })

  const given = tensor(Float32Array.from(weights), { shape: [examples.columns, classes] })
  const [rows, labels] = examples.batch(numbers)
  const vectorised = compile(() => lab.vectorised(given, rows, labels, strength))
  const exact = lab.naive(problem)
  const { loss, gradient } = vectorised()
  const found = await gradient.data()
  let [off, size] = [0, 0]
  exact.gradient.forEach((value, k) => {
    off += (value - found[k]!) ** 2
    size += value ** 2
  })
  const slow = await secondsOf(() => lab.naive(problem), 3)
  const fast = await secondsOf(() => vectorised().gradient.data())
  log(
    `${n} images: loops ${(1000 * slow).toFixed(1)} ms, tensors ${(1000 * fast).toFixed(2)} ms, ${(slow / fast).toFixed(0)} times as fast; loss ${exact.loss.toFixed(4)}`,
  )
  return {
    first_loss: exact.loss,
    gradient_error: error,
    forms_differ: Math.max(Math.sqrt(off / size), Math.abs(((await loss.item()) as number) / exact.loss - 1)),
    vectorised_speedup: slow / fast,
  }
}

/** The weights of each class as a picture, from its least to its largest. */
function templatesPicture(
  lab: LinearLab,
  weights: ArrayLike<number>,
  classes: readonly string[],
  shape: readonly number[],
): ImagesPicture {
  const [channels, height, width] = shape as [number, number, number]
  const size = channels * height * width
  const images = classes.map((caption, c) => {
    const own = Float32Array.from({ length: size }, (_, d) => weights[d * classes.length + c]!)
    const [low, high] = own.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity])
    const image: Raster<Float32Array> = { data: own.map((v) => (v - low) / (high - low || 1)), channels, height, width }
    return { image, caption }
  })
  return { kind: 'images', title: `${lab.title}: what each class looks for`, images, columns: 5 }
}
