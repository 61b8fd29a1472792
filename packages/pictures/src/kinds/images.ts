/** Images in rows with captions, frames, boxes and masks; the filters of a layer as such images. */
import { rasterOf } from 'nabla/data'
import { fail, fills } from '../check.js'
import { frame } from '../frame.js'
import type { GridImage, ImageMask, ImagesPicture, WeightsPicture } from '../picture.js'
import { enlarge, imageElement, toBytes } from '../pixels.js'
import { at, type Drawing, element, text } from '../svg.js'
import { cut, widthOf, wrap } from '../text.js'
import { colourOf, gridLine, isLight, rgb, right, size, wrong } from '../theme.js'

const frames: Readonly<Record<string, string>> = { right, wrong }
const colourPattern = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i

/** Checks an image of a grid: pixels, colours, masks, boxes. */
export function checkImage({ image, border, boxes = [], masks = [] }: GridImage, i: number): void {
  const { data, channels, height, width } = image
  if (!(channels >= 1 && channels <= 4 && height > 0 && width > 0) || data.length !== channels * height * width)
    fail(
      'images',
      `image ${i}: ${data.length} values of [${channels}, ${height}, ${width}]: expected 1 to 4 channels, all of them filled`,
    )
  for (const colour of [border, ...boxes.map((b) => b.colour), ...masks.map((m) => m.colour)])
    if (colour !== undefined && !(colour in frames) && !colourPattern.test(colour))
      fail('images', `image ${i}: "${colour}" is no colour; expected #rrggbb${border === colour ? ', right or wrong' : ''}`)
  for (const mask of masks)
    if (mask.data.length !== height * width)
      fail('images', `image ${i}: a mask has ${mask.data.length} values, the image ${height} x ${width} pixels`)
  for (const box of boxes)
    if (![box.x, box.y, box.width, box.height].every(Number.isFinite) || box.width < 0 || box.height < 0)
      fail('images', `image ${i}: a box is ${JSON.stringify(box)}: expected finite x, y, and a width and height from 0`)
}

/** How many images stand in a row: as asked, or so that the grid is about as wide as it is high, and wider. */
export const columnsOf = (kind: string, count: number, asked: number | undefined, most = 12): number => {
  if (asked !== undefined && !(Number.isInteger(asked) && asked > 0))
    fail(kind, `columns is ${asked}: expected a whole number from 1`)
  return Math.min(count, asked ?? Math.min(most, Math.ceil(Math.sqrt(count * 1.8))))
}

export async function drawImages(picture: ImagesPicture): Promise<Drawing> {
  const { images } = picture
  if (!images.length) fail('images', 'no images: expected at least one')
  images.forEach(checkImage)
  return grid(picture, images, columnsOf('images', images.length, picture.columns), 560, 10, 120)
}

/** Images in equal cells. */
function grid(
  picture: ImagesPicture | WeightsPicture,
  images: readonly GridImage[],
  columns: number,
  wide: number,
  gap: number,
  largest: number,
): Drawing {
  const rows = Math.ceil(images.length / columns)
  const outer = frame(picture, picture.width ?? wide)
  const ratio = Math.max(...images.map(({ image }) => image.height / image.width))
  const widest = Math.max(...images.map(({ image }) => image.width))
  const fit = (outer.room - gap * (columns - 1)) / columns
  const cell = Math.max(4, picture.width ? fit : Math.min(fit, Math.max(largest, columns < 4 ? Math.min(widest, 240) : 0)))
  const captions = images.map(({ caption = '' }) => wrapped(caption, cell))
  const lines = Math.max(0, ...captions.map((c) => c.length))
  const step = cell * ratio + gap + (lines ? lines * (size.tick + 3) + 4 : 0)
  const parts = images.map((entry, i) => {
    const under = captions[i]!.map((line, l) =>
      text(line, { x: cell / 2, y: cell * ratio + size.tick + 4 + l * (size.tick + 3), 'text-anchor': 'middle' }),
    )
    return at((i % columns) * (cell + gap), Math.floor(i / columns) * step, drawImage(entry, cell, cell * ratio) + under.join(''))
  })
  return outer.put({ width: columns * (cell + gap) - gap, height: rows * step - gap, body: parts.join('') })
}

/** A caption in up to two lines. */
function wrapped(caption: string, room: number): string[] {
  const lines = wrap(caption, room, size.tick)
  return lines.length <= 2 ? lines : [lines[0]!, cut(lines.slice(1).join(' '), room, size.tick)]
}

function drawImage({ image, border, boxes = [], masks = [] }: GridImage, room: number, tall: number): string {
  const scale = Math.min(room / image.width, tall / image.height)
  const [w, h] = [image.width * scale, image.height * scale]
  const [x, y] = [(room - w) / 2, (tall - h) / 2]
  const times = Math.max(1, Math.min(4, Math.floor(64 / Math.max(image.width, image.height))))
  const colour = (own: string | undefined, i: number): string => own ?? colourOf(i + 1)
  const overlay = masks.map((mask, i) => imageElement(tint(mask, image.width, image.height, colour(mask.colour, i)), x, y, w, h))
  const outlines = boxes.map((box, i) => {
    const stroke = colour(box.colour, i)
    const [left, top, width, height] = [x + box.x * scale, y + box.y * scale, box.width * scale, box.height * scale]
    const outline = element('rect', { x: left, y: top, width, height, fill: 'none', stroke, 'stroke-width': 2 })
    if (!box.label) return outline
    const label = cut(box.label, Math.max(20, w - 8), 10)
    const wide = widthOf(label, 10) + 6
    const [tagX, tagY] = [Math.max(x, Math.min(left - 1, x + w - wide)), top - 13 < y ? Math.min(top, y + h - 13) : top - 13]
    return (
      outline +
      element('rect', { x: tagX, y: tagY, width: wide, height: 13, fill: stroke }) +
      text(label, { x: tagX + 3, y: tagY + 10, 'font-size': 10, fill: isLight(rgb(stroke)) ? '#1f2933' : '#ffffff' })
    )
  })
  const rim = border
    ? element('rect', {
        x: x - 1,
        y: y - 1,
        width: w + 2,
        height: h + 2,
        fill: 'none',
        stroke: frames[border] ?? border,
        'stroke-width': 3,
      })
    : element('rect', { x, y, width: w, height: h, fill: 'none', stroke: gridLine })
  return (
    imageElement(enlarge(toBytes(image), w > image.width ? times : 1), x, y, w, h) + overlay.join('') + outlines.join('') + rim
  )
}

/** A mask as pixels of one colour that are half clear, with a firm edge. */
function tint(mask: ImageMask, width: number, height: number, colour: string) {
  const pixels = new Uint8Array(4 * width * height)
  const size = width * height
  const share = (x: number, y: number): number => {
    const v = x < 0 || y < 0 || x >= width || y >= height ? 0 : mask.data[y * width + x]!
    return v > 0 ? Math.min(1, v) : 0
  }
  rgb(colour).forEach((v, c) => pixels.fill(v, c * size, (c + 1) * size))
  for (let i = 0; i < size; i++) {
    const [x, y] = [i % width, Math.floor(i / width)]
    const inside = share(x, y)
    const edge = inside > 0 && [share(x - 1, y), share(x + 1, y), share(x, y - 1), share(x, y + 1)].some((v) => v === 0)
    pixels[3 * size + i] = Math.round(inside * (edge && width > 40 ? 230 : 115))
  }
  return { data: pixels, channels: 4, height, width }
}

/** The tiles of a layer's weights, each a small image. */
export function weightTiles({ values, shape, together = false }: WeightsPicture): GridImage[] {
  fills('weights', values, shape)
  const side = shape.length === 2 ? Math.sqrt(shape[1]!) : 0
  const [filters, channels, height, width] =
    shape.length === 2
      ? Number.isInteger(side)
        ? [shape[0]!, 1, side, side]
        : [1, 1, ...shape]
      : shape.length === 3
        ? [shape[0]!, 1, ...shape.slice(1)]
        : shape
  if (shape.length < 2 || shape.length > 4 || !filters || !channels || !height || !width)
    fail(
      'weights',
      `shape [${shape.join(', ')}]: expected [filters, channels, height, width], [filters, height, width] or [outputs, inputs]`,
    )
  const colour = channels === 3
  const [tiles, planes] = colour ? [filters, 3] : [filters * channels, 1]
  const count = planes * height * width
  const reach = (from: number, to: number): [number, number] => {
    let [low, high] = [Infinity, -Infinity]
    for (let i = from; i < to; i++)
      if (Number.isFinite(values[i]!)) [low, high] = [Math.min(low, values[i]!), Math.max(high, values[i]!)]
    return [low, high]
  }
  const all = reach(0, values.length)
  return Array.from({ length: tiles }, (_, t) => {
    const [low, high] = together ? all : reach(t * count, (t + 1) * count)
    const level = (v: number): number =>
      !Number.isFinite(v) ? 0 : high > low ? Math.round((255 * (v - low)) / (high - low)) : 128
    const data = Uint8Array.from({ length: count }, (_, i) => level(values[t * count + i]!))
    return { image: rasterOf(data, [planes, height, width]) }
  })
}

export async function drawWeights(picture: WeightsPicture): Promise<Drawing> {
  const tiles = weightTiles(picture)
  const channels = picture.shape.length === 4 ? picture.shape[1]! : 1
  const rows = channels > 3 && picture.columns === undefined && channels <= 32 ? channels : picture.columns
  const absent = Array.from(picture.values).filter((v) => !Number.isFinite(v)).length
  const note = absent ? ` (${absent} weights are not finite, shown black)` : ''
  const shown = note ? { ...picture, title: `${picture.title ?? 'weights'}${note}` } : picture
  return grid(shown, tiles, columnsOf('weights', tiles.length, rows, 16), 460, 4, tiles.length > 64 ? 28 : 56)
}
