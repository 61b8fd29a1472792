/** The register tile of both Winograd kernels: rows of filters by vectors, summed over one variable. */
import { type Expr, type ValueType, type Var, binary, constant, index, local, variable } from '../../kernel/expr.js'
import { type Stmt, loop } from '../../kernel/loop.js'
import { iadd, imul } from '../../kernel/simplify.js'
import { equalParts } from '../nest.js'

const type: ValueType = 'float32'

export interface Tiled {
  /** The vector loop's variable, and its lanes. */
  readonly lane: Var
  readonly lanes: number
  readonly filters: number
  /** Rows of a tile, at most. */
  readonly rows: number
  /** Vectors of a tile, and how many such groups there are. */
  readonly vectors: number
  readonly groups: number
  /** What the sums run over, and how far. */
  readonly over: Var
  readonly count: number
  /** Vector `v` of a group, and the scalar of a filter. */
  pixel(group: Expr, v: number): Expr
  weight(filter: Expr): Expr
  /** What becomes of the sums of one tile: statements outside of vector loops. */
  finish(sums: readonly { readonly sum: Expr; readonly filter: Expr; readonly vector: Expr }[]): Stmt[]
}

export function tiled({ lane, lanes, filters, rows, vectors, groups, over, count, pixel, weight, finish }: Tiled): Stmt[] {
  const g = variable('g', 0, groups - 1)
  const x = Array.from({ length: vectors }, (_, v) => local(`x${v}`, index(0), type))
  const tile = (first: Expr, size: number): Stmt[] => {
    const sums = Array.from({ length: size * vectors }, (_, i) => {
      const filter = iadd(first, Math.floor(i / vectors))
      return { sum: local('acc', index(i), type), filter, vector: iadd(imul(g, vectors), i % vectors) }
    })
    const loads = x.map(
      (_, v): Stmt => ({ kind: 'declare', name: `x${v}`, type, size: 1, lanes: 1, init: pixel(g, v), keep: true }),
    )
    const multiply = sums.map(({ sum, filter }, i): Stmt => {
      const product = binary('mul', weight(filter), x[i % vectors]!)
      return { kind: 'set', name: 'acc', index: index(i), value: binary('add', sum, product) }
    })
    return [
      { kind: 'declare', name: 'acc', type, size: sums.length, lanes, init: constant(0, type) },
      loop('serial', over, index(0), index(count), [loop('vector', lane, index(0), index(lanes), [...loads, ...multiply])]),
      ...finish(sums),
    ]
  }
  return equalParts(filters, rows).map(({ size, from, tiles }) => {
    const r = variable('rows', 0, tiles - 1)
    const body = loop('serial', g, index(0), index(groups), tile(iadd(imul(r, size), from), size))
    return loop('serial', r, index(0), index(tiles), [body])
  })
}
