/**
 * The compiler's own copy of the graph. Rewrites make new values; equal values are one (common subexpressions), so the copy is
 * a DAG without repetition. Leaves are what the program is given: their `attrs.leaf` counts them.
 */
import type { DType } from '../core/dtype.js'
import { type Shape, sameShape } from '../core/shape.js'
import type { Attrs } from '../graph/node.js'

export interface Value {
  readonly id: number
  readonly op: string
  readonly inputs: readonly Value[]
  readonly attrs: Attrs
  readonly shape: Shape
  readonly dtype: DType
}

export class ValueGraph {
  private readonly known = new Map<string, Value>()
  private count = 0

  make(op: string, inputs: readonly Value[], attrs: Attrs, shape: Shape, dtype: DType): Value {
    if (op === 'reshape') {
      let from = inputs[0]!
      while (from.op === 'reshape') from = from.inputs[0]!
      if (sameShape(from.shape, shape)) return from
      inputs = [from]
    }
    const key = `${op}(${inputs.map((i) => i.id).join()})${JSON.stringify(attrs)}[${shape.join()}]${dtype}`
    let value = this.known.get(key)
    if (!value) this.known.set(key, (value = { id: this.count++, op, inputs, attrs, shape, dtype }))
    return value
  }

  leaf(index: number, shape: Shape, dtype: DType): Value {
    return this.make('leaf', [], { leaf: index }, shape, dtype)
  }

  /** The same value once more, stored by itself: where a consumer wants it in another layout. */
  copy(of: Value, tag: string): Value {
    return this.make('copy', [of], { tag }, of.shape, of.dtype)
  }
}

/** Inputs before users, from `roots` back. */
export function ordered(roots: readonly Value[]): Value[] {
  const seen = new Set<Value>()
  const order: Value[] = []
  const visit = (v: Value) => {
    if (seen.has(v)) return
    seen.add(v)
    v.inputs.forEach(visit)
    order.push(v)
  }
  roots.forEach(visit)
  return order
}
