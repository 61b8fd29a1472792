/**
 * The code of a contraction's register tile: sums side by side in registers, and what becomes of them. Where a tile lies is told by its loops
 * (lower-contract.ts).
 */
import { type Expr, type ValueType, type Var, binary, constant, index, load, local, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { iadd, imul, less, strideIn, uses } from '../kernel/simplify.js'
import { type Buffers, walk, writes } from './buffers.js'
import { type Tile, contractAttrs, extentsOf, formAt, formsOf } from './contraction.js'
import { blocked } from './nest.js'
import { Puller, valueType } from './pull.js'
import type { Value } from './value.js'

export interface ContractGroup {
  readonly contract: Value
  readonly tile: Tile
  /** Values of the contraction's shape that are written: itself, or what its epilogue makes of it. */
  readonly outputs: readonly Value[]
}

/** Where a tile lies, and how much of it is used. */
export interface TilePlace {
  readonly row: Expr
  readonly rows: number
  /** First vector, or column where lanes are reduced. */
  readonly group: Expr
  readonly vectors: number
  /** Lanes of the last vector that count; 0 for all. */
  readonly tailLanes: number
}

/** Positions of all variables; reduced ones are filled in by their loops. */
export type Positions = readonly (Expr | undefined)[]

/** An epilogue of more operations than this is a loop over the tile instead of being written out for each place. */
const LONG_EPILOGUE = 24

/** What becomes of the contraction's element `at`, which is `result`: the stores of all outputs. */
export function epilogueOf(
  { contract, outputs }: ContractGroup,
  buffers: Buffers,
  result: Expr,
  at: readonly Expr[],
  place?: string,
): Stmt[] {
  const puller = new Puller((value, where, guard) =>
    value === contract ? result : outputs.includes(value) ? undefined : buffers.load(value, where, guard),
  )
  return writes(
    outputs.map((o) => buffers.store(o, at, puller.at(o, at))),
    place,
  )
}

export class TileCode {
  readonly extents: readonly number[]
  /** Output variables come first. */
  readonly rank: number
  readonly lane: Var
  readonly laneReduced: boolean
  private readonly type: ValueType

  constructor(
    readonly group: ContractGroup,
    private readonly buffers: Buffers,
  ) {
    this.extents = extentsOf(group.contract)
    this.rank = contractAttrs(group.contract).out.length
    this.type = valueType(group.contract.dtype)
    this.lane = variable('l', 0, group.tile.lanes - 1)
    this.laneReduced = group.tile.vector !== undefined && group.tile.vector >= this.rank
  }

  operand(side: number, at: readonly Expr[]): Expr {
    return new Puller((v, where, guard) => this.buffers.load(v, where, guard)).at(this.group.contract.inputs[side]!, at)
  }

  /** A local array of vectors of sums. */
  sums(name: string, size: number): Stmt {
    return { kind: 'declare', name, type: this.type, size, lanes: this.group.tile.lanes, init: constant(0, this.type) }
  }

  private vectorLoop(body: Stmt[]): Stmt[] {
    const { vector, lanes } = this.group.tile
    return vector === undefined ? body : [loop('vector', this.lane, index(0), index(lanes), body)]
  }

  /** The positions at accumulator (r, v). */
  private placed(positions: Positions, { row, group }: TilePlace, r: Expr, v: Expr): Positions {
    const { tile } = this.group
    return positions.map((p, j) =>
      j === tile.row
        ? iadd(row, r)
        : j === tile.column
          ? iadd(group, v)
          : j === tile.vector && !this.laneReduced
            ? blocked(iadd(group, v), this.lane, tile.lanes)
            : p,
    )
  }

  private operandsAt(positions: Positions, place: TilePlace, r: Expr, v: Expr): Expr[] {
    const at = this.placed(positions, place, r, v) as Expr[]
    return formsOf(this.group.contract).map((fs, side) =>
      this.operand(
        side,
        fs.map((f) => formAt(f, at)),
      ),
    )
  }

  /** The operands at every accumulator: where addresses are affine in row and vector, one place and two strides tell all. */
  private operandTable(positions: Positions, place: TilePlace): Expr[][][] {
    const { rows, vectors } = place
    const r = variable('r', 0, rows - 1)
    const v = variable('v', 0, vectors - 1)
    const origin = this.operandsAt(positions, place, index(0), index(0))
    const strides = this.operandsAt(positions, place, r, v).map((e) =>
      e.kind === 'load' ? [strideIn(e.index, r), strideIn(e.index, v)] : [],
    )
    return Array.from({ length: rows }, (_, i) =>
      Array.from({ length: vectors }, (_, k) =>
        origin.map((e, side) => {
          const [down, right] = strides[side]!
          return down === undefined || right === undefined
            ? this.operandsAt(positions, place, index(i), index(k))[side]!
            : moved(e, i * down + k * right)
        }),
      ),
    )
  }

  /** acc[r][v] += a * b at one position of the reduced variables. */
  multiply(acc: string, positions: Positions, place: TilePlace): Stmt[] {
    const { rows, vectors } = place
    const body: Stmt[] = []
    const named = new Map<Expr, Expr>()
    /** Vectors get a name; those that all rows share are kept in registers, a row's own is streamed. */
    const name = (e: Expr, shared: boolean): Expr => {
      if (this.group.tile.vector === undefined || !uses(e, this.lane)) return e
      let known = named.get(e)
      if (!known) {
        const id = `x${named.size}`
        named.set(e, (known = local(id, index(0), this.type)))
        body.push({ kind: 'declare', name: id, type: this.type, size: 1, lanes: 1, init: e, keep: shared })
      }
      return known
    }
    const table = this.operandTable(positions, place)
    for (let r = 0; r < rows; r++)
      for (let v = 0; v < vectors; v++) {
        const here = table[r]![v]!
        const next = table[r === 0 ? rows - 1 : 0]![v]!
        const [a, b] = here.map((e, side) => name(e, e === next[side]))
        const i = index(r * vectors + v)
        body.push({ kind: 'set', name: acc, index: i, value: binary('add', local(acc, i, this.type), binary('mul', a!, b!)) })
      }
    return this.vectorLoop(body)
  }

  /** What becomes of the sums in `acc`: lanes are added where they are reduced; then the epilogue, and the stores. */
  finish(given: Positions, place: TilePlace, acc: string): Stmt[] {
    const { rows, vectors, tailLanes } = place
    const { tile, outputs } = this.group
    const count = rows * vectors
    const laneSums = 'sums'
    const stmts: Stmt[] = []
    if (this.laneReduced) {
      stmts.push({ kind: 'declare', name: laneSums, type: this.type, size: count, lanes: 1, init: undefined })
      for (let i = 0; i < count; i++)
        stmts.push({ kind: 'reduce', op: 'add', into: laneSums, at: index(i), from: acc, index: index(i) })
    }
    const results = this.laneReduced ? laneSums : acc
    if (tailLanes === 0 && count > 1 && this.isLong(outputs)) {
      // A long epilogue is written once: the compiler's time grows with the code.
      const kept = 'tile'
      const lanes = this.laneReduced ? 1 : tile.lanes
      stmts.push({ kind: 'declare', name: kept, type: this.type, size: count, lanes, init: undefined, array: true })
      for (let i = 0; i < count; i++) {
        const set: Stmt = { kind: 'set', name: kept, index: index(i), value: local(results, index(i), this.type) }
        stmts.push(...(lanes > 1 ? this.vectorLoop([set]) : [set]))
      }
      const r = variable('r', 0, rows - 1)
      const v = variable('v', 0, vectors - 1)
      const body = this.epilogue(given, place, r, v, local(kept, iadd(imul(r, vectors), v), this.type), false)
      stmts.push(loop('serial', r, index(0), index(rows), [loop('serial', v, index(0), index(vectors), body)]))
      return stmts
    }
    for (let r = 0; r < rows; r++)
      for (let v = 0; v < vectors; v++) {
        const result = local(results, index(r * vectors + v), this.type)
        stmts.push(...this.epilogue(given, place, index(r), index(v), result, tailLanes > 0 && v === vectors - 1))
      }
    return stmts
  }

  private epilogue(given: Positions, place: TilePlace, r: Expr, v: Expr, result: Expr, partial: boolean): Stmt[] {
    const { tile } = this.group
    const at = this.placed(given, place, r, v).slice(0, this.rank) as Expr[]
    const stores = epilogueOf(this.group, this.buffers, result, at)
    const guarded = stores.map(
      (s): Stmt => (partial && s.kind === 'store' ? { kind: 'if', cond: less(this.lane, place.tailLanes), then: [s] } : s),
    )
    // A scope for each place, even where there is one lane.
    const once = variable('l', 0, 0)
    return this.laneReduced || tile.vector === undefined
      ? [loop('vector', once, index(0), index(1), guarded)]
      : this.vectorLoop(guarded)
  }

  /** Whether what is made of each element costs more code than a few lines. */
  private isLong(outputs: readonly Value[]): boolean {
    const at = this.extents.slice(0, this.rank).map((n) => (n === 1 ? index(0) : variable('p', 0, n - 1)))
    const puller = new Puller((value, where, guard) =>
      value === this.group.contract
        ? local('acc', index(0), this.type)
        : outputs.includes(value)
          ? undefined
          : this.buffers.load(value, where, guard),
    )
    let operations = 0
    walk(
      outputs.map((o) => puller.at(o, at)),
      (e) => (operations += e.type !== 'index' && e.kind !== 'const' && e.kind !== 'load' && e.kind !== 'local' ? 1 : 0),
    )
    return operations > LONG_EPILOGUE
  }
}

/** A load some elements on. */
const moved = (e: Expr, by: number): Expr => (e.kind === 'load' && by !== 0 ? load(e.buffer, iadd(e.index, by), e.type) : e)
