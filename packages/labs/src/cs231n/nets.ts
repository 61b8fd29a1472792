/** What the labs of assignment 2 share: images made ready, a network trained before the eyes of a context, and curves of several runs in one figure. */
import type { Line, LinesPicture } from '@nabla/pictures'
import { compile, type Tensor } from 'nabla'
import type { LabContext } from '../lab.js'
import { assignmentParts, type Counts } from './cifar.js'
import { columnMoments, Examples } from './examples.js'
import {
  type Accuracies,
  type Batches,
  type Network,
  relativeError,
  numericalGradient,
  Solver,
  type SolverOptions,
} from './scratch/index.js'

/** What a lab's context has that is needed here. */
export type Run = Pick<
  LabContext<{ readonly data: 'cifar10' | 'shapes' }>,
  'options' | 'signal' | 'report' | 'doing' | 'metrics' | 'seed'
>

export interface Ready {
  readonly train: Examples
  readonly validation: Examples
  readonly test: Examples
  readonly classes: readonly string[]
  /** [C, H, W] */
  readonly shape: readonly number[]
  /** Numbers of an image. */
  readonly inputDim: number
}

/** Training images that mean and deviation are taken of. */
const measured = 10_000

/** Images as rows, each pixel with mean 0 and deviation 1 over the training images. */
export async function readyImages({ options, report }: Run, counts: Counts): Promise<Ready> {
  const parts = await assignmentParts(options.data, counts, report)
  const { shape, classes, images } = parts.train
  const inputDim = shape.reduce((a, b) => a * b, 1)
  const preparation = columnMoments(images.subarray(0, measured * inputDim), inputDim)
  const rows = (part: 'train' | 'validation' | 'test') => new Examples(parts[part].images, parts[part].labels, preparation)
  return { train: rows('train'), validation: rows('validation'), test: rows('test'), classes, shape, inputDim }
}

/** The first `count` examples. */
export const firstOf = ({ values, labels, preparation }: Examples, count: number): Examples =>
  new Examples(
    values.subarray(0, (values.length / labels.length) * Math.min(count, labels.length)),
    labels.subarray(0, count),
    preparation,
  )

/** Rows as images again, [N, C, H, W]. */
export const asImages = (examples: Examples, shape: readonly number[]): Batches => ({
  length: examples.length,
  batch(numbers) {
    const [rows, labels] = examples.batch(numbers)
    return [rows.reshape([numbers.length, ...shape]), labels]
  },
})

/** A run of the Solver and what it is called in figures. */
export interface Trial {
  readonly name: string
  readonly losses: readonly number[]
  readonly accuracies: readonly Accuracies[]
  readonly best: number
  readonly solver: Solver
}

/** Trains; steps and accuracies go to the context under the run's name. */
export async function fit(run: Run, name: string, network: Network, options: SolverOptions): Promise<Trial> {
  let [shown, steps] = [0, 0]
  const solver = new Solver(network, {
    seed: run.seed,
    signal: run.signal,
    ...options,
    onStep: (step, loss, of) => {
      steps = step
      if (performance.now() - shown < 100 && step < of) return
      shown = performance.now()
      run.doing(`${name}: loss ${loss.toFixed(3)}`, step, of)
    },
    onEpoch: ({ epoch, train, validation }) =>
      run.metrics({
        run: name,
        epoch,
        step: steps,
        ...(steps > 0 ? { loss: mean(solver.lossHistory.slice(-50)) } : {}),
        train_accuracy: train,
        ...(Number.isNaN(validation) ? {} : { validation_accuracy: validation }),
      }),
  })
  await solver.train()
  return { name, losses: solver.lossHistory, accuracies: solver.accuracies, best: solver.bestAccuracy, solver }
}

export const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length

/** The mean loss of the last tenth of the steps; NaN where there are none. */
export const finalLoss = ({ losses }: Trial): number => mean(losses.slice(-Math.max(1, Math.floor(losses.length / 10))))

/** The last accuracies that were measured. */
export const finalOf = ({ accuracies }: Trial): Accuracies => accuracies.at(-1)!

/** Each value as the mean of its neighbours, `width` in all, without what would have to come later. */
export const smooth = (values: readonly number[], width: number): number[] =>
  values.map((_, i) => mean(values.slice(Math.max(0, i - width + 1), i + 1)))

/** Loss, training and validation accuracy of several runs under each other, over epochs. */
export function curvesOf(title: string, trials: readonly Trial[]): LinesPicture {
  const series: Line[] = trials.flatMap(({ name, losses, accuracies }) => {
    const epochs = accuracies.at(-1)!.epoch
    const over = { x: accuracies.map(({ epoch }) => epoch), dots: accuracies.length < 12 }
    const validated = accuracies.some(({ validation }) => !Number.isNaN(validation))
    return [
      {
        name,
        panel: 'training loss',
        x: losses.map((_, i) => ((i + 1) / losses.length) * epochs),
        y: smooth(losses, Math.max(1, Math.round(losses.length / 40))),
      },
      { name, panel: 'training accuracy', ...over, y: accuracies.map(({ train }) => train) },
      ...(validated ? [{ name, panel: 'validation accuracy', ...over, y: accuracies.map(({ validation }) => validation) }] : []),
    ]
  })
  return { kind: 'lines', title, x: 'epoch', y: '', height: 640, series: series.filter(({ y }) => y.length > 0) }
}

/** A check of gradients: what is derived, by what, and how far the hand-written gradient is from the differences. */
export interface Checked {
  readonly layer: string
  readonly by: string
  readonly error: number
}

/**
 * The relative errors of a layer's gradients: `gradients` gives, for a gradient of the output, those by each of `inputs`. Everything is float64 and small: a number
 * of the inputs costs two runs. Layers that read values on the host cannot be `compiled`.
 */
export async function checkLayer(
  layer: string,
  inputs: Readonly<Record<string, Tensor>>,
  forward: (inputs: Readonly<Record<string, Tensor>>) => Tensor,
  gradients: Readonly<Record<string, Tensor>>,
  { dout, compiled = true }: { readonly dout?: Tensor; readonly compiled?: boolean } = {},
): Promise<Checked[]> {
  const checked: Checked[] = []
  for (const [by, x] of Object.entries(inputs)) {
    const of = (moved: Tensor): Tensor => forward({ ...inputs, [by]: moved })
    const numeric = numericalGradient(compiled ? compile(of) : of, x, dout)
    checked.push({ layer, by, error: await relativeError(gradients[by]!, numeric) })
    await new Promise((resolve) => setTimeout(resolve))
  }
  return checked
}

/** The same of a network's loss, by all of its parameters. */
export function checkNetwork(layer: string, network: Network, x: Tensor, y: Tensor): Promise<Checked[]> {
  const inputs = { ...network.params }
  const { grads } = network.loss(x, y)
  const loss = (moved: Readonly<Record<string, Tensor>>): Tensor => {
    Object.assign(network.params, moved)
    const { loss } = network.loss(x, y)
    Object.assign(network.params, inputs)
    return loss
  }
  return checkLayer(layer, inputs, loss, grads)
}

export const checkTable = (checked: readonly Checked[]) => ({
  columns: ['what', 'gradient by', 'relative error'],
  rows: checked.map(({ layer, by, error }) => [layer, by, error] as const),
})

export const worst = (checked: readonly Checked[]): number => Math.max(...checked.map(({ error }) => error))
