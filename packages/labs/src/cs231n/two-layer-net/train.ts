/** A run of the two-layer net, told to a lab's context; and what its curves look like. */
import type { FigurePicture, LinesPicture } from '@nabla/pictures'
import { manualSeed } from 'nabla'
import type { LabContext } from '../../lab.js'
import { lossLines } from '../curves.js'
import type { Examples } from '../examples.js'
import type { WeightScale } from '../scratch/network.js'
import { type Accuracies, Solver } from '../scratch/solver.js'
import type { RuleName } from '../scratch/update-rules.js'
import { TwoLayerNet } from './net.js'

export interface TwoLayerRun {
  readonly train: Examples
  readonly validation: Examples
  readonly classes: number
  readonly hidden: number
  readonly rate: number
  readonly strength: number
  readonly epochs: number
  readonly batchSize: number
  readonly updateRule: RuleName
  /** The rate is multiplied by it after every epoch. */
  readonly decay: number
  readonly weightScale?: WeightScale
}

export interface TwoLayerResult {
  readonly net: TwoLayerNet
  readonly losses: readonly number[]
  readonly accuracies: readonly Accuracies[]
  /** Of the epoch that was best on the validation examples; the net has its weights. */
  readonly best: Accuracies
}

export async function trainTwoLayer(run: TwoLayerRun, text: string, context: LabContext<unknown>): Promise<TwoLayerResult> {
  const { train, validation, hidden, classes, strength, weightScale } = run
  manualSeed(context.seed)
  const net = new TwoLayerNet({
    inputs: train.columns,
    hidden,
    classes,
    strength,
    ...(weightScale !== undefined && { weightScale }),
  })
  const solver = new Solver(net, {
    train,
    validation,
    updateRule: run.updateRule,
    config: { learningRate: run.rate },
    lrDecay: run.decay,
    batchSize: run.batchSize,
    numEpochs: run.epochs,
    seed: context.seed,
    signal: context.signal,
    onStep: (step, _, steps) => context.doing(text, step, steps),
    onEpoch: ({ epoch, train, validation }) => context.metrics({ kind: 'epoch', run: text, epoch, train, validation }),
  })
  await solver.train()
  const { accuracies, lossHistory } = solver
  const best = accuracies.reduce((a, b) => (b.validation > a.validation ? b : a))
  return { net, losses: lossHistory, accuracies, best }
}

/** The loss of every step, and the accuracies of every epoch. */
export function curves(title: string, { losses, accuracies }: TwoLayerResult): FigurePicture {
  const x = accuracies.map(({ epoch }) => epoch)
  const perEpoch = losses.length / (x.at(-1) || 1)
  const accuracy: LinesPicture = {
    kind: 'lines',
    x: 'epoch',
    y: 'accuracy',
    series: [
      { name: 'training', x, y: accuracies.map(({ train }) => train), dots: true },
      { name: 'validation', x, y: accuracies.map(({ validation }) => validation), dots: true },
    ],
  }
  return { kind: 'figure', title, rows: [[lossLines(losses, 'epoch', 'loss with penalty', perEpoch), accuracy]] }
}
