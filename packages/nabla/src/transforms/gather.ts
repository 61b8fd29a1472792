/**
 * Movements that pick whole rows and columns: crops, paddings, flips and nearest neighbours are all
 *
 *     result[c, y, x] = picture[c, rows[y], columns[x]]      or the fill, where either is -1
 *
 * and differ only in the two lists.
 */
import type { Raster } from '../data/raster.js'
import { perChannel, refuse } from './check.js'
import type { Pixels } from './transform.js'

/** What lies outside of a picture: a constant; its last pixel; its reflection without, and with, its last pixel. */
export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric'

const paddingModes: readonly PaddingMode[] = ['constant', 'edge', 'reflect', 'symmetric']

export function checkPaddingMode(name: string, mode: PaddingMode): void {
  if (!paddingModes.includes(mode)) refuse(name, 'paddingMode', mode, `one of ${paddingModes.join(', ')}`)
}

/** Values of the kind that `like` is. */
export const valuesLike = <D extends Pixels>(like: D, length: number): D =>
  (like instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)) as D

/** The pixel that stands at `i` of a line of `n` pixels, which may be outside of it; -1 for the fill. */
export function insideLine(i: number, n: number, mode: PaddingMode): number {
  if (i >= 0 && i < n) return i
  switch (mode) {
    case 'constant':
      return -1
    case 'edge':
      return i < 0 ? 0 : n - 1
    case 'reflect': {
      if (n === 1) return 0
      const period = 2 * (n - 1)
      const at = ((i % period) + period) % period
      return at < n ? at : period - at
    }
    case 'symmetric': {
      const at = ((i % (2 * n)) + 2 * n) % (2 * n)
      return at < n ? at : 2 * n - 1 - at
    }
  }
}

/** The list of pixels start, start + 1, ... of a line of `n`; `backwards` has the last first. */
export function line(start: number, length: number, n: number, mode: PaddingMode = 'constant', backwards = false): Int32Array {
  const list = new Int32Array(length)
  for (let i = 0; i < length; i++) list[backwards ? length - 1 - i : i] = insideLine(start + i, n, mode)
  return list
}

/** The nearest of `from` pixels for each of `to`: as PyTorch rounds, whose 'nearest' takes floor(i from / to); `exact` looks at the middles. */
export function nearestLine(from: number, to: number, exact: boolean): Int32Array {
  const scale = Math.fround(from / to)
  return Int32Array.from({ length: to }, (_, i) =>
    Math.min(Math.floor(Math.fround(Math.fround(i + (exact ? 0.5 : 0)) * scale)), from - 1),
  )
}

/** Picks rows and columns; see above. `fill` is a value for all channels or one for each. */
export function gather<D extends Pixels>(
  name: string,
  { data, channels, height, width }: Raster<D>,
  rows: Int32Array,
  columns: Int32Array,
  fill: number | readonly number[] = 0,
): Raster<D> {
  const fills = perChannel(name, 'fill', fill, channels)
  const across = columns.length
  const picked = valuesLike(data, channels * rows.length * across)
  let at = 0
  for (let c = 0; c < channels; c++) {
    const empty = fills[c]!
    for (let y = 0; y < rows.length; y++) {
      const row = rows[y]!
      if (row < 0) {
        if (empty !== 0) picked.fill(empty, at, at + across)
        at += across
        continue
      }
      const start = (c * height + row) * width
      for (let x = 0; x < across; x++) {
        const column = columns[x]!
        picked[at++] = column < 0 ? empty : data[start + column]!
      }
    }
  }
  return { data: picked, channels, height: rows.length, width: across }
}
