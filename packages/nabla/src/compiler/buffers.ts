/** Which memory a kernel touches: values get buffer numbers as they are first used, in their layouts. */
import { type Expr, type Var, cast, children, index, local } from '../kernel/expr.js'
import type { KernelBuffer, Stmt } from '../kernel/loop.js'
import type { DType } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import { type Layout, offsetOf } from './layout.js'
import { loadOf } from './pull.js'
import type { Value } from './value.js'

export interface LoweredKernel {
  readonly job: Var
  readonly jobs: number
  readonly body: readonly Stmt[]
}

/** What the planner knows of stored values. */
export interface Storing {
  isStored(value: Value): boolean
  layout(value: Value): Layout | undefined
  /** The shape whose strides the value has: that of the whole it is a part of, or its own. */
  extents(value: Value): Shape
  /** The type in memory: truth values that only kernels see are 32 bits wide, as vectors want them. */
  dtype(value: Value): DType
}

export class Buffers {
  readonly values: Value[] = []
  private readonly written = new Set<Value>()
  private readonly owned: KernelBuffer[] = []

  constructor(
    private readonly storing: Storing,
    outputs: readonly Value[],
  ) {
    for (const o of outputs) {
      this.of(o)
      this.written.add(o)
    }
  }

  isStored(value: Value): boolean {
    return this.storing.isStored(value)
  }

  layout(value: Value): Layout | undefined {
    return this.storing.layout(value)
  }

  of(value: Value): number {
    const known = this.values.indexOf(value)
    if (known >= 0) return known
    if (this.owned.length) throw new Error(`${value.op} comes after the buffers that jobs have for themselves`)
    return this.values.push(value) - 1
  }

  address(value: Value, at: readonly Expr[]): Expr {
    return offsetOf(at, this.storing.extents(value), this.storing.layout(value))
  }

  /** The load of a stored value's element; undefined where the value is not stored. */
  load(value: Value, at: readonly Expr[], guard: Expr | undefined): Expr | undefined {
    if (!this.storing.isStored(value)) return undefined
    const e = loadOf(this.of(value), this.address(value, at), this.storing.dtype(value), guard)
    return value.dtype === 'bool' ? cast(e, 'bool') : e
  }

  /** The store of an element, as its memory holds it. */
  store(value: Value, at: readonly Expr[], x: Expr): { readonly buffer: number; readonly index: Expr; readonly value: Expr } {
    const wide = value.dtype === 'bool' && this.storing.dtype(value) === 'int32'
    return { buffer: this.of(value), index: this.address(value, at), value: wide ? cast(x, 'int32') : x }
  }

  /** A buffer that each job has for itself. The values that the kernel touches are all known by then. */
  own(dtype: DType, size: number): number {
    return this.values.length + this.owned.push({ dtype, written: true, own: size }) - 1
  }

  describe(): KernelBuffer[] {
    return [...this.values.map((v) => ({ dtype: this.storing.dtype(v), written: this.written.has(v) })), ...this.owned]
  }
}

/** Every subexpression once. */
export function walk(exprs: readonly Expr[], f: (e: Expr) => unknown): void {
  const seen = new Set<Expr>()
  const visit = (e: Expr) => {
    if (seen.has(e)) return
    seen.add(e)
    f(e)
    children(e).forEach(visit)
  }
  exprs.forEach(visit)
}

/** Whether every type in the expressions is 32 bits wide (or a truth value), so that one lane count serves all. */
export function vectorTypes(exprs: readonly Expr[]): boolean {
  let ok = true
  walk(exprs, (e) => {
    if (e.type === 'float64' || (e.kind === 'unary' && e.op === 'half')) ok = false
  })
  return ok
}

/**
 * Stores of one place: all values are computed before the first is written, for a buffer may be updated where it lies. Where stores of several
 * places share a scope, each place has a name.
 */
export function writes(
  stores: readonly { readonly buffer: number; readonly index: Expr; readonly value: Expr }[],
  place = '',
): Stmt[] {
  if (stores.length < 2) return stores.map((s) => ({ kind: 'store', ...s }))
  const names = stores.map((s) => `o${place}${s.buffer}`)
  return [
    ...stores.map(
      ({ value }, i): Stmt => ({ kind: 'declare', name: names[i]!, type: value.type, size: 1, lanes: 1, init: value }),
    ),
    ...stores.map(
      ({ buffer, index: at, value }, i): Stmt => ({
        kind: 'store',
        buffer,
        index: at,
        value: local(names[i]!, index(0), value.type),
      }),
    ),
  ]
}
