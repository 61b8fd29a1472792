/** Points in the plane. */
import { axisOf, domain, extent, leftOut, sameLength, shows } from '../check.js'
import { frame, nothing } from '../frame.js'
import type { Axis, ScatterPicture } from '../picture.js'
import type { Drawing } from '../svg.js'
import { drawLite, type Spec } from '../vega.js'
import { channel, legendAbove, legendNames, seriesColours } from './plot.js'

/** Steps across the plot in which two points count as one spot: fine, and coarser where there are very many. */
const [spots, coarse] = [600, 180]
const many = 5000

export async function drawScatter(picture: ScatterPicture): Promise<Drawing> {
  const [x, y] = [axisOf('scatter', picture.x), axisOf('scatter', picture.y)]
  const [width, height] = [picture.width ?? 520, picture.height ?? 420]
  const names = legendNames(picture.series, width)
  const ranges = {
    x: extent(x, ...picture.series.map((s) => s.x)),
    y: extent(y, ...picture.series.map((s) => s.y)),
  }
  const total = picture.series.reduce((n, s) => n + s.x.length, 0)
  const steps = total > many ? coarse : spots
  const place = { x: spot(x, domain(x, ranges.x), steps), y: spot(y, domain(y, ranges.y), steps) }
  const rows: Spec[] = []
  let [missing, count] = [0, 0]
  picture.series.forEach((series, s) => {
    sameLength('scatter', `y of "${series.name}"`, series.y, 'x', series.x.length)
    const seen = new Set<number>()
    for (let i = 0; i < series.x.length; i++) {
      count++
      const [a, b] = [series.x[i]!, series.y[i]!]
      if (!(shows(x, a) && shows(y, b))) {
        missing++
        continue
      }
      const where = place.x(a) * 4 * spots + place.y(b)
      if (seen.has(where)) continue
      seen.add(where)
      rows.push({ x: a, y: b, name: names[s] })
    }
  })
  const outer = frame(picture, width, leftOut(missing, count, x.log || y.log))
  const inner = Math.max(80, height - outer.around)
  if (!rows.length) return outer.put(nothing(outer.room, inner, count ? 'no point is finite' : 'no points'))
  const dense = rows.length > 400
  const drawn = await drawLite(
    {
      data: { values: rows },
      mark: {
        type: 'point',
        filled: true,
        size: dense ? 14 : 40,
        opacity: dense ? 0.55 : 0.8,
        clip: x.range !== undefined || y.range !== undefined,
      },
      encoding: {
        x: { field: 'x', ...channel(x, ranges.x, { width: outer.room, nice: true, room: 0.02 }) },
        y: { field: 'y', ...channel(y, ranges.y, { width: inner, nice: true, room: 0.02 }) },
        color: {
          field: 'name',
          type: 'nominal',
          sort: null,
          scale: seriesColours(names),
          legend: legendAbove(names, outer.room, 'circle'),
        },
      },
    },
    outer.room,
    inner,
  )
  return outer.put(drawn)
}

const spot = (axis: Axis, [low, high]: readonly [number, number], steps: number): ((v: number) => number) => {
  const f = axis.log ? Math.log : (v: number): number => v
  return (v) => Math.round((steps * (f(v) - f(low))) / (f(high) - f(low)))
}
