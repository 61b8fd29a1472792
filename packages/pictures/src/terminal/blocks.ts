/** Pixels in signs: two to a character, the upper half and the lower; without colours, shades of signs. */
import { heatMatrix, type Matrix, confusionMatrix } from '../kinds/matrix.js'
import { between, checkBoundary, checkGrid, heights, pathColour, regionColour } from '../kinds/field.js'
import { checkImage, columnsOf, weightTiles } from '../kinds/images.js'
import { fail, sameLength } from '../check.js'
import type {
  BoundaryPicture,
  ConfusionPicture,
  ContourPicture,
  Grid,
  GridImage,
  HeatMapPicture,
  ImagesPicture,
  WeightsPicture,
} from '../picture.js'
import { toBytes } from '../pixels.js'
import { short } from '../text.js'
import { colourAt, colourOf, isLight, type Rgb, rgb, right, wrong } from '../theme.js'
import { Canvas, type Colours } from './canvas.js'
import { fit, legendText } from './plots.js'

const shades = ' .:-=+*#%@'
const luma = ([r, g, b]: Rgb): number => (0.299 * r + 0.587 * g + 0.114 * b) / 255
const black: Rgb = [20, 22, 26]
const white: Rgb = [255, 255, 255]

/** Pixels onto a canvas: `wide` across, `2 * rows` down in colours; without, one a sign, darker where there is more ink. */
function paint(
  canvas: Canvas,
  row: number,
  column: number,
  wide: number,
  rows: number,
  pixel: (x: number, y: number) => Rgb,
  colours: Colours,
  inkIsDark: boolean,
): void {
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < wide; c++) {
      const x = (c + 0.5) / wide
      if (colours === 'none') {
        const light = luma(pixel(x, (r + 0.5) / rows))
        canvas.write(row + r, column + c, shades[Math.min(9, Math.floor((inkIsDark ? 1 - light : light) * 9.99))]!)
      } else canvas.write(row + r, column + c, '▀', pixel(x, (r + 0.25) / rows), pixel(x, (r + 0.75) / rows))
    }
}

export function matrixText(picture: HeatMapPicture | ConfusionPicture, columns: number, colours: Colours): string[] {
  const matrix: Matrix = picture.kind === 'heatmap' ? heatMatrix(picture) : confusionMatrix(picture)
  const [rows, cells] = matrix.shape
  if (matrix.empty) return ['nothing to draw: no value is finite']
  const names = matrix.rowLabels?.map((label) => fit(label, Math.floor(columns / 4)))
  const left = names ? Math.max(...names.map((n) => n.length)) + 1 : 0
  const contents = rows * cells <= 1200 ? Array.from({ length: rows * cells }, (_, i) => matrix.content(i)) : []
  const ends = matrix.rowEnds ?? []
  const room = columns - left - (ends.length ? 8 : 0)
  const wide = Math.max(0, ...contents.map((c) => c.length)) + 1
  const head = [matrix.y, matrix.x].filter(Boolean).join(' down, ') + (matrix.y && matrix.x ? ' across' : '')
  if (wide > 1 && wide * cells <= room) {
    const canvas = new Canvas(columns, rows + (matrix.columnLabels ? 1 : 0))
    matrix.columnLabels?.forEach((label, c) => canvas.write(0, left + c * wide, fit(label, wide - 1).padStart(wide - 1)))
    const first = matrix.columnLabels ? 1 : 0
    for (let r = 0; r < rows; r++) {
      canvas.write(first + r, 0, names?.[r] ?? '')
      for (let c = 0; c < cells; c++) {
        const back = matrix.colour(r * cells + c)
        canvas.write(
          first + r,
          left + c * wide,
          contents[r * cells + c]!.padStart(wide - 1) + ' ',
          isLight(back) ? black : white,
          back,
        )
      }
      canvas.write(first + r, left + cells * wide, ends[r] ? ` ${ends[r]}` : '')
    }
    return [...(head ? [fit(head, columns)] : []), ...canvas.lines(colours)]
  }
  const across = Math.max(1, Math.min(room, cells * 2))
  const tall = Math.max(1, Math.min(40, names ? rows : Math.round((across * rows) / cells / 2)))
  const canvas = new Canvas(columns, tall)
  const cellAt = (x: number, y: number): Rgb =>
    matrix.colour(Math.min(rows - 1, Math.floor(y * rows)) * cells + Math.min(cells - 1, Math.floor(x * cells)))
  paint(canvas, 0, left, across, tall, cellAt, colours, true)
  if (names && tall === rows) names.forEach((name, r) => canvas.write(r, 0, name))
  const range = matrix.scale
    ? [`${matrix.scale.title ? `${matrix.scale.title}: ` : ''}${short(matrix.scale.range[0])} to ${short(matrix.scale.range[1])}`]
    : []
  return [...(head ? [fit(head, columns)] : []), ...range, ...canvas.lines(colours)]
}

/** A field with points over it, and its axes in a sentence. */
function fieldText(
  grid: Grid,
  columns: number,
  colours: Colours,
  pixel: (x: number, y: number) => Rgb,
  over: (put: (x: number, y: number, sign: string, colour: Rgb) => void) => void,
): string[] {
  const wide = Math.max(8, Math.min(columns, 72))
  const rows = Math.round(wide / 3.2)
  const canvas = new Canvas(wide, rows)
  paint(canvas, 0, 0, wide, rows, (x, y) => pixel(x, 1 - y), colours, true)
  const [[x0, x1], [y0, y1]] = [grid.xRange, grid.yRange]
  over((x, y, sign, colour) => {
    const [c, r] = [Math.floor(((x - x0) / (x1 - x0)) * wide), Math.floor((1 - (y - y0) / (y1 - y0)) * rows)]
    if (c < 0 || c >= wide || r < 0 || r >= rows || Number.isNaN(c + r)) return
    canvas.write(r, c, sign, colour, pixel((c + 0.5) / wide, 1 - (r + 0.5) / rows))
  })
  const name = (axis: Grid['x']): string => (typeof axis === 'string' ? axis : axis.label)
  return [
    ...canvas.lines(colours),
    fit(`${name(grid.x)}: ${short(x0)} to ${short(x1)}, ${name(grid.y)} (up): ${short(y0)} to ${short(y1)}`, columns),
  ]
}

export function contourText(picture: ContourPicture, columns: number, colours: Colours): string[] {
  checkGrid('contour', picture)
  const surface = heights(picture)
  if (!surface) return ['nothing to draw: no value of the grid is finite']
  const at = between(surface.at, picture.shape)
  const span = surface.high - surface.low || 1
  const paths = picture.paths ?? []
  for (const path of paths) sameLength('contour', `y of "${path.name}"`, path.y, 'x', path.x.length)
  const field = fieldText(
    picture,
    columns,
    colours,
    (x, y) => colourAt('surface', (Math.floor(((at(x, y) - surface.low) / span) * 12) + 0.5) / 12),
    (put) =>
      paths.forEach((path, p) =>
        Array.from(path.x).forEach((x, i) =>
          put(x, path.y[i]!, colours === 'none' ? '*+xo#@%&'[p % 8]! : '●', rgb(pathColour(p))),
        ),
      ),
  )
  return [
    ...legendText(
      paths.map((p) => p.name),
      colours,
      columns,
      (i) => rgb(pathColour(i)),
    ),
    ...field,
  ]
}

export function boundaryText(picture: BoundaryPicture, columns: number, colours: Colours): string[] {
  checkBoundary(picture)
  const { values, shape, points, classes } = picture
  const [rows, cells] = shape
  const label = (x: number, y: number): number => values[Math.round(y * (rows - 1)) * cells + Math.round(x * (cells - 1))]!
  // Without colours regions are told apart by shades.
  const shade = (k: number): Rgb =>
    [0, 0, 0].map(() => 255 - ((200 * k) / Math.max(1, classes.length - 1)) * 0.4) as unknown as Rgb
  const field = fieldText(
    picture,
    columns,
    colours,
    (x, y) => (colours === 'none' ? shade(label(x, y)) : regionColour(label(x, y))),
    (put) =>
      points &&
      Array.from(points.x).forEach((x, i) =>
        put(x, points.y[i]!, colours === 'none' ? '*+xo#@%&'[points.labels[i]! % 8]! : '●', rgb(colourOf(points.labels[i]!))),
      ),
  )
  return [...legendText(classes, colours, columns), ...field]
}

export function imagesText(picture: ImagesPicture | WeightsPicture, columns: number, colours: Colours): string[] {
  const tiles: readonly GridImage[] = picture.kind === 'images' ? picture.images : weightTiles(picture)
  if (!tiles.length) fail('images', 'no images: expected at least one')
  tiles.forEach(checkImage)
  const most = Math.max(1, Math.floor(columns / (picture.kind === 'images' ? 14 : 10)))
  const across = Math.min(most, columnsOf(picture.kind, tiles.length, picture.columns, 16))
  const wide = Math.max(
    2,
    Math.min(32, Math.floor((columns + 1) / across) - 1, Math.max(...tiles.map(({ image }) => image.width))),
  )
  const lines: string[] = []
  for (let from = 0; from < tiles.length; from += across) {
    const row = tiles.slice(from, from + across)
    const heights = row.map(({ image }) => Math.max(1, Math.round((wide * image.height) / image.width / 2)))
    const tall = Math.max(...heights)
    const captioned = row.some(({ caption }) => caption)
    const canvas = new Canvas(columns, tall + (captioned ? 1 : 0))
    row.forEach(({ image, caption, border, masks = [] }, i) => {
      const bytes = toBytes(image)
      const size = image.height * image.width
      const pixel = (x: number, y: number): Rgb => {
        const at =
          Math.min(image.height - 1, Math.floor(y * image.height)) * image.width +
          Math.min(image.width - 1, Math.floor(x * image.width))
        const value = (c: number): number => bytes.data[(image.channels >= 3 ? c : 0) * size + at]!
        const own: Rgb = [value(0), value(1), value(2)]
        const mask = masks.findIndex(({ data }) => data[at]! > 0)
        return mask < 0
          ? own
          : (own.map((v, c) => (v + rgb(masks[mask]!.colour ?? colourOf(mask + 1))[c]!) / 2) as unknown as Rgb)
      }
      paint(canvas, 0, i * (wide + 1), wide, heights[i]!, pixel, colours, false)
      const tone = border === 'right' ? right : border === 'wrong' ? wrong : border
      if (caption) canvas.write(tall, i * (wide + 1), fit(caption, wide), tone ? rgb(tone) : undefined)
    })
    lines.push(...canvas.lines(colours))
  }
  return lines
}
