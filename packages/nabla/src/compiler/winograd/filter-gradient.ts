/**
 * The gradient of 3 x 3 filters in Winograd's form, whose products are turned round: of pixels d and of the results' gradient e (2 x 2)
 *
 *     gradient = Gᵀ [ sum over all tiles of (A e Aᵀ) ⊙ (Bᵀ d B) ] G
 *
 * Two kernels. The first takes the sums (lowerSums), for one place of a tile after the other; for a block of tiles of some images
 *
 *     pixels  [group][column][V lanes of channels]  = that place of Bᵀ d B         a column is one tile of one image
 *     errors  [filter][column]                      = that place of A e Aᵀ
 *     sums    [filter][channel]                    += sum over columns of errors * pixels
 *
 * where images fill the lanes of what is read, and channels those of the sums: pixels change their place on the way. The second kernel
 * (lowerGradient) makes nine taps of sixteen sums.
 */
import { sizeOf } from '../../core/shape.js'
import type { Machine } from '../../device/device.js'
import { type Expr, type ValueType, binary, constant, index, load, local, select, variable } from '../../kernel/expr.js'
import { type Stmt, loop } from '../../kernel/loop.js'
import { iadd, idiv, imin, imod, imul, unravel } from '../../kernel/simplify.js'
import type { Buffers, LoweredKernel } from '../buffers.js'
import { bestTile } from '../contraction.js'
import { blocked, equalParts, positionsOfJob } from '../nest.js'
import type { Value } from '../value.js'
import { type GradientAttrs, type SumBlocks, tilesOf } from './match.js'
import { PLACES, RESULTS, TILE, grid, insideOf, named, ofFilter, transformed } from './transforms.js'

const type: ValueType = 'float32'

export const lowerSums = (value: Value, buffers: Buffers, machine: Machine): LoweredKernel =>
  new SumsLowering(value, buffers, machine).lower()

class SumsLowering {
  private readonly lanes: number
  private readonly lane
  private readonly filters: number
  private readonly channels: number
  private readonly blocks: SumBlocks
  private readonly rows: number
  /** Vectors of channels side by side. */
  private readonly vectors: number
  /** Tiles of a block, of all its images together, and columns. */
  private readonly tiles: number
  private readonly columns: number
  /** Columns between the rows of errors: a cache line more, lest all rows fall into one of a cache's sets. */
  private readonly errorStride: number
  private readonly pixels: number
  private readonly errors: number

  constructor(
    private readonly value: Value,
    private readonly buffers: Buffers,
    machine: Machine,
  ) {
    const [, , filters, channels] = value.shape as [number, number, number, number]
    const [image, error] = value.inputs as [Value, Value]
    this.lanes = machine.lanes
    this.lane = variable('l', 0, this.lanes - 1)
    this.filters = filters
    this.channels = channels
    this.blocks = value.attrs as SumBlocks
    const tile = bestTile(filters, channels / this.lanes, machine.registers, machine.inFlight)
    let { vectors } = tile
    while ((channels / this.lanes) % vectors !== 0) vectors--
    this.vectors = vectors
    this.rows = vectors === tile.vectors ? tile.rows : Math.min(14, Math.floor((machine.registers - 1 - vectors) / vectors))
    this.tiles = this.blocks.images * sizeOf(this.blocks.tiles)
    this.columns = this.tiles * this.lanes
    this.errorStride = this.columns + 16
    for (const v of [value, image, error]) buffers.of(v)
    this.pixels = buffers.own('float32', channels * this.columns)
    this.errors = buffers.own('float32', filters * this.errorStride)
  }

  lower(): LoweredKernel {
    const [n, , h, w] = this.value.inputs[1]!.shape as [number, number, number, number]
    const { parts, places, images: together, tiles } = this.blocks
    const counts = [n / this.lanes / together, tilesOf(h) / tiles[0], tilesOf(w) / tiles[1]]
    const extents = [parts, TILE / places]
    const jobs = sizeOf(extents)
    const job = variable('job', 0, jobs - 1)
    const [part, first] = positionsOfJob(job, extents) as [Expr, Expr]
    const turn = variable('turn', 0, places - 1)
    const place = iadd(imul(first, places), places === 1 ? index(0) : turn)
    const own = sizeOf(counts) / parts
    const b = variable('block', 0, own - 1)
    const block = iadd(imul(part, own), b)
    const [image, down, across] = unravel(block, counts) as [Expr, Expr, Expr]
    const at = [imul(image, together), imul(down, tiles[0]), imul(across, tiles[1])] as const
    const ofPlace = [
      ...this.placeOf(place),
      ...this.pixelColumns(...at),
      ...this.errorColumns(...at),
      ...this.products(part, place, binary('eq', b, index(0))),
    ]
    const turns = places === 1 ? ofPlace : [loop('serial', turn, index(0), index(places), ofPlace)]
    return { job, jobs, body: [loop('serial', b, index(0), index(own), turns)] }
  }

  /**
   * What a place [i, j] takes of pixels and of errors, along either dimension. Rows of Bᵀ are d[one] + sign * d[other]:
   * (0, 2, -), (1, 2, +), (2, 1, -), (1, 3, -). Rows of A are first * e[0] + second * e[1]: (1, 0), (1, 1), (1, -1), (0, -1).
   */
  private placeOf(place: Expr): Stmt[] {
    const along = { i: idiv(place, PLACES), j: imod(place, PLACES) }
    return Object.entries(along).flatMap(([name, i]): Stmt[] => {
      const at = <T extends ValueType>(kind: T, of: readonly number[]): Expr =>
        of.slice(1).reduce((rest, x, k) => select(binary('eq', i, index(k + 1)), constant(x, kind), rest), constant(of[0]!, kind))
      const declare = (what: string, kind: ValueType, of: readonly number[]): Stmt => ({
        kind: 'declare',
        name: `${what}${name}`,
        type: kind,
        size: 1,
        lanes: 1,
        init: at(kind, of),
      })
      return [
        declare('one', 'index', [0, 1, 2, 1]),
        declare('other', 'index', [2, 2, 1, 3]),
        declare('sign', type, [-1, 1, -1, -1]),
        declare('first', type, [1, 1, 1, 0]),
        declare('second', type, [0, 1, -1, -1]),
      ]
    })
  }

  /** Statements for every tile of a block: in a vector of images, at its top left tile; `column` is where the tile's columns begin. */
  private eachTile(body: (image: Expr, down: Expr, across: Expr, column: Expr) => Stmt[]): Stmt {
    const t = variable('t', 0, this.tiles - 1)
    const [down, across] = this.blocks.tiles
    const image = idiv(t, down * across)
    const y = imod(idiv(t, across), down)
    const stmts = body(image, y, imod(t, across), imul(t, this.lanes))
    return loop('serial', t, index(0), index(this.tiles), [loop('vector', this.lane, index(0), index(this.lanes), stmts)])
  }

  private pixelAt(group: Expr, column: Expr, channel: Expr): Expr {
    const width = this.vectors * this.lanes
    return iadd(imul(iadd(imul(group, this.columns), column), width), channel)
  }

  private pixelColumns(images: Expr, top: Expr, left: Expr): Stmt[] {
    const width = this.vectors * this.lanes
    const g = variable('g', 0, this.channels / width - 1)
    const c = variable('c', 0, width - 1)
    const [image] = this.value.inputs as [Value, Value]
    const tile = this.eachTile((b, y, x, column) => {
      const at = (row: string, across: string): Expr => {
        const place = [imul(iadd(top, y), RESULTS), imul(iadd(left, x), RESULTS)].map((first, d) =>
          iadd(first, local([row, across][d]!, index(0), 'index')),
        )
        return this.buffers.load(
          image,
          [blocked(iadd(images, b), this.lane, this.lanes), iadd(imul(g, width), c), ...place],
          undefined,
        )!
      }
      const [signI, signJ] = ['signi', 'signj'].map((name) => local(name, index(0), type)) as [Expr, Expr]
      const row = (name: string): Expr => binary('add', at(name, 'onej'), binary('mul', signJ, at(name, 'otherj')))
      const value = binary('add', row('onei'), binary('mul', signI, row('otheri')))
      return [{ kind: 'store', buffer: this.pixels, index: this.pixelAt(g, iadd(column, this.lane), c), value }]
    })
    return [loop('serial', g, index(0), index(this.channels / width), [loop('serial', c, index(0), index(width), [tile])])]
  }

  private errorColumns(images: Expr, top: Expr, left: Expr): Stmt[] {
    const k = variable('k', 0, this.filters - 1)
    const error = this.value.inputs[1]!
    const tile = this.eachTile((b, y, x, column) => {
      const [h, w] = error.shape.slice(2) as [number, number]
      const at = (i: number, j: number): Expr => {
        const [y0, x0] = [iadd(imul(iadd(top, y), RESULTS), i), iadd(imul(iadd(left, x), RESULTS), j)]
        const inside = insideOf([y0, x0], [i, j], [h, w])
        const e = this.buffers.load(error, [blocked(iadd(images, b), this.lane, this.lanes), k, y0, x0], inside)!
        return inside ? select(inside, e, constant(0, type)) : e
      }
      const mix = (along: string, one: Expr, other: Expr): Expr =>
        binary(
          'add',
          binary('mul', local(`first${along}`, index(0), type), one),
          binary('mul', local(`second${along}`, index(0), type), other),
        )
      const value = mix('i', mix('j', at(0, 0), at(0, 1)), mix('j', at(1, 0), at(1, 1)))
      return [{ kind: 'store', buffer: this.errors, index: iadd(imul(k, this.errorStride), iadd(column, this.lane)), value }]
    })
    return [loop('serial', k, index(0), index(this.filters), [tile])]
  }

  /** The sums of a block, added to those of the blocks before it. */
  private products(part: Expr, place: Expr, isFirst: Expr): Stmt[] {
    const { vectors, lanes, value, buffers } = this
    const width = vectors * lanes
    const g = variable('g', 0, this.channels / width - 1)
    const column = variable('column', 0, this.columns - 1)
    const vector = (body: Stmt[]): Stmt => loop('vector', this.lane, index(0), index(lanes), body)
    const tile = (row: Expr, rows: number): Stmt[] => {
      const x = Array.from({ length: vectors }, (_, v) => local(`x${v}`, index(0), type))
      const pixels = x.map((_, v): Stmt => {
        const init = load(this.pixels, this.pixelAt(g, column, blocked(index(v), this.lane, lanes)), type)
        return { kind: 'declare', name: `x${v}`, type, size: 1, lanes: 1, init, keep: true }
      })
      const sums = Array.from({ length: rows * vectors }, (_, i) => local('acc', index(i), type))
      const multiply = sums.map((sum, i): Stmt => {
        const error = load(this.errors, iadd(imul(iadd(row, Math.floor(i / vectors)), this.errorStride), column), type)
        return { kind: 'set', name: 'acc', index: index(i), value: binary('add', sum, binary('mul', error, x[i % vectors]!)) }
      })
      const written = (before: boolean): Stmt[] =>
        sums.map((sum, i): Stmt => {
          const at = [
            part,
            place,
            iadd(row, Math.floor(i / vectors)),
            blocked(iadd(imul(g, vectors), i % vectors), this.lane, lanes),
          ]
          const old = load(buffers.of(value), buffers.address(value, at), type)
          return { kind: 'store', ...buffers.store(value, at, before ? binary('add', old, sum) : sum) }
        })
      return [
        { kind: 'declare', name: 'acc', type, size: rows * vectors, lanes, init: constant(0, type) },
        loop('serial', column, index(0), index(this.columns), [vector([...pixels, ...multiply])]),
        { kind: 'if', cond: isFirst, then: [vector(written(false))] },
        { kind: 'if', cond: binary('eq', isFirst, constant(0, 'bool')), then: [vector(written(true))] },
      ]
    }
    return equalParts(this.filters, this.rows).map(({ size, from, tiles }) => {
      const r = variable('rows', 0, tiles - 1)
      const groups = loop('serial', g, index(0), index(this.channels / width), tile(iadd(imul(r, size), from), size))
      return loop('serial', r, index(0), index(tiles), [groups])
    })
  }
}

/** The taps of every filter and channel, of their partial sums [part, place, k, c]: Gᵀ sums G. A job has some filters. */
export function lowerGradient(value: Value, buffers: Buffers, { lanes }: Machine): LoweredKernel {
  const sums = value.inputs[0]!
  const [parts, , filters, channels] = sums.shape as [number, number, number, number]
  const { dims } = value.attrs as GradientAttrs
  const per = equalParts(filters, lanes)[0]!.size
  const jobs = Math.ceil(filters / per)
  const job = variable('job', 0, jobs - 1)
  const k = variable('k', 0, filters - 1)
  const b = variable('b', 0, channels / lanes - 1)
  const l = variable('l', 0, lanes - 1)
  const c = blocked(b, l, lanes)
  const s = named(
    's',
    grid(PLACES, PLACES, (i, j) => {
      const part = (p: number): Expr => buffers.load(sums, [index(p), index(i * PLACES + j), k, c], undefined)!
      return Array.from({ length: parts }, (_, p) => part(p)).reduce((sum, e) => binary('add', sum, e))
    }),
  )
  const back = ofFilter[0].map((_, tap) => ofFilter.map((row) => row[tap]!))
  const { stmts, result } = transformed('g', back, s.result)
  const stores = result.flatMap((row, i) =>
    row.map((tap, j): Stmt => {
      const at: Expr[] = []
      dims.forEach((d, which) => (at[d] = [k, c, index(i), index(j)][which]!))
      return { kind: 'store', ...buffers.store(value, at, tap) }
    }),
  )
  const first = imul(job, per)
  const body = loop('vector', l, index(0), index(lanes), [...s.stmts, ...stmts, ...stores])
  const rows = loop('serial', k, first, imin(index(filters), iadd(first, per)), [
    loop('serial', b, index(0), index(channels / lanes), [body]),
  ])
  return { job, jobs, body: [rows] }
}
