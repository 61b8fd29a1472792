/**
 * Chooses how a contraction is computed. There is one template (lower-contract.ts): a register tile of R rows by V vectors. What
 * differs is the variable whose neighbours fill the lanes:
 *
 *     batch lanes    the image number, everything [feature][lanes]: no packing, no masks, any stride or border
 *     panels         the columns of a product; the operand is copied into [block][k][lanes] where it does not lie so
 *     pixel lanes    neighbouring pixels of a row, unaligned loads
 *     lane sums      a reduced variable, lanes added at the end (gradients of convolution weights)
 *
 * The choice is the cheapest by a small model of the machine: multiply-adds by how well the tile fills the registers, and what
 * has to be copied first.
 */
import { sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, type Var, index, variable } from '../kernel/expr.js'
import { iadd, idiv, imul, strideIn } from '../kernel/simplify.js'
import type { AffineForm, ContractAttrs } from '../ops/op.js'
import type { Layout } from './layout.js'
import { blocked } from './nest.js'
import type { Value } from './value.js'

export interface Tile {
  /** Variable (output variables first, then reduced) that fills the lanes; undefined: scalar code. */
  readonly vector: number | undefined
  readonly lanes: number
  /** Output variable of the tile's rows, and how many at most. */
  readonly row: number | undefined
  readonly rows: number
  /** Output variable of the tile's columns where lanes are reduced; otherwise vectors run on along `vector`. */
  readonly column: number | undefined
  readonly vectors: number
}

/** A tile and the operands that must first be copied into another layout ('plain': row-major). */
export interface Choice {
  readonly tile: Tile
  readonly relayout: readonly (Layout | 'plain' | undefined)[]
  readonly cycles: number
}

export const contractAttrs = (value: Value): ContractAttrs => value.attrs as ContractAttrs
export const formsOf = (value: Value): readonly (readonly AffineForm[])[] => [contractAttrs(value).a, contractAttrs(value).b]
export const extentsOf = (value: Value): number[] => [...contractAttrs(value).out, ...contractAttrs(value).reduced]

/** The operand's index, at positions of all variables. */
export const formAt = (form: AffineForm, positions: readonly Expr[]): Expr => {
  let sum: Expr = index(form.offset)
  form.coef.forEach((c, j) => {
    if (c !== 0) sum = iadd(sum, imul(positions[j]!, c))
  })
  return idiv(sum, form.divisor)
}

/** Whether the form may leave its operand, or divide with a remainder, so that loops must be restricted. */
export function restricts(form: AffineForm, extent: number, extents: readonly number[]): boolean {
  if (form.divisor !== 1) return true
  let low = form.offset
  let high = form.offset
  form.coef.forEach((c, j) => {
    if (c > 0) high += c * (extents[j]! - 1)
    else low += c * (extents[j]! - 1)
  })
  return low < 0 || high >= extent
}

/** Variables that occur in a form that restricts loops: they cannot be part of a tile. */
export function restrictedVariables(value: Value): Set<number> {
  const extents = extentsOf(value)
  const found = new Set<number>()
  formsOf(value).forEach((forms, i) =>
    forms.forEach((form, d) => {
      if (restricts(form, value.inputs[i]!.shape[d]!, extents)) form.coef.forEach((c, j) => c !== 0 && found.add(j))
    }),
  )
  return found
}

/** What an operand's address is, at an index of the operand. */
export type AddressOf = (operand: Value, at: readonly Expr[]) => Expr

/** Tiles by how well they keep the multipliers busy: R V products for R + V loads, enough of them to hide the latency. */
export function bestTile(
  rowExtent: number,
  vectorExtent: number,
  registers: number,
  inFlight = 12,
): { rows: number; vectors: number; efficiency: number } {
  let best = { rows: 1, vectors: 1, efficiency: 0 }
  for (let vectors = 1; vectors <= Math.min(4, vectorExtent); vectors++)
    for (let rows = 1; rows <= Math.min(14, rowExtent); rows++) {
      if (rows * vectors + vectors + 1 > registers) continue
      const busy = rows * vectors
      // The kept side is the smaller one: rows are streamed. Parts of equal size, so the last one is not much smaller.
      const parts = Math.ceil(rowExtent / rows)
      const balance = rowExtent / (parts * rows)
      // Sums in flight hide the latency of the multipliers (twelve, of two); a loaded vector costs twice a broadcast scalar.
      const loads = 1 / (1 + (0.15 * (rows + 2 * vectors)) / busy)
      const blocks = Math.ceil(vectorExtent / vectors) * vectors
      const efficiency = Math.min(1, busy / inFlight) * loads * balance * (vectorExtent / blocks) * (vectors > rows ? 0.9 : 1)
      if (efficiency > best.efficiency + 1e-9) best = { rows, vectors, efficiency }
    }
  return best
}

/** Copying an element into another layout costs about as much as this many multiply-adds of a vector. */
const COPY_CYCLES = 1.2

export function chooseTile(
  value: Value,
  machine: Machine,
  lanes: number,
  addressOf: AddressOf,
  outputLane: number | undefined,
  /** How many contractions would read the same copy of an operand; infinitely many where it is made once for all runs. */
  sharedBy: (operand: Value) => number,
): Choice {
  const { out } = contractAttrs(value)
  const extents = extentsOf(value)
  const forms = formsOf(value)
  const restricted = restrictedVariables(value)
  const macs = sizeOf(extents)
  const outSize = sizeOf(out)
  const uses = forms.map((fs) => extents.map((_, j) => fs.some((f) => f.coef[j] !== 0)))

  /** Rows come from the side that does not fill the lanes: a scalar for each is broadcast. */
  const rowFor = (vector: number, taken: number | undefined, side: number | undefined): number | undefined => {
    const candidates = out
      .map((n, j) => ({ n, j }))
      .filter(
        ({ n, j }) =>
          n > 1 &&
          j !== vector &&
          j !== taken &&
          !restricted.has(j) &&
          (side === undefined ? uses[0]![j] !== uses[1]![j] : uses[side]![j] && !uses[1 - side]![j]),
      )
    return candidates.sort((a, b) => Math.min(b.n, 14) - Math.min(a.n, 14))[0]?.j
  }

  let best: Choice = {
    tile: { vector: undefined, lanes: 1, row: undefined, rows: 1, column: undefined, vectors: 1 },
    relayout: [undefined, undefined],
    cycles: macs * 2 + outSize,
  }
  if (lanes < 2) return best

  extents.forEach((extent, j) => {
    if (restricted.has(j) || extent < lanes) return
    const isReduced = j >= out.length
    if (isReduced && (extent % lanes !== 0 || !uses[0]![j] || !uses[1]![j])) return
    const b = variable('b', 0, Math.ceil(extent / lanes) - 1)
    const lane = variable('l', 0, lanes - 1)
    const positions: Expr[] = extents.map((n, k) =>
      k === j ? blocked(b, lane, lanes) : n === 1 ? index(0) : variable('p', 0, n - 1),
    )
    const relayout: (Layout | 'plain' | undefined)[] = [undefined, undefined]
    let cycles = 0
    for (const side of [0, 1]) {
      const operand = value.inputs[side]!
      const at = forms[side]!.map((f) => formAt(f, positions))
      const address = addressOf(operand, at)
      if (!uses[side]![j]) {
        if (!affine(address, positions)) cycles += sizeOf(operand.shape) * 0.5
        continue
      }
      const near = strideIn(address, lane) === 1
      const strides = sharedBy(operand) >= WIDELY_SHARED ? SHORT_STRIDE : LONG_STRIDE
      if (near && (isReduced || stepOf(address, positions.slice(out.length)) < strides)) continue
      const dims = forms[side]!.flatMap((f, d) => (f.coef[j] !== 0 ? [d] : []))
      const form = forms[side]![dims[0]!]!
      if (dims.length !== 1 || form.coef[j] !== 1 || form.divisor !== 1) return
      const single = form.coef.every((c, k) => k === j || c === 0) && form.offset === 0
      const panels = single && !isReduced
      if (near && (!panels || macs / sizeOf(operand.shape) < 32)) continue
      if (panels) relayout[side] = { dim: dims[0]!, lanes }
      else if (dims[0] === operand.shape.length - 1) relayout[side] = 'plain'
      else if (single) relayout[side] = { dim: dims[0]!, lanes }
      else return
      cycles += (sizeOf(operand.shape) * COPY_CYCLES) / sharedBy(operand)
    }
    const side = uses[0]![j] ? 0 : 1
    const bothSides = uses[0]![j] && uses[1]![j]
    let tile: Tile
    let efficiency: number
    if (isReduced) {
      const row = rowFor(j, undefined, 0)
      const column = rowFor(j, row, 1)
      const t = bestTile(
        row === undefined ? 1 : extents[row]!,
        column === undefined ? 1 : extents[column]!,
        machine.registers,
        machine.inFlight,
      )
      tile = { vector: j, lanes, row, rows: t.rows, column, vectors: t.vectors }
      efficiency = t.efficiency
      cycles += outSize * 3 + outSize
    } else {
      const row = rowFor(j, undefined, bothSides ? undefined : 1 - side)
      const t = bestTile(row === undefined ? 1 : extents[row]!, Math.ceil(extent / lanes), machine.registers, machine.inFlight)
      tile = { vector: j, lanes, row, rows: t.rows, column: undefined, vectors: t.vectors }
      efficiency = (t.efficiency * extent) / (Math.ceil(extent / lanes) * lanes)
      // Rows whose scalars lie pages apart from one reduced step to the next: more pages than the processor has at hand.
      const other = value.inputs[1 - side]!
      const at = forms[1 - side]!.map((f) => formAt(f, positions))
      const reduced = positions.slice(out.length)
      const pages = (stepOf(addressOf(other, at), reduced) * sizeOf(extents.slice(out.length))) / 1024
      if (!bothSides && row !== undefined && pages > MOST_PAGES) efficiency *= 0.7
      cycles += j === (outputLane ?? out.length - 1) ? outSize / lanes : outSize * 1.5
    }
    cycles += macs / (2 * lanes * Math.max(0.05, efficiency))
    if (cycles < best.cycles) best = { tile, relayout, cycles }
  })
  return best
}

/** Elements from one step of the innermost reduced variable to the next. */
function stepOf(address: Expr, reduced: readonly Expr[]): number {
  const last = reduced.findLast((p) => p.kind === 'var')
  return last === undefined ? 0 : Math.abs(strideIn(address, last as Var) ?? 0)
}

/** Steps of this many elements go from page to page, so that panels pay for being copied; */
const LONG_STRIDE = 512
/** shorter ones too, where many products share the copy. */
const SHORT_STRIDE = 64
const WIDELY_SHARED = 4
/** Pages of 4 KB that a product may walk for each row. */
const MOST_PAGES = 512

const affine = (address: Expr, positions: readonly Expr[]): boolean =>
  positions.every((p) => p.kind !== 'var' || strideIn(address, p as Var) !== undefined)
