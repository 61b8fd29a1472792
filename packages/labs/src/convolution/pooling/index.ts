/** The lab `pooling`: one number for a window, by hand and by the layer, forward and backward; and what it is good for. */
import type { GridImage, LinesPicture } from '@nabla/pictures'
import { grad, noGrad, randn, type Tensor, tensor } from 'nabla'
import type { ImageDataset } from 'nabla/data'
import { AvgPool2d, Conv2d, Flatten, functional as F, type Layer, Linear, MaxPool2d, ReLU, Sequential } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import { fit, images } from '../../foundations/images.js'
import type { Lab, LabContext } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { schedules } from '../zoo/training.js'
import type { Grid } from '../conv-basics/by-hand.js'
import { pool2d, pool2dBackward, type Pooling } from './by-hand.js'
import { notes } from './notes.js'

const options = {
  epochs: { kind: 'number', help: 'times through the training data, for each network', whole: true, atLeast: 1, default: 2 },
  batchSize: { kind: 'number', help: 'images in a step', whole: true, atLeast: 1, default: 128 },
  lr: { kind: 'number', help: 'highest learning rate', above: 0, default: 0.05 },
  trainSize: { kind: 'number', help: 'use only so many training images', whole: true, atLeast: 1, default: 60_000 },
  testSize: { kind: 'number', help: 'use only so many test images', whole: true, atLeast: 1, default: 10_000 },
} as const

type Context = LabContext<OptionValues<typeof options>>
type Figures = Record<string, number>

const source = 'notes on pooling'

export const pooling: Lab<typeof options> = {
  id: 'pooling',
  title: 'Pooling: largest or mean, its gradient, and what it makes of a shift',
  chapter: 'convolution',
  notes,
  options,
  presets: { smoke: { epochs: 1, trainSize: 128, testSize: 50 }, quick: {}, full: { epochs: 10 } },
  targets: [
    { metric: 'pooling_error', atMost: 1e-5, source: `${source}: by hand and by the layer` },
    { metric: 'gradient_error', atMost: 1e-5, source: `${source}: gradients by hand and by autograd` },
  ],

  async run(context) {
    const summary: Figures = {}
    if (context.signal.aborted) return { stopped: true, summary }
    Object.assign(summary, await byHand(context))
    const { train, test } = await images(context, { data: 'fashion-mnist', ...context.options }, true)
    for (const part of [pooled, shifted, trained]) {
      if (context.signal.aborted) return { stopped: true, summary }
      Object.assign(summary, await part(train, test, context))
    }
    return { stopped: context.signal.aborted, summary }
  },
}

const grid = (rows: number, columns: number, from = 0): Grid =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => from + i * columns + j))
const imageOf = (x: Grid): Tensor => tensor(x.map((row) => [...row])).reshape([1, 1, x.length, x[0]!.length])
const shown = (x: Grid): string => x.map((row) => row.map((value) => Number(value.toFixed(3))).join(' ')).join(' / ')

/** The layer's result. */
function layer(x: Tensor, { mode, window, stride = window, padding = [0, 0] }: Pooling): Tensor {
  const how = { stride: [...stride] as [number, number], padding: [...padding] as [number, number] }
  const size = [...window] as [number, number]
  return mode === 'max' ? F.maxPool2d(x, size, how) : F.avgPool2d(x, size, how)
}

const band = Array.from({ length: 6 }, () => [0, 1, 0, 0, 0, -1, 0])

/** What is pooled, and how. */
const examples: readonly (readonly [name: string, x: Grid, pooling: Pooling])[] = [
  ['0 to 8, largest', grid(3, 3), { mode: 'max', window: [2, 2], stride: [1, 1] }],
  ['0 to 8, mean', grid(3, 3), { mode: 'avg', window: [2, 2], stride: [1, 1] }],
  ['edges of a band', band, { mode: 'max', window: [2, 2], stride: [1, 1] }],
  ['0 to 15, with a border', grid(4, 4), { mode: 'max', window: [3, 3], stride: [2, 2], padding: [1, 1] }],
  ['0 to 15, with a border, mean', grid(4, 4), { mode: 'avg', window: [3, 3], stride: [2, 2], padding: [1, 1] }],
  ['0 to 15, unlike windows', grid(4, 4), { mode: 'max', window: [2, 3], stride: [2, 3], padding: [0, 1] }],
  ['all alike', Array.from({ length: 4 }, () => [1, 1, 1, 1]), { mode: 'max', window: [2, 2] }],
]

/** Results and gradients by hand against the layer and autograd, on the examples and on random numbers. */
async function byHand(context: Context): Promise<Figures> {
  const numbers = Array.from((await randn([81]).data()) as ArrayLike<number>)
  const random: Grid = Array.from({ length: 9 }, (_, i) => numbers.slice(9 * i, 9 * i + 9))
  const cases: (typeof examples)[number][] = [
    ...examples,
    ...(['max', 'avg'] as const).flatMap((mode) => [
      ['random', random, { mode, window: [2, 2] }] as (typeof examples)[number],
      ['random, overlapping', random, { mode, window: [3, 3], stride: [2, 2] }] as (typeof examples)[number],
    ]),
  ]
  let [forward, backward] = [0, 0]
  const rows: (string | number)[][] = []
  for (const [name, x, how] of cases) {
    const y = pool2d(x, how)
    const upstream = y.map((row, i) => row.map((_, j) => 1 + i * row.length + j))
    const dx = pool2dBackward(upstream, x, how)
    const input = imageOf(x).requiresGrad_()
    const output = layer(input, how)
    const gradient = grad(output.mul(imageOf(upstream)).sum(), [input])[0]!
    const apart = async (own: Grid, other: Tensor): Promise<number> => {
      const values = await other.detach().data()
      return Math.max(...own.flat().map((value, i) => Math.abs(value - Number(values[i]))))
    }
    forward = Math.max(forward, await apart(y, output))
    backward = Math.max(backward, await apart(dx, gradient))
    const { window, stride = window, padding = [0, 0] } = how
    if (!name.startsWith('random'))
      rows.push([name, how.mode, window.join(' x '), stride.join(', '), padding.join(', '), shown(y), shown(dx)])
  }
  await context.table('by-hand', {
    columns: ['what', 'mode', 'window', 'stride', 'padding', 'result', 'gradient for 1, 2, 3, ...'],
    rows,
  })
  return { pooling_error: forward, gradient_error: backward }
}

/** What is left of a piece of clothing under larger and larger windows. */
async function pooled(_: ImageDataset, test: ImageDataset, context: Context): Promise<Figures> {
  const [, height, width] = test.shape as [number, number, number]
  const pixels = test.images.subarray(0, height * width)
  const x: Grid = Array.from({ length: height }, (_, i) =>
    Array.from(pixels.subarray(i * width, (i + 1) * width), (v) => v / 255),
  )
  const picture = (caption: string, y: Grid): GridImage => ({
    caption,
    image: { data: Float32Array.from(y.flat()), channels: 1, height: y.length, width: y[0]!.length },
  })
  const sizes = [2, 4, 7] as const
  const under = (mode: Pooling['mode']): GridImage[] =>
    sizes.map((size) =>
      picture(`${mode === 'max' ? 'largest' : 'mean'} of ${size} x ${size}`, pool2d(x, { mode, window: [size, size] })),
    )
  const whole = picture('as it is', x)
  await context.plot('pooled', {
    kind: 'images',
    title: 'The largest keeps bright strokes, the mean keeps the brightness',
    images: [whole, ...under('max'), whole, ...under('avg')],
    columns: 4,
  })
  return {}
}

/** How far edges change when the image moves: as they are, and pooled. */
async function shifted(_: ImageDataset, test: ImageDataset, context: Context): Promise<Figures> {
  const [batch] = test.batch(Uint32Array.from({ length: Math.min(100, test.length) }, (_, i) => i))
  const sobel = tensor([
    [1, 0, -1],
    [2, 0, -2],
    [1, 0, -1],
  ]).reshape([1, 1, 3, 3])
  const kinds: readonly (readonly [name: string, of: (edges: Tensor) => Tensor])[] = [
    ['edges', (edges) => edges],
    ['largest of 2 x 2', (edges) => F.maxPool2d(edges, 2)],
    ['largest of 4 x 4', (edges) => F.maxPool2d(edges, 4)],
    ['mean of 4 x 4', (edges) => F.avgPool2d(edges, 4)],
  ]
  const shifts = [0, 1, 2, 3, 4]
  const padded = F.pad(batch.sub(batch.amin()), [4, 4, 4, 4])
  const edgesAt = (shift: number): Tensor => F.conv2d(padded.narrow(3, 4 - shift, 28), sobel, undefined, { padding: 1 }).abs()
  const series: { name: string; x: number[]; y: number[]; dots: true }[] = []
  for (const [name, of] of kinds) {
    const y: number[] = []
    for (const shift of shifts) {
      const change = noGrad(() => {
        const [still, moved] = [of(edgesAt(0)), of(edgesAt(shift))]
        return moved.sub(still).square().sum().div(still.square().sum()).sqrt()
      })
      y.push(await change.item())
    }
    series.push({ name, x: shifts, y, dots: true })
  }
  const lines: LinesPicture = {
    kind: 'lines',
    title: 'What a shift does to edges, and to what is pooled of them',
    x: 'pixels moved',
    y: 'change as a share',
    series,
  }
  await context.plot('shift', lines)
  return { change_by_a_pixel: series[0]!.y[1]!, change_by_a_pixel_pooled: series[2]!.y[1]! }
}

/** The same small network with windows of the largest, of the mean, and with strides instead. */
async function trained(train: ImageDataset, test: ImageDataset, context: Context): Promise<Figures> {
  const { epochs, batchSize, lr } = context.options
  const network = (pool: () => Layer[], stride: number): Sequential =>
    new Sequential(
      new Conv2d(1, 8, 5, { padding: 2, stride }),
      new ReLU(),
      ...pool(), //                                        [N, 8, 14, 14]
      new Conv2d(8, 16, 5, { padding: 2, stride }),
      new ReLU(),
      ...pool(), //                                        [N, 16, 7, 7]
      new Flatten(),
      new Linear(16 * 7 * 7, 64),
      new ReLU(),
      new Linear(64, 10),
    )
  const kinds = {
    max: network(() => [new MaxPool2d(2)], 1),
    avg: network(() => [new AvgPool2d(2)], 1),
    stride: network(() => [], 2),
  }
  const summary: Figures = {}
  for (const [name, model] of Object.entries(kinds)) {
    if (context.signal.aborted) return summary
    const curve = await fit(
      {
        name,
        model,
        optimizer: new SGD(model.parameters(), { lr, momentum: 0.9 }),
        train,
        test,
        epochs,
        batchSize,
        seed: context.seed,
        more: { schedule: schedules['one-cycle'] },
      },
      context,
    )
    const accuracy = curve.testAccuracy.at(-1)
    if (accuracy === undefined) return summary
    summary[`${name}_accuracy`] = accuracy
    context.log(`${name}: test accuracy ${accuracy.toFixed(4)}`)
  }
  await context.plot('accuracy', {
    kind: 'bars',
    title: 'One network with three ways to halve an image',
    labels: ['largest', 'mean', 'stride 2'],
    y: 'test accuracy',
    series: [{ name: 'test', values: Object.keys(kinds).map((name) => summary[`${name}_accuracy`]!) }],
  })
  return summary
}
