/** Distributions: samples over common bins, one over the other or a panel each. */
import { axisOf, domain, extent, fail, leftOut, shows } from '../check.js'
import { frame, nothing } from '../frame.js'
import type { Axis, HistogramsPicture } from '../picture.js'
import { at, type Drawing, heading } from '../svg.js'
import { colourOf, size } from '../theme.js'
import { drawLite, type Spec } from '../vega.js'
import { channel, legendAbove, legendNames, seriesColours } from './plot.js'

/** Bins and what falls into them. */
export interface Binned {
  readonly axis: Axis
  /** One more than there are bins. */
  readonly edges: readonly number[]
  /** Counts of each sample, one a bin. */
  readonly counts: readonly (readonly number[])[]
  readonly missing: number
  readonly total: number
}

/** Counts all samples over common bins. */
export function bin(picture: HistogramsPicture): Binned {
  const axis = axisOf('histograms', picture.x)
  const { series, bins } = picture
  if (bins !== undefined && !(Number.isInteger(bins) && bins > 0 && bins <= 1000))
    fail('histograms', `bins is ${bins}: expected a whole number from 1 to 1000`)
  const kept = series.map(({ values }) => Float64Array.from(Array.from(values).filter((v) => shows(axis, v))).sort())
  const [total, left] = [series.reduce((n, s) => n + s.values.length, 0), kept.reduce((n, k) => n + k.length, 0)]
  const [low, high] = domain(axis, extent(axis, ...kept))
  const f = axis.log ? Math.log : (v: number): number => v
  const [from, to] = [f(low), f(high)]
  const n = bins ?? Math.max(5, Math.min(80, ...kept.filter((k) => k.length).map((k) => byQuartiles(k, f, to - from))))
  const counts = kept.map((values) => {
    const row = new Array<number>(n).fill(0)
    for (const v of values) {
      const i = Math.floor((n * (f(v) - from)) / (to - from))
      if (v >= low && v <= high) row[Math.min(n - 1, Math.max(0, i))]!++
    }
    return row
  })
  const edge = (i: number): number => from + ((to - from) * i) / n
  return {
    axis,
    edges: Array.from({ length: n + 1 }, (_, i) => (axis.log ? Math.exp(edge(i)) : edge(i))),
    counts,
    missing: total - left,
    total,
  }
}

/** Freedman and Diaconis: bins of twice the middle half's width over the cube root of the count. */
function byQuartiles(sorted: Float64Array, f: (v: number) => number, width: number): number {
  const quartile = (q: number): number => f(sorted[Math.floor(q * (sorted.length - 1))]!)
  const step = (2 * (quartile(0.75) - quartile(0.25))) / Math.cbrt(sorted.length)
  return step > 0 ? Math.ceil(width / step) : 20
}

export async function drawHistograms(picture: HistogramsPicture): Promise<Drawing> {
  const { axis, edges, counts, missing, total } = bin(picture)
  const panels = picture.panels === true ? picture.series.length : 1
  const [width, height] = [picture.width ?? 560, picture.height ?? (panels > 1 ? 70 + 150 * panels : 360)]
  const outer = frame(picture, width, leftOut(missing, total, axis.log))
  const inner = Math.max(80, height - outer.around)
  if (missing === total) return outer.put(nothing(outer.room, inner, total ? 'no value is finite' : 'no values'))

  const names = legendNames(picture.series, width)
  const shown = (samples: readonly number[], height: number, legend: boolean, only?: number): Promise<Drawing> => {
    const rows: Spec[] = samples.flatMap((s) =>
      counts[s]!.flatMap((n, i) => (n ? [{ from: edges[i], to: edges[i + 1], n, zero: 0, name: names[s] }] : [])),
    )
    const top = Math.max(1, ...samples.flatMap((s) => counts[s]!))
    const many = samples.length > 1
    const place = {
      x: { field: 'from', ...channel(axis, [edges[0]!, edges.at(-1)!], { width: outer.room }) },
      x2: { field: 'to' },
      y: { field: 'n', ...channel({ label: 'count' }, [0, top], { width: height, nice: true }) },
      y2: { field: 'zero' },
      ...(only === undefined
        ? {
            color: {
              field: 'name',
              type: 'nominal',
              sort: null,
              scale: seriesColours(names),
              legend: legend ? legendAbove(names, outer.room, 'square') : null,
            },
          }
        : { color: { value: colourOf(only) } }),
    }
    return drawLite(
      {
        data: { values: rows },
        mark: { type: 'rect', opacity: many ? 0.5 : 0.85, stroke: '#ffffff', strokeWidth: 0.5 },
        encoding: place,
      },
      outer.room,
      height,
    )
  }
  if (panels === 1) return outer.put(await shown([...names.keys()], inner, names.length > 1))
  const each = inner / panels
  const bodies: string[] = []
  for (let s = 0; s < panels; s++) {
    const head = heading(names[s], outer.room, size.label)
    const drawn = await shown([s], each - head.height - 6, false, s)
    bodies.push(at(0, s * each, head.body + at(0, head.height, drawn.body)))
  }
  return outer.put({ width: outer.room, height: inner, body: bodies.join('') })
}
