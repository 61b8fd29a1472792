/**
 * The pictures of docs/guide/pictures: one of each kind, from formulas and small seeded experiments that run here, so that they are the same every time.
 * `node scripts/pictures.mjs [FOLDER]` writes those that the guide shows (default docs/guide/pictures); `--all` the others too, `--png` adds a PNG of each. Needs a build.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toPng, toSvg } from '@nabla/pictures'

/** Numbers in 0..1 from a seed (mulberry32), and normal ones from those (Box and Muller). */
function numbers(seed) {
  let state = seed
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()) }
}
const count = (n, f) => Array.from({ length: n }, (_, i) => f(i))

/** Logistic regression on two clouds by stochastic gradient descent: what its loss does under three learning rates, three runs each. */
function curves() {
  const series = [0.02, 0.1, 0.5].map((rate) => {
    const runs = [1, 2, 3, 4].map((seed) => {
      const { normal, uniform } = numbers(seed)
      let [a, b, c, mean] = [0, 0, 0, Math.log(2)]
      return count(200, () => {
        const label = uniform() < 0.5 ? 0 : 1
        const [x, y] = [normal() + label * 2, normal() + label]
        const p = 1 / (1 + Math.exp(-(a * x + b * y + c)))
        mean += 0.06 * (-Math.log(Math.max(1e-9, label ? p : 1 - p)) - mean)
        ;[a, b, c] = [a - rate * (p - label) * x, b - rate * (p - label) * y, c - rate * (p - label)]
        return mean
      })
    })
    const at = (f) => count(200, (i) => f(runs.map((run) => run[i])))
    return {
      name: `rate ${rate}`,
      y: at((v) => v.reduce((s, w) => s + w, 0) / v.length),
      low: at((v) => Math.min(...v)),
      high: at((v) => Math.max(...v)),
    }
  })
  return {
    kind: 'lines',
    title: 'Stochastic gradient descent, mean and range of four runs',
    x: 'step',
    y: { label: 'loss', unit: 'nats' },
    series,
  }
}

const schedules = {
  kind: 'lines',
  title: 'Learning rates over a run',
  x: 'step',
  y: { label: 'learning rate', log: true },
  series: [
    { name: 'cosine', y: count(300, (i) => 1e-5 + 0.5 * 0.1 * (1 + Math.cos((Math.PI * i) / 299))) },
    { name: 'steps', y: count(300, (i) => 0.1 * 0.1 ** Math.floor(i / 100)) },
    { name: 'exponential', y: count(300, (i) => 0.1 * 0.97 ** i) },
  ],
}

const bars = {
  kind: 'bars',
  title: 'Estimating a mean: error by number of samples',
  labels: ['10', '30', '100', '300'],
  x: 'samples',
  y: 'error',
  series: ['normal', 'uniform', 'heavy tails'].map((name, k) => {
    const { normal, uniform } = numbers(9 + k)
    const draw = [normal, () => (uniform() - 0.5) * Math.sqrt(12), () => normal() / Math.sqrt(0.2 + uniform())][k]
    const stats = [10, 30, 100, 300].map((n) => {
      const errors = count(60, () => Math.abs(count(n, draw).reduce((a, b) => a + b, 0) / n))
      const mean = errors.reduce((a, b) => a + b, 0) / 60
      return { mean, deviation: (Math.sqrt(errors.reduce((s, e) => s + (e - mean) ** 2, 0) / 60) / Math.sqrt(60)) * 2 }
    })
    return { name, values: stats.map((s) => s.mean), errors: stats.map((s) => s.deviation) }
  }),
}

/** Two moons. */
function moons(n, seed) {
  const { normal, uniform } = numbers(seed)
  return count(n, (i) => {
    const [label, t] = [i % 2, Math.PI * uniform()]
    return {
      label,
      x: (label ? 1 - Math.cos(t) : Math.cos(t)) + 0.12 * normal(),
      y: (label ? 0.5 - Math.sin(t) : Math.sin(t)) + 0.12 * normal(),
    }
  })
}
const moon = moons(160, 4)
const range = { xRange: [-1.6, 2.6], yRange: [-1.2, 1.7] }

const scatter = {
  kind: 'scatter',
  title: 'Two moons',
  x: 'x₁',
  y: 'x₂',
  series: [0, 1].map((k) => ({
    name: `class ${k}`,
    x: moon.filter((p) => p.label === k).map((p) => p.x),
    y: moon.filter((p) => p.label === k).map((p) => p.y),
  })),
}

const boundary = {
  kind: 'boundary',
  title: 'Seven nearest neighbours decide',
  x: 'x₁',
  y: 'x₂',
  ...range,
  shape: [80, 116],
  values: count(80 * 116, (i) => {
    const [x, y] = [-1.6 + (4.2 * (i % 116)) / 115, -1.2 + (2.9 * Math.floor(i / 116)) / 79]
    const near = moon.map((p) => ({ d: (p.x - x) ** 2 + (p.y - y) ** 2, label: p.label })).sort((a, b) => a.d - b.d)
    return near.slice(0, 7).reduce((s, p) => s + p.label, 0) > 3 ? 1 : 0
  }),
  classes: ['upper moon', 'lower moon'],
  points: { x: moon.map((p) => p.x), y: moon.map((p) => p.y), labels: moon.map((p) => p.label) },
}

/** Signals through eight layers of tanh with weights of three scales. */
function activations() {
  const { normal } = numbers(3)
  return {
    kind: 'histograms',
    title: 'Activations of layer 5 by the scale of the weights',
    x: 'activation',
    series: [0.5, 1, 2].map((scale) => {
      let rows = count(40, () => count(64, normal))
      for (let layer = 0; layer < 5; layer++) {
        const w = count(64 * 64, () => (scale * normal()) / 8)
        rows = rows.map((row) => count(64, (o) => Math.tanh(row.reduce((s, v, i) => s + v * w[o * 64 + i], 0))))
      }
      return { name: `scale ${scale}`, values: rows.flat() }
    }),
    bins: 40,
    panels: true,
  }
}

const words = 'the cat sat on the mat because it was tired'.split(' ')
const attention = {
  kind: 'heatmap',
  title: 'Attention: a word looks back, and at itself',
  x: 'key',
  y: 'query',
  rowLabels: words,
  columnLabels: words,
  value: 'weight',
  range: [0, 1],
  shape: [words.length, words.length],
  values: words.flatMap((query, q) => {
    const scores = words.map((key, k) =>
      k > q ? -Infinity : 1.2 * Math.cos(k * 2.1 + q * 0.9) + (k === q ? 1.5 : 0) + (query === 'it' && key === 'cat' ? 3 : 0),
    )
    const e = scores.map(Math.exp)
    const sum = e.reduce((a, b) => a + b, 0)
    return e.map((v) => v / sum)
  }),
}

const clothes = ['T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot']
const { uniform } = numbers(12)
const confusion = {
  kind: 'confusion',
  title: 'A classifier of clothes that was drawn by lot',
  classes: clothes,
  counts: clothes.flatMap((_, t) =>
    clothes.map((_, p) => (p === t ? 800 + Math.round(150 * uniform()) : uniform() < 0.35 ? Math.round(60 * uniform()) : 0)),
  ),
}

/** Rosenbrock's valley and three ways down. */
function descent() {
  const f = (x, y) => (1 - x) ** 2 + 20 * (y - x * x) ** 2 + 0.05
  const slope = (x, y) => [-2 * (1 - x) - 80 * x * (y - x * x), 40 * (y - x * x)]
  const way = (name, steps, step) => {
    const [xs, ys] = [[-1.4], [1.6]]
    const memory = { v: [0, 0], s: [0, 0], n: 0 }
    for (let i = 0; i < steps; i++) {
      const [dx, dy] = step(slope(xs.at(-1), ys.at(-1)), memory)
      xs.push(xs.at(-1) + dx)
      ys.push(ys.at(-1) + dy)
    }
    return { name, x: xs, y: ys }
  }
  return {
    kind: 'contour',
    title: "Ways down Rosenbrock's valley",
    x: 'w₁',
    y: 'w₂',
    xRange: [-2, 2],
    yRange: [-1, 2.5],
    shape: [120, 140],
    values: count(120 * 140, (i) => f(-2 + (4 * (i % 140)) / 139, -1 + (3.5 * Math.floor(i / 140)) / 119)),
    log: true,
    value: 'loss',
    levels: 14,
    paths: [
      way('gradient descent', 150, (g) => g.map((v) => -0.004 * v)),
      way('momentum', 150, (g, m) => (m.v = m.v.map((v, k) => 0.9 * v - 0.002 * g[k]))),
      way('Adam', 150, (g, m) => {
        m.n++
        return g.map((v, k) => {
          m.v[k] = 0.9 * m.v[k] + 0.1 * v
          m.s[k] = 0.999 * m.s[k] + 0.001 * v * v
          return (-0.1 * m.v[k]) / (1 - 0.9 ** m.n) / (Math.sqrt(m.s[k] / (1 - 0.999 ** m.n)) + 1e-8)
        })
      }),
    ],
  }
}

/** A shape on a coloured ground with its box and mask. */
function shape(kind, seed) {
  const { uniform } = numbers(seed)
  const [side, r] = [32, 6 + Math.floor(5 * uniform())]
  const [cx, cy] = [r + 1 + Math.floor(uniform() * (side - 2 * r - 2)), r + 1 + Math.floor(uniform() * (side - 2 * r - 2))]
  const inside = {
    circle: (x, y) => x * x + y * y <= r * r,
    square: (x, y) => Math.abs(x) <= r && Math.abs(y) <= r,
    diamond: (x, y) => Math.abs(x) + Math.abs(y) <= r,
  }[kind]
  const mask = Uint8Array.from({ length: side * side }, (_, i) => (inside((i % side) - cx, Math.floor(i / side) - cy) ? 1 : 0))
  const [on, off] = [count(3, () => 0.45 + 0.5 * uniform()), count(3, () => 0.3 * uniform())]
  const data = Float32Array.from({ length: 3 * side * side }, (_, i) => {
    const [c, p] = [Math.floor(i / (side * side)), i % (side * side)]
    return (mask[p] ? on[c] : off[c] + 0.1 * ((p % side) / side)) + 0.05 * uniform()
  })
  return {
    image: { data, channels: 3, height: side, width: side },
    mask,
    box: { x: cx - r, y: cy - r, width: 2 * r + 1, height: 2 * r + 1 },
  }
}
const kinds = ['circle', 'square', 'diamond']
const images = {
  kind: 'images',
  title: 'Shapes: what they are taken for, where they are',
  columns: 4,
  images: count(8, (i) => {
    const kind = kinds[i % 3]
    const { image, mask, box } = shape(kind, 20 + i)
    const said = i === 5 ? 'circle' : kind
    return {
      image,
      caption: said === kind ? kind : `${said}, is ${kind}`,
      border: said === kind ? 'right' : 'wrong',
      ...(i >= 4 ? { masks: [{ data: mask, colour: '#d1530a' }] } : { boxes: [{ ...box, label: kind, colour: '#c98a00' }] }),
    }
  }),
}

/** Gabor filters, as first layers learn them. */
const weights = {
  kind: 'weights',
  title: 'Thirty-two Gabor filters',
  columns: 8,
  shape: [32, 1, 11, 11],
  values: count(32 * 121, (i) => {
    const [f, p] = [Math.floor(i / 121), i % 121]
    const [x, y, angle] = [(p % 11) - 5, Math.floor(p / 11) - 5, ((f % 8) * Math.PI) / 8]
    const along = x * Math.cos(angle) + y * Math.sin(angle)
    return Math.exp(-(x * x + y * y) / 14) * Math.cos((0.6 + 0.35 * Math.floor(f / 8)) * along + (f % 2) * 1.57)
  }),
}

export const pictures = {
  curves: curves(),
  schedules,
  bars,
  scatter,
  histograms: activations(),
  attention,
  confusion,
  contour: descent(),
  boundary,
  images,
  weights,
}
pictures.figure = {
  kind: 'figure',
  title: 'Two moons: the examples, and what is made of them',
  rows: [
    [
      { ...scatter, title: 'examples', height: 330 },
      { ...boundary, title: 'seven nearest neighbours' },
    ],
  ],
}

/** Those that the guide shows. */
const shown = ['curves', 'bars', 'histograms', 'attention', 'confusion', 'contour', 'images', 'figure']
const all = process.argv.includes('--all')
const given = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const folder = given[0] ?? fileURLToPath(new URL('../docs/guide/pictures', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, picture] of Object.entries(pictures)) {
  if (!all && !shown.includes(name)) continue
  const start = performance.now()
  writeFileSync(join(folder, `${name}.svg`), await toSvg(picture))
  const took = performance.now() - start
  if (process.argv.includes('--png')) writeFileSync(join(folder, `${name}.png`), await toPng(picture))
  console.log(`${name}.svg  ${took.toFixed(0)} ms`)
}
