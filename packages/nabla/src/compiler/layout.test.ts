/** Addresses and tiles: arithmetic that everything above relies on, by going through all cases. */
import { describe, expect, it } from 'vitest'
import { type Expr, index, variable } from '../kernel/expr.js'
import { rewrite, unravel } from '../kernel/simplify.js'
import { sizeOf } from '../core/shape.js'
import { bestTile } from './contraction.js'
import { type Layout, offsetOf, storedSize, strideOf } from './layout.js'
import { equalParts } from './nest.js'

/** The address of every element, in row-major order of the elements. */
function addresses(shape: readonly number[], layout: Layout | undefined): number[] {
  const at: Expr[] = shape.map((n) => variable('i', 0, n - 1))
  const address = offsetOf(at, shape, layout)
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const position = unravel(index(flat), shape)
    const value: Expr = rewrite(address, (e) => position[at.indexOf(e)])
    if (value.kind !== 'const') throw new Error(`the address of element ${flat} is no number`)
    return value.value
  })
}

describe('layouts', () => {
  const up = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

  it('plain is row-major', () => {
    expect(addresses([3, 4, 5], undefined)).toEqual(up(60))
    expect(addresses([], undefined)).toEqual([0])
    expect(storedSize([3, 4, 5], undefined)).toBe(60)
    expect(storedSize([3, 0, 5], undefined)).toBe(0)
  })

  it('lanes of dim 0: neighbours in memory are neighbours in the batch', () => {
    // [4, 3] in pairs: rows 0 and 1 interleaved, then rows 2 and 3.
    expect(addresses([4, 3], { dim: 0, lanes: 2 })).toEqual([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11])
  })

  it('lanes of dim 1: panels of columns, outermost', () => {
    // [2, 4] in pairs: columns 0 and 1 of both rows, then columns 2 and 3.
    expect(addresses([2, 4], { dim: 1, lanes: 2 })).toEqual([0, 1, 4, 5, 2, 3, 6, 7])
  })

  it('planes of whole pages of a cache lie a line apart, and nothing overlaps', () => {
    const layout = { dim: 0, lanes: 8 }
    expect(strideOf([8, 3, 16, 16], layout, 1)).toBe(16 * 16 * 8 + 16)
    expect(strideOf([8, 3, 16, 16], layout, 2)).toBe(16 * 8)
    expect(strideOf([8, 3, 15, 16], layout, 1)).toBe(15 * 16 * 8)
    expect(strideOf([8, 3, 15, 15], layout, 1)).toBe(15 * 15 * 8)
    for (const shape of [
      [16, 3, 8, 8],
      [11, 2, 32, 1],
    ]) {
      const found = addresses(shape, layout)
      expect(new Set(found).size).toBe(found.length)
      expect(Math.max(...found)).toBeLessThan(storedSize(shape, layout))
    }
  })

  it.each([
    [[16, 3], 0],
    [[13, 3], 0],
    [[3, 16], 1],
    [[3, 13], 1],
    [[2, 9, 3, 2], 1],
    [[9, 2, 1, 3], 0],
    [[5], 0],
    [[1, 1], 1],
  ] as const)('%j with lanes of dim %i: every element has an address of its own, inside its memory', (shape, dim) => {
    for (const lanes of [2, 4, 8, 16]) {
      const found = addresses(shape, { dim, lanes })
      const size = storedSize(shape, { dim, lanes })
      expect(size).toBe((sizeOf(shape) / shape[dim]!) * Math.ceil(shape[dim]! / lanes) * lanes)
      expect(new Set(found).size).toBe(found.length)
      expect(Math.max(...found)).toBeLessThan(size)
      expect(Math.min(...found)).toBe(0)
    }
  })
})

describe('tiles', () => {
  it('fit into the registers and into what there is to compute', () => {
    for (const registers of [8, 16, 32])
      for (let rows = 1; rows <= 40; rows++)
        for (let vectors = 1; vectors <= 12; vectors++) {
          const t = bestTile(rows, vectors, registers)
          const fits = t.rows * t.vectors + t.vectors + 1 <= registers && t.rows <= rows && t.vectors <= vectors
          if (!fits || t.rows < 1 || t.vectors < 1 || !(t.efficiency > 0 && t.efficiency <= 1))
            expect.fail(`${rows} rows, ${vectors} vectors, ${registers} registers: ${JSON.stringify(t)}`)
        }
  })

  it('are large where there is much to compute', () => {
    const { rows, vectors } = bestTile(1024, 64, 16)
    expect(rows * vectors).toBeGreaterThanOrEqual(8)
    expect(bestTile(1024, 64, 32).rows * bestTile(1024, 64, 32).vectors).toBeGreaterThan(rows * vectors)
  })

  it('equal parts cover every row once, in as few tiles as can be, the larger ones first', () => {
    for (let count = 1; count <= 120; count++)
      for (let most = 1; most <= 14; most++) {
        const parts = equalParts(count, most)
        const tiles = parts.flatMap(({ size, from, tiles }) =>
          Array.from({ length: tiles }, (_, t) => ({ from: from + t * size, size })),
        )
        const sizes = tiles.map((t) => t.size)
        const rows = tiles.flatMap(({ from, size }) => Array.from({ length: size }, (_, r) => from + r))
        const ok =
          rows.length === count &&
          rows.every((row, i) => row === i) &&
          tiles.length === Math.ceil(count / most) &&
          sizes[0]! - sizes.at(-1)! <= 1 &&
          Math.max(...sizes) === sizes[0]! &&
          sizes[0]! <= most
        if (!ok) expect.fail(`${count} rows in tiles of at most ${most}: ${JSON.stringify(parts)}`)
      }
  })
})
