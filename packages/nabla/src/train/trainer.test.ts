import { beforeAll, describe, expect, test } from 'vitest'
import { setDefaultDevice } from '../compiler/devices.js'
import { Accuracy, ConfusionMatrix } from '../metrics/index.js'
import * as nn from '../nn/index.js'
import { functional as F } from '../nn/index.js'
import {
  Adam,
  CosineAnnealingLR,
  ExponentialMovingAverage,
  ReduceLROnPlateau,
  SGD,
  StepLR,
  StochasticWeightAverage,
} from '../optim/index.js'
import { tensor } from '../tensor/create.js'
import { manualSeed } from '../tensor/random.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Callback, EpochEvent, EvaluationEvent, StepEvent } from './callback.js'
import type { TrainerOptions } from './options.js'
import { loaderOf, MemoryStore, network, type Pair, valuesOf } from './testing.js'
import { Trainer } from './trainer.js'

beforeAll(() => setDefaultDevice('js'))

const accuracy = (logits: Tensor, labels: Tensor): Tensor => logits.argmax(1).eq(labels)

class Recorder implements Callback {
  readonly steps: StepEvent[] = []
  readonly epochs: EpochEvent[] = []
  readonly evaluations: EvaluationEvent[] = []
  onStep(event: StepEvent): void {
    this.steps.push(event)
  }
  onEpoch(event: EpochEvent): void {
    this.epochs.push(event)
  }
  onEvaluate(event: EvaluationEvent): void {
    this.evaluations.push(event)
  }
}

type Options = Partial<TrainerOptions<Pair>>
function trainerOf(options: Options | ((model: nn.Sequential) => Options) = {}): Trainer<Pair> {
  manualSeed(5)
  const model = network()
  const given = typeof options === 'function' ? options(model) : options
  return new Trainer<Pair>({
    model,
    optimizer: new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
    ...(given.step ? {} : { loss: F.crossEntropy }),
    train: loaderOf(52),
    epochs: 3,
    ...given,
  })
}

test('learns; epochs, evaluations and metrics of both kinds are told', async () => {
  const seen = new Recorder()
  const trainer = trainerOf({
    evaluation: loaderOf(20),
    epochs: 8,
    metrics: { accuracy, streamed: new Accuracy(), confusion: new ConfusionMatrix(2) },
    trainMetrics: { streamed: new Accuracy() },
    callbacks: [seen],
  })
  const result = await trainer.fit()
  expect(result).toMatchObject({ reason: 'done', step: 56, epochs: 8, epoch: 8, rowsSeen: 416 })
  expect(result.evaluation!.accuracy).toBeGreaterThan(0.7)
  expect(result.evaluation!.streamed).toBe(result.evaluation!.accuracy)
  expect(Object.keys(result.evaluation!)).toEqual(['loss', 'accuracy', 'streamed'])
  expect(seen.evaluations.at(-1)!.results.confusion).toHaveLength(2)
  expect(seen.steps.map((s) => s.step)).toEqual([...Array(56).keys()].map((i) => i + 1))
  expect(seen.epochs.map((e) => [e.step, e.epoch])).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((e) => [7 * e, e]))
  for (const { train } of seen.epochs) expect(train.streamed).toBeCloseTo(train.accuracy!, 12)
  const last = seen.steps.slice(-7)
  const mean = last.reduce((sum, s) => sum + s.values.loss! * s.rows, 0) / 52
  expect(result.train.loss).toBeCloseTo(mean, 10)
})

test('the loop is the one that is written by hand, bit for bit', async () => {
  const trainer = trainerOf((model) => ({ optimizer: new Adam(model.parameters(), { lr: 0.01 }) }))
  await trainer.fit()
  manualSeed(5)
  const model = network()
  const optimizer = new Adam(model.parameters(), { lr: 0.01 })
  for (let epoch = 0; epoch < 3; epoch++)
    for await (const [x, y] of loaderOf(52).batches(epoch)) {
      optimizer.zeroGrad()
      F.crossEntropy(model.forward(x), y).backward()
      optimizer.step()
    }
  const [a, b] = [await valuesOf(trainer.options.model.stateDict()), await valuesOf(model.stateDict())]
  for (const name of Object.keys(b)) b[name]!.forEach((v, i) => expect(a[name]![i]).toBeCloseTo(v, 5))
})

test('gradients of several small batches make the step of one large one', async () => {
  const plain = (): nn.Sequential => new nn.Sequential(new nn.Linear(2, 2))
  const train = async (batchSize: number, accumulate: number, compile: boolean): Promise<[number, Record<string, number[]>]> => {
    manualSeed(1)
    const model = plain()
    const optimizer = new SGD(model.parameters(), { lr: 0.5 })
    const seen = new Recorder()
    const trainer = new Trainer<Pair>({
      model,
      optimizer,
      loss: F.crossEntropy,
      train: loaderOf(52, { batchSize }),
      accumulate,
      epochs: 2,
      clip: { norm: 0.3 },
      callbacks: [seen],
      compile,
    })
    const { step } = await trainer.fit()
    expect(seen.steps.every((s) => s.values.gradient_norm! > 0)).toBe(true)
    return [step, await valuesOf(model.stateDict())]
  }
  const [steps, whole] = await train(24, 1, true)
  expect(steps).toBe(6)
  for (const compile of [true, false]) {
    const [count, parts] = await train(8, 3, compile)
    expect(count).toBe(6)
    for (const name of Object.keys(whole)) whole[name]!.forEach((v, i) => expect(parts[name]![i]).toBeCloseTo(v, 5))
  }
})

describe('whatever a run is made of, stopped anywhere and gone on with it ends with the same bits', () => {
  const everything =
    (more: Options = {}) =>
    (model: nn.Sequential): Options => {
      const optimizer = new Adam(model.parameters(), { lr: 0.02 })
      return {
        optimizer,
        evaluation: loaderOf(20),
        metrics: { accuracy, streamed: new Accuracy() },
        trainMetrics: { streamed: new Accuracy() },
        clip: { norm: 1, value: 0.5 },
        schedule: new CosineAnnealingLR(optimizer, 21),
        schedulePer: 'step',
        average: new ExponentialMovingAverage(model.parameters(), 0.9),
        ...more,
      }
    }
  const variants: Record<string, (model: nn.Sequential) => Options> = {
    'schedule by step, average, metrics': everything(),
    'accumulation, evaluation by steps, schedule by epoch': (model) => {
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      return {
        ...everything({ accumulate: 2, evaluateEvery: { steps: 3 }, checkpointEvery: { steps: 2 } })(model),
        optimizer,
        schedule: new StepLR(optimizer, 1, { gamma: 0.5 }),
        schedulePer: 'epoch',
      }
    },
    'average by epoch, a schedule that watches': (model) => {
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      return {
        ...everything()(model),
        optimizer,
        schedule: new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5, threshold: 0.5 }),
        average: new StochasticWeightAverage(model.parameters()),
        averagePer: 'epoch',
        averageFrom: 1,
      }
    },
    'a function of the share that is done': (model) => ({ ...everything({ schedule: (done) => 1 - done })(model) }),
  }
  for (const [name, make] of Object.entries(variants))
    test(name, async () => {
      const run = async (store: MemoryStore, stopAt = Infinity, inEvaluation = false): Promise<[Recorder, string]> => {
        const seen = new Recorder()
        const stopper: Callback = {
          onStep: ({ step }) => {
            if (step === stopAt && !inEvaluation) trainer.stop()
          },
        }
        const trainer: Trainer<Pair> = trainerOf((model) => {
          const options = make(model)
          const evaluation = options.evaluation!
          const stopping = {
            length: evaluation.length,
            async *batches(epoch: number): AsyncGenerator<Pair> {
              for await (const batch of evaluation.batches(epoch)) {
                if (inEvaluation && seen.steps.length >= stopAt) trainer.stop()
                yield batch
              }
            },
          }
          return { ...options, evaluation: stopping, store, callbacks: [seen, stopper] }
        })
        return [seen, (await trainer.fit()).reason]
      }
      const facts = (seen: Recorder): unknown => ({
        steps: seen.steps.map(({ step, epoch, values, means, lr }) => ({ step, epoch, values, means, lr })),
        epochs: seen.epochs.map(({ step, train, evaluation, lr }) => ({ step, train, evaluation, lr })),
        evaluations: seen.evaluations.map(({ step, figures }) => ({ step, figures })),
      })
      const whole = new MemoryStore()
      const [expected, done] = await run(whole)
      expect(done).toBe('done')
      const total = expected.steps.length
      for (const [stopAt, inEvaluation] of [
        [1, false],
        [5, false],
        [7, false],
        [8, false],
        [3, true],
        [7, true],
        [total, false],
      ] as const) {
        const first = new MemoryStore()
        const [before, reason] = await run(first, stopAt, inEvaluation)
        const second = new MemoryStore(first.saved.at(-1))
        const [after, end] = await run(second)
        expect(end).toBe('done')
        if (reason === 'stopped') expect(second.saved.length).toBeGreaterThan(0)
        expect(Buffer.compare((second.saved.at(-1) ?? first.saved.at(-1))!, whole.saved.at(-1)!), `stopped at ${stopAt}`).toBe(0)
        const joined = new Recorder()
        for (const part of [before, after]) {
          joined.steps.push(...part.steps)
          joined.epochs.push(...part.epochs)
          joined.evaluations.push(...part.evaluations)
        }
        expect(facts(joined)).toEqual(facts(expected))
      }
    })
})

test('the best weights are kept and given back; a run that no longer improves ends', async () => {
  const store = new MemoryStore()
  const values = [0.5, 0.3, 0.4, 0.35, 0.2]
  let at = 0
  const trainer = trainerOf({
    epochs: 20,
    evaluation: loaderOf(20),
    evaluateStep: () => ({ loss: tensor(values[at++] ?? 1) }),
    evaluateEvery: { epochs: 1 },
    compile: false,
    earlyStopping: { patience: 1 },
    restoreBest: true,
    store,
  })
  // One batch an evaluation, so that the values come in order.
  Object.assign(trainer.options.evaluation!, {
    batches: loaderOf(8, { shuffle: false }).batches.bind(loaderOf(8, { shuffle: false })),
  })
  const weights: Record<string, number[]>[] = []
  Object.assign(trainer, {
    callbacks: [{ onEvaluate: async () => void weights.push(await valuesOf(trainer.options.model.stateDict())) }],
  })
  const result = await trainer.fit()
  expect(result).toMatchObject({ reason: 'early', best: { value: expect.closeTo(0.3, 6) as number, step: 14 } })
  expect(weights).toHaveLength(4)
  expect(store.best!.info).toEqual({ step: 14, monitor: 'eval_loss', value: result.best!.value })
  expect(await valuesOf(trainer.options.model.stateDict())).toEqual(weights[1])
  expect(store.best!.weights).toEqual(weights[1])
})

test('a loss that is not finite ends the run with its step, and no checkpoint is made of it', async () => {
  const store = new MemoryStore()
  const trainer = trainerOf((model) => ({ optimizer: new SGD(model.parameters(), { lr: 1e38 }), store }))
  await expect(trainer.fit()).rejects.toThrowError(
    /the loss is (NaN|Infinity) at step \d+ \(epoch 1, step \d of 7\).*last good checkpoint.*it was 1e\+38/,
  )
  expect(store.saved).toHaveLength(1)
  await expect(trainer.fit()).rejects.toThrowError(/has failed: make a new Trainer/)
})

test('a checkpoint that cannot be written ends the run and names the one that is kept', async () => {
  const store = new MemoryStore()
  const trainer = trainerOf({ store })
  const save = store.save.bind(store)
  store.save = (checkpoint) =>
    store.saved.length === 2 ? Promise.reject(new Error('ENOSPC: no space left on device')) : save(checkpoint)
  await expect(trainer.fit()).rejects.toMatchObject({
    kind: 'io',
    message:
      '[train] after step 14 no checkpoint could be written; the checkpoint of step 7 is kept: ENOSPC: no space left on device',
  })
})

test('a signal ends it after the step; the same Trainer goes on', async () => {
  const controller = new AbortController()
  const trainer = trainerOf({
    steps: 12,
    callbacks: [{ onStep: ({ step }) => void (step === 5 && controller.abort()) }],
  })
  const first = await trainer.fit({ signal: controller.signal })
  expect(first.reason).toBe('stopped')
  expect(first.step).toBeGreaterThanOrEqual(5)
  expect(first.step).toBeLessThan(12)
  const second = await trainer.fit()
  expect(second).toMatchObject({ reason: 'done', step: 12 })
})

test('steps of any form: records as batches, figures of the own choice', async () => {
  manualSeed(2)
  const model = new nn.Linear(2, 1)
  const loader = {
    async *batches(epoch: number, start = 0) {
      for await (const [x] of loaderOf(24).batches(epoch, start)) yield { points: x, more: { sums: x.sum(1, { keepdim: true }) } }
    },
  }
  const seen = new Recorder()
  const trainer = new Trainer({
    model,
    optimizer: new SGD(model.parameters(), { lr: 0.1 }),
    step: ({ points, more }) => {
      const error = model.forward(points).sub(more.sums)
      return { loss: error.square().mean(), figures: { largest: error.abs().max(), absolute: error.abs().squeeze(1) } }
    },
    train: loader,
    epochs: 20,
    callbacks: [seen],
  })
  const result = await trainer.fit()
  expect(result.train.loss).toBeLessThan(0.01)
  expect(result.train.absolute).toBeLessThan(result.train.largest!)
  expect(seen.steps[0]).toMatchObject({ stepsInEpoch: undefined, steps: undefined, secondsLeft: undefined })
})

describe('settings that make no sense', () => {
  test.each<[Options, RegExp]>([
    [{ loss: F.crossEntropy, step: () => tensor(1) }, /either loss .* or step/],
    [{ epochs: undefined as never }, /when does the run end/],
    [{ epochs: 0 }, /epochs is 0; expected a whole number of 1 or more/],
    [{ accumulate: 1.5 }, /accumulate is 1.5/],
    [{ clip: { norm: 0 } }, /clip.norm is 0/],
    [{ monitor: 'loss' }, /expected eval_ or train_ and a figure's name/],
    [{ monitor: 'eval_loss' }, /needs evaluation/],
    [{ monitor: 'train_accuracy' }, /fall or to rise/],
    [{ metrics: { loss: accuracy } }, /cannot be called loss/],
    [{ evaluateEvery: { steps: 2 } }, /needs evaluation/],
  ])('%o', (options, message) => {
    expect(() => trainerOf(options)).toThrowError(message)
  })
  test('an empty epoch, a loss that is no number, and a figure that nobody knows', async () => {
    await expect(trainerOf({ train: loaderOf(3, { dropLast: true }) }).fit()).rejects.toThrowError(/epoch 1 has no batch/)
    await expect(trainerOf({ loss: (o) => o }).fit()).rejects.toThrowError(/the loss has shape \[8, 2\]; expected one number/)
    await expect(
      trainerOf({ evaluation: loaderOf(9), monitor: 'eval_acuracy', mode: 'max', metrics: { accuracy } }).fit(),
    ).rejects.toThrowError(/"eval_acuracy"; did you mean "eval_accuracy"\?/)
  })
})
