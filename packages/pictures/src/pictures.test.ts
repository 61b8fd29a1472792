import { decodeImage } from 'nabla/data'
import { describe, expect, test } from 'vitest'
import { type Picture, toPng, toSvg, toTerminal } from './index.js'
import type { Terminal } from './terminal/detect.js'

const file: Terminal = { isTTY: false, columns: 80, env: {} }
const bright: Terminal = { isTTY: true, columns: 80, env: { COLORTERM: 'truecolor' } }
const grid = { x: 'a', y: 'b', xRange: [-1, 1], yRange: [-1, 1], shape: [9, 9] } as const
const pixels = { data: new Uint8Array([255, 0, 0, 255]), channels: 1, height: 2, width: 2 }

/** One of each kind, small. */
const each: { readonly [K in Picture['kind']]: Extract<Picture, { kind: K }> } = {
  lines: {
    kind: 'lines',
    title: 'loss & <more>',
    x: 'step',
    y: { label: 'loss', unit: 'nats' },
    series: [
      { name: 'a', y: [3, 2, 1], low: [2, 1, 0], high: [4, 3, 2] },
      { name: 'b', y: [1, 2, 3], dots: true },
    ],
  },
  bars: { kind: 'bars', labels: ['p', 'q'], y: 'n', series: [{ name: 'n', values: [1, -2], errors: [0.5, 0.1] }] },
  scatter: { kind: 'scatter', x: 'x', y: 'y', series: [{ name: 's', x: [1, 2, 2], y: [1, 2, 2] }] },
  histograms: {
    kind: 'histograms',
    x: 'w',
    series: [
      { name: 'u', values: [1, 2, 2, 3] },
      { name: 'v', values: [2] },
    ],
    panels: true,
  },
  heatmap: { kind: 'heatmap', values: [1, 2, 3, Number.NaN], shape: [2, 2], rowLabels: ['r', 's'] },
  confusion: { kind: 'confusion', title: 'two', classes: ['cat', 'T-shirt/top'], counts: [8, 2, 1, 3] },
  contour: {
    kind: 'contour',
    ...grid,
    values: Array.from({ length: 81 }, (_, i) => (i % 9) ** 2 + Math.floor(i / 9)),
    paths: [{ name: 'way', x: [-1, 0, 0.5], y: [1, 0, -0.5] }],
  },
  boundary: {
    kind: 'boundary',
    ...grid,
    values: Array.from({ length: 81 }, (_, i) => (i % 9 > 4 ? 1 : 0)),
    classes: ['l', 'r'],
    points: { x: [0.5], y: [0], labels: [1] },
  },
  images: {
    kind: 'images',
    images: [
      {
        image: pixels,
        caption: 'one',
        border: 'wrong',
        boxes: [{ x: 0, y: 0, width: 1, height: 1, label: 'box' }],
        masks: [{ data: [1, 0, 0, 0] }],
      },
    ],
  },
  weights: { kind: 'weights', values: Array.from({ length: 18 }, (_, i) => i), shape: [2, 1, 3, 3] },
  figure: {
    kind: 'figure',
    title: 'all',
    rows: [
      [
        { kind: 'bars', title: 'left', labels: ['p'], y: 'n', series: [{ name: 'n', values: [1] }] },
        { kind: 'lines', title: 'right', x: 'x', y: 'y', series: [{ name: 'a', y: [1, 2] }] },
      ],
    ],
  },
}
const kinds = Object.entries(each)

/** Checks that tags match, and gives how often each occurs; text apart. */
function parse(svg: string): { tags: Map<string, number>; texts: string[] } {
  const [open, tags, texts] = [[] as string[], new Map<string, number>(), [] as string[]]
  let last = 0
  for (const m of svg.matchAll(/<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const text = svg.slice(last, m.index)
    expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;|#\d+;)/)
    if (text) texts.push(text)
    last = m.index + m[0].length
    if (m[1]) expect(open.pop()).toBe(m[2])
    else {
      tags.set(m[2]!, (tags.get(m[2]!) ?? 0) + 1)
      if (!m[4]) open.push(m[2]!)
    }
  }
  expect(last).toBe(svg.length)
  expect(open).toEqual([])
  return { tags, texts }
}

describe.each(kinds)('%s', (_, picture) => {
  test('is well-formed SVG without numbers that are none, the same every time, also when two are drawn at once', async () => {
    const [one, two] = await Promise.all([toSvg(picture), toSvg(picture)])
    parse(one)
    expect(one.replace(/base64,[^"]*/g, '')).not.toMatch(/NaN|Infinity|undefined|<script/)
    expect(two).toBe(one)
    const ids = [...one.matchAll(/ id="([^"]+)"/g)].map((m) => m[1])
    expect(new Set(ids).size).toBe(ids.length)
  })
  test('plain text without colours has no escape sequences and fits its columns; with colours it has', async () => {
    const text = await toTerminal(picture, { columns: 50, terminal: file })
    expect(text).not.toContain('\u001b')
    for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(50)
    expect(await toTerminal(picture, { columns: 50, terminal: bright })).toContain('\u001b[38;2;')
  })
})

test('titles, units, legends and counts are in the SVG, escaped', async () => {
  expect(parse(await toSvg(each.lines)).texts).toEqual(
    expect.arrayContaining(['loss &amp; &lt;more&gt;', 'loss (nats)', 'step', 'a', 'b']),
  )
  expect(parse(await toSvg(each.confusion)).texts).toEqual(
    expect.arrayContaining(['8', '3', '80.0 %', '75.0 %', 'T-shirt/top', 'truth']),
  )
  expect(parse(await toSvg(each.images)).tags.get('image')).toBe(2)
  expect(parse(await toSvg(each.weights)).tags.get('image')).toBe(2)
})

test('a PNG has the asked size, its ground is white, enlarged pixels keep their edges, tall text is drawn', async () => {
  const plain: Picture = { kind: 'images', images: [{ image: pixels }], width: 128 }
  const { width, height, channels, data } = await decodeImage(await toPng(plain, { width: 256 }))
  expect([width, height]).toEqual([256, 256])
  const at = (x: number, y: number): number[] =>
    Array.from({ length: Math.min(3, channels) }, (_, c) => data[(c * height + y) * width + x]!)
  const spots = [at(2, 2), at(60, 60), at(200, 60), at(124, 60), at(132, 60)].map((c) => c[0])
  expect(spots).toEqual([255, 255, 0, 255, 0])
  const labelled = await decodeImage(await toPng({ ...plain, title: 'Ink' }, { scale: 1 }))
  expect(Math.min(...labelled.data.subarray(0, labelled.width * 28))).toBeLessThan(120)
})

test('what is missing is said: gaps, no values, none that are finite, values that a logarithm does not take', async () => {
  const lines = (y: number[], log = false): Picture => ({
    kind: 'lines',
    x: 'x',
    y: { label: 'y', log },
    series: [{ name: 'a', y }],
  })
  expect(await toSvg(lines([1, Number.NaN, 2, 3]))).toContain('1 of 4 values is left out: not finite')
  expect(await toSvg(lines([1, 0, -2, 3], true))).toContain('2 of 4 values are left out')
  for (const y of [[], [Number.NaN], [Infinity]]) {
    expect(await toSvg(lines(y))).toContain('nothing to draw')
    expect(await toTerminal(lines(y), { terminal: file })).toContain('nothing to draw')
  }
  for (const y of [[5], [0, 0], [1e-12, 2e-12], [1e9, 2e9]]) expect(await toSvg(lines(y))).toMatch(/<path/)
})

test('a hundred thousand points are a small file that keeps its peaks', async () => {
  const y = Float32Array.from({ length: 100_000 }, (_, i) => (i === 77_777 ? 50 : Math.sin(i)))
  const svg = await toSvg({ kind: 'lines', x: 'x', y: 'y', series: [{ name: 'a', y }] })
  expect(svg.length).toBeLessThan(120_000)
  expect(parse(svg).texts).toContain('50')
  const cloud: Picture = {
    kind: 'scatter',
    x: 'x',
    y: 'y',
    series: [{ name: 'a', x: y.map((_, i) => i % 10), y: y.map((_, i) => i % 7) }],
  }
  expect(parse(await toSvg(cloud)).tags.get('path')).toBeLessThan(120)
})

test.each<[string, Picture, RegExp]>([
  [
    'lengths',
    { kind: 'scatter', x: 'x', y: 'y', series: [{ name: 's', x: [1], y: [1, 2] }] },
    /\[scatter\] y of "s" has 2 values, x has 1/,
  ],
  ['shape', { kind: 'heatmap', values: [1, 2, 3], shape: [2, 2] }, /3 values of shape \[2, 2\]: expected 4/],
  ['counts', { kind: 'confusion', classes: ['a'], counts: [-1] }, /truth "a", prediction "a" is -1/],
  ['no images', { kind: 'images', images: [] }, /no images/],
  ['colour', { kind: 'images', images: [{ image: pixels, border: '"><script>' }] }, /is no colour/],
  ['size', { ...each.lines, width: Number.NaN }, /width is NaN/],
  ['kind', { ...each.lines, kind: 'line' as 'lines' }, /did you mean "lines"/],
  ['range', { ...each.lines, x: { label: 'x', range: [2, 1] } }, /from 2 to 1/],
  ['classes', { ...each.boundary, classes: ['l'] }, /1 is no class number; expected 0 to 0/],
])('an error names what does not fit: %s', async (_, picture, message) => {
  await expect(toSvg(picture)).rejects.toThrow(message)
  await expect(toTerminal(picture, { terminal: file })).rejects.toThrow(message)
})

test('text for a terminal', async () => {
  const text = (picture: Picture): Promise<string> => toTerminal(picture, { columns: 34, terminal: file })
  expect(await text(each.confusion)).toMatchInlineSnapshot(`
    "two
    truth down, prediction across
             … …
    cat      8 2  80.0 %
    T-shirt… 1 3  75.0 %
    "
  `)
  expect(await text(each.bars)).toMatchInlineSnapshot(`
    "n
    p              ██████▋ 1 ± 0.5
    q █████████████ -2 ± 0.1
    "
  `)
  expect(
    await text({ kind: 'lines', x: 'step', y: 'loss', series: [{ name: 'a', y: [4, 2, 1, 0.5, 0.25] }] }),
  ).toMatchInlineSnapshot(`
    "loss
        4┤⠑⢄
         │  ⠑⢄
         │    ⠑⢄
     2.13┤      ⠑⢄⡀
         │        ⠈⠑⠢⣀
         │            ⠉⠒⠤⢄⣀⡀
     0.25┤                 ⠈⠉⠑⠒⠒⠢⠤⠤⠤⣀⣀
         └────────────────────────────
          0           step           4
    "
  `)
})

test('images go only to terminals that say they can show them', async () => {
  const to = (env: Terminal['env'], isTTY = true): Promise<string> =>
    toTerminal(each.weights, { terminal: { isTTY, columns: 80, env } })
  expect((await to({ TERM: 'xterm-kitty' })).startsWith('\u001b_Ga=T,f=100,q=2,c=80,m=')).toBe(true)
  expect((await to({ TERM_PROGRAM: 'iTerm.app' })).startsWith('\u001b]1337;File=inline=1;size=')).toBe(true)
  for (const env of [{ TERM: 'xterm-kitty', TMUX: '1' }, { TERM: 'xterm-256color' }])
    expect((await to(env)).startsWith('\u001b[38;5;')).toBe(true)
  expect(await to({ TERM: 'xterm-kitty' }, false)).not.toContain('\u001b')
  expect(await to({ TERM: 'xterm-kitty', NO_COLOR: '1' })).not.toContain('\u001b')
  expect(await toTerminal({ ...each.bars, labels: ['\u001b[2J', 'q'] }, { terminal: file })).not.toContain('\u001b')
})
