import type { Picture } from '@nabla/pictures'
import { manualSeed, setDefaultDevice, type Tensor } from 'nabla'
import { ImageDataset } from 'nabla/data'
import * as nn from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Checkpoint, LabContext, MetricsRow, Progress } from '../lab.js'
import { fallAtEnd, trainClassifier } from './classifier.js'

beforeAll(() => setDefaultDevice('js'))

/** Two pixels; the class is the brighter one. */
function pictures(count: number, name: string): ImageDataset {
  const images = Uint8Array.from({ length: 2 * count }, (_, i) => (i * 97 + (i >> 1) * 31) % 256)
  const labels = Uint8Array.from({ length: count }, (_, i) => (images[2 * i]! > images[2 * i + 1]! ? 0 : 1))
  return new ImageDataset({ name, images, labels, shape: [1, 1, 2], classes: ['left', 'right'] })
}

class Recorder implements LabContext<unknown> {
  readonly options = {}
  readonly seed = 1
  readonly report = false
  readonly rows: MetricsRow[] = []
  readonly plots = new Map<string, Picture>()
  readonly shown: Progress[] = []
  saved: { weights: number[][]; checkpoint: Checkpoint }[] = []
  private readonly controller = new AbortController()
  constructor(
    readonly resume: Checkpoint | undefined = undefined,
    private readonly stopAt = Infinity,
  ) {}
  get signal(): AbortSignal {
    return this.controller.signal
  }
  progress(progress: Progress): void {
    this.shown.push(progress)
  }
  metrics(row: MetricsRow): void {
    this.rows.push(row)
    if (Number(row.step) >= this.stopAt) this.controller.abort()
  }
  history(): readonly MetricsRow[] {
    return this.rows
  }
  log(): void {}
  doing(): void {}
  async table(): Promise<void> {}
  async plot(name: string, plot: Picture): Promise<void> {
    this.plots.set(name, plot)
  }
  async save({ model, optimizer, state, seconds }: Checkpoint): Promise<void> {
    const clone = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
      Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.detach().clone().realize()]))
    const checkpoint = { model: clone(model), optimizer: clone(optimizer), state, seconds }
    this.saved.push({
      checkpoint,
      weights: await Promise.all(Object.values(checkpoint.model).map(async (t) => [...(await t.data())])),
    })
  }
  get last(): { weights: number[][]; checkpoint: Checkpoint } {
    return this.saved.at(-1)!
  }
}

async function train(context: Recorder, { lr = 0.5, epochs = 4 } = {}): ReturnType<typeof trainClassifier> {
  manualSeed(context.seed)
  const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(2, 2))
  const optimizer = new SGD(model.parameters(), { lr, momentum: 0.9 })
  return trainClassifier(
    {
      title: 'bars',
      model,
      optimizer,
      train: pictures(150, 'bars train'),
      test: pictures(40, 'bars test'),
      epochs,
      batchSize: 20,
      seed: context.seed,
      lr,
      schedule: fallAtEnd,
    },
    context,
  )
}

test('learns, measures every epoch, draws, and ends with a summary', async () => {
  const context = new Recorder()
  const { stopped, summary } = await train(context)
  expect(stopped).toBe(false)
  expect(summary).toMatchObject({ data: 'bars', epochs: 4 })
  expect(summary.test_accuracy).toBeGreaterThan(0.9)
  expect(context.rows.filter((row) => row.kind === 'epoch').map((row) => row.epoch)).toEqual([1, 2, 3, 4])
  expect(context.rows.filter((row) => row.kind === 'step')).toHaveLength(28) // 7 whole batches an epoch
  expect([...context.plots.keys()]).toEqual(['loss', 'accuracy', 'confusion'])
  const confusion = context.plots.get('confusion') as Extract<Picture, { kind: 'confusion' }>
  expect([...(confusion.counts as Uint32Array)].reduce((a, b) => a + b)).toBe(40)
  expect(context.shown.at(-1)).toMatchObject({ epoch: 4, step: 28, steps: 28, secondsLeft: 0 })
  expect(context.saved.map(({ checkpoint }) => checkpoint.state.step)).toEqual([0, 7, 14, 21, 28])
})

test.each([3, 7, 12])(
  'stopped after step %i and gone on with, a run ends with the same bits as one that never stopped',
  async (stopAt) => {
    const whole = new Recorder()
    const expected = await train(whole)
    const first = new Recorder(undefined, stopAt)
    expect((await train(first)).stopped).toBe(true)
    const { step } = first.last.checkpoint.state
    expect(step).toBeGreaterThanOrEqual(stopAt)
    expect(step).toBeLessThan(28)
    const second = new Recorder(first.last.checkpoint)
    const { summary } = await train(second)
    expect(second.last.weights).toEqual(whole.last.weights)
    expect(summary.train_loss).toBe(expected.summary.train_loss)
    expect([...first.rows, ...second.rows].map(({ seconds: _, ...row }) => row)).toEqual(
      whole.rows.map(({ seconds: _, ...row }) => row),
    )
  },
)

describe('a loss that is not finite', () => {
  test('ends the run with its step, and no checkpoint is made of it', async () => {
    const context = new Recorder()
    const failing = train(context, { lr: 1e38 })
    await expect(failing).rejects.toMatchObject({ kind: 'training', facts: { lr: 1e38 } })
    await expect(failing).rejects.toThrowError(
      /the loss is (NaN|Infinity) at step \d+ \(epoch \d, step \d+ of 7\).*smaller learning rate/,
    )
    for (const { weights } of context.saved) expect(weights.flat().every(Number.isFinite)).toBe(true)
  })
})

test('the schedule is full for two thirds and ends at nothing', () => {
  expect([0, 0.5, 2 / 3, 5 / 6, 1].map((done) => Number(fallAtEnd(done).toFixed(9)))).toEqual([1, 1, 1, 0.5, 0])
})
