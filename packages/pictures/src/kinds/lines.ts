/** Curves with bands, in one panel or several under each other. */
import { axisOf, extent, fail, leftOut, sameLength, shows } from '../check.js'
import { frame, nothing } from '../frame.js'
import type { Axis, Line, LinesPicture, Values } from '../picture.js'
import { at, type Drawing, heading } from '../svg.js'
import { size } from '../theme.js'
import { drawLite, type Spec } from '../vega.js'
import { channel, legendAbove, legendNames, seriesColours } from './plot.js'

/** Points of a curve that are drawn at most; more are thinned to the least and the largest of each stretch. */
const most = 3000

/** Numbers of a curve: its own `x`, or 0, 1, 2, ... */
export const xOf = (line: Line): Values => line.x ?? Array.from({ length: line.y.length }, (_, i) => i)

/** Checked series, and the panels they stand in. */
export function linePanels({ series }: LinesPicture): Map<string, Line[]> {
  const panels = new Map<string, Line[]>()
  for (const line of series) {
    if (line.x) sameLength('lines', `y of "${line.name}"`, line.y, 'x', line.x.length)
    if (!line.low !== !line.high) fail('lines', `"${line.name}" has one edge of a band: give both low and high`)
    if (line.low) sameLength('lines', `low of "${line.name}"`, line.low, 'y', line.y.length)
    if (line.high) sameLength('lines', `high of "${line.name}"`, line.high, 'y', line.y.length)
    const panel = panels.get(line.panel ?? '') ?? []
    panels.set(line.panel ?? '', [...panel, line])
  }
  return panels
}

/** Which points to draw: all, or of each stretch the first, the least, the largest and the last. Gaps stay. */
export function thinned(y: Values): number[] {
  if (y.length <= most) return Array.from({ length: y.length }, (_, i) => i)
  const [kept, step] = [new Set<number>(), (4 * y.length) / most]
  for (let from = 0; from < y.length; from += step) {
    const [first, last] = [Math.floor(from), Math.min(y.length, Math.floor(from + step)) - 1]
    let [least, largest, gap] = [first, first, -1]
    for (let i = first; i <= last; i++) {
      if (!Number.isFinite(y[i]!)) gap = i
      else if (!(y[i]! >= y[least]!)) least = i
      else if (!(y[i]! <= y[largest]!)) largest = i
    }
    for (const i of [first, least, largest, gap, last]) if (i >= 0) kept.add(i)
  }
  return [...kept].sort((a, b) => a - b)
}

/** Least and largest that a line needs of an axis, its band included. */
export const lineExtent = (y: Axis, lines: readonly Line[]): [number, number] | undefined =>
  extent(y, ...lines.flatMap((line) => [line.y, ...(line.low && line.high ? [line.low, line.high] : [])]))

export async function drawLines(picture: LinesPicture): Promise<Drawing> {
  const panels = linePanels(picture)
  const [x, y] = [axisOf('lines', picture.x), axisOf('lines', picture.y)]
  const [width, height] = [picture.width ?? 640, picture.height ?? 400 + Math.max(0, panels.size - 1) * 220]
  let [missing, count] = [0, 0]
  for (const line of picture.series) {
    const xs = xOf(line)
    for (let i = 0; i < xs.length; i++) if (!(shows(x, xs[i]!) && shows(y, line.y[i]!))) missing++
    count += xs.length
  }
  const outer = frame(picture, width, leftOut(missing, count, x.log || y.log))
  const inner = Math.max(80, height - outer.around)
  if (count === missing) return outer.put(nothing(outer.room, inner, count ? 'no value is finite' : 'no values'))

  const wide = extent(x, ...picture.series.map(xOf))
  const each = inner / panels.size
  const bodies: string[] = []
  for (const [name, lines] of panels) {
    const head = heading(name, outer.room, size.label)
    const room = each - head.height - (panels.size > 1 ? 8 : 0)
    const drawn = await panel(lines, x, y, wide, outer.room, room)
    bodies.push(at(0, bodies.length * each, head.body + at(0, head.height, drawn.body)))
  }
  return outer.put({ width: outer.room, height: inner, body: bodies.join('') })
}

function panel(
  lines: readonly Line[],
  x: Axis,
  y: Axis,
  wide: [number, number] | undefined,
  width: number,
  height: number,
): Promise<Drawing> {
  const names = legendNames(lines, width)
  const rows: Spec[] = []
  lines.forEach((line, l) => {
    const xs = xOf(line)
    const value = (axis: Axis, values: Values | undefined, i: number): number | null => {
      const v = values?.[i]
      return v !== undefined && shows(axis, v) ? v : null
    }
    const kept = thinned(line.y).filter((i) => shows(x, xs[i]!))
    kept.forEach((i, k) => {
      const [before, after] = [kept[k - 1], kept[k + 1]]
      const drawn = (j: number | undefined): boolean => j !== undefined && value(y, line.y, j) !== null
      const alone = drawn(i) && !drawn(before) && !drawn(after)
      rows.push({
        x: xs[i]!,
        y: value(y, line.y, i),
        ...(line.low ? { low: value(y, line.low, i), high: value(y, line.high, i) } : {}),
        name: names[l],
        kind: line.faint ? 'faint' : 'full',
        dot: drawn(i) && (line.dots === true || alone),
      })
    })
  })
  const across = channel(x, wide, { width })
  const up = channel(y, lineExtent(y, lines), { width: height, nice: true, room: y.log ? 0.02 : 0 })
  const colour = {
    field: 'name',
    type: 'nominal',
    sort: null,
    scale: seriesColours(names),
    legend: legendAbove(names.length > 1 || lines[0]!.name !== y.label ? names : [''], width, 'stroke'),
  }
  const clip = { clip: x.range !== undefined || y.range !== undefined }
  const place = { x: { field: 'x', ...across }, y: { field: 'y', ...up }, color: colour }
  const only = (kind: string) => [{ filter: { field: 'kind', equal: kind } }]
  const layers: Spec[] = []
  if (lines.some((line) => line.low))
    layers.push({
      mark: { type: 'area', opacity: 0.18, ...clip },
      transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
      encoding: { ...place, y: { field: 'low', ...up }, y2: { field: 'high' } },
    })
  layers.push(
    { mark: { type: 'line', strokeWidth: 1, opacity: 0.35, ...clip }, transform: only('faint'), encoding: place },
    { mark: { type: 'line', strokeWidth: 2, strokeJoin: 'round', ...clip }, transform: only('full'), encoding: place },
    {
      mark: { type: 'point', filled: true, size: 36, opacity: 1, ...clip },
      transform: [{ filter: 'datum.dot' }],
      encoding: place,
    },
  )
  return drawLite({ data: { values: rows }, layer: layers }, width, height)
}
