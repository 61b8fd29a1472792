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
 * (lowerGradient) makes nine taps of sixteen sums. In a bundle for browsers `filter-gradient-absent.ts` stands here.
 */
import { type Shape, sizeOf } from '../../core/shape.js'
import type { Machine } from '../../device/device.js'
import { type Expr, type ValueType, binary, constant, index, load, local, select, variable } from '../../kernel/expr.js'
import { type Stmt, loop } from '../../kernel/loop.js'
import { iadd, idiv, imin, imod, imul, unravel } from '../../kernel/simplify.js'
import type { Buffers, LoweredKernel } from '../buffers.js'
import { bestTile, contractAttrs, extentsOf } from '../contraction.js'
import { blocked, equalParts, positionsOfJob } from '../nest.js'
import type { Value } from '../value.js'
import { divisor, paddingOf, savedBy, tapOf, tilesOf, variableOf } from './match.js'
import { tiled } from './tile.js'
import { PLACES, RESULTS, TILE, grid, insideOf, named, ofFilter, transformed } from './transforms.js'

const type: ValueType = 'float32'

/** A contraction that is the gradient of such a filter: sum over n, y, x of image [n, c, y + r, x + s] error [n, k, y, x]. */
export interface FilterGradient {
  /** Which operand is the image; the other one is the results' gradient. */
  readonly image: 0 | 1
  readonly filters: number
  readonly channels: number
  readonly padding: readonly (readonly [number, number])[]
  readonly gradient: GradientAttrs
}

/** The result's dimension that is k, c, r and s. */
export type GradientAttrs = { readonly dims: readonly [number, number, number, number] }

export function filterGradientOf(v: Value): FilterGradient | undefined {
  const { out, reduced, a, b } = contractAttrs(v)
  if (v.dtype !== 'float32' || out.length !== 4 || reduced.length !== 3) return undefined
  const extents = extentsOf(v)
  for (const image of [0, 1] as const) {
    const [pixel, other] = image === 0 ? [a, b] : [b, a]
    if (pixel.length !== 4 || other.length !== 4) continue
    const { shape } = v.inputs[image]!
    const places = other.map(variableOf)
    if (places.includes(undefined) || new Set(places).size < 4) continue
    const [n, k, y, x] = places as [number, number, number, number]
    const c = variableOf(pixel[1]!)
    const [r, s] = [tapOf(pixel[2]!, y), tapOf(pixel[3]!, x)]
    if (!r || !s || r.turned || s.turned || c === undefined || variableOf(pixel[0]!) !== n) continue
    const dims = [k, c, r.tap, s.tap] as [number, number, number, number]
    if (Math.min(n, y, x) < 4 || Math.max(...dims) > 3 || new Set(dims).size < 4 || extents[r.tap] !== 3 || extents[s.tap] !== 3)
      continue
    const padding = [r, s].map(({ first }, d) => paddingOf(first, extents[[y, x][d]!]!, shape[2 + d]!))
    return { image, filters: extents[k]!, channels: extents[c]!, padding, gradient: { dims } }
  }
  return undefined
}

/** How the sums of a filter's gradient are cut. */
export type SumBlocks = {
  /** Of one block: vectors of images, and their tiles, rows by columns. */
  readonly images: number
  readonly tiles: readonly [number, number]
  /** Partial sums, each of a run of blocks. */
  readonly parts: number
  /** Places of a tile that a job takes in turn while a block of images is in the second-level cache; others have their own jobs. */
  readonly places: number
}

/** Bytes of one place of transformed pixels and errors that a job keeps, where it takes one place only, or several in turn. */
const ALONE_BYTES = 512 << 10
const TURNS_BYTES = 128 << 10
/** Partial sums, at most, and their bytes. */
const MOST_PARTS = 16
const PARTIAL_BYTES = 1 << 22

/** The blocks of a filter's gradient over errors [n, k, h, w]; undefined where it does not pay, or does not divide. */
export function sumBlocksOf(
  [n, k, h, w]: Shape,
  { channels, padding }: Pick<FilterGradient, 'channels' | 'padding'>,
  { lanes }: Pick<Machine, 'lanes'>,
): SumBlocks | undefined {
  const [rows, columns] = [tilesOf(h!), tilesOf(w!)]
  if (lanes < 2 || n! % lanes !== 0 || channels % lanes !== 0) return undefined
  const mostParts = Math.min(MOST_PARTS, PARTIAL_BYTES / (4 * TILE * channels * k!))
  const inTurn = mostParts >= 4
  const most = Math.floor((inTurn ? TURNS_BYTES : ALONE_BYTES) / (4 * lanes * (channels + k!)))
  if (most < 1) return undefined
  const across = divisor(columns, most)
  const down = across === columns ? divisor(rows, most / across) : 1
  const images = across * down === rows * columns ? divisor(n! / lanes, most / (across * down)) : 1
  const blocks = ((n! / lanes) * rows * columns) / (images * across * down)
  const parts = inTurn ? divisor(blocks, mostParts) : 1
  // By vector instructions, for a tile of a vector of images: transforms (pixels change their place, lane by lane), and two products a cycle.
  const transforms = rows * columns * TILE * (14 * channels + 4 * k!)
  const saved = savedBy([h!, w!], padding) * channels * k!
  // Sums of few tiles would be read and written more than added to.
  const summed = images * across * down * lanes
  return transforms < 0.7 * saved && summed >= 32
    ? { images, tiles: [down, across], parts, places: inTurn ? PLACES : 1 }
    : undefined
}

export function lowerSums(value: Value, buffers: Buffers, { lanes, registers, inFlight }: Machine): LoweredKernel {
  const [, , filters, channels] = value.shape as [number, number, number, number]
  const [image, error] = value.inputs as [Value, Value]
  const lane = variable('l', 0, lanes - 1)
  const blocks = value.attrs as SumBlocks
  const best = bestTile(filters, channels / lanes, registers, inFlight)
  /** Vectors of channels side by side. */
  const vectors = divisor(channels / lanes, best.vectors)
  const most = vectors === best.vectors ? best.rows : Math.min(14, Math.floor((registers - 1 - vectors) / vectors))
  /** Tiles of a block, of all its images together, and columns. */
  const tiles = blocks.images * sizeOf(blocks.tiles)
  const columns = tiles * lanes
  /** Columns between the rows of errors: a cache line more, lest all rows fall into one of a cache's sets. */
  const errorStride = columns + 16
  for (const v of [value, image, error]) buffers.of(v)
  const pixels = buffers.own('float32', channels * columns)
  const errors = buffers.own('float32', filters * errorStride)

  function lowered(): LoweredKernel {
    const [n, , h, w] = value.inputs[1]!.shape as [number, number, number, number]
    const { parts, places, images: together, tiles } = blocks
    const counts = [n / lanes / together, tilesOf(h) / tiles[0], tilesOf(w) / tiles[1]]
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
      ...placeOf(place),
      ...pixelColumns(...at),
      ...errorColumns(...at),
      ...products(part, place, binary('eq', b, index(0))),
    ]
    const turns = places === 1 ? ofPlace : [loop('serial', turn, index(0), index(places), ofPlace)]
    return { job, jobs, body: [loop('serial', b, index(0), index(own), turns)] }
  }

  /**
   * What a place [i, j] takes of pixels and of errors, along either dimension. Rows of Bᵀ are d[one] + sign * d[other]:
   * (0, 2, -), (1, 2, +), (2, 1, -), (1, 3, -). Rows of A are first * e[0] + second * e[1]: (1, 0), (1, 1), (1, -1), (0, -1).
   */
  function placeOf(place: Expr): Stmt[] {
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
  function eachTile(body: (image: Expr, down: Expr, across: Expr, column: Expr) => Stmt[]): Stmt {
    const t = variable('t', 0, tiles - 1)
    const [down, across] = blocks.tiles
    const image = idiv(t, down * across)
    const y = imod(idiv(t, across), down)
    const stmts = body(image, y, imod(t, across), imul(t, lanes))
    return loop('serial', t, index(0), index(tiles), [loop('vector', lane, index(0), index(lanes), stmts)])
  }

  function pixelAt(group: Expr, column: Expr, channel: Expr): Expr {
    const width = vectors * lanes
    return iadd(imul(iadd(imul(group, columns), column), width), channel)
  }

  function pixelColumns(images: Expr, top: Expr, left: Expr): Stmt[] {
    const width = vectors * lanes
    const g = variable('g', 0, channels / width - 1)
    const c = variable('c', 0, width - 1)
    const tile = eachTile((b, y, x, column) => {
      const at = (row: string, across: string): Expr => {
        const place = [imul(iadd(top, y), RESULTS), imul(iadd(left, x), RESULTS)].map((first, d) =>
          iadd(first, local([row, across][d]!, index(0), 'index')),
        )
        return buffers.load(image, [blocked(iadd(images, b), lane, lanes), iadd(imul(g, width), c), ...place], undefined)!
      }
      const [signI, signJ] = ['signi', 'signj'].map((name) => local(name, index(0), type)) as [Expr, Expr]
      const row = (name: string): Expr => binary('add', at(name, 'onej'), binary('mul', signJ, at(name, 'otherj')))
      const value = binary('add', row('onei'), binary('mul', signI, row('otheri')))
      return [{ kind: 'store', buffer: pixels, index: pixelAt(g, iadd(column, lane), c), value }]
    })
    return [loop('serial', g, index(0), index(channels / width), [loop('serial', c, index(0), index(width), [tile])])]
  }

  function errorColumns(images: Expr, top: Expr, left: Expr): Stmt[] {
    const k = variable('k', 0, filters - 1)
    const tile = eachTile((b, y, x, column) => {
      const [h, w] = error.shape.slice(2) as [number, number]
      const at = (i: number, j: number): Expr => {
        const [y0, x0] = [iadd(imul(iadd(top, y), RESULTS), i), iadd(imul(iadd(left, x), RESULTS), j)]
        const inside = insideOf([y0, x0], [i, j], [h, w])
        const e = buffers.load(error, [blocked(iadd(images, b), lane, lanes), k, y0, x0], inside)!
        return inside ? select(inside, e, constant(0, type)) : e
      }
      const mix = (along: string, one: Expr, other: Expr): Expr =>
        binary(
          'add',
          binary('mul', local(`first${along}`, index(0), type), one),
          binary('mul', local(`second${along}`, index(0), type), other),
        )
      const value = mix('i', mix('j', at(0, 0), at(0, 1)), mix('j', at(1, 0), at(1, 1)))
      return [{ kind: 'store', buffer: errors, index: iadd(imul(k, errorStride), iadd(column, lane)), value }]
    })
    return [loop('serial', k, index(0), index(filters), [tile])]
  }

  /** The sums of a block, added to those of the blocks before it. */
  function products(part: Expr, place: Expr, isFirst: Expr): Stmt[] {
    const column = variable('column', 0, columns - 1)
    return tiled({
      ...{ lane, lanes, filters, rows: most, vectors, groups: channels / lanes / vectors, over: column, count: columns },
      pixel: (g, v) => load(pixels, pixelAt(g, column, blocked(index(v), lane, lanes)), type),
      weight: (filter) => load(errors, iadd(imul(filter, errorStride), column), type),
      finish: (all) => {
        const written = (before: boolean): Stmt =>
          loop(
            'vector',
            lane,
            index(0),
            index(lanes),
            all.map(({ sum, filter, vector }): Stmt => {
              const at = [part, place, filter, blocked(vector, lane, lanes)]
              const old = load(buffers.of(value), buffers.address(value, at), type)
              return { kind: 'store', ...buffers.store(value, at, before ? binary('add', old, sum) : sum) }
            }),
          )
        return [
          { kind: 'if', cond: isFirst, then: [written(false)] },
          { kind: 'if', cond: binary('eq', isFirst, constant(0, 'bool')), then: [written(true)] },
        ]
      },
    })
  }

  return lowered()
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
