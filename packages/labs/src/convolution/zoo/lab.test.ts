/** The shared lab on a network of two layers and pictures of two pixels' worth of sense: bright on the left, or on the right. */
import { manualSeed, noGrad, randn, setDefaultDevice, zeros } from 'nabla'
import { ImageDataset } from 'nabla/data'
import * as nn from 'nabla/nn'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Checkpoint, LabContext, MetricsRow } from '../../lab.js'
import { resolveOptions } from '../../options.js'
import { evaluator } from '../../training/evaluate.js'
import { inputOf, resizer } from './data.js'
import { runZoo, zooLab } from './lab.js'
import { zooOptions, type ZooValues } from './options.js'
import { stagesOf } from './pictures.js'
import { schedules } from './training.js'

beforeAll(() => setDefaultDevice('js'))

function sides(count: number, name: string): ImageDataset {
  const labels = Uint8Array.from({ length: count }, (_, i) => (i * 7 + (i >> 2)) % 2)
  const images = Uint8Array.from({ length: 64 * count }, (_, i) => {
    const bright = (i % 8 < 4 ? 0 : 1) === labels[Math.floor(i / 64)]
    return (bright ? 160 : 40) + ((i * 31) % 60)
  })
  return new ImageDataset({ name, images, labels, shape: [1, 8, 8], classes: ['left', 'right'], mean: 0.5, std: 0.25 })
}

const network = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.AdaptiveAvgPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16, 2),
  )

async function run(set: Partial<ZooValues>, { resume, stopAt = Infinity }: { resume?: Checkpoint; stopAt?: number } = {}) {
  manualSeed(3)
  const controller = new AbortController()
  const [rows, plots, tables]: [MetricsRow[], string[], string[]] = [[], [], []]
  let saved: Checkpoint | undefined
  const context: LabContext<ZooValues> = {
    options: { ...resolveOptions(zooOptions, { epochs: 3, batchSize: 16, lr: 0.1 }), ...set },
    seed: 3,
    signal: controller.signal,
    resume,
    report: false,
    progress() {},
    doing() {},
    metrics(row) {
      rows.push(row)
      if (Number(row.step) >= stopAt) controller.abort()
    },
    history: () => rows,
    log() {},
    plot: async (name) => void plots.push(name),
    table: async (name) => void tables.push(name),
    async save({ model, optimizer, average, state, seconds }) {
      const copy = (all: Checkpoint['model']) =>
        Object.fromEntries(Object.entries(all).map(([name, t]) => [name, t.detach().clone().realize()]))
      saved = { model: copy(model), optimizer: copy(optimizer), ...(average && { average: copy(average) }), state, seconds }
    },
  }
  const model = network()
  const result = await runZoo({ title: 'sides', model, train: sides(96, 'sides train'), test: sides(40, 'sides test') }, context)
  return { ...result, model, plots, tables, saved: saved! }
}

const everything: Partial<ZooValues> = { size: 12, augment: 'erasing', ema: 0.8, flipAtTest: false, labelSmoothing: 0.1 }

test('learns with every setting on, and tells what it costs and shows what it has learnt', async () => {
  const { summary, plots, tables, model, saved } = await run({ ...everything, augment: 'crop' })
  expect(summary).toMatchObject({ data: 'sides', epochs: 3, parameters: 40 + 8 + 34, multiply_adds: 4 * 9 * 144 + 32 })
  expect(summary.test_accuracy).toBeGreaterThan(0.8)
  expect(summary.training_memory_mb).toBeGreaterThan(Number(summary.prediction_memory_mb))
  expect(summary.seconds_per_epoch).toBeGreaterThan(0)
  expect(tables).toEqual(['layers'])
  expect(plots).toEqual(expect.arrayContaining(['loss', 'accuracy', 'confusion', 'filters', 'features']))
  // What is kept is what was measured: the average of the weights.
  for (const weights of [model.stateDict(), saved.model]) {
    const other = network()
    other.loadStateDict(weights)
    const seen = new nn.Sequential(new nn.Upsample({ size: [12, 12], mode: 'bilinear' }), other)
    const measured = await evaluator(seen, sides(40, 'again'))()
    expect(measured.accuracy).toBeCloseTo(Number(summary.test_accuracy), 6)
  }
})

test('stopped and gone on with, it ends with the same bits', async () => {
  const values = async (checkpoint: Checkpoint) =>
    Promise.all(Object.values(checkpoint.model).map(async (t) => [...((await t.data()) as Float32Array)]))
  const whole = await run(everything)
  const first = await run(everything, { stopAt: 8 })
  expect(first.stopped).toBe(true)
  expect(first.plots).not.toContain('filters')
  const second = await run(everything, { resume: first.saved })
  expect(await values(second.saved)).toEqual(await values(whole.saved))
})

test.each([12, 5, 8])('resizing 8 pixels to %i is bilinear interpolation', async (size) => {
  const images = randn([2, 1, 8, 8]).realize()
  const how = { size: [size, size] as [number, number], mode: 'bilinear', antialias: size < 8 } as const
  const expected = await nn.functional.interpolate(images, how).data()
  const found = await resizer([1, 8, 8], size)(images).data()
  expect(found).toHaveLength(expected.length)
  found.forEach((value, i) => void expect(value).toBeCloseTo(Number(expected[i]), 5))
})

test('schedules start and end where they should', () => {
  const at = (name: keyof typeof schedules) => [0, 0.25, 0.5, 1].map((done) => Number(schedules[name](done).toFixed(3)))
  expect(at('constant')).toEqual([1, 1, 1, 1])
  expect(at('cosine')).toEqual([1, 0.854, 0.5, 0])
  expect(at('one-cycle')).toEqual([0.04, 1, 0.75, 0])
  expect(at('fall')).toEqual([1, 1, 1, 0])
})

test('a stage is the last result of its size, by its inner name where an outer module hands it on', () => {
  const stages = stagesOf(new nn.Sequential(network()).eval(), zeros([1, 1, 8, 8]))
  expect(stages.map(({ name, maps }) => [name, ...maps.shape.slice(1)])).toEqual([
    ['0.2', 4, 8, 8],
    ['0.3', 4, 4, 4],
    ['0.4', 4, 2, 2],
  ])
})

describe('a lab of a network', () => {
  const lab = zooLab({
    id: 'sides',
    title: 'Sides',
    notes: { en: '', zh: '' },
    presets: { smoke: {}, quick: {}, full: {} },
    options: { hidden: { kind: 'number', help: 'hidden units', default: 8 } },
    defaults: { data: 'cifar10', size: 16 },
    build: ({ hidden, width }, { inChannels, numClasses, size }) =>
      new nn.Sequential(
        new nn.Flatten(),
        new nn.Linear(inChannels * size * size, Math.round(hidden * width)),
        new nn.ReLU(),
        new nn.Linear(Math.round(hidden * width), numClasses),
      ),
  })
  const options = resolveOptions(lab.options, {})

  test('has the shared options with its own defaults, and its own', () => {
    expect(options).toMatchObject({ data: 'cifar10', size: 16, hidden: 8, epochs: 10 })
    expect(inputOf({ data: 'cifar10', size: undefined })).toEqual({ inChannels: 3, numClasses: 10, size: 32 })
    expect(() => resolveOptions(lab.options, { schedule: 'one-cicle' })).toThrowError(/did you mean "one-cycle"/)
  })

  test('names colour pictures of any size, and is exported with the size that it takes', async () => {
    const { model, input, metadata } = lab.exported!(options, await weights())
    expect(input.shape).toEqual([1, 3, 16, 16])
    expect(metadata.input).toMatch(/resized to 16 x 16/)
    expect(noGrad(() => (model as nn.Layer).forward(randn([2, 3, 16, 16]))).shape).toEqual([2, 10])
    const data = Uint8Array.from({ length: 4 * 50 * 20 }, (_, i) => (i * 13) % 256)
    const found = await lab.predictor!(options, await weights())({ width: 50, height: 20, data })
    expect(found).toHaveLength(10)
    expect(found.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5)
    expect(found[0]!.probability).toBeGreaterThanOrEqual(found[9]!.probability)
  })

  const weights = async () => {
    manualSeed(0)
    return new nn.Sequential(new nn.Flatten(), new nn.Linear(768, 8), new nn.ReLU(), new nn.Linear(8, 10)).stateDict()
  }
})
