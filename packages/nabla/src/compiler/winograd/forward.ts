/**
 * Lowers a 3 x 3 convolution in Winograd's form (match.ts), in batch lanes. A job has a block of tiles of one vector of images:
 *
 *     pixels   [place][group][channel][V]   = Bᵀ d B of every tile and channel      in the second-level cache
 *     for every block of filters:
 *       products [place][filter][tile]      = sum over channels of filter * pixels   a register tile of R filters by V tiles
 *       results                             = Aᵀ products A, the epilogue, and the store
 *
 * The filters' transform G g Gᵀ is a kernel of its own: all jobs read it.
 */
import { sizeOf } from '../../core/shape.js'
import type { Machine } from '../../device/device.js'
import { type Expr, type ValueType, binary, constant, index, local, variable } from '../../kernel/expr.js'
import { type Stmt, loop } from '../../kernel/loop.js'
import { iadd, idiv, imin, imod, imul } from '../../kernel/simplify.js'
import type { Buffers, LoweredKernel } from '../buffers.js'
import { type ContractGroup, epilogueOf } from '../contract-tile.js'
import { bestTile } from '../contraction.js'
import { blocked, equalParts, positionsOfJob } from '../nest.js'
import { Puller } from '../pull.js'
import type { Value } from '../value.js'
import { type Blocks, type FilterAttrs, tilesOf } from './match.js'
import { PLACES, RESULTS, TILE, grid, insideOf, named, ofFilter, ofPixels, ofResults, transformed } from './transforms.js'

const type: ValueType = 'float32'

/** Fewer jobs than this: blocks of filters become jobs too. */
const FEW_JOBS = 16

/** [place, k, c] = G g Gᵀ of every filter g = [k, c]; a job has one block of filters. */
export function lowerFilter(value: Value, buffers: Buffers, { lanes }: Machine): LoweredKernel {
  const [, filters, channels] = value.shape as [number, number, number]
  const { dims, turned } = value.attrs as FilterAttrs
  const filter = value.inputs[0]!
  const puller = new Puller((v, at, guard) => buffers.load(v, at, guard))
  const per = equalParts(filters, lanes)[0]!.size
  const jobs = Math.ceil(filters / per)
  const job = variable('job', 0, jobs - 1)
  const k = variable('k', 0, filters - 1)
  const wide = channels % lanes === 0 ? lanes : 1
  const b = variable('b', 0, channels / wide - 1)
  const l = variable('l', 0, wide - 1)
  const c = blocked(b, l, wide)
  const tap = (r: number, s: number): Expr => {
    const place = [k, c, index(turned[0] ? 2 - r : r), index(turned[1] ? 2 - s : s)]
    const at: Expr[] = []
    dims.forEach((d, i) => (at[d] = place[i]!))
    return puller.at(filter, at)
  }
  const g = named(
    'g',
    grid(3, 3, (r, s) => tap(r, s)),
  )
  const { stmts, result } = transformed('u', ofFilter, g.result)
  const body = [
    ...g.stmts,
    ...stmts,
    ...result.flatMap((row, i) =>
      row.map((u, j): Stmt => ({ kind: 'store', ...buffers.store(value, [index(i * PLACES + j), k, c], u) })),
    ),
  ]
  const first = imul(job, per)
  const rows = loop('serial', k, first, imin(index(filters), iadd(first, per)), [loop('vector', l, index(0), index(wide), body)])
  return { job, jobs, body: [loop('serial', b, index(0), index(channels / wide), [rows])] }
}

export const lowerWinograd = (group: ContractGroup, buffers: Buffers, machine: Machine): LoweredKernel =>
  new WinogradLowering(group, buffers, machine).lower()

class WinogradLowering {
  private readonly lanes: number
  private readonly lane
  private readonly channels: number
  /** Tiles of a block, down and across, and all of them. */
  private readonly tiles: readonly [number, number]
  private readonly block: number
  /** Filters of a block. */
  private readonly filters: number
  private readonly rows: number
  private readonly vectors: number
  /** Vectors between the places of a tile: a cache line, lest all of them fall into one of a cache's sets. */
  private readonly apart: number

  constructor(
    private readonly group: ContractGroup,
    private readonly buffers: Buffers,
    machine: Machine,
  ) {
    const { contract } = group
    this.lanes = machine.lanes
    this.lane = variable('l', 0, this.lanes - 1)
    this.channels = contract.inputs[0]!.shape[1]!
    const { tiles, filters } = contract.attrs as Blocks
    this.tiles = tiles
    this.block = sizeOf(tiles)
    this.filters = filters
    let { vectors } = bestTile(this.filters, this.block, machine.registers, machine.inFlight)
    while (this.block % vectors !== 0) vectors--
    this.vectors = vectors
    this.apart = Math.ceil(16 / this.lanes)
    this.rows = Math.min(14, Math.floor((machine.registers - 1 - vectors) / vectors))
  }

  lower(): LoweredKernel {
    const [n, k, h, w] = this.group.contract.shape as [number, number, number, number]
    const extents = [n / this.lanes, tilesOf(h) / this.tiles[0], tilesOf(w) / this.tiles[1]]
    const filterBlocks = k / this.filters
    const filterJobs = sizeOf(extents) < FEW_JOBS
    if (filterJobs) extents.push(filterBlocks)
    const jobs = sizeOf(extents)
    const job = variable('job', 0, jobs - 1)
    const [images, down, across, given] = positionsOfJob(job, extents) as [Expr, Expr, Expr, Expr | undefined]
    const image = blocked(images, this.lane, this.lanes)
    const first = [imul(down, this.tiles[0]), imul(across, this.tiles[1])] as const
    const f = variable('filters', 0, filterBlocks - 1)
    const ofFilters = (block: Expr): Stmt[] => {
      const filter = imul(block, this.filters)
      return [...this.products(filter), ...this.results(filter, image, first)]
    }
    const body: Stmt[] = [
      this.memory('pixels', TILE * (this.channels * this.block + this.apart)),
      this.memory('products', TILE * (this.filters * this.block + this.apart)),
      ...this.pixels(image, first),
      ...(given ? ofFilters(given) : [loop('serial', f, index(0), index(filterBlocks), ofFilters(f))]),
    ]
    return { job, jobs, body }
  }

  private memory(name: string, size: number): Stmt {
    return { kind: 'declare', name, type, size, lanes: this.lanes, init: undefined, array: true }
  }

  private vector(body: Stmt[]): Stmt {
    return loop('vector', this.lane, index(0), index(this.lanes), body)
  }

  /** For every tile of the block: its number, and where it lies in the block. */
  private eachTile(body: (tile: Expr, down: Expr, across: Expr) => Stmt[]): Stmt[] {
    const [y, x] = this.tiles.map((n) => (n === 1 ? index(0) : variable('t', 0, n - 1))) as [Expr, Expr]
    let stmts = body(iadd(imul(y, this.tiles[1]), x), y, x)
    for (const [v, n] of [
      [x, this.tiles[1]],
      [y, this.tiles[0]],
    ] as const)
      if (v.kind === 'var') stmts = [loop('serial', v, index(0), index(n), stmts)]
    return stmts
  }

  /** Where the transformed pixels of a vector of a group of tiles lie. */
  private pixelAt(place: Expr, group: Expr, channel: Expr, v: Expr): Expr {
    const vector = iadd(imul(iadd(imul(group, this.channels), channel), this.vectors), v)
    return iadd(imul(place, this.channels * this.block + this.apart), vector)
  }

  private productAt(place: Expr, filter: Expr, tile: Expr): Expr {
    return iadd(imul(place, this.filters * this.block + this.apart), iadd(imul(filter, this.block), tile))
  }

  private pixels(image: Expr, [firstDown, firstAcross]: readonly [Expr, Expr]): Stmt[] {
    const c = variable('c', 0, this.channels - 1)
    const g = variable('g', 0, this.block / this.vectors - 1)
    const v = variable('v', 0, this.vectors - 1)
    const tile = iadd(imul(g, this.vectors), v)
    const across = this.tiles[1]
    const [y, x] = [idiv(tile, across), imod(tile, across)]
    const top = imul(iadd(firstDown, y), RESULTS)
    const left = imul(iadd(firstAcross, x), RESULTS)
    const d = named(
      'd',
      grid(
        PLACES,
        PLACES,
        (i, j) => this.buffers.load(this.group.contract.inputs[0]!, [image, c, iadd(top, i), iadd(left, j)], undefined)!,
      ),
    )
    const { stmts, result } = transformed('b', ofPixels, d.result)
    const sets = result.flatMap((row, i) =>
      row.map((value, j): Stmt => ({ kind: 'set', name: 'pixels', index: this.pixelAt(index(i * PLACES + j), g, c, v), value })),
    )
    const body = this.vector([...d.stmts, ...stmts, ...sets])
    return [
      loop('serial', c, index(0), index(this.channels), [
        loop('serial', g, index(0), index(this.block / this.vectors), [loop('serial', v, index(0), index(this.vectors), [body])]),
      ]),
    ]
  }

  private products(firstFilter: Expr): Stmt[] {
    const { vectors, buffers } = this
    const t = variable('place', 0, TILE - 1)
    const g = variable('g', 0, this.block / vectors - 1)
    const c = variable('c', 0, this.channels - 1)
    const weights = this.group.contract.inputs[1]!
    const tile = (row: Expr, rows: number): Stmt[] => {
      const x = Array.from({ length: vectors }, (_, v) => local(`x${v}`, index(0), type))
      const multiply = Array.from({ length: rows }, (_, r) => {
        const weight = buffers.load(weights, [t, iadd(iadd(firstFilter, row), r), c], undefined)!
        return x.map((pixel, v): Stmt => {
          const i = index(r * vectors + v)
          return { kind: 'set', name: 'acc', index: i, value: binary('add', local('acc', i, type), binary('mul', weight, pixel)) }
        })
      }).flat()
      const pixels = x.map((_, v): Stmt => {
        const init = local('pixels', this.pixelAt(t, g, c, index(v)), type)
        return { kind: 'declare', name: `x${v}`, type, size: 1, lanes: 1, init, keep: true }
      })
      const keep = Array.from({ length: rows * vectors }, (_, i): Stmt => {
        const at = this.productAt(t, iadd(row, Math.floor(i / vectors)), iadd(imul(g, vectors), i % vectors))
        return { kind: 'set', name: 'products', index: at, value: local('acc', index(i), type) }
      })
      return [
        { kind: 'declare', name: 'acc', type, size: rows * vectors, lanes: this.lanes, init: constant(0, type) },
        loop('serial', c, index(0), index(this.channels), [this.vector([...pixels, ...multiply])]),
        this.vector(keep),
      ]
    }
    const groups = index(this.block / vectors)
    const tiles = equalParts(this.filters, this.rows).map(({ size, from, tiles: count }) => {
      const r = variable('rows', 0, count - 1)
      const body = [loop('serial', g, index(0), groups, tile(iadd(imul(r, size), from), size))]
      return loop('serial', r, index(0), index(count), body)
    })
    return [loop('serial', t, index(0), index(TILE), tiles)]
  }

  private results(firstFilter: Expr, image: Expr, [firstDown, firstAcross]: readonly [Expr, Expr]): Stmt[] {
    const k = variable('k', 0, this.filters - 1)
    return [
      loop(
        'serial',
        k,
        index(0),
        index(this.filters),
        this.eachTile((tile, down, across) => {
          const m = named(
            'm',
            grid(PLACES, PLACES, (i, j) => local('products', this.productAt(index(i * PLACES + j), k, tile), type)),
          )
          const { stmts, result } = transformed('y', ofResults, m.result)
          const y = named('r', result)
          const place = (first: Expr, own: Expr, i: number): Expr => iadd(imul(iadd(first, own), RESULTS), i)
          const [h, w] = this.group.contract.shape.slice(2) as [number, number]
          const stores = y.result.flatMap((row, i) =>
            row.flatMap((e, j): Stmt[] => {
              const [y0, x0] = [place(firstDown, down, i), place(firstAcross, across, j)]
              const at = [image, iadd(firstFilter, k), y0, x0]
              const then = epilogueOf(this.group, this.buffers, e, at, `${'ab'[i]}${'ab'[j]}`)
              const inside = insideOf([y0, x0], [i, j], [h, w])
              return inside ? [{ kind: 'if', cond: inside, then }] : then
            }),
          )
          return [this.vector([...m.stmts, ...stmts, ...y.stmts, ...stores])]
        }),
      ),
    ]
  }
}
