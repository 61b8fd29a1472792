import { expect, test } from 'vitest'
import { confusionChart } from './confusion.js'
import { lineChart } from './lines.js'

const chart = { title: 'loss', x: 'step', y: 'loss' }

test('lines, axes and names are drawn; names are escaped', () => {
  const svg = lineChart({
    ...chart,
    title: 'a < b & "c"',
    series: [
      {
        name: 'train',
        points: [
          [0, 1],
          [1, 0.5],
          [2, 0.25],
        ],
      },
      {
        name: 'test',
        points: [
          [0, 1],
          [2, 0],
        ],
        dots: true,
      },
    ],
  })
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  expect(svg).toContain('a &lt; b &amp; &quot;c&quot;')
  expect(svg.match(/<path/g)).toHaveLength(2)
  expect(svg.match(/<circle/g)).toHaveLength(2)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
})

test('values that are not finite leave a gap; a logarithmic axis skips 0', () => {
  const path = (points: [number, number][], log = false): string =>
    /<path d="([^"]*)"/.exec(lineChart({ ...chart, log, series: [{ name: 'x', points }] }))![1]!
  expect(
    path([
      [0, 1],
      [1, 2],
      [2, Number.NaN],
      [3, 2],
      [4, 3],
    ]).match(/M/g),
  ).toHaveLength(2)
  expect(
    path(
      [
        [0, 1],
        [1, 2],
        [2, 0],
        [3, 2],
        [4, 3],
      ],
      true,
    ).match(/M/g),
  ).toHaveLength(2)
  for (const points of [
    [[0, 1]],
    [
      [0, 0],
      [1, 0],
    ],
    [
      [0, 5],
      [1, 5],
    ],
  ] as [number, number][][])
    expect(path(points)).not.toMatch(/NaN/)
})

test('a chart of nothing says so', () => {
  expect(lineChart({ ...chart, series: [] })).toContain('nothing to draw')
  expect(lineChart({ ...chart, series: [{ name: 'x', points: [[0, Number.NaN]] }] })).toContain('nothing to draw')
})

test('a confusion matrix shows its counts and the share of each class that was recognised', () => {
  const svg = confusionChart({ title: 'digits', classes: ['cat', 'T-shirt/top', 'none'], counts: [8, 2, 0, 1, 3, 0, 0, 0, 0] })
  for (const shown of ['>8<', '>2<', '>80.0 %<', '>75.0 %<', 'T-shirt/top']) expect(svg).toContain(shown)
  expect(svg.match(/<rect/g)).toHaveLength(10) // the ground and nine cells
  expect(svg).not.toMatch(/NaN/)
})
