/**
 * Masks as COCO writes them, to bitmaps: polygons, and run lengths down the columns, plain or packed into a string. The rules, down to the rounding, are
 * those of COCO's own tools (Lin and others 2014, maskApi), so that areas and scores agree with published ones.
 */
import { NablaError } from '../../core/errors.js'

/** Polygons (x, y, x, y, ... each; together they are one object), or run lengths: of 0s and 1s in turn, down one column after the other. */
export type Outline =
  | readonly (readonly number[])[]
  | { readonly size: readonly number[]; readonly counts: string | readonly number[] }

const fail = (name: string, what: string): never => {
  throw new NablaError('data', `[coco] ${name}: ${what}`, { name })
}

/** The bitmap of 0 and 1, row by row, of a mask on a picture of this size. Throws NablaError('data') for one that is none or does not fit. */
export function bitmapOf(outline: Outline, height: number, width: number, name = 'mask'): Uint8Array {
  const bitmap = new Uint8Array(height * width)
  if (Array.isArray(outline)) {
    for (const polygon of outline as readonly (readonly number[])[])
      paint(bitmap, polygonRuns(polygon, height, width, name), height, width)
    return bitmap
  }
  const { size, counts } = outline as Exclude<Outline, readonly (readonly number[])[]>
  if (size[0] !== height || size[1] !== width)
    fail(name, `a mask of ${size[1]}x${size[0]} pixels does not fit a picture of ${width}x${height}`)
  const runs = typeof counts === 'string' ? unpackRuns(counts, name) : counts
  const sum = runs.reduce((a, b) => a + b, 0)
  if (sum !== height * width || runs.some((run) => !(run >= 0)))
    fail(name, `the runs of a mask sum to ${sum}, expected the ${height * width} pixels of ${width}x${height}`)
  paint(bitmap, runs, height, width)
  return bitmap
}

/** Sets the pixels of every second run, column by column. */
function paint(bitmap: Uint8Array, runs: ArrayLike<number>, height: number, width: number): void {
  let at = 0
  for (let r = 0; r < runs.length; r++) {
    const end = Math.min(at + runs[r]!, height * width)
    if (r % 2) for (let i = at; i < end; i++) bitmap[(i % height) * width + Math.floor(i / height)] = 1
    at = end
  }
}

/** Run lengths out of a string: five bits a character from code 48 on, bit 6 says that more follow; from the fourth run on they are differences to the last but one. */
function unpackRuns(packed: string, name: string): number[] {
  const runs: number[] = []
  for (let at = 0; at < packed.length; ) {
    let [value, shift, more] = [0, 0, true]
    while (more) {
      const code = packed.charCodeAt(at++) - 48
      if (!(code >= 0 && code < 64) || shift > 30)
        return fail(name, `the runs of a mask are no packed numbers (character ${at - 1})`)
      value |= (code & 31) << shift
      more = (code & 32) !== 0
      shift += 5
      if (!more && code & 16 && shift < 32) value |= -1 << shift
    }
    if (runs.length > 2) value += runs[runs.length - 2]!
    runs.push(value)
  }
  return runs
}

/** C's conversion to int of a number from 0.5 up: towards zero. */
const round = (x: number): number => Math.trunc(x + 0.5)

/** The runs of one polygon: its boundary is drawn five times as large, and where it crosses a column's middle a run begins or ends. */
function polygonRuns(xy: readonly number[], height: number, width: number, name: string): number[] {
  if (xy.length < 6 || xy.length % 2 || !xy.every((v) => Math.abs(v) <= 1e6))
    return fail(name, `a polygon of ${xy.length} numbers: expected x, y of three or more points, all finite and below a million`)
  const scale = 5
  const points = xy.length / 2
  const at = (j: number): [number, number] => [round(scale * xy[2 * (j % points)]!), round(scale * xy[2 * (j % points) + 1]!)]
  // The boundary point by point; noted is where it steps over the middle of a column, as a place down the columns.
  const crossings: number[] = []
  let last: readonly [number, number] | undefined
  const step = (u: number, v: number): void => {
    const [before, beforeV] = last ?? [u, v]
    last = [u, v]
    if (u === before) return
    const x = ((u < before ? u : u - 1) + 0.5) / scale - 0.5
    if (Math.floor(x) !== x || x < 0 || x > width - 1) return
    const y = (Math.min(v, beforeV) + 0.5) / scale - 0.5
    crossings.push(x * height + Math.ceil(Math.min(Math.max(y, 0), height)))
  }
  for (let j = 0; j < points; j++) {
    let [[xs, ys], [xe, ye]] = [at(j), at(j + 1)]
    const [dx, dy] = [Math.abs(xe - xs), Math.abs(ye - ys)]
    const flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye)
    if (flip) [xs, ys, xe, ye] = [xe, ye, xs, ys]
    const steps = Math.max(dx, dy)
    const slope = steps === 0 ? 0 : dx >= dy ? (ye - ys) / dx : (xe - xs) / dy
    for (let d = 0; d <= steps; d++) {
      const t = flip ? steps - d : d
      if (dx >= dy) step(t + xs, round(ys + slope * t))
      else step(round(xs + slope * t), t + ys)
    }
  }
  crossings.push(height * width)
  crossings.sort((a, b) => a - b)
  // Two crossings at one place cancel.
  const runs = [crossings[0]!]
  for (let j = 1; j < crossings.length; ) {
    const run = crossings[j]! - crossings[j - 1]!
    j++
    if (run > 0) runs.push(run)
    else if (j < crossings.length) {
      runs[runs.length - 1]! += crossings[j]! - crossings[j - 1]!
      j++
    }
  }
  return runs
}
