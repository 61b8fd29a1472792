/** The lab `conv-basics`: what a convolution layer computes, how it learns, and what its settings do. */
import type { FigurePicture, GridImage, LinesPicture, Picture } from '@nabla/pictures'
import { compile, grad, rand, randn, type Tensor, tensor } from 'nabla'
import { imageSet } from 'nabla/data'
import { functional as F } from 'nabla/nn'
import type { Lab, LabContext, Table } from '../../lab.js'
import type { OptionValues } from '../../options.js'
import { corr2d, corr2dBackward, corr2dIn, corr2dInOut, type Grid, outputSize, padded, strided, turned } from './by-hand.js'
import { countsOf, sightsOf, stacks } from './receptive-field.js'
import { notes } from './notes.js'

const options = {
  image: {
    kind: 'number',
    help: 'number of the Fashion-MNIST test image whose edges are shown',
    whole: true,
    atLeast: 0,
    below: 10_000,
    default: 0,
  },
  steps: { kind: 'number', help: 'steps in which a window is learnt', whole: true, atLeast: 1, default: 100 },
  lr: { kind: 'number', help: 'learning rate of that', above: 0, default: 0.03 },
} as const

type Context = LabContext<OptionValues<typeof options>>
type Figures = Record<string, number>

const source = 'notes on convolutions'

export const convBasics: Lab<typeof options> = {
  id: 'conv-basics',
  title: 'Convolutions: by hand, edges, a learnt window, padding, stride, channels, 1 x 1, what a neuron sees',
  chapter: 'convolution',
  notes,
  options,
  presets: { smoke: { steps: 60 }, quick: {}, full: {} },
  targets: [
    { metric: 'corr2d_error', atMost: 1e-5, source: `${source}: by hand and by the layer` },
    { metric: 'gradient_error', atMost: 1e-4, source: `${source}: gradients by hand and by autograd` },
    { metric: 'window_error', atMost: 0.05, source: `${source}: a learnt window is the one that made the examples` },
    { metric: 'wrong_sizes', atMost: 0, source: `${source}: sizes by the formula` },
    { metric: 'one_by_one_error', atMost: 1e-5, source: `${source}: 1 x 1 is a dense layer at every pixel` },
    { metric: 'wrong_fields', atMost: 0, source: `${source}: receptive fields by the formula and by gradients` },
  ],

  async run(context) {
    const summary: Figures = {}
    for (const part of [byHand, edges, learning, sizes, channels, fields]) {
      if (context.signal.aborted) return { stopped: true, summary }
      Object.assign(summary, await part(context))
    }
    return { stopped: false, summary }
  },
}

/** A grid as a batch of one image with one channel. */
const imageOf = (grid: Grid): Tensor => tensor(grid.map((row) => [...row])).reshape([1, 1, grid.length, grid[0]!.length])

/** The largest difference between a grid (or a tensor) and a tensor's values. */
async function distance(own: Grid | Tensor, other: Tensor): Promise<number> {
  const values = 'data' in own ? Array.from((await (own as Tensor).data()) as ArrayLike<number>) : own.flat()
  const others = await other.data()
  return Math.max(...values.map((value, i) => Math.abs(value - Number(others[i]))))
}

const shown = (grid: Grid): string => grid.map((row) => row.map((value) => Number(value.toFixed(3))).join(' ')).join(' / ')

/** Cross-correlation and its gradients, by hand against the layer and autograd. */
async function byHand(context: Context): Promise<Figures> {
  const x: Grid = [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
  ]
  const k: Grid = [
    [0, 1],
    [2, 3],
  ]
  const [input, window] = [imageOf(x).requiresGrad_(), imageOf(k).requiresGrad_()]
  const y = corr2d(x, k)
  const output = F.conv2d(input, window)
  const upstream: Grid = [
    [1, 2],
    [3, 4],
  ]
  const { dx, dk } = corr2dBackward(upstream, x, k)
  const [dInput, dWindow] = grad(output.mul(imageOf(upstream)).sum(), [input, window]) as [Tensor, Tensor]
  const table: Table = {
    columns: ['what', 'values, row by row'],
    rows: [
      ['X', shown(x)],
      ['K', shown(k)],
      ['cross-correlation of X and K', shown(y)],
      ['convolution: K turned by half a turn', shown(corr2d(x, turned(k)))],
      ['gradient of the result, as given', shown(upstream)],
      ['gradient of K', shown(dk)],
      ['gradient of X', shown(dx)],
    ],
  }
  await context.table('by-hand', table)
  return {
    corr2d_error: await distance(y, output.detach()),
    gradient_error: Math.max(await distance(dx, dInput), await distance(dk, dWindow)),
  }
}

const windows: Readonly<Record<string, Grid>> = {
  'edges from left to right': [[1, -1]],
  'edges from top to bottom': [[1], [-1]],
  'Sobel, across': [
    [1, 0, -1],
    [2, 0, -2],
    [1, 0, -1],
  ],
  'Sobel, down': [
    [1, 2, 1],
    [0, 0, 0],
    [-1, -2, -1],
  ],
  blurred: Array.from({ length: 3 }, () => Array(3).fill(1 / 9)),
  sharpened: [
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ],
}

/** Six rows of light with a dark band, and what the window [1, -1] makes of it. */
const band = { x: Array.from({ length: 6 }, () => [1, 1, 0, 0, 0, 0, 1, 1]), k: windows['edges from left to right']! } as const

/** Fixed windows on a band and on a piece of clothing. */
async function edges(context: Context): Promise<Figures> {
  const { options, report } = context
  const heat = (title: string, grid: Grid): Picture => ({
    kind: 'heatmap',
    title,
    values: grid.flat(),
    shape: [grid.length, grid[0]!.length],
    range: [-1, 1],
    colours: 'diverging',
    numbers: true,
    width: 360,
    height: 260,
  })
  await context.plot('band', {
    kind: 'figure',
    title: 'The window [1, -1] finds where light ends and where it begins; turned, it finds nothing here',
    rows: [
      [
        heat('X', band.x),
        heat('across', corr2d(band.x, band.k)),
        heat('down', corr2d(band.x, windows['edges from top to bottom']!)),
      ],
    ],
  })
  const set = await imageSet('fashion-mnist', 'test', report === undefined ? {} : { report })
  const [, height, width] = set.shape as [number, number, number]
  const pixels = set.images.subarray(options.image * height * width, (options.image + 1) * height * width)
  const x: Grid = Array.from({ length: height }, (_, i) =>
    Array.from(pixels.subarray(i * width, (i + 1) * width), (v) => v / 255),
  )
  const pictureOf = (caption: string, grid: Grid): GridImage => {
    const [low, high] = [Math.min(0, ...grid.flat()), Math.max(1, ...grid.flat())]
    const data = Float32Array.from(grid.flat(), (v) => (v - low) / (high - low))
    return { caption, image: { data, channels: 1, height: grid.length, width: grid[0]!.length } }
  }
  const found = Object.entries(windows).map(([name, k]) => [name, corr2d(x, k)] as const)
  await context.plot('edges', {
    kind: 'images',
    title: `What six windows find: ${set.classes[set.labels[options.image]!]}`,
    images: [pictureOf('as it is', x), ...found.map(([name, y]) => pictureOf(name, y))],
    columns: 4,
  })
  return {}
}

/** From examples of what a window does to the window. */
async function learning(context: Context): Promise<Figures> {
  const { steps, lr } = context.options
  const [x, y] = [imageOf(band.x), imageOf(corr2d(band.x, band.k))]
  let window = rand([1, 1, 1, 2]).sub(0.5).realize()
  const step = compile((now: Tensor) => {
    const k = now.detach().requiresGrad_()
    const loss = F.conv2d(x, k).sub(y).square().sum()
    return { loss, next: k.detach().sub(grad(loss, [k])[0]!.mul(lr)) }
  })
  const [losses, weights]: [number[], number[][]] = [[], []]
  for (let i = 0; i < steps && !context.signal.aborted; i++) {
    const { loss, next } = step(window)
    weights.push(Array.from((await window.data()) as ArrayLike<number>))
    losses.push(await loss.item())
    window = next
    context.metrics({ kind: 'step', run: 'window', step: i + 1, loss: losses[i]! })
  }
  const found = Array.from((await window.data()) as ArrayLike<number>)
  const lines: LinesPicture = {
    kind: 'lines',
    title: `A window learns what [1, -1] does: [${found.map((v) => v.toFixed(3)).join(', ')}]`,
    x: 'step',
    y: '',
    series: [
      { name: 'left weight', panel: 'weights', y: weights.map(([left]) => left!) },
      { name: 'right weight', panel: 'weights', y: weights.map(([, right]) => right!) },
      { name: 'squared error', panel: 'squared error', y: losses },
    ],
  }
  await context.plot('learnt-window', lines)
  return { window_error: Math.max(...found.map((value, i) => Math.abs(value - band.k[0]![i]!))) }
}

/** [input, window, padding, stride], of height and of width. */
const cases = [
  [
    [8, 3, 1, 1],
    [8, 3, 1, 1],
  ],
  [
    [8, 5, 2, 1],
    [8, 3, 1, 1],
  ],
  [
    [8, 5, 2, 2],
    [8, 3, 1, 2],
  ],
  [
    [8, 3, 0, 3],
    [8, 5, 1, 4],
  ],
  [
    [28, 5, 2, 1],
    [28, 5, 2, 1],
  ],
  [
    [224, 11, 2, 4],
    [224, 11, 2, 4],
  ],
] as const

/** Output sizes by the formula, by hand and by the layer. */
async function sizes(context: Context): Promise<Figures> {
  let wrong = 0
  const rows = cases.map(([[h, p, ph, sh], [w, q, pw, sw]]) => {
    const formula = [outputSize(h, p, ph, sh), outputSize(w, q, pw, sw)].join(' x ')
    const layer = F.conv2d(rand([1, 1, h, w]), rand([1, 1, p, q]), undefined, { padding: [ph, pw], stride: [sh, sw] })
    const ones = (rows: number, columns: number): Grid => Array.from({ length: rows }, () => Array(columns).fill(1))
    const own = strided(corr2d(padded(ones(h, w), ph, pw), ones(p, q)), sh, sw)
    const hand = `${own.length} x ${own[0]!.length}`
    if (formula !== hand || formula !== layer.shape.slice(2).join(' x ')) wrong++
    return [`${h} x ${w}`, `${p} x ${q}`, `${ph}, ${pw}`, `${sh}, ${sw}`, formula, hand, layer.shape.slice(2).join(' x ')]
  })
  await context.table('sizes', {
    columns: ['input', 'window', 'padding', 'stride', 'by the formula', 'by hand', 'by the layer'],
    rows,
  })
  return { wrong_sizes: wrong }
}

/** Several channels, and 1 x 1 windows as a dense layer. */
async function channels(context: Context): Promise<Figures> {
  const grid = (rows: number, columns: number, from: number): Grid =>
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => from + i * columns + j))
  const x = [grid(3, 3, 0), grid(3, 3, 9)]
  const k = [0, 1, 2].map((more) => [grid(2, 2, more), grid(2, 2, 4 + more)])
  const out = corr2dInOut(x, k)
  const image = tensor(x.map((channel) => channel.map((row) => [...row]))).unsqueeze(0)
  const filters = tensor(k.map((one) => one.map((channel) => channel.map((row) => [...row]))))
  await context.table('channels', {
    columns: ['what', 'values, row by row'],
    rows: [
      ...x.map((channel, i) => [`channel ${i + 1} in`, shown(channel)]),
      ['one channel out', shown(corr2dIn(x, k[0]!))],
      ...out.map((channel, i) => [`channel ${i + 1} of 3 out`, shown(channel)]),
    ],
  })
  const [pixels, weights] = [randn([1, 16, 12, 12]), randn([32, 16])]
  const convolved = F.conv2d(pixels, weights.reshape([32, 16, 1, 1]))
  const dense = F.linear(pixels.permute(0, 2, 3, 1), weights).permute(0, 3, 1, 2) // every pixel a row
  return {
    channels_error: await distance(out.flat(), F.conv2d(image, filters)),
    one_by_one_error: await distance(dense, convolved),
  }
}

/** What neurons see, by formula and by gradient. */
async function fields(context: Context): Promise<Figures> {
  let wrong = 0
  const rows: (string | number)[][] = []
  const maps: Picture[] = []
  for (const [name, layers] of Object.entries(stacks)) {
    const sights = sightsOf(layers)
    const { values, side, seen } = await countsOf(layers)
    if (seen !== sights.at(-1)!.field) wrong++
    layers.forEach((layer, i) =>
      rows.push([name, layer.name, `${layer.window} x ${layer.window}`, layer.stride, sights[i]!.field, sights[i]!.step]),
    )
    const title = `${name}: ${seen} x ${seen}`
    maps.push({
      kind: 'heatmap',
      title,
      values,
      shape: [side, side],
      colours: 'viridis',
      numbers: false,
      width: 300,
      height: 300,
    })
  }
  await context.table('receptive-fields', { columns: ['stack', 'layer', 'window', 'stride', 'sees', 'step'], rows })
  const figure: FigurePicture = {
    kind: 'figure',
    title: 'How often each pixel counts for one neuron behind the last layer: the middle most',
    rows: [maps.slice(0, 3), maps.slice(3)],
  }
  await context.plot('receptive-fields', figure)
  return {
    wrong_fields: wrong,
    lenet_field: sightsOf(stacks['LeNet-5']!).at(-1)!.field,
    vgg11_field: sightsOf(stacks['VGG-11']!).at(-1)!.field,
  }
}
