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
import { type Expr, type ValueType, index, local, variable } from '../../kernel/expr.js'
import { type Stmt, loop } from '../../kernel/loop.js'
import { iadd, idiv, imin, imod, imul } from '../../kernel/simplify.js'
import type { Buffers, LoweredKernel } from '../buffers.js'
import { type ContractGroup, epilogueOf } from '../contract-tile.js'
import { bestTile } from '../contraction.js'
import { blocked, equalParts, positionsOfJob } from '../nest.js'
import { Puller } from '../pull.js'
import type { Value } from '../value.js'
import { type Blocks, type FilterAttrs, divisor, tilesOf } from './match.js'
import { tiled } from './tile.js'
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

export function lowerWinograd(group: ContractGroup, buffers: Buffers, { lanes, registers, inFlight }: Machine): LoweredKernel {
  const { contract } = group
  const [padded, weights] = contract.inputs as [Value, Value]
  const lane = variable('l', 0, lanes - 1)
  const channels = padded.shape[1]!
  /** Tiles of a block, down and across; filters of a block. */
  const { tiles, filters } = contract.attrs as Blocks
  const block = sizeOf(tiles)
  const vectors = divisor(block, bestTile(filters, block, registers, inFlight).vectors)
  const rows = Math.min(14, Math.floor((registers - 1 - vectors) / vectors))
  /** Vectors between the places of a tile: a cache line, lest all of them fall into one of a cache's sets. */
  const apart = Math.ceil(16 / lanes)

  function lowered(): LoweredKernel {
    const [n, k, h, w] = contract.shape as [number, number, number, number]
    const extents = [n / lanes, tilesOf(h) / tiles[0], tilesOf(w) / tiles[1]]
    const filterBlocks = k / filters
    const filterJobs = sizeOf(extents) < FEW_JOBS
    if (filterJobs) extents.push(filterBlocks)
    const jobs = sizeOf(extents)
    const job = variable('job', 0, jobs - 1)
    const [images, down, across, given] = positionsOfJob(job, extents) as [Expr, Expr, Expr, Expr | undefined]
    const image = blocked(images, lane, lanes)
    const first = [imul(down, tiles[0]), imul(across, tiles[1])] as const
    const f = variable('filters', 0, filterBlocks - 1)
    const ofFilters = (block: Expr): Stmt[] => {
      const filter = imul(block, filters)
      return [...products(filter), ...results(filter, image, first)]
    }
    const body: Stmt[] = [
      memory('pixels', TILE * (channels * block + apart)),
      memory('products', TILE * (filters * block + apart)),
      ...pixels(image, first),
      ...(given ? ofFilters(given) : [loop('serial', f, index(0), index(filterBlocks), ofFilters(f))]),
    ]
    return { job, jobs, body }
  }

  function memory(name: string, size: number): Stmt {
    return { kind: 'declare', name, type, size, lanes, init: undefined, array: true }
  }

  function vector(body: Stmt[]): Stmt {
    return loop('vector', lane, index(0), index(lanes), body)
  }

  /** Where the transformed pixels of a vector of a group of tiles lie. */
  function pixelAt(place: Expr, group: Expr, channel: Expr, v: Expr): Expr {
    const vector = iadd(imul(iadd(imul(group, channels), channel), vectors), v)
    return iadd(imul(place, channels * block + apart), vector)
  }

  function productAt(place: Expr, filter: Expr, tile: Expr): Expr {
    return iadd(imul(place, filters * block + apart), iadd(imul(filter, block), tile))
  }

  function pixels(image: Expr, [firstDown, firstAcross]: readonly [Expr, Expr]): Stmt[] {
    const c = variable('c', 0, channels - 1)
    const g = variable('g', 0, block / vectors - 1)
    const v = variable('v', 0, vectors - 1)
    const tile = iadd(imul(g, vectors), v)
    const across = tiles[1]
    const [y, x] = [idiv(tile, across), imod(tile, across)]
    const top = imul(iadd(firstDown, y), RESULTS)
    const left = imul(iadd(firstAcross, x), RESULTS)
    const d = named(
      'd',
      grid(PLACES, PLACES, (i, j) => buffers.load(padded, [image, c, iadd(top, i), iadd(left, j)], undefined)!),
    )
    const { stmts, result } = transformed('b', ofPixels, d.result)
    const sets = result.flatMap((row, i) =>
      row.map((value, j): Stmt => ({ kind: 'set', name: 'pixels', index: pixelAt(index(i * PLACES + j), g, c, v), value })),
    )
    const body = vector([...d.stmts, ...stmts, ...sets])
    return [
      loop('serial', c, index(0), index(channels), [
        loop('serial', g, index(0), index(block / vectors), [loop('serial', v, index(0), index(vectors), [body])]),
      ]),
    ]
  }

  function products(firstFilter: Expr): Stmt[] {
    const t = variable('place', 0, TILE - 1)
    const c = variable('c', 0, channels - 1)
    const sums = tiled({
      ...{ lane, lanes, filters, rows, vectors, groups: block / vectors, over: c, count: channels },
      pixel: (g, v) => local('pixels', pixelAt(t, g, c, index(v)), type),
      weight: (filter) => buffers.load(weights, [t, iadd(firstFilter, filter), c], undefined)!,
      finish: (all) => [
        vector(
          all.map(({ sum, filter, vector }) => {
            return { kind: 'set', name: 'products', index: productAt(t, filter, vector), value: sum }
          }),
        ),
      ],
    })
    return [loop('serial', t, index(0), index(TILE), sums)]
  }

  function results(firstFilter: Expr, image: Expr, [firstDown, firstAcross]: readonly [Expr, Expr]): Stmt[] {
    const k = variable('k', 0, filters - 1)
    const tile = variable('t', 0, block - 1)
    const [down, across] = [idiv(tile, tiles[1]), imod(tile, tiles[1])]
    const m = named(
      'm',
      grid(PLACES, PLACES, (i, j) => local('products', productAt(index(i * PLACES + j), k, tile), type)),
    )
    const { stmts, result } = transformed('y', ofResults, m.result)
    const y = named('r', result)
    const place = (first: Expr, own: Expr, i: number): Expr => iadd(imul(iadd(first, own), RESULTS), i)
    const [h, w] = contract.shape.slice(2) as [number, number]
    const stores = y.result.flatMap((row, i) =>
      row.flatMap((e, j): Stmt[] => {
        const [y0, x0] = [place(firstDown, down, i), place(firstAcross, across, j)]
        const at = [image, iadd(firstFilter, k), y0, x0]
        const then = epilogueOf(group, buffers, e, at, `${'ab'[i]}${'ab'[j]}`)
        const inside = insideOf([y0, x0], [i, j], [h, w])
        return inside ? [{ kind: 'if', cond: inside, then }] : then
      }),
    )
    const body = vector([...m.stmts, ...stmts, ...y.stmts, ...stores])
    return [loop('serial', k, index(0), index(filters), [loop('serial', tile, index(0), index(block), [body])])]
  }

  return lowered()
}
