/** Matrices as coloured cells with labels: heat maps and confusion matrices. */
import { extent, fail, fills, leftOut, sameLength } from '../check.js'
import { frame, nothing } from '../frame.js'
import type { ConfusionPicture, HeatMapPicture } from '../picture.js'
import { colourRaster, enlarge, pngAddress } from '../pixels.js'
import type { Drawing } from '../svg.js'
import { cut, short, widthOf } from '../text.js'
import { colourAt, hex, ink, isLight, missing, mix, type Rgb, rgb, right, size, stops, wrong } from '../theme.js'
import { drawVega, type Spec } from '../vega.js'

/** A matrix with everything that is shown of it, for every way of showing. */
export interface Matrix {
  readonly shape: readonly [rows: number, columns: number]
  readonly colour: (i: number) => Rgb
  /** What stands in a cell. */
  readonly content: (i: number) => string
  readonly rowLabels: readonly string[] | undefined
  readonly columnLabels: readonly string[] | undefined
  /** At the right of each row. */
  readonly rowEnds?: readonly string[]
  readonly x: string
  readonly y: string
  readonly scale?: { readonly title: string; readonly colours: keyof typeof stops; readonly range: readonly [number, number] }
  readonly note: string | undefined
  readonly empty: boolean
}

/** What a heat map shows. */
export function heatMatrix(picture: HeatMapPicture): Matrix {
  const { values, shape, rowLabels, columnLabels } = picture
  fills('heatmap', values, shape)
  if (rowLabels) sameLength('heatmap', 'rowLabels', rowLabels, 'a column', shape[0])
  if (columnLabels) sameLength('heatmap', 'columnLabels', columnLabels, 'a row', shape[1])
  const all = extent({ label: '' }, values)
  const [low, high] = all ?? [0, 1]
  const colours = picture.colours ?? (low < 0 && high > 0 ? 'diverging' : 'sequential')
  const far = Math.max(Math.abs(low), Math.abs(high)) || 1
  const [from, to] =
    picture.range ??
    (colours === 'diverging' ? [-far, far] : low < high ? [low, high] : [Math.min(0, low), Math.max(0, high) || 1])
  if (!(from < to)) fail('heatmap', `range goes from ${from} to ${to}: expected the first smaller`)
  const finite = (i: number): boolean => Number.isFinite(values[i]!)
  let absent = 0
  for (let i = 0; i < values.length; i++) if (!finite(i)) absent++
  return {
    shape,
    colour: (i) => (finite(i) ? colourAt(colours, (values[i]! - from) / (to - from)) : rgb(missing)),
    content: (i) => (picture.numbers === false || !finite(i) ? '' : short(values[i]!)),
    rowLabels,
    columnLabels,
    x: picture.x ?? '',
    y: picture.y ?? '',
    scale: { title: picture.value ?? '', colours, range: [from, to] },
    note: absent ? `${leftOut(absent, values.length)} (grey)` : undefined,
    empty: all === undefined,
  }
}

/** What a confusion matrix shows: a cell's colour is its share of its row, at the right the share of each class that was recognised. */
export function confusionMatrix({ classes, counts }: ConfusionPicture): Matrix {
  const n = classes.length
  if (!n) fail('confusion', 'no classes: expected at least one name')
  if (counts.length !== n * n) fail('confusion', `${counts.length} counts for ${n} classes: expected ${n} x ${n}, row by row`)
  const bad = Array.from(counts).findIndex((v) => !(v >= 0 && v < Infinity))
  if (bad >= 0)
    fail('confusion', `the count of truth "${classes[Math.floor(bad / n)]}", prediction "${classes[bad % n]}" is ${counts[bad]}`)
  const totals = classes.map((_, t) => Array.from({ length: n }, (_, p) => counts[t * n + p]!).reduce((a, b) => a + b, 0))
  const white: Rgb = [255, 255, 255]
  return {
    shape: [n, n],
    colour: (i) => {
      const row = Math.floor(i / n)
      return mix(white, rgb(i % n === row ? right : wrong), Math.sqrt(totals[row] ? counts[i]! / totals[row] : 0) * 0.92)
    },
    content: (i) => (counts[i] ? String(counts[i]) : ''),
    rowLabels: classes,
    columnLabels: classes,
    rowEnds: totals.map((total, t) => (total ? `${((100 * counts[t * n + t]!) / total).toFixed(1)} %` : '–')),
    x: 'prediction',
    y: 'truth',
    note: totals.some(Boolean) ? undefined : 'no examples were counted',
    empty: false,
  }
}

/** Labels for rows or columns: their own, or their numbers. */
const labelsOf = (labels: readonly string[] | undefined, n: number, room: number): string[] =>
  labels ? labels.map((label) => cut(label, room, size.tick)) : Array.from({ length: n }, (_, i) => String(i))

/** Every how manieth label is shown so that they do not touch. */
const every = (needed: number, cell: number): number => {
  const least = needed / cell
  return least <= 1 ? 1 : ([2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => n >= least) ?? Math.ceil(least))
}

export async function drawMatrix(picture: HeatMapPicture | ConfusionPicture): Promise<Drawing> {
  const matrix = picture.kind === 'heatmap' ? heatMatrix(picture) : confusionMatrix(picture)
  const [rows, columns] = matrix.shape
  const width = picture.width ?? 560
  const outer = frame(picture, width, matrix.note)
  if (matrix.empty) return outer.put(nothing(outer.room, 160, 'no value is finite'))

  const rowLabels = labelsOf(matrix.rowLabels, rows, 150)
  const columnLabels = labelsOf(matrix.columnLabels, columns, 120)
  const left = Math.max(...rowLabels.map((label) => widthOf(label, size.tick))) + (matrix.y ? 34 : 12)
  const aside = matrix.scale ? 74 : matrix.rowEnds ? 50 : 0
  const wide = Math.max(60, Math.min(outer.room - left - aside, columns * 46))
  const step = wide / columns
  const longest = Math.max(...columnLabels.map((label) => widthOf(label, size.tick)))
  const tilted = matrix.columnLabels !== undefined && longest + 4 > step
  const below = (tilted ? longest * 0.72 + 14 : 18) + (matrix.x ? 24 : 4)
  const natural = Math.max(60, Math.min(rows * Math.min(step, 46), wide * 1.6))
  const high = picture.height ? Math.max(40, picture.height - outer.around - below) : natural
  const tall = high / rows

  const times = Math.max(1, Math.min(32, Math.floor(384 / Math.max(rows, columns))))
  const url = pngAddress(enlarge(colourRaster(rows, columns, matrix.colour), times))
  const contents = Array.from({ length: rows * columns <= 1200 ? rows * columns : 0 }, (_, i) => matrix.content(i))
  const fontSize = Math.min(size.tick, tall * 0.6)
  const written = contents.length > 0 && fontSize >= 6 && Math.max(...contents.map((c) => widthOf(c, fontSize))) + 4 <= step
  const asked = picture.kind === 'heatmap' ? picture.numbers : true
  const cells =
    asked && contents.length && !written
      ? fitted(contents, step, tall) // smaller than is pretty, as numbers were asked for
      : { contents: written ? contents : [], fontSize }

  const axis = (orient: string, labels: readonly string[], needed: number, cell: number, title: string): Spec => {
    const skip = every(needed, cell)
    return {
      orient,
      scale: orient === 'bottom' ? 'x' : 'y',
      domain: false,
      ticks: false,
      labelPadding: 5,
      ...(title ? { title } : {}),
      values: labels.flatMap((_, i) => (i % skip ? [] : [i])),
      labelOverlap: false,
      ...(orient === 'bottom' && tilted ? { labelAngle: -45, labelAlign: 'right', labelBaseline: 'middle' } : {}),
      encode: { labels: { update: { text: { signal: `${JSON.stringify(labels)}[datum.value]` } } } },
    }
  }
  const spec: Spec = {
    width: wide,
    height: high,
    padding: 0,
    data: [
      {
        name: 'cells',
        values: cells.contents.flatMap((content, i) =>
          content ? [{ r: Math.floor(i / columns), c: i % columns, content, dark: isLight(matrix.colour(i)) }] : [],
        ),
      },
    ],
    scales: [
      { name: 'x', type: 'band', domain: columnLabels.map((_, i) => i), range: 'width' },
      { name: 'y', type: 'band', domain: rowLabels.map((_, i) => i), range: 'height' },
      ...(matrix.scale ? [colourScale(matrix.scale.colours, matrix.scale.range)] : []),
    ],
    axes: [
      axis(
        'bottom',
        columnLabels,
        tilted || !matrix.columnLabels ? Math.max(size.tick + 2, tilted ? 0 : longest + 6) : 0,
        step,
        matrix.x,
      ),
      axis('left', rowLabels, size.tick + 2, tall, matrix.y),
      ...(matrix.rowEnds ? [axis('right', matrix.rowEnds, size.tick + 2, tall, '')] : []),
    ],
    ...(matrix.scale ? { legends: [gradientLegend(matrix.scale.title, high)] } : {}),
    marks: [
      {
        type: 'image',
        encode: {
          enter: {
            url: { value: url },
            width: { value: wide },
            height: { value: high },
            aspect: { value: false },
            smooth: { value: false },
          },
        },
      },
      { type: 'rect', encode: { enter: { width: { value: wide }, height: { value: high }, stroke: { value: '#c3cad1' } } } },
      {
        type: 'text',
        from: { data: 'cells' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'c', band: 0.5 },
            y: { scale: 'y', field: 'r', band: 0.5 },
            text: { field: 'content' },
            align: { value: 'center' },
            baseline: { value: 'middle' },
            font: { value: 'Inter, sans-serif' },
            fontSize: { value: cells.fontSize },
            fill: { signal: `datum.dark ? '${ink}' : '#ffffff'` },
          },
        },
      },
    ],
  }
  return outer.put(await drawVega(spec))
}

/** Numbers as large as their cells allow; nothing where they would be unreadable. */
function fitted(contents: string[], wide: number, tall: number): { contents: string[]; fontSize: number } {
  const unit = Math.max(...contents.map((c) => widthOf(c, 1)))
  const fontSize = Math.min(tall * 0.6, (wide - 2) / unit)
  return { contents: fontSize >= 5 ? contents : [], fontSize }
}

/** The scale of a legend of colours. */
export function colourScale(colours: keyof typeof stops, [from, to]: readonly [number, number], log = false): Spec {
  const list = stops[colours]
  const share = (i: number): number => i / (list.length - 1)
  return {
    name: 'colour',
    type: log ? 'log' : 'linear',
    ...(!log && { zero: false }), // or the legend would begin at 0, whatever the colours do
    domain: list.map((_, i) => (log ? from * (to / from) ** share(i) : from + (to - from) * share(i))),
    range: list.map((c) => hex(rgb(c))),
  }
}

export const gradientLegend = (title: string, height: number): Spec => ({
  fill: 'colour',
  type: 'gradient',
  orient: 'right',
  offset: 14,
  gradientLength: Math.max(40, Math.min(180, height - (title ? 22 : 0))),
  gradientThickness: 12,
  tickCount: 4,
  ...(title ? { title: cut(title, 110, size.label) } : {}),
})
