/** Line charts as SVG: loss and accuracy over a run. */
import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { colours, element, picture, text } from './svg.js'

export interface Series {
  readonly name: string
  /** Not-finite values leave a gap. */
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Draw a dot at each point as well; for series of few points. */
  readonly dots?: boolean
  /** Draw thin and pale, as the ground of another series. */
  readonly faint?: boolean
}

export interface LineChart {
  readonly title: string
  /** Labels of the axes. */
  readonly x: string
  readonly y: string
  readonly series: readonly Series[]
  /** Logarithmic vertical axis; values of 0 and less leave gaps. Default false. */
  readonly log?: boolean
  /** Default 640. */
  readonly width?: number
  /** Default 400. */
  readonly height?: number
}

const margin = { top: 60, right: 20, bottom: 46, left: 64 }

/** The chart as a whole SVG document. With no finite point at all it says so. */
export function lineChart(chart: LineChart): string {
  const { title, series, log = false, width = 640, height = 400 } = chart
  const defined = ([x, y]: readonly [number, number]): boolean => Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0)
  const points = series.flatMap((s) => s.points.filter(defined))
  if (!points.length)
    return picture(width, height, title, text('nothing to draw', { x: width / 2, y: height / 2, 'text-anchor': 'middle' }))

  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom]
  const x = scaleLinear(extent(points, 0), [left, right])
  const range = extent(points, 1, log)
  const y = log ? scaleLog(range, [bottom, top]).nice() : scaleLinear(range, [bottom, top]).nice(6)

  const format = { x: x.tickFormat(8), y: y.tickFormat(6) }
  const ticks = [
    ...x.ticks(8).map((tick) => text(format.x(tick), { x: x(tick), y: bottom + 18, 'text-anchor': 'middle' })),
    ...y
      .ticks(6)
      .flatMap((tick) => [
        element('line', { x1: left, x2: right, y1: y(tick), y2: y(tick), stroke: '#e4e4e4' }),
        text(format.y(tick), { x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }),
      ]),
  ]
  const axes = [
    element('line', { x1: left, x2: right, y1: bottom, y2: bottom, stroke: '#888' }),
    text(chart.x, { x: (left + right) / 2, y: height - 10, 'text-anchor': 'middle' }),
    text(chart.y, { transform: `translate(16 ${(top + bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' }),
  ]

  const path = line<readonly [number, number]>(
    (p) => x(p[0]),
    (p) => y(p[1]),
  ).defined(defined)
  const curves = series.flatMap((s, i) => {
    const stroke = colours[i % colours.length]!
    const style = s.faint ? { 'stroke-width': 1, 'stroke-opacity': 0.35 } : { 'stroke-width': 2 }
    const curve = element('path', { d: path(s.points) ?? '', fill: 'none', stroke, 'stroke-linejoin': 'round', ...style })
    const dots = s.dots
      ? s.points.filter(defined).map(([px, py]) => element('circle', { cx: x(px), cy: y(py), r: 3, fill: stroke }))
      : []
    return [curve, ...dots]
  })

  return picture(width, height, title, ...ticks, ...axes, ...curves, ...legend(series, right))
}

/** Names with a stroke of their colour each, from right to left below the title. */
function legend(series: readonly Series[], right: number): string[] {
  let at = right
  return series
    .map((s, i) => ({ name: s.name, stroke: colours[i % colours.length]! }))
    .reverse()
    .flatMap(({ name, stroke }) => {
      at -= name.length * 6.6
      const label = text(name, { x: at, y: 40 })
      at -= 24
      const mark = element('line', { x1: at, x2: at + 18, y1: 36, y2: 36, stroke, 'stroke-width': 2 })
      at -= 14
      return [label, mark]
    })
}

/** Least and greatest; widened where they are equal, so that a scale exists. */
function extent(points: readonly (readonly [number, number])[], axis: 0 | 1, log = false): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const point of points) {
    low = Math.min(low, point[axis])
    high = Math.max(high, point[axis])
  }
  if (low < high) return [low, high]
  return log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2]
}
