/** The run of all labs that name pictures: a Trainer, and what becomes of its news. */
import type { LinesPicture } from '@nabla/pictures'
import type { Tensor } from 'nabla'
import { DataLoader, type ImageDataset, type MapStyleDataset } from 'nabla/data'
import type { Layer } from 'nabla/nn'
import type { WeightAverage } from 'nabla/optim'
import {
  type Callback,
  type Checkpoint,
  type Figures,
  type Loader,
  type StepOptimizer,
  type StepOutput,
  Trainer,
} from 'nabla/train'
import type { LabContext, LabResult } from '../lab.js'
import { type Batch, type Classifier, classify, type Evaluation, evaluationOf, measures } from './evaluate.js'

export interface ClassifierRun {
  /** As it stands over the plots. */
  readonly title: string
  readonly model: Layer
  readonly optimizer: StepOptimizer
  readonly train: ImageDataset
  readonly test: ImageDataset
  readonly epochs: number
  readonly batchSize: number
  /** Of the order of the training data. */
  readonly seed: number
  readonly lr: number
  /** Factor of the learning rate by the share of the run that is done, 0..1. Default: always 1. */
  readonly schedule?: (done: number) => number
  /** What is learnt from instead of `train` itself: the same images, changed at random. */
  readonly varied?: MapStyleDataset
  /** Who puts the training batches together, instead of a DataLoader. */
  readonly batches?: Loader<Batch>
  /** The loss of a training batch. Default: cross-entropy of the model's logits. */
  readonly step?: (batch: Batch) => StepOutput
  /** What is measured instead of the model alone. */
  readonly measured?: Classifier
  /** An average of the model's weights: it is measured, and the model ends with it. */
  readonly average?: WeightAverage
}

/** Full learning rate for two thirds of a run, then down to 0 in a straight line: the noise of the last steps is averaged out. */
export const fallAtEnd = (done: number): number => Math.min(1, 3 * (1 - done))

/** Milliseconds between two looks at how far the run is. */
const glance = 100
/** Rows of metrics in an epoch, about. */
const rows = 50

/** Trains, measures after every epoch, saves, and draws; goes on where `context.resume` stopped. */
export async function trainClassifier(run: ClassifierRun, context: LabContext<unknown>): Promise<LabResult> {
  const { model, optimizer, train, test, epochs, batchSize, schedule, varied = train, measured = model, average } = run
  const { step = (batch: Batch) => classify(model, batch) } = run
  let last: Evaluation | undefined
  let kept: Checkpoint | undefined
  const keep = (checkpoint: Checkpoint): Promise<void> => {
    kept = checkpoint
    return context.save(checkpoint)
  }
  const loading = { batchSize, shuffle: true, dropLast: train.length >= batchSize, seed: run.seed }
  const trainer = new Trainer<Batch>({
    model,
    optimizer,
    train: run.batches ?? new DataLoader<MapStyleDataset, Batch>(varied, loading),
    step: (batch) => {
      const { loss, figures } = step(batch)
      return { loss, ...(figures && { figures }) }
    },
    ...measures(measured, test),
    epochs,
    ...(schedule && { schedule }),
    ...(average && { average }),
    store: { load: async () => context.resume, save: keep },
    callbacks: [
      {
        onEvaluate: (found) => {
          last = evaluationOf(found)
        },
      },
      news(context),
    ],
  })
  const result = await trainer.fit({ signal: context.signal })
  const stopped = result.reason === 'stopped'
  if (!stopped) await draw(run, context, last ?? evaluationOf(await trainer.evaluate()))
  if (average && !stopped) {
    const averages = copies(average.stateDict())
    average.swap() // the model that is kept is the one that was measured
    if (kept) await context.save({ ...kept, model: model.stateDict(), average: averages })
  }
  return {
    stopped,
    summary: {
      data: train.name.replace(/ train$/, ''),
      epochs,
      ...(stopped ? { steps_done: result.step, steps: result.steps! } : {}),
      learning_rate: run.lr,
      train_loss: result.train.loss ?? Number.NaN,
      train_accuracy: result.train.accuracy ?? Number.NaN,
      test_accuracy: result.evaluation?.accuracy ?? null,
      seconds: result.seconds,
      images_per_second: result.rowsSeen / result.seconds,
    },
  }
}

const copies = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.detach().clone().realize()]))

/** Tells the context of a run: progress, metrics, a sentence after every epoch. */
function news(context: LabContext<unknown>): Callback {
  let shown = 0
  const of = ({ loss = Number.NaN, accuracy = Number.NaN }: Figures = {}) => ({ loss, accuracy })
  return {
    onStep({ step, steps = Infinity, epoch, epochs = 1, stepsInEpoch = 1, values, means, ...event }) {
      if (step % Math.ceil(stepsInEpoch / rows) === 0)
        context.metrics({ kind: 'step', step, epoch: step / stepsInEpoch, ...of(values) })
      const now = performance.now()
      if (step % stepsInEpoch !== 0 && now - shown < glance) return
      shown = now
      const { rowsPerSecond: imagesPerSecond, secondsLeft = Number.NaN } = event
      context.progress({ epoch, epochs, step, steps, ...of(means), imagesPerSecond, secondsLeft })
    },
    onEpoch({ step, epoch, epochs, train, evaluation, seconds }) {
      const [own, test] = [of(train), of(evaluation)]
      context.metrics({
        kind: 'epoch',
        step,
        epoch,
        train_loss: own.loss,
        train_accuracy: own.accuracy,
        test_loss: test.loss,
        test_accuracy: test.accuracy,
        seconds,
      })
      context.log(
        `epoch ${epoch}/${epochs}: loss ${own.loss.toFixed(4)}, train accuracy ${own.accuracy.toFixed(4)}, test accuracy ${test.accuracy.toFixed(4)}`,
      )
    },
  }
}

/** Loss and accuracy over the epochs, and the confusion matrix. */
async function draw(run: ClassifierRun, context: LabContext<unknown>, { accuracy, confusion }: Evaluation): Promise<void> {
  const rows = context.history()
  const points = (kind: string, value: string): { x: number[]; y: number[] } => {
    const own = rows.filter((row) => row.kind === kind)
    return { x: own.map((row) => Number(row.epoch)), y: own.map((row) => Number(row[value])) }
  }
  const chart = (name: string, of: string): LinesPicture => ({
    kind: 'lines',
    title: `${run.title}: ${name}`,
    x: 'epoch',
    y: name,
    series: [
      { name: 'one step', ...points('step', of), faint: true },
      { name: 'training', ...points('epoch', `train_${of}`), dots: true },
      { name: 'test', ...points('epoch', `test_${of}`), dots: true },
    ],
  })
  await context.plot('loss', chart('cross-entropy', 'loss'))
  await context.plot('accuracy', chart('accuracy', 'accuracy'))
  await context.plot('confusion', {
    kind: 'confusion',
    title: `${run.title}: ${(100 * accuracy).toFixed(2)} % of the test images right`,
    classes: run.test.classes,
    counts: confusion,
  })
}
