/** Curves, points, bars and distributions in signs: braille dots between two axes, blocks in eighths. */
import { axisOf, domain, extent, sameLength, shows, titleOf } from '../check.js'
import { checkBars } from '../kinds/bars.js'
import { bin } from '../kinds/histograms.js'
import { lineExtent, linePanels, xOf } from '../kinds/lines.js'
import type { Axis, BarsPicture, HistogramsPicture, LinesPicture, ScatterPicture, Values } from '../picture.js'
import { short } from '../text.js'
import { colourOf, type Rgb, rgb } from '../theme.js'
import { Canvas, type Colours } from './canvas.js'

/** Signs that tell series apart where there are no colours. */
const signs = '*+xo#@%&'
const eighths = ' ▏▎▍▌▋▊▉█'
const lower = ' ▁▂▃▄▅▆▇█'

interface Track {
  readonly name: string
  readonly x: Values
  readonly y: Values
  readonly joined: boolean
}

/** Text that has no more than so many signs, and nothing that would steer the terminal. */
export function fit(text: string, room: number): string {
  const signs = [...text.replace(/\p{Cc}/gu, ' ')]
  return signs.length <= room ? signs.join('') : `${signs.slice(0, Math.max(0, room - 1)).join('')}…`
}

export function linesText(picture: LinesPicture, columns: number, colours: Colours): string[] {
  const panels = linePanels(picture)
  const [x, y] = [axisOf('lines', picture.x), axisOf('lines', picture.y)]
  const wide = extent(x, ...picture.series.map(xOf))
  if (!panels.size) return ['nothing to draw: no values']
  return [...panels].flatMap(([name, lines]) => {
    const tracks = lines.map((line) => ({ name: line.name, x: xOf(line), y: line.y, joined: true }))
    return [...(name ? [fit(name, columns)] : []), ...plotText(tracks, x, y, wide, lineExtent(y, lines), columns, colours)]
  })
}

export function scatterText(picture: ScatterPicture, columns: number, colours: Colours): string[] {
  const [x, y] = [axisOf('scatter', picture.x), axisOf('scatter', picture.y)]
  for (const { name, x, y } of picture.series) sameLength('scatter', `y of "${name}"`, y, 'x', x.length)
  const tracks = picture.series.map((series) => ({ ...series, joined: false }))
  const range = (axis: Axis, of: 'x' | 'y') => extent(axis, ...tracks.map((t) => t[of]))
  return plotText(tracks, x, y, range(x, 'x'), range(y, 'y'), columns, colours)
}

/** A plot with its axes. With several series and no colours each has its own sign instead of dots. */
function plotText(
  tracks: readonly Track[],
  x: Axis,
  y: Axis,
  wide: [number, number] | undefined,
  high: [number, number] | undefined,
  columns: number,
  colours: Colours,
): string[] {
  if (!wide || !high) return ['nothing to draw: no value is finite']
  const [[x0, x1], [y0, y1]] = [domain(x, wide), domain(y, high)]
  const rows = Math.max(6, Math.min(18, Math.round(columns / 5)))
  const share = (axis: Axis, from: number, to: number, v: number): number =>
    axis.log ? Math.log(v / from) / Math.log(to / from) : (v - from) / (to - from)
  const value = (axis: Axis, from: number, to: number, s: number): number =>
    axis.log ? from * (to / from) ** s : from + s * (to - from)
  const marks = [0, Math.floor(rows / 2), rows - 1].map((row) => ({ row, text: short(value(y, y0, y1, 1 - row / (rows - 1))) }))
  const left = Math.max(...marks.map((m) => m.text.length)) + 1
  const inner = Math.max(4, columns - left - 1)
  const field = new Canvas(inner, rows)
  tracks.forEach((track, t) => {
    const colour = rgb(colourOf(t))
    const [across, down] = colours === 'none' && tracks.length > 1 ? [inner, rows] : [inner * 2, rows * 4]
    const put = (px: number, py: number): void => {
      if (across === inner) field.write(py, px, signs[t % signs.length]!, colour)
      else field.dot(px, py, colour)
    }
    let before: readonly [number, number] | undefined
    for (let i = 0; i < track.x.length; i++) {
      const [a, b] = [track.x[i]!, track.y[i]!]
      if (!(shows(x, a) && shows(y, b))) {
        before = undefined
        continue
      }
      const here = [Math.round(share(x, x0, x1, a) * (across - 1)), Math.round((1 - share(y, y0, y1, b)) * (down - 1))] as const
      const from = track.joined && before ? before : here
      const far = Math.min(4000, Math.max(Math.abs(here[0] - from[0]), Math.abs(here[1] - from[1]), 1))
      for (let k = from === here ? far : 0; k <= far; k++)
        put(Math.round(from[0] + ((here[0] - from[0]) * k) / far), Math.round(from[1] + ((here[1] - from[1]) * k) / far))
      before = here
    }
  })
  const labels = new Map(marks.map(({ row, text }) => [row, text]))
  const [first, last] = [short(x0), short(x1)]
  const title = fit(titleOf(x), Math.max(0, inner - first.length - last.length - 2))
  const gap = Math.max(0, inner - first.length - last.length - title.length)
  const names =
    tracks.length > 1
      ? legendText(
          tracks.map((t) => t.name),
          colours,
          columns,
        )
      : []
  return [
    fit(titleOf(y), columns),
    ...names,
    ...field.lines(colours).map((line, row) => `${(labels.get(row) ?? '').padStart(left)}${labels.has(row) ? '┤' : '│'}${line}`),
    `${' '.repeat(left)}└${'─'.repeat(inner)}`,
    `${' '.repeat(left + 1)}${first}${' '.repeat(Math.floor(gap / 2))}${title}${' '.repeat(Math.ceil(gap / 2))}${last}`,
  ]
}

/** Names with their colours, or their signs. */
export function legendText(
  names: readonly string[],
  colours: Colours,
  columns: number,
  colourAt: (i: number) => Rgb = (i) => rgb(colourOf(i)),
): string[] {
  return names.map((name, i) => {
    const line = new Canvas(columns, 1)
    line.write(0, 1, colours === 'none' ? signs[i % signs.length]! : '━', colourAt(i))
    line.write(0, 3, fit(name, columns - 3))
    return line.lines(colours)[0]!
  })
}

export function barsText(picture: BarsPicture, columns: number, colours: Colours): string[] {
  checkBars(picture)
  const values = picture.series.flatMap((s) => Array.from(s.values)).filter(Number.isFinite)
  if (!values.length) return ['nothing to draw: no values']
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)]
  const left = Math.min(Math.floor(columns / 3), Math.max(...picture.labels.map((l) => [...l].length))) + 1
  const room = Math.max(4, columns - left - 12)
  const unit = room / (high - low || 1)
  const zero = Math.round(-low * unit)
  const lines = picture.labels.flatMap((label, i) =>
    picture.series.map(({ values, errors }, s) => {
      const line = new Canvas(columns, 1)
      line.write(0, 0, s ? '' : fit(label, left - 1))
      const v = values[i]!
      const length = Math.abs(Number.isFinite(v) ? v : 0) * unit
      const whole = Math.floor(length)
      const bar = v < 0 ? '█'.repeat(Math.round(length)) : '█'.repeat(whole) + eighths[Math.floor((length - whole) * 8)]!.trim()
      const from = left + zero - (v < 0 ? bar.length : 0)
      line.write(0, from, bar, rgb(colourOf(s)))
      const error = errors ? ` ± ${short(errors[i]!)}` : ''
      line.write(0, left + zero + (v < 0 ? 0 : bar.length) + 1, fit(`${short(v)}${error}`, 20))
      return line.lines(colours)[0]!
    }),
  )
  const names =
    picture.series.length > 1
      ? legendText(
          picture.series.map((s) => s.name),
          colours,
          columns,
        )
      : []
  return [fit(titleOf(axisOf('bars', picture.y)), columns), ...names, ...lines]
}

export function histogramsText(picture: HistogramsPicture, columns: number, colours: Colours): string[] {
  const room = Math.max(8, columns - 8)
  const { axis, edges, counts, missing, total } = bin({ ...picture, bins: Math.min(room, picture.bins ?? 60) })
  if (missing === total) return [`nothing to draw: ${total ? 'no value is finite' : 'no values'}`]
  const rows = 5
  const each = Math.max(1, Math.floor(room / (edges.length - 1)))
  return picture.series.flatMap(({ name }, s) => {
    const top = Math.max(1, ...counts[s]!)
    const field = new Canvas(each * counts[s]!.length, rows)
    counts[s]!.forEach((n, i) => {
      const height = n ? Math.max(1, Math.round((n / top) * rows * 8)) : 0
      for (let r = 0; r < rows; r++)
        field.write(rows - 1 - r, i * each, lower[Math.max(0, Math.min(8, height - 8 * r))]!.repeat(each), rgb(colourOf(s)))
    })
    const [first, last] = [short(edges[0]!), short(edges.at(-1)!)]
    const wide = field.columns
    const title = fit(titleOf(axis), Math.max(0, wide - first.length - last.length - 2))
    const gap = Math.max(0, wide - first.length - last.length - title.length)
    return [
      fit(name, columns),
      ...field.lines(colours).map((line, r) => `${(r === 0 ? short(top) : r === rows - 1 ? '0' : '').padStart(6)}│${line}`),
      `${' '.repeat(7)}${first}${' '.repeat(Math.floor(gap / 2))}${title}${' '.repeat(Math.ceil(gap / 2))}${last}`,
    ]
  })
}
