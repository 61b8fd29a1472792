/**
 * The layout pass: which values are stored, how they lie, and by which tile every contraction is computed. It walks the graph
 * once, inputs first, and makes a new one with the few copies that another layout costs.
 *
 * Batch lanes: where a program works on a batch (the first output dimension of its contractions) whose size the lane
 * count divides, everything of that batch that nobody sees from outside lies as [batch / lanes][feature][lanes].
 */
import { sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, variable } from '../kernel/expr.js'
import type { ContractAttrs } from '../ops/op.js'
import { batchOf, batchValues } from './batch.js'
import { type Home, chosenByPosition, partsInPlace, runOf } from './concat.js'
import { type Tile, chooseTile, contractAttrs, extentsOf, formsOf } from './contraction.js'
import { type Layout, layoutKey, offsetOf } from './layout.js'
import { isLaned, isMovement, isRoot, isScatter, isSpecial } from './kinds.js'
import { Puller, loadOf } from './pull.js'
import { storeShared } from './sharing.js'
import { type Value, type ValueGraph, ordered } from './value.js'
import { filterGradientOf, sumBlocksOf } from './winograd/filter-gradient.js'
import { blocksOf, convolutionOf } from './winograd/match.js'
import { TILE } from './winograd/transforms.js'

export interface Arranged {
  readonly outputs: readonly Value[]
  readonly tiles: ReadonlyMap<Value, Tile>
  readonly layouts: ReadonlyMap<Value, Layout>
  /** Values that must be in memory; reductions are decided later, when it is known who reads them. */
  readonly stored: ReadonlySet<Value>
  /** Values that lie inside another one. */
  readonly homes: ReadonlyMap<Value, Home>
}

/** `lasting`: positions of leaves that mostly stay what they are; what is made of them alone is made once, and costs nothing. */
export function* arrange(
  graph: ValueGraph,
  outputs: readonly Value[],
  lasting: ReadonlySet<number>,
  machine: Machine,
): Generator<void, Arranged> {
  const extent = batchOf(outputs, machine)
  const batch = extent === undefined ? new Set<Value>() : batchValues(outputs, extent)
  const arrangement = new Arrangement(graph, machine, batch, chosenByPosition(outputs), lasting, outputs)
  const wanted = new Set(outputs)
  const made = new Map<Value, Value>()
  for (const v of ordered(outputs)) {
    made.set(
      v,
      arrangement.add(
        v,
        v.inputs.map((i) => made.get(i)!),
        wanted.has(v),
      ),
    )
    yield
  }
  const results = outputs.map((o) => made.get(o)!)
  for (const r of results) arrangement.stored.add(r)
  storeShared(results, arrangement.stored)
  const { tiles, layouts, stored, homes } = arrangement
  return { outputs: results, tiles, layouts, stored, homes }
}

class Arrangement {
  readonly tiles = new Map<Value, Tile>()
  readonly layouts = new Map<Value, Layout>()
  readonly stored = new Set<Value>()
  readonly homes = new Map<Value, Home>()
  /** Of the new graph: the values of the batch. */
  private readonly ofBatch = new Set<Value>()
  /** Of both graphs: by how many contractions a value is read. */
  private readonly products = new Map<Value, number>()
  /** Of the new graph: what is computed of lasting leaves alone. */
  private readonly once = new Set<Value>()
  /** Of the new graph: what is written to memory of the caller's. */
  private readonly results = new Set<Value>()

  constructor(
    private readonly graph: ValueGraph,
    private readonly machine: Machine,
    private readonly batch: ReadonlySet<Value>,
    private readonly chosen: ReadonlySet<Value>,
    private readonly lasting: ReadonlySet<number>,
    outputs: readonly Value[],
  ) {
    for (const v of ordered(outputs))
      if (v.op === 'contract') for (const i of v.inputs) this.products.set(i, (this.products.get(i) ?? 0) + 1)
  }

  add(v: Value, inputs: readonly Value[], isOutput: boolean): Value {
    const made = v.op === 'leaf' ? v : this.made(v, inputs, isOutput)
    if (isOutput) this.results.add(made)
    if (
      v.op === 'leaf' ? this.lasting.has(v.attrs['leaf'] as number) : inputs.length > 0 && inputs.every((i) => this.once.has(i))
    )
      this.once.add(made)
    const products = this.products.get(v)
    if (products) this.products.set(made, products)
    return made
  }

  private made(v: Value, inputs: readonly Value[], isOutput: boolean): Value {
    if (v.op === 'contract') return this.contract(v, inputs, isOutput)
    if (v.op === 'concat' && !this.chosen.has(v)) return this.concat(v, inputs, isOutput)
    if (isSpecial(v)) {
      // These write row-major memory, and but for scatters want their inputs there.
      if (isScatter(v)) return this.scatter(v, inputs)
      const made = this.graph.make(
        v.op,
        inputs.map((i) => this.plain(i)),
        v.attrs,
        v.shape,
        v.dtype,
      )
      this.stored.add(made)
      return made
    }
    if (v.op === 'after' && inputs[1]!.op !== 'leaf') this.stored.add(inputs[1]!)
    const excerpt = v.op === 'slice' && !isOutput ? this.excerpt(v, inputs[0]!) : undefined
    if (excerpt) return excerpt
    const made = this.graph.make(v.op, inputs, v.attrs, v.shape, v.dtype)
    if (this.batch.has(v)) this.lay(made, isOutput)
    else if (v.op === 'window') this.storeBorder(inputs[0]!)
    return made
  }

  /** A border that windows reach into lies in memory, where it adds little: their elements are then read without asking where they are. */
  private storeBorder(v: Value): void {
    if (v.op === 'pad' && sizeOf(v.shape) <= MOST_BORDER * sizeOf(v.inputs[0]!.shape)) this.stored.add(v)
  }

  /** A scatter, whose base is written where the result lies: what is scattered is then only added to it. */
  private scatter(v: Value, [base, ...rest]: readonly Value[]): Value {
    const start = this.graph.copy(base!, `base of ${v.id}`)
    const made = this.graph.make(v.op, [start, ...rest], v.attrs, v.shape, v.dtype)
    this.homes.set(start, { of: made, offset: 0, within: undefined })
    this.stored.add(start)
    this.stored.add(made)
    return made
  }

  /**
   * A run of memory that has another value's elements, as a place of its own: the kernels that read one time step each are then the same but
   * for where they begin.
   */
  private excerpt(v: Value, input: Value): Value | undefined {
    const offset = runOf(v)
    let source = input
    while (source.op === 'reshape') source = source.inputs[0]!
    if (offset === undefined || this.layouts.has(source) || this.homes.get(source)?.within) return undefined
    if (source.op !== 'leaf' && !this.stored.has(source)) return undefined
    const made = this.graph.make('excerpt', [source], { offset }, v.shape, v.dtype)
    this.homes.set(made, { of: source, offset, within: undefined })
    this.stored.add(made)
    return made
  }

  /** A concatenation in memory. */
  private concat(v: Value, given: readonly Value[], isOutput: boolean): Value {
    const lanes = this.batch.has(v) && !isOutput && v.attrs['dim'] !== 0
    const layout = lanes ? { dim: 0, lanes: this.machine.lanes } : undefined
    const parts = partsInPlace(
      v,
      given,
      layout,
      this.graph,
      (part) =>
        part.op !== 'leaf' &&
        !this.homes.has(part) &&
        !this.results.has(part) &&
        part.op !== 'concat' &&
        layoutKey(this.layouts.get(part)) === layoutKey(layout),
    )
    const made = this.graph.make(
      'whole',
      parts.map((p) => p.value),
      v.attrs,
      v.shape,
      v.dtype,
    )
    if (lanes) this.lay(made, isOutput)
    this.stored.add(made)
    for (const { value, home } of parts) {
      this.homes.set(value, { of: made, ...home })
      this.stored.add(value)
      if (layout) this.layouts.set(value, layout)
    }
    return made
  }

  private plain(v: Value): Value {
    const made = this.layouts.has(v) ? this.graph.copy(v, 'plain') : v
    if (made.op !== 'leaf') this.stored.add(made)
    return made
  }

  /** Batch lanes, unless the value is seen from outside. */
  private lay(v: Value, isOutput: boolean): void {
    this.ofBatch.add(v)
    if (!isOutput) this.layouts.set(v, { dim: 0, lanes: this.machine.lanes })
  }

  /** The element of an operand, as far as memory goes: of a view the load behind it, else undefined. */
  private viewed(operand: Value, at: readonly Expr[]): Expr | undefined {
    const inMemory = (v: Value) => v.op === 'leaf' || this.stored.has(v) || isRoot(v)
    let behind = operand
    while (!inMemory(behind) && isMovement(behind)) behind = behind.inputs[0]!
    if (!inMemory(behind)) return undefined
    const address = (v: Value, where: readonly Expr[]) =>
      offsetOf(where, this.homes.get(v)?.within ?? v.shape, this.layouts.get(v))
    const e = new Puller((v, where, guard) => (inMemory(v) ? loadOf(v.id, address(v, where), v.dtype, guard) : undefined)).at(
      operand,
      at,
    )
    return e.kind === 'load' && !e.guard ? e.index : undefined
  }

  /** The address of an operand's element; of one that is not in memory, the address it would have. */
  private readonly addressOf = (operand: Value, at: readonly Expr[]): Expr =>
    this.viewed(operand, at) ?? offsetOf(at, operand.shape, this.layouts.get(operand))

  private contract(v: Value, given: readonly Value[], isOutput: boolean): Value {
    const { out } = contractAttrs(v)
    const quick = this.batch.has(v) && !isOutput ? this.winograd(v, given) : this.winogradGradient(v, given)
    if (quick) return quick
    const lanes = isLaned(v) && given.every(isLaned) ? this.machine.lanes : 1
    const ofBatch = this.batch.has(v)
    const { operands, attrs } = lanes > 1 ? this.bordered(v, given) : { operands: given, attrs: contractAttrs(v) }
    const placed = this.graph.make('contract', operands, attrs, v.shape, v.dtype)
    const choice = chooseTile(placed, this.machine, lanes, this.addressOf, !isOutput && ofBatch ? 0 : undefined, (operand) =>
      this.once.has(operand) ? Infinity : Math.max(1, this.products.get(operand) ?? 1),
    )
    const laid = operands.map((operand, side) => {
      const layout = choice.relayout[side]
      if (layout === undefined) return this.readable(operand)
      const copy = this.graph.copy(operand, layout === 'plain' ? 'plain' : layoutKey(layout))
      this.stored.add(copy)
      if (layout !== 'plain') this.layouts.set(copy, layout)
      return copy
    })
    const { vector } = choice.tile
    const parts = vector !== undefined && vector >= out.length ? this.partsFor(placed, choice.tile) : 1
    if (parts > 1) return this.inParts(placed, laid, choice.tile, parts)
    const result = this.graph.make('contract', laid, attrs, v.shape, v.dtype)
    this.tiles.set(result, choice.tile)
    this.stored.add(result)
    if (ofBatch) this.lay(result, isOutput)
    return result
  }

  /** A 3 x 3 convolution with fewer products, where that pays. */
  private winograd(v: Value, given: readonly Value[]): Value | undefined {
    const convolution = convolutionOf(v)
    const blocks = convolution && blocksOf(v.shape, convolution, this.machine)
    if (!blocks) return undefined
    const { image, channels, filter } = convolution
    const padded = this.padded(given[image]!, convolution.padding)
    const size = [TILE, v.shape[1]!, channels]
    const weights = this.graph.make('winogradFilter', [this.readable(given[1 - image]!)], filter, size, v.dtype)
    const result = this.graph.make('winograd', [padded, weights], blocks, v.shape, v.dtype)
    for (const made of [weights, result]) this.stored.add(made)
    const { lanes } = this.machine
    this.tiles.set(result, { vector: 0, lanes, row: 1, rows: 1, column: undefined, vectors: 1 })
    this.lay(result, false)
    return result
  }

  /** The gradient of such a convolution's filter. */
  private winogradGradient(v: Value, given: readonly Value[]): Value | undefined {
    const found = filterGradientOf(v)
    if (!found || !given.every((operand) => this.ofBatch.has(operand))) return undefined
    const { image, filters, channels, padding, gradient } = found
    const error = given[1 - image]!
    const blocks = sumBlocksOf(error.shape, found, this.machine)
    if (!blocks) return undefined
    const inputs = [this.padded(given[image]!, padding), this.readable(error)]
    const sums = this.graph.make('winogradSums', inputs, blocks, [blocks.parts, TILE, filters, channels], v.dtype)
    const result = this.graph.make('winogradGradient', [sums], gradient, v.shape, v.dtype)
    for (const made of [sums, result]) this.stored.add(made)
    return result
  }

  /** Images with zeros around them, in batch lanes. */
  private padded(images: Value, padding: readonly (readonly [number, number])[]): Value {
    const around = [[0, 0], [0, 0], ...padding]
    const shape = images.shape.map((n, d) => n + around[d]![0]! + around[d]![1]!)
    const made = this.graph.make('pad', [images], { padding: around, value: 0 }, shape, images.dtype)
    this.stored.add(made)
    this.lay(made, false)
    return made
  }

  /** An expression has to be stored before a product can read it again and again. */
  private readable(operand: Value): Value {
    const at = operand.shape.map((n) => variable('p', 0, n - 1))
    if (this.viewed(operand, at) === undefined) this.stored.add(operand)
    return operand
  }

  /**
   * Operands with their zero border in memory, where that makes few products more: then no loop has bounds to compute, taps are
   * written out, and a tap's variable can be part of the tile.
   */
  private bordered(v: Value, given: readonly Value[]): { operands: readonly Value[]; attrs: ContractAttrs } {
    const attrs = contractAttrs(v)
    const extents = extentsOf(v)
    const sides = formsOf(v).map((forms, side) => {
      const operand = given[side]!
      const padding = forms.map((f, d): [number, number] => {
        const low = f.coef.reduce((sum, c, j) => sum + Math.min(0, c * (extents[j]! - 1)), f.offset)
        const high = f.coef.reduce((sum, c, j) => sum + Math.max(0, c * (extents[j]! - 1)), f.offset)
        return [Math.max(0, -low), Math.max(0, high - (operand.shape[d]! - 1))]
      })
      const shape = operand.shape.map((n, d) => n + padding[d]![0] + padding[d]![1])
      const grows = sizeOf(shape) / Math.max(1, sizeOf(operand.shape))
      const most = this.batch.has(v) || given.some((g) => this.ofBatch.has(g)) ? MOST_BORDER : MOST_BORDER_OF_ONE
      if (grows === 1 || grows > most || forms.some((f) => f.divisor !== 1)) return { operand, forms }
      const padded = this.graph.make('pad', [operand], { padding, value: 0 }, shape, operand.dtype)
      this.stored.add(padded)
      if (this.ofBatch.has(operand) || (operand.op === 'leaf' && side === 0 && this.batch.has(v))) this.lay(padded, false)
      return { operand: padded, forms: forms.map((f, d) => ({ ...f, offset: f.offset + padding[d]![0] })) }
    })
    return { operands: sides.map((s) => s.operand), attrs: { ...attrs, a: sides[0]!.forms, b: sides[1]!.forms } }
  }

  /** A sum over the batch in as many parts as keep one part's operands in the first-level cache; the same for any number of threads. */
  private partsFor(v: Value, tile: Tile): number {
    // Without rows or columns nothing is read twice: a matrix times a vector is best read row by row, each from end to end.
    if (tile.row === undefined || tile.column === undefined) return 1
    const extents = extentsOf(v)
    const { out } = contractAttrs(v)
    const blocks = extents[tile.vector!]! / tile.lanes
    const reducedBytes = 4 * sizeOf(extents.slice(out.length)) * (tile.rows + tile.vectors)
    let parts = 1
    while (
      parts < blocks &&
      blocks % (2 * parts) === 0 &&
      reducedBytes / parts > this.machine.l1 &&
      2 * parts * sizeOf(out) * 4 < 1 << 22
    )
      parts *= 2
    return parts
  }

  /** out[...] = sum over p of partial[p, ...], the partial sums being a contraction with one more output variable. */
  private inParts(v: Value, operands: readonly Value[], tile: Tile, parts: number): Value {
    const { out, reduced, a, b } = contractAttrs(v)
    const j = tile.vector!
    const size = extentsOf(v)[j]! / parts
    const widen = (forms: typeof a) => forms.map((f) => ({ ...f, coef: [f.coef[j]! * size, ...f.coef] }))
    const attrs = {
      out: [parts, ...out],
      reduced: reduced.map((n, k) => (k === j - out.length ? size : n)),
      a: widen(a),
      b: widen(b),
    }
    const partial = this.graph.make('contract', operands, attrs, attrs.out, v.dtype)
    const shift = (k: number | undefined): number | undefined => (k === undefined ? undefined : k + 1)
    this.tiles.set(partial, { ...tile, vector: j + 1, row: shift(tile.row), column: shift(tile.column) })
    this.stored.add(partial)
    const sum = this.graph.make('sum', [partial], { dims: [0] }, [1, ...out], v.dtype)
    return this.graph.make('reshape', [sum], { shape: out }, out, v.dtype)
  }
}

/** An operand may grow by this factor for its border. */
const MOST_BORDER = 1.7
/** In a product without batch lanes by this factor: its tiles are made of pixels, which loops with bounds would tear apart. */
const MOST_BORDER_OF_ONE = 2.3
