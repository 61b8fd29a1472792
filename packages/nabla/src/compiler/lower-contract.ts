/**
 * Lowers a contraction to its register tile:
 *
 *     for every block of rows, group of vectors, tile of rows, remaining output index:     (the first few are the jobs)
 *       acc[R][V] = 0
 *       for every reduced index that stays inside both operands:
 *         x[v] = V vectors of the one operand           kept in registers
 *         acc[r][v] += w[r] * x[v]                      w[r]: scalars of the other, broadcast
 *       for every accumulator: the epilogue (bias, activation, update, ...), and the store
 *
 * A block of rows is what keeps the streamed operand in the second-level cache. Where lanes run over a reduced variable the tile
 * is rows by columns, both operands are vectors, and lanes are added before the epilogue.
 */
import { sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, binary, index, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { iadd, idiv, imax, imin, imod, imul, isub, less, strideIn } from '../kernel/simplify.js'
import type { Buffers, LoweredKernel } from './buffers.js'
import { type ContractGroup, type Positions, TileCode, type TilePlace } from './contract-tile.js'
import { formAt, formsOf, restrictedVariables, restricts } from './contraction.js'
import { blocked, equalParts, positionsOfJob } from './nest.js'

export const lowerContract = (group: ContractGroup, buffers: Buffers, machine: Machine): LoweredKernel =>
  new ContractLowering(group, buffers, machine).lower()

/** Innermost loops of up to this many turns together are written out: the taps of a 3 x 3 filter, or of a row of a larger one. */
const MOST_UNROLLED = 9

class ContractLowering {
  private readonly code: TileCode
  private readonly extents: readonly number[]
  private readonly rank: number
  private readonly laneReduced: boolean
  /** Variables whose position is a block and a lane, because memory is laid out so, and neither is the vector's. */
  private readonly split: Set<number>

  constructor(
    private readonly group: ContractGroup,
    private readonly buffers: Buffers,
    private readonly machine: Machine,
  ) {
    this.code = new TileCode(group, buffers)
    const { extents, rank, laneReduced } = this.code
    this.extents = extents
    this.rank = rank
    this.laneReduced = laneReduced
    this.split = this.splitVariables()
  }

  private splitVariables(): Set<number> {
    const found = new Set<number>()
    if (this.machine.lanes < 2) return found
    const restricted = restrictedVariables(this.group.contract)
    const consider = (j: number): void => {
      if (restricted.has(j) || j === this.group.tile.vector || j === this.group.tile.row || j === this.group.tile.column) return
      const vars = this.extents.map((n) => (n === 1 ? index(0) : variable('p', 0, n - 1)))
      const v = vars[j]!
      if (v.kind !== 'var') return
      const addresses = formsOf(this.group.contract).map((forms, i) =>
        this.code.operand(
          i,
          forms.map((f) => formAt(f, vars)),
        ),
      )
      if (j < this.rank) addresses.push(...this.group.outputs.map((o) => this.buffers.address(o, vars.slice(0, this.rank))))
      if (
        this.extents[j]! % this.machine.lanes === 0 &&
        addresses.some((a) => strideIn(a.kind === 'load' ? a.index : a, v) === undefined)
      )
        found.add(j)
    }
    this.extents.forEach((_, j) => consider(j))
    return found
  }

  lower(): LoweredKernel {
    const { tile } = this.group
    const rowExtent = tile.row === undefined ? 1 : this.extents[tile.row]!
    const outer = this.extents.flatMap((n, j) =>
      j < this.rank && n !== 1 && j !== tile.row && j !== tile.column && j !== tile.vector ? [j] : [],
    )
    const vectorExtent = this.laneReduced
      ? tile.column === undefined
        ? 1
        : this.extents[tile.column]!
      : tile.vector === undefined
        ? 1
        : Math.ceil(this.extents[tile.vector]! / tile.lanes)

    // Rows that share a pass over the vectors: as many as the second-level cache holds of the streamed operand.
    const parts = equalParts(rowExtent, tile.rows)
    const tiles = parts.reduce((n, p) => n + p.tiles, 0)
    const rowBytes = 4 * sizeOf(this.extents.slice(this.rank))
    const groups = Math.max(1, Math.ceil(vectorExtent / tile.vectors))
    const outerCount = sizeOf(outer.map((j) => this.extents[j]!))
    let perBlock = Math.min(tiles, Math.max(1, Math.floor(this.machine.l2 / 2 / rowBytes / tile.rows)))
    const work = sizeOf(this.extents)
    const wanted = work < 40_000 ? 1 : 16
    if (outerCount * groups < wanted)
      while (perBlock > 1 && Math.ceil(tiles / perBlock) * groups < wanted) perBlock = Math.ceil(perBlock / 2)
    const blocks = Math.ceil(tiles / perBlock)

    const jobExtents = work < 40_000 ? [] : [blocks, groups]
    // Few blocks and groups: remaining output variables become jobs too.
    let outerJobs = 0
    if (jobExtents.length)
      while (outerJobs < outer.length && sizeOf(jobExtents) < wanted) jobExtents.push(this.extents[outer[outerJobs++]!]!)
    const jobs = sizeOf(jobExtents)
    const job = variable('job', 0, jobs - 1)
    const ofJob = positionsOfJob(job, jobExtents)

    const walked = outer.slice(outerJobs)

    const positions: Positions = this.extents.map((n) => (n === 1 ? index(0) : undefined))
    const inBlock = (block: Expr): Stmt[] =>
      this.vectorGroups(vectorExtent, groups, ofJob[1], (group, vectors, tail) =>
        this.outerLoops(outer.slice(0, outerJobs), positions, ofJob.slice(2), (fixed) =>
          this.rowTiles(parts, tiles, perBlock, block, (row, rows) =>
            this.outerLoops(walked, fixed, [], (at) => this.tileBody(at, { row, rows, group, vectors, tailLanes: tail })),
          ),
        ),
      )
    const b = variable('block', 0, blocks - 1)
    const body = ofJob[0]
      ? inBlock(ofJob[0])
      : blocks === 1
        ? inBlock(index(0))
        : [loop('serial', b, index(0), index(blocks), inBlock(b))]
    return { job, jobs, body }
  }

  /** Groups of `vectors` vectors along the vector (or column) variable, and a smaller last one. */
  private vectorGroups(
    extent: number,
    groups: number,
    ofJob: Expr | undefined,
    body: (first: Expr, vectors: number, tailLanes: number) => Stmt[],
  ): Stmt[] {
    const { tile } = this.group
    const size = tile.vectors
    const rest = extent % size
    const tail = tile.vector === undefined || this.laneReduced ? 0 : this.extents[tile.vector]! % tile.lanes
    const wholeGroups = rest || tail ? groups - 1 : groups
    const last = (): Stmt[] => body(index((groups - 1) * size), rest || size, tail)
    const g = variable('g', 0, Math.max(0, wholeGroups - 1))
    if (wholeGroups === groups) {
      if (ofJob) return body(imul(ofJob, size), size, 0)
      return groups === 1 ? body(index(0), size, 0) : [loop('serial', g, index(0), index(groups), body(imul(g, size), size, 0))]
    }
    if (!ofJob)
      return [...(wholeGroups ? [loop('serial', g, index(0), index(wholeGroups), body(imul(g, size), size, 0))] : []), ...last()]
    if (!wholeGroups) return last()
    return [
      loop('serial', g, ofJob, imin(index(wholeGroups), iadd(ofJob, 1)), body(imul(g, size), size, 0)),
      { kind: 'if', cond: binary('eq', ofJob, index(wholeGroups)), then: last() },
    ]
  }

  /** The tiles of one block of rows; tiles of both sizes where the rows do not divide evenly. */
  private rowTiles(
    parts: readonly { size: number; from: number; tiles: number }[],
    tiles: number,
    perBlock: number,
    block: Expr,
    body: (row: Expr, rows: number) => Stmt[],
  ): Stmt[] {
    if (tiles === 1) return body(index(0), parts[0]!.size)
    let first = 0
    return parts.flatMap((part) => {
      const t = variable('tile', 0, part.tiles - 1)
      const start = imax(index(0), isub(imul(block, perBlock), first))
      const end = imin(index(part.tiles), isub(iadd(imul(block, perBlock), perBlock), first))
      first += part.tiles
      return [loop('serial', t, start, end, body(iadd(imul(t, part.size), part.from), part.size))]
    })
  }

  private outerLoops(
    vars: readonly number[],
    positions: Positions,
    given: readonly Expr[],
    body: (positions: Positions) => Stmt[],
  ): Stmt[] {
    if (!vars.length) return body(positions)
    const j = vars[0]!
    const next = (e: Expr): Stmt[] =>
      this.outerLoops(
        vars.slice(1),
        positions.map((p, k) => (k === j ? e : p)),
        given.slice(1),
        body,
      )
    if (given.length) return next(given[0]!)
    return this.loopOver(j, index(0), index(this.extents[j]!), 'serial', next)
  }

  /** A serial loop over variable j, as blocks and lanes where memory is laid out so. */
  private loopOver(j: number, from: Expr, to: Expr, kind: 'serial' | 'unroll', body: (position: Expr) => Stmt[]): Stmt[] {
    const n = this.extents[j]!
    if (!this.split.has(j)) {
      const v = variable('i', 0, n - 1)
      return [loop(kind, v, from, to, body(v))]
    }
    const lanes = this.machine.lanes
    const b = variable('b', 0, n / lanes - 1)
    const l = variable('i', 0, lanes - 1)
    return [
      loop('serial', b, index(0), index(n / lanes), [loop('serial', l, index(0), index(lanes), body(blocked(b, l, lanes)))]),
    ]
  }

  /** The sums of one tile, and what becomes of them. */
  private tileBody(given: Positions, place: TilePlace): Stmt[] {
    const { code } = this
    const acc = 'acc'
    const multiply = (positions: Positions): Stmt[] => code.multiply(acc, positions, place)
    return [code.sums(acc, place.rows * place.vectors), ...this.reduceLoops(given, multiply), ...code.finish(given, place, acc)]
  }

  /**
   * The reduced loops, outermost first: the blocks of a reduced vector, then the variables as they come. Each restricted form
   * narrows the loop of its innermost variable, so that border elements cost nothing.
   */
  private reduceLoops(given: Positions, body: (positions: Positions) => Stmt[]): Stmt[] {
    const { tile, contract } = this.group
    const order = this.extents.flatMap((n, j) => (j >= this.rank && n !== 1 && j !== tile.vector ? [j] : []))
    if (this.laneReduced) order.unshift(tile.vector!)
    const pending = formsOf(contract).flatMap((forms, side) =>
      forms.flatMap((form, d) => {
        const extent = contract.inputs[side]!.shape[d]!
        return restricts(form, extent, this.extents) ? [{ form, extent }] : []
      }),
    )
    const nest = (k: number, positions: Positions): Stmt[] => {
      if (k === order.length) return body(positions)
      const j = order[k]!
      const at = (e: Expr) => positions.map((p, i) => (i === j ? e : p))
      if (this.laneReduced && j === tile.vector) {
        const blocks = this.extents[j]! / tile.lanes
        const b = variable('b', 0, blocks - 1)
        return [loop('serial', b, index(0), index(blocks), nest(k + 1, at(blocked(b, this.code.lane, tile.lanes))))]
      }
      let from: Expr = index(0)
      let to: Expr = index(this.extents[j]!)
      const conditions: ((position: Expr) => Expr)[] = []
      for (const { form, extent } of pending) {
        const last = order.filter((i) => form.coef[i] !== 0).at(-1)
        if (last !== j) continue
        const c = form.coef[j]!
        let rest: Expr = index(form.offset)
        form.coef.forEach((coef, i) => {
          if (coef !== 0 && i !== j) rest = iadd(rest, imul(positions[i]!, coef))
        })
        const most = (extent - 1) * form.divisor
        if (c > 0) {
          from = imax(from, ceilDiv(imul(rest, -1), c))
          to = imin(to, iadd(idiv(iadd(imul(rest, -1), most), c), 1))
        } else {
          from = imax(from, ceilDiv(iadd(rest, -most), -c))
          to = imin(to, iadd(idiv(rest, -c), 1))
        }
        if (form.divisor !== 1)
          conditions.push((position) => binary('eq', imod(iadd(rest, imul(position, c)), form.divisor), index(0)))
      }
      const written =
        sizeOf(order.slice(k).map((i) => this.extents[i]!)) <= MOST_UNROLLED && from.kind === 'const' && to.kind === 'const'
      return this.loopOver(j, from, to, written ? 'unroll' : 'serial', (position) => {
        const inner = nest(k + 1, at(position))
        return conditions.length
          ? [{ kind: 'if', cond: conditions.map((f) => f(position)).reduce((a, b) => binary('and', a, b)), then: inner }]
          : inner
      })
    }
    // A form without reduced variables restricts nothing but the output index: where it is outside, the sum is empty.
    const fixed = pending.filter(({ form }) => !order.some((j) => form.coef[j] !== 0))
    const inside = nest(0, given)
    if (!fixed.length) return inside
    const cond = fixed
      .map(({ form, extent }) => {
        let e: Expr = index(form.offset)
        form.coef.forEach((c, j) => {
          if (c !== 0) e = iadd(e, imul(given[j]!, c))
        })
        const bounds = binary('and', less(index(-1), e), less(e, (extent - 1) * form.divisor + 1))
        return form.divisor === 1 ? bounds : binary('and', bounds, binary('eq', imod(e, form.divisor), index(0)))
      })
      .reduce((a, b) => binary('and', a, b))
    return [{ kind: 'if', cond, then: inside }]
  }
}

/** ceil(a / n), n > 0. */
const ceilDiv = (a: Expr, n: number): Expr => idiv(iadd(a, n - 1), n)
