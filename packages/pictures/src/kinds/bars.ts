/** Bars, grouped where there are several series, upright or lying, with error bars. */
import { axisOf, domain, fail, leftOut, sameLength, shows, titleOf } from '../check.js'
import { frame, nothing } from '../frame.js'
import type { BarsPicture } from '../picture.js'
import type { Drawing } from '../svg.js'
import { cut, widthOf } from '../text.js'
import { size } from '../theme.js'
import { drawLite, type Spec } from '../vega.js'
import { legendAbove, legendNames, seriesColours, tickFormat } from './plot.js'

/** Checks what belongs together. */
export function checkBars(picture: BarsPicture): void {
  for (const { name, values, errors } of picture.series) {
    sameLength('bars', `"${name}"`, values, 'labels', picture.labels.length)
    if (errors) sameLength('bars', `errors of "${name}"`, errors, 'labels', picture.labels.length)
  }
  if (axisOf('bars', picture.y).log)
    fail('bars', 'bars begin at 0, which a logarithmic axis does not have: draw lines with dots instead')
}

export async function drawBars(picture: BarsPicture): Promise<Drawing> {
  checkBars(picture)
  const y = axisOf('bars', picture.y)
  const labels = picture.labels.map((label) => cut(label, 200, size.tick))
  const width = picture.width ?? 560
  const longest = Math.max(0, ...labels.map((label) => widthOf(label, size.tick)))
  const lying = longest + 6 > (width - 90) / Math.max(1, labels.length)
  const thick = Math.max(14, 13 * picture.series.length + 6)
  const names = legendNames(picture.series, width)
  const rows: Spec[] = []
  let [missing, low, high] = [0, 0, 0]
  picture.series.forEach(({ values, errors }, s) => {
    for (let i = 0; i < values.length; i++) {
      const v = values[i]!
      if (!shows(y, v)) {
        missing++
        continue
      }
      const e = errors && shows(y, errors[i]!) ? Math.abs(errors[i]!) : 0
      ;[low, high] = [Math.min(low, v - e), Math.max(high, v + e)]
      rows.push({ at: i, v, ...(e ? { from: v - e, to: v + e } : {}), name: names[s] })
    }
  })
  const count = labels.length * picture.series.length
  const outer = frame(picture, width, leftOut(missing, count))
  const tall = picture.height ?? (lying ? 80 + outer.around + thick * labels.length : 380)
  const inner = Math.max(80, tall - outer.around)
  if (!rows.length) return outer.put(nothing(outer.room, inner, count ? 'no value is finite' : 'no bars'))

  const range = domain(y, [low, high])
  const [along, across, offset] = lying ? ['y', 'x', 'yOffset'] : ['x', 'y', 'xOffset']
  const value = {
    type: 'quantitative',
    title: cut(titleOf(y), (lying ? outer.room : inner) - 40, size.label),
    scale: { domain: range, nice: !y.range },
    axis: { grid: true, tickCount: 6, ...tickFormat(y, ...range) },
  }
  const encoding: Record<string, unknown> = {
    [along]: {
      field: 'at',
      type: 'ordinal',
      sort: null,
      title: picture.x ?? null,
      scale: { domain: labels.map((_, i) => i), paddingInner: 0.25, paddingOuter: 0.15 },
      axis: {
        grid: false,
        ticks: false,
        labelAngle: 0,
        labelOverlap: false,
        labelPadding: 6,
        labelExpr: `${JSON.stringify(labels)}[datum.value]`,
      },
    },
    ...(names.length > 1 ? { [offset]: { field: 'name', sort: null, scale: { domain: names } } } : {}),
  }
  const colour = {
    field: 'name',
    type: 'nominal',
    sort: null,
    scale: seriesColours(names),
    legend: legendAbove(names.length > 1 ? names : [''], outer.room, 'square'),
  }
  const layer: Spec[] = [
    {
      mark: { type: 'bar', clip: y.range !== undefined },
      encoding: { ...encoding, [across]: { field: 'v', ...value }, color: colour },
    },
    ...(rows.some((row) => 'from' in row)
      ? [
          {
            mark: { type: 'errorbar', ticks: { size: 6 }, rule: { strokeWidth: 1.3 }, color: '#1f2933' },
            transform: [{ filter: 'isValid(datum.from)' }],
            encoding: {
              ...encoding,
              [across]: { field: 'from', ...value },
              [`${across}2`]: { field: 'to' },
              ...(names.length > 1 ? { detail: { field: 'name' } } : {}),
            },
          },
        ]
      : []),
  ]
  return outer.put(await drawLite({ data: { values: rows }, layer }, outer.room, inner))
}
