/**
 * How a group of element-wise work and reductions is walked: its levels of reductions, the axes of its domain, which of them fills the lanes,
 * and the elements of its values at a place. `lower-loops.ts` makes the loops.
 */
import { type Shape, sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, type Var, constant, index, local, select, variable } from '../kernel/expr.js'
import { iadd, imul, strideIn, uses } from '../kernel/simplify.js'
import { resultName } from './accumulate.js'
import { type Buffers, vectorTypes, walk } from './buffers.js'
import { type Axis, type LoopGroup, atOf, axesOf, blocked, merged, outerShape } from './nest.js'
import { Puller, foldSource, valueType } from './pull.js'
import type { Value } from './value.js'

/** Windows that begin at every 2nd, 3rd or 4th place. */
const MOST_PHASES = 4

export class LoopNest {
  protected readonly levels: Value[][] = []
  protected axes: Axis[]
  /** The group's domain, in which one dimension may be split in two: every `by`-th place, and the phase. */
  protected domain: Shape
  protected phases: { readonly dim: number; readonly by: number } | undefined
  protected vector: Axis | undefined
  protected lanes = 1
  protected mayVectorise = false
  protected readonly atOuter: readonly Value[]
  protected readonly atFull: readonly Value[]

  constructor(
    protected readonly group: LoopGroup,
    protected readonly buffers: Buffers,
    protected readonly machine: Machine,
  ) {
    const outer = outerShape(group)
    this.atFull = group.outputs.filter((o) => group.reduces.length === 0 || sizeOf(o.shape) !== sizeOf(outer))
    this.atOuter = group.outputs.filter((o) => !this.atFull.includes(o))
    const level = new Map<Value, number>()
    for (const r of group.reduces) {
      const n = 1 + Math.max(-1, ...[...this.reducesUnder(r)].map((x) => level.get(x) ?? -1))
      level.set(r, n)
      ;(this.levels[n] ??= []).push(r)
    }
    this.domain = group.full
    this.axes = axesOf(group.full, group.inner)
    this.choose()
    if (!this.vector && this.mayVectorise) this.splitByPhase()
  }

  /** The group's reductions that `value`'s own input is computed from. */
  private reducesUnder(value: Value): Set<Value> {
    const found = new Set<Value>()
    const visit = (v: Value) => {
      if (v !== value && this.group.reduces.includes(v)) found.add(v)
      else if (v === value || !this.buffers.isStored(v) || this.group.outputs.includes(v)) v.inputs.forEach(visit)
    }
    visit(value)
    return found
  }

  private readonly locals = (value: Value): Expr | undefined =>
    this.group.reduces.includes(value) ? local(resultName(value), index(0), valueType(value.dtype)) : undefined

  protected puller(kept: ReadonlyMap<Value, Expr> = new Map()): Puller {
    return new Puller(
      (value, at, guard) =>
        kept.get(value) ??
        this.locals(value) ??
        (this.group.outputs.includes(value) ? undefined : this.buffers.load(value, at, guard)),
    )
  }

  /** What reduction `r` adds up, at a place of the domain. */
  protected term(puller: Puller, r: Value, at: readonly Expr[]): Expr {
    if (r.op !== 'fold') return puller.at(r.inputs[0]!, at)
    const { at: from, valid } = foldSource(r, at.slice(0, -1), at.at(-1)!)
    return select(valid, puller.at(r.inputs[0]!, from, valid), constant(0, valueType(r.dtype)))
  }

  protected outerAt(at: readonly Expr[]): Expr[] {
    if (this.group.reduces[0]?.op === 'fold') return at.slice(0, -1)
    return at.map((e, d) => (this.group.inner.includes(d) ? index(0) : e))
  }

  /** The group's index at positions of the axes. */
  protected indexAt(axes: readonly Axis[], positions: readonly Expr[]): Expr[] {
    const at = atOf(this.domain, axes, positions)
    if (!this.phases) return at
    const { dim, by } = this.phases
    return at.toSpliced(dim, 2, iadd(imul(at[dim]!, by), at[dim + 1]!))
  }

  /**
   * What is read at every n-th place (an overlapping window's gradient) does not lie in line along its dimension, but along the places of
   * one phase it does: i = n q + r, with q in the lanes.
   */
  private splitByPhase(): void {
    if (this.group.reduces.length) return
    const { full } = this.group
    const [values, steps] = [this.probe(axesOf(full, [])).values, new Set<number>()]
    walk(values, (e) => {
      if (e.kind === 'binary' && e.type === 'index' && e.op === 'div' && e.b.kind === 'const') steps.add(e.b.value)
    })
    const dim = full.findLastIndex((n) => n > 1)
    for (const by of [...steps].filter((n) => n <= MOST_PHASES && full[dim]! % n === 0).sort((a, b) => a - b)) {
      this.phases = { dim, by }
      this.domain = full.toSpliced(dim, 1, full[dim]! / by, by)
      this.axes = axesOf(this.domain, [])
      const places = this.axes.find((a) => a.dims[0] === dim)
      const phase = this.axes.find((a) => a.dims[0] === dim + 1)
      if (places && phase && places.extent >= this.machine.lanes && this.bestVector() === places) {
        const rest = this.axes.filter((a) => a !== places && a !== phase)
        this.axes = [
          ...merged(
            rest,
            undefined,
            (axes) => this.divisions(this.probe([...axes, places, phase])) <= this.divisions(this.probe(this.axes)),
          ),
          phase,
          places,
        ]
        this.vector = places
        this.lanes = this.machine.lanes
        return
      }
    }
    this.phases = undefined
    this.domain = full
    this.axes = axesOf(full, [])
  }

  /** Every expression of the group, walked by fresh variables; the axis `split` by a block and a lane variable. */
  private probe(axes: readonly Axis[], split?: Axis): { values: Expr[]; stores: Expr[]; vars: Var[]; lane: Var } {
    const vars = axes.map((a) =>
      variable('p', 0, a === split ? Math.max(0, Math.floor(a.extent / this.machine.lanes) - 1) : a.extent - 1),
    )
    const lane = variable('l', 0, this.machine.lanes - 1)
    const positions = vars.map((v, i) => (axes[i] === split ? blocked(v, lane, this.machine.lanes) : v))
    const at = this.indexAt(axes, positions)
    const puller = this.puller()
    const outputAt = (o: Value) => (this.atFull.includes(o) ? at : this.outerAt(at))
    return {
      values: [
        ...this.group.reduces.map((r) => this.term(puller, r, at)),
        ...this.group.outputs.map((o) => puller.at(o, outputAt(o))),
      ],
      stores: this.group.outputs.map((o) => this.buffers.address(o, outputAt(o))),
      vars,
      lane,
    }
  }

  /** How many divisions stand between the loops and the addresses. */
  private divisions({ values, stores }: { values: Expr[]; stores: Expr[] }): number {
    let count = 0
    walk([...values, ...stores], (e) => (count += e.kind === 'binary' && e.type === 'index' && e.op === 'div' ? 1 : 0))
    return count
  }

  private choose(): void {
    const plain = this.probe(this.axes)
    const written = this.group.outputs.map((o) => this.buffers.layout(o)).find((l) => l !== undefined)
    const hasArg = this.group.reduces.some((r) => r.op.startsWith('arg'))
    const canVectorise =
      this.machine.lanes > 1 && vectorTypes(plain.values) && !(hasArg && written && this.group.inner.includes(written.dim))
    let fixed = written && canVectorise ? this.axes.find((a) => a.dims.includes(written.dim)) : undefined
    const divided = this.divisions(plain)
    if (!fixed && canVectorise && divided > 0) fixed = this.bestVector()
    const bound = fixed ? this.divisions(this.probe(this.axes, fixed)) : divided
    this.axes = merged(this.axes, fixed, (axes) => this.divisions(this.probe(axes, fixed)) <= bound)
    this.mayVectorise = canVectorise && !written
    if (!canVectorise) return
    this.vector = fixed ?? this.bestVector()
    if (!this.vector || this.vector.extent < this.machine.lanes) {
      this.vector = undefined
      return
    }
    this.lanes = this.machine.lanes
    // Where the written layout has blocks of lanes outermost, so has the nest.
    if (written && this.vector === fixed && !fixed?.inner) this.axes = [fixed!, ...this.axes.filter((a) => a !== fixed)]
  }

  /** The axis along which most addresses have stride 0 or 1. */
  private bestVector(): Axis | undefined {
    const hasArg = this.group.reduces.some((r) => r.op.startsWith('arg'))
    let best: Axis | undefined
    let most = -Infinity
    for (const axis of this.axes) {
      if (axis.extent < this.machine.lanes || (axis.inner && hasArg)) continue
      const { values, stores, lane } = this.probe(this.axes, axis)
      let points = axis.inner ? -1 : 0 // lanes of an inner axis have to be combined at the end
      let limit = 0
      for (const l of new Set(values.flatMap(loadsIn))) {
        const stride = strideIn(l.index, lane)
        points += stride === 1 ? 2 : stride === 0 ? 1 : stride === 2 ? 0 : -4
        if (l.guard && uses(l.guard, lane)) points -= stride === 1 ? 1 : 4
        limit -= 3
      }
      // Results of reductions are few beside what is read for them.
      if (!axis.inner)
        stores.forEach((s, i) => {
          if (!this.atFull.includes(this.group.outputs[i]!)) return
          points += strideIn(s, lane) === 1 ? 4 : -8
          limit -= 3
        })
      if (points >= most && points > limit) {
        most = points
        best = axis
      }
    }
    return best
  }
}

/** The loads inside an expression. */
function loadsIn(e: Expr): Extract<Expr, { kind: 'load' }>[] {
  const result: Extract<Expr, { kind: 'load' }>[] = []
  walk([e], (x) => x.kind === 'load' && result.push(x))
  return result
}
