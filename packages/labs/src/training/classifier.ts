/**
 * The training loop of all labs that name pictures.
 *
 * A step is one compiled call. Its result is read a few steps later, so the device always has the next step before it while the host puts
 * batches together; every loss is looked at in order all the same, and the first that is not finite ends the run with its step's name.
 */
import { compile, NablaError, stack, type Tensor } from 'nabla'
import { DataLoader, type ImageDataset } from 'nabla/data'
import { functional as F, type Layer } from 'nabla/nn'
import type { LabContext, LabResult } from '../lab.js'
import type { LineChart } from '../pictures/lines.js'
import { type Evaluation, evaluator } from './evaluate.js'
import { loadOptimizerTensors, optimizerTensors, type StepOptimizer } from './optimizer-state.js'
import { RunState } from './run-state.js'

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
}

/** Full learning rate for two thirds of a run, then down to 0 in a straight line: the noise of the last steps is averaged out. */
export const fallAtEnd = (done: number): number => Math.min(1, 3 * (1 - done))

/** Steps that are launched before the oldest result is read. */
const lag = 4
/** Milliseconds between two looks at how far the run is. */
const glance = 100
/** Milliseconds between checkpoints within an epoch. */
const caution = 60_000
/** Rows of metrics in an epoch, about. */
const rows = 50

/** Gives the event loop a turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Trains, measures after every epoch, saves, and draws; goes on where `context.resume` stopped. */
export async function trainClassifier(run: ClassifierRun, context: LabContext<unknown>): Promise<LabResult> {
  const { model, optimizer, train, test, epochs, batchSize, schedule = () => 1 } = run
  const loader = new DataLoader(train, { batchSize, shuffle: true, dropLast: train.length >= batchSize, seed: run.seed })
  const perEpoch = loader.length
  const steps = perEpoch * epochs
  const state = new RunState(perEpoch, context.resume?.state, context.resume?.seconds)
  if (context.resume) {
    model.loadStateDict(context.resume.model)
    loadOptimizerTensors(optimizer, context.resume.optimizer)
  }

  const step = compile((images: Tensor, labels: Tensor) => {
    optimizer.zeroGrad()
    const logits = model.forward(images) // [N, classes]
    const loss = F.crossEntropy(logits, labels)
    loss.backward()
    optimizer.step()
    const right = logits.argmax(1).eq(labels).sum()
    return stack([loss.detach(), right.to('float32')]) // [2]
  })
  const measure = evaluator(model, test)
  const save = (): Promise<void> =>
    context.save({
      model: model.stateDict(),
      optimizer: optimizerTensors(optimizer),
      state: state.numbers,
      seconds: state.seconds,
    })
  if (!context.resume) await save() // so that there is always one, and a folder that cannot be written shows at once

  const queue: { values: Promise<ArrayLike<number>>; images: number; number: number }[] = []
  let shown = 0
  const settle = async (keep: number): Promise<void> => {
    while (queue.length > keep) {
      const { values, images, number } = queue.shift()!
      const [loss, right] = (await values) as unknown as [number, number]
      if (!Number.isFinite(loss)) throw diverged(loss, number, perEpoch, run.lr)
      state.count(number, loss, right, images)
      const now = performance.now()
      const ended = number % perEpoch === 0
      if (number % Math.ceil(perEpoch / rows) === 0)
        context.metrics({ kind: 'step', step: number, epoch: number / perEpoch, loss, accuracy: right / images })
      if (!ended && now - shown < glance) continue
      shown = now
      const imagesPerSecond = state.currentRate
      context.progress({
        epoch: Math.ceil(number / perEpoch),
        epochs,
        step: number,
        steps,
        loss: state.loss,
        accuracy: state.accuracy,
        imagesPerSecond,
        secondsLeft: ((steps - number) * batchSize) / imagesPerSecond,
      })
    }
  }

  let launched = state.step
  let saved = performance.now()
  let last: Evaluation | undefined
  while (launched < steps && !context.signal.aborted) {
    const epoch = Math.floor(launched / perEpoch)
    state.start()
    for await (const [images, labels] of loader.batches(epoch, launched % perEpoch)) {
      optimizer.lr = run.lr * schedule(launched / steps)
      const values = step(images, labels).data()
      values.catch(() => {}) // it is awaited in its turn
      if (launched % perEpoch === 0) await breathe() // the first call has traced the step
      queue.push({ values, images: labels.shape[0]!, number: ++launched })
      await settle(lag)
      if (context.signal.aborted) break
      if (performance.now() - saved < caution) continue
      await settle(0)
      await save()
      saved = performance.now()
    }
    await settle(0)
    state.pause()
    if (launched % perEpoch === 0) {
      last = await measure()
      const { loss, accuracy } = state
      context.metrics({
        kind: 'epoch',
        step: launched,
        epoch: epoch + 1,
        train_loss: loss,
        train_accuracy: accuracy,
        test_loss: last.loss,
        test_accuracy: last.accuracy,
        seconds: state.seconds,
      })
      context.log(
        `epoch ${epoch + 1}/${epochs}: loss ${loss.toFixed(4)}, train accuracy ${accuracy.toFixed(4)}, test accuracy ${last.accuracy.toFixed(4)}`,
      )
    }
    await save()
    saved = performance.now()
  }

  const stopped = launched < steps
  if (!stopped) {
    last ??= await measure()
    await draw(run, context, last)
  }
  return {
    stopped,
    summary: {
      data: train.name.replace(/ train$/, ''),
      epochs,
      ...(stopped ? { steps_done: launched, steps } : {}),
      learning_rate: run.lr,
      train_loss: state.loss,
      train_accuracy: state.accuracy,
      test_accuracy: last?.accuracy ?? null,
      seconds: state.seconds,
      images_per_second: state.imagesPerSecond,
    },
  }
}

function diverged(loss: number, number: number, perEpoch: number, lr: number): NablaError {
  const epoch = Math.ceil(number / perEpoch)
  const within = number - (epoch - 1) * perEpoch
  return new NablaError(
    'training',
    `[train] the loss is ${loss} at step ${number} (epoch ${epoch}, step ${within} of ${perEpoch}): training has diverged and was stopped. ` +
      `The last good checkpoint is kept. Try a smaller learning rate; it was ${lr}.`,
    { step: number, epoch, loss, lr },
  )
}

/** Loss and accuracy over the epochs, and the confusion matrix. */
async function draw(run: ClassifierRun, context: LabContext<unknown>, { accuracy, confusion }: Evaluation): Promise<void> {
  const rows = context.history()
  const points = (kind: string, value: string): [number, number][] =>
    rows.filter((row) => row.kind === kind).map((row) => [Number(row.epoch), Number(row[value])])
  const chart = (name: string, of: string): { kind: 'lines' } & LineChart => ({
    kind: 'lines',
    title: `${run.title}: ${name}`,
    x: 'epoch',
    y: name,
    series: [
      { name: 'one step', points: points('step', of), faint: true },
      { name: 'training', points: points('epoch', `train_${of}`), dots: true },
      { name: 'test', points: points('epoch', `test_${of}`), dots: true },
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
