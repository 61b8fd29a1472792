/** Boxes that nothing is left of, taken out with all that belongs to them. */
import { NablaError } from '../core/errors.js'
import type { Recipe } from '../data/portable.js'
import { within } from './check.js'
import { gather, line } from './gather.js'
import { carried, isRaster, type Rows } from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** Which boxes stay. */
export interface SanitizeBoxesOptions {
  /** Least width and height in pixels. Default 1. */
  readonly minSize?: number
  /** Least area in pixels. Default 1. */
  readonly minArea?: number
  /** Fields with an item for each box, that are thinned out likewise. By default those of labels, masks, keypoints, scores, areas, crowd and names that are there. */
  readonly along?: readonly string[]
}

const usual = ['labels', 'masks', 'keypoints', 'scores', 'areas', 'crowd', 'names']

/** The items of these numbers out of `total` equal parts of a list, typed array or raster's channels; undefined where the parts are not equal. */
function picked(value: unknown, keep: readonly number[], total: number): unknown {
  if (isRaster(value)) {
    if (value.channels !== total) return undefined
    const { data, height, width, channels } = value
    const planes = gather(
      'sanitizeBoxes',
      { data, channels: 1, height: channels, width: height * width },
      Int32Array.from(keep),
      line(0, height * width, height * width),
    )
    return { data: planes.data, channels: keep.length, height, width }
  }
  if (Array.isArray(value)) return value.length === total ? keep.map((i) => value[i]) : undefined
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined
  const list = value as Float32Array
  const part = list.length / total
  if (!Number.isInteger(part)) return undefined
  const out = list.slice(0, keep.length * part)
  keep.forEach((i, k) => out.set(list.subarray(i * part, (i + 1) * part), k * part))
  return out
}

/**
 * Drops the boxes of a sample whose sides are shorter than `minSize` or whose area is less than `minArea`, and their labels, masks and so on.
 * Comes after the transforms that move boxes, which clip them to the picture. Takes a record with `boxes`, or a tuple with such records.
 */
export function sanitizeBoxes(options: SanitizeBoxesOptions = {}): <T>(sample: T) => T {
  const name = 'sanitizeBoxes'
  const { minSize = 1, minArea = 1, along } = options
  within(name, 'minSize', minSize, 0)
  within(name, 'minArea', minArea, 0)
  const thinned = (sample: Record<string, unknown>): Record<string, unknown> => {
    const boxes = sample.boxes as Rows
    const flat = boxes instanceof Float32Array
    const total = flat ? boxes.length / 4 : boxes.length
    const keep = Array.from({ length: total }, (_, i) => i).filter((i) => {
      const [x1, y1, x2, y2] = flat ? boxes.subarray(4 * i, 4 * i + 4) : boxes[i]!
      const [w, h] = [x2! - x1!, y2! - y1!]
      return w >= minSize && h >= minSize && w * h >= minArea
    })
    if (keep.length === total) return sample
    const fields = ['boxes', ...(along ?? usual.filter((field) => sample[field] !== undefined))]
    const parts = fields.map((field) => {
      const part = picked(sample[field], keep, total)
      if (part === undefined)
        throw new NablaError(
          'shape',
          `[${name}] ${field} cannot be divided among ${total} boxes; expected one item for each box, or name the fields that have that with { along: [...] }`,
          {
            field,
            boxes: total,
          },
        )
      return [field, part] as const
    })
    return { ...sample, ...Object.fromEntries(parts) }
  }
  const each = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'boxes' in value ? thinned(value as Record<string, unknown>) : value
  return carried(made(name, options), <T>(sample: T): T => (Array.isArray(sample) ? sample.map(each) : each(sample)) as T)
}
