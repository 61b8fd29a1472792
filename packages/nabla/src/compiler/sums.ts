/**
 * Sums of many terms, as differentiating a loop over time steps gives them:
 *
 *     of slices padded to a whole       add(pad(a), pad(b), ...)             a concatenation of a, b, ...
 *     of products of one form           add(contract(a, x), contract(b, y))  one contraction over the stacks of a, b, ... and x, y, ...
 *
 * The gradient of a weight that serves every step is then one product over steps and batch, instead of a product and an addition of
 * the whole weight for each step.
 */
import { sizeOf } from '../core/shape.js'
import { contractAttrs } from './contraction.js'
import { isMovement } from './kinds.js'
import { type Value, type ValueGraph, ordered } from './value.js'

/** Fewer products than this are not worth stacking. */
const FEWEST_PRODUCTS = 4
/** Concatenations of fewer parts are not looked for in others. */
const FEWEST_PARTS = 4

export function gatherSums(graph: ValueGraph, outputs: readonly Value[]): Value[] {
  return withSharedRuns(graph, new Sums(graph, outputs).rewritten())
}

class Sums {
  private readonly readers = new Map<Value, number>()
  private readonly order: readonly Value[]
  private readonly made = new Map<Value, Value>()

  constructor(
    private readonly graph: ValueGraph,
    private readonly outputs: readonly Value[],
  ) {
    this.order = ordered(outputs)
    for (const v of [...this.order.flatMap((v) => v.inputs), ...outputs]) this.readers.set(v, (this.readers.get(v) ?? 0) + 1)
  }

  rewritten(): Value[] {
    const inner = new Set<Value>()
    for (const v of this.order.toReversed())
      if (v.op === 'add') for (const i of v.inputs) if (i.op === 'add' && this.readers.get(i) === 1) inner.add(i)
    for (const v of this.order) {
      const whole = v.op === 'add' && !inner.has(v) ? this.sum(this.terms(v, inner)) : undefined
      const made = whole ?? again(this.graph, v, (i) => this.made.get(i)!)
      this.made.set(v, made.op === 'permute' && this.readers.get(v.inputs[0]!) === 1 ? turned(this.graph, made) : made)
    }
    return this.outputs.map((o) => this.made.get(o)!)
  }

  /** The terms of a tree of additions, already rewritten. */
  private terms(v: Value, inner: ReadonlySet<Value>): Value[] {
    return v.inputs.flatMap((i) => (inner.has(i) ? this.terms(i, inner) : [this.made.get(i)!]))
  }

  /** The sum where some terms go together; undefined where none do. */
  private sum(terms: readonly Value[]): Value | undefined {
    if (terms.length < 2) return undefined
    const { rest: noPads, whole } = this.pads(terms)
    const { rest, products } = noPads.length >= FEWEST_PRODUCTS ? this.products(noPads) : { rest: noPads, products: [] }
    const results = [...rest, ...whole, ...products]
    if (results.length === terms.length) return undefined
    return results.reduce((a, b) => this.graph.make('add', [a, b], {}, a.shape, a.dtype))
  }

  /** Slices padded with zeros along one dimension, that do not overlap. */
  private pads(terms: readonly Value[]): { rest: readonly Value[]; whole: Value[] } {
    const byDim = new Map<number, { value: Value; start: number; end: number }[]>()
    for (const term of new Set(terms)) {
      const at = paddedAlong(term)
      if (at) byDim.set(at.dim, [...(byDim.get(at.dim) ?? []), { value: term, ...at }])
    }
    const [found] = [...byDim].sort((a, b) => b[1].length - a[1].length)
    if (!found || found[1].length < 2) return { rest: terms, whole: [] }
    const [dim, list] = found
    list.sort((a, b) => a.start - b.start)
    if (list.some((x, i) => i > 0 && x.start < list[i - 1]!.end)) return { rest: terms, whole: [] }
    const { shape, dtype } = terms[0]!
    const parts: Value[] = []
    let end = 0
    const zeros = (n: number) => {
      const gap = shape.map((extent, d) => (d === dim ? n : extent))
      if (n > 0) parts.push(this.graph.make('constant', [], { value: 0, shape: gap, dtype }, gap, dtype))
    }
    for (const x of list) {
      zeros(x.start - end)
      parts.push(x.value.inputs[0]!)
      end = x.end
    }
    zeros(shape[dim]! - end)
    const taken = new Set(list.map((x) => x.value))
    return { rest: terms.filter((t) => !taken.has(t)), whole: [this.graph.make('concat', parts, { dim }, shape, dtype)] }
  }

  /** Products of one form, perhaps all seen through the same views. */
  private products(terms: readonly Value[]): { rest: readonly Value[]; products: Value[] } {
    const byForm = new Map<string, { term: Value; views: Value[]; product: Value }[]>()
    const rest: Value[] = []
    for (const term of terms) {
      const views: Value[] = []
      let product = term
      while ((product.op === 'permute' || product.op === 'reshape') && product.inputs[0]) {
        views.push(product)
        product = product.inputs[0]
      }
      if (product.op !== 'contract') {
        rest.push(term)
        continue
      }
      const key = JSON.stringify([
        product.attrs,
        product.inputs.map((i) => i.shape),
        views.map((v) => [v.op, v.attrs]),
        product.dtype,
      ])
      byForm.set(key, [...(byForm.get(key) ?? []), { term, views, product }])
    }
    const products: Value[] = []
    for (const alike of byForm.values()) {
      // In the order of time: what the forward pass computed is older than what the backward pass did.
      const age = (v: Value): number => Math.min(...v.inputs.map((i) => i.id))
      const all = alike.map((a) => a.product).sort((x, y) => age(x) - age(y))
      if (alike.length < FEWEST_PRODUCTS || copied(all) > all.length * sizeOf(all[0]!.shape))
        rest.push(...alike.map((a) => a.term))
      else
        products.push(
          alike[0]!.views.reduceRight(
            (v, view) => this.graph.make(view.op, [v], view.attrs, view.shape, view.dtype),
            this.stacked(all),
          ),
        )
    }
    return { rest, products }
  }

  /** One contraction for the sum of several: their number is one more reduced variable. */
  private stacked(products: readonly Value[]): Value {
    const first = products[0]!
    const { out, reduced, a, b } = contractAttrs(first)
    const count = products.length
    const position = out.length
    const widen = (coef: readonly number[], c: number): number[] => [...coef.slice(0, position), c, ...coef.slice(position)]
    const sides = [a, b].map((forms, side) => {
      const operands = products.map((p) => p.inputs[side]!)
      const wider = forms.map((f) => ({ ...f, coef: widen(f.coef, 0) }))
      const operand = operands[0]!
      if (operands.every((o) => o === operand)) return { operand, forms: wider }
      const shape = [1, ...operand.shape]
      const parts = operands.map((o) => this.graph.make('reshape', [o], { shape }, shape, o.dtype))
      const stack = this.graph.make('concat', parts, { dim: 0 }, [count, ...operand.shape], operand.dtype)
      const step = { offset: 0, coef: widen(new Array<number>(position + reduced.length).fill(0), 1), divisor: 1 }
      return { operand: stack, forms: [step, ...wider] }
    })
    const attrs = { out, reduced: [count, ...reduced], a: sides[0]!.forms, b: sides[1]!.forms }
    return this.graph.make(
      'contract',
      sides.map((s) => s.operand),
      attrs,
      first.shape,
      first.dtype,
    )
  }
}

/** A permuted product as a product whose output variables come in another order. */
function turned(graph: ValueGraph, v: Value): Value {
  const [product] = v.inputs as [Value]
  if (product.op !== 'contract') return v
  const { out, reduced, a, b } = contractAttrs(product)
  const order = [...(v.attrs['dims'] as readonly number[]), ...reduced.map((_, k) => out.length + k)]
  const reorder = (forms: typeof a) => forms.map((f) => ({ ...f, coef: order.map((j) => f.coef[j]!) }))
  return graph.make('contract', product.inputs, { out: v.shape, reduced, a: reorder(a), b: reorder(b) }, v.shape, v.dtype)
}

const again = (graph: ValueGraph, v: Value, made: (input: Value) => Value): Value => {
  const inputs = v.inputs.map(made)
  return inputs.every((x, i) => x === v.inputs[i]) ? v : graph.make(v.op, inputs, v.attrs, v.shape, v.dtype)
}

/** The one dimension along which a value is only padded with zeros, and the range that is not padding. */
function paddedAlong(v: Value): { dim: number; start: number; end: number } | undefined {
  if (v.op !== 'pad' || Number(v.attrs['value'] ?? 0) !== 0) return undefined
  const padding = v.attrs['padding'] as readonly (readonly [number, number])[]
  const interior = v.attrs['interior'] as readonly number[] | undefined
  if (interior?.some((n) => n !== 0) || padding.some(([low, high]) => low < 0 || high < 0)) return undefined
  const dims = padding.flatMap(([low, high], d) => (low || high ? [d] : []))
  const dim = dims[0]
  if (dim === undefined || dims.length > 1) return undefined
  return { dim, start: padding[dim]![0], end: v.shape[dim]! - padding[dim]![1] }
}

/** Elements that stacking the operands would copy: those that lie in memory already, elsewhere. */
function copied(products: readonly Value[]): number {
  const inMemory = (v: Value): boolean => v.op === 'leaf' || (isMovement(v) && inMemory(v.inputs[0]!))
  return [0, 1].reduce((sum, side) => {
    const operands = new Set(products.map((p) => p.inputs[side]!))
    return sum + (operands.size === 1 ? 0 : [...operands].reduce((n, o) => n + (inMemory(o) ? sizeOf(o.shape) : 0), 0))
  }, 0)
}

/** A concatenation whose parts are a run of another one's is a slice of that. */
function withSharedRuns(graph: ValueGraph, outputs: readonly Value[]): Value[] {
  const order = ordered(outputs)
  const long = order
    .filter((v) => v.op === 'concat' && v.inputs.length >= FEWEST_PARTS)
    .sort((a, b) => b.inputs.length - a.inputs.length)
  if (long.length < 2) return [...outputs]
  const runs = new Map<Value, { whole: Value; from: number }>()
  for (const v of long)
    for (const whole of long) {
      if (whole.inputs.length <= v.inputs.length || whole.attrs['dim'] !== v.attrs['dim'] || runs.has(whole)) continue
      const from = whole.inputs.indexOf(v.inputs[0]!)
      if (from < 0 || v.inputs.some((part, i) => whole.inputs[from + i] !== part) || ordered(whole.inputs).includes(v)) continue
      runs.set(v, { whole, from })
      break
    }
  if (!runs.size) return [...outputs]
  const made = new Map<Value, Value>()
  const rebuild = (v: Value): Value => {
    const known = made.get(v)
    if (known) return known
    const run = runs.get(v)
    const result = run ? slice(graph, rebuild(run.whole), v, run.from) : again(graph, v, rebuild)
    made.set(v, result)
    return result
  }
  return outputs.map(rebuild)
}

function slice(graph: ValueGraph, whole: Value, part: Value, from: number): Value {
  const dim = part.attrs['dim'] as number
  const start = whole.inputs.slice(0, from).reduce((n, p) => n + p.shape[dim]!, 0)
  const ranges = part.shape.map((n, d) => (d === dim ? { start, stop: start + n, step: 1 } : { start: 0, stop: n, step: 1 }))
  return graph.make('slice', [whole], { ranges }, part.shape, part.dtype)
}
