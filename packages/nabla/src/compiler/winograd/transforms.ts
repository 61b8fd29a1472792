/** The transforms of Winograd's F(2 x 2, 3 x 3), and the statements that apply them to a tile. */
import { type Expr, type ValueType, binary, constant, index, local } from '../../kernel/expr.js'
import type { Stmt } from '../../kernel/loop.js'
import { less } from '../../kernel/simplify.js'

/** Places of a tile of pixels, and results of a tile, along one dimension. */
export const PLACES = 4
export const RESULTS = 2
/** Places of a whole tile: so many products it takes. */
export const TILE = PLACES * PLACES

/** Rows of Bᵀ, G and Aᵀ. */
export const ofPixels = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
] as const
export const ofFilter = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
] as const
export const ofResults = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
] as const

const type: ValueType = 'float32'

export type Grid = readonly (readonly Expr[])[]

export const grid = (rows: number, columns: number, element: (i: number, j: number) => Expr): Grid =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => element(i, j)))

/** Whether result [i, j] of a tile, which is at [y, x], exists: of an odd row or column of results the last tile has but the first. */
export function insideOf(
  [y, x]: readonly [Expr, Expr],
  [i, j]: readonly [number, number],
  [h, w]: readonly [number, number],
): Expr | undefined {
  const rows = i > 0 && h % RESULTS ? less(y, h) : undefined
  const columns = j > 0 && w % RESULTS ? less(x, w) : undefined
  return rows && columns ? binary('and', rows, columns) : (rows ?? columns)
}

/** The elements under names, so that each is computed once. */
export function named(prefix: string, elements: Grid): { stmts: Stmt[]; result: Grid } {
  const stmts: Stmt[] = []
  const result = elements.map((row, i) =>
    row.map((init, j) => {
      const name = `${prefix}${'abcd'[i]}${'abcd'[j]}`
      stmts.push({ kind: 'declare', name, type, size: 1, lanes: 1, init })
      return local(name, index(0), type)
    }),
  )
  return { stmts, result }
}

/** M x Mᵀ: the columns first, under names; then the rows. */
export function transformed(prefix: string, matrix: readonly (readonly number[])[], x: Grid): { stmts: Stmt[]; result: Grid } {
  const half = named(
    prefix,
    grid(matrix.length, x[0]!.length, (i, j) =>
      combined(
        matrix[i]!,
        x.map((row) => row[j]!),
      ),
    ),
  )
  return { stmts: half.stmts, result: grid(matrix.length, matrix.length, (i, j) => combined(matrix[j]!, half.result[i]!)) }
}

/** A sum of terms times 1, -1, a half or less a half: halves are taken of their sum. */
function combined(factors: readonly number[], terms: readonly Expr[]): Expr {
  const sumOf = (size: number): Expr | undefined => {
    const of = (factor: number): Expr[] => terms.filter((_, i) => factors[i] === factor)
    const [first, ...added] = of(size)
    const start = first ?? constant(0, type)
    const sum = added.reduce((rest, term) => binary('add', rest, term), start)
    const taken = of(-size)
    return first || taken.length ? taken.reduce((rest, term) => binary('sub', rest, term), sum) : undefined
  }
  const [whole, half] = [sumOf(1), sumOf(0.5)]
  const halved = half && binary('mul', half, constant(0.5, type))
  return whole && halved ? binary('add', whole, halved) : (whole ?? halved)!
}
