/**
 * Lowers a group of element-wise work and reductions over one domain to loops:
 *
 *     for every job, for every outer index:
 *       for each level of reductions:   accumulate over the inner axes     (max, then the sum of exp(x - max), ...)
 *       store the outer outputs                                            (mean, log-sum-exp, ...)
 *       once more over the inner axes:  store the full outputs             (softmax, layer norm, ...)
 *
 * Without reductions it is a plain map. One axis is vectorised, outer or inner: the one along which all addresses have stride 0
 * or 1 as far as possible.
 */
import { type Shape, sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, type ValueType, type Var, binary, cast, constant, index, local, select, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { iadd, imin, imul, strideIn, uses } from '../kernel/simplify.js'
import { type Buffers, type LoweredKernel, vectorTypes, walk, writes } from './buffers.js'
import { combine, startOf } from './accumulate.js'
import { type Axis, atOf, axesOf, blocked, merged, positionsOfJob } from './nest.js'
import { Puller, foldSource, valueType } from './pull.js'
import type { Value } from './value.js'

export interface LoopGroup {
  readonly full: Shape
  /** Dimensions of `full` that are reduced. */
  readonly inner: readonly number[]
  readonly reduces: readonly Value[]
  /** What is written: values of the full shape, or of the outer shape (after the reductions). */
  readonly outputs: readonly Value[]
}

/** The shape that reductions of the group have. */
export const outerShape = (group: LoopGroup): Shape => group.reduces[0]?.shape ?? group.full

type InLanes = (at: ReadonlyMap<Axis, Expr>, make: (at: ReadonlyMap<Axis, Expr>) => Stmt[]) => Stmt[]

const WORK_PER_JOB = 4096

export function lowerLoops(group: LoopGroup, buffers: Buffers, machine: Machine): LoweredKernel {
  return new LoopLowering(group, buffers, machine).lower()
}

class LoopLowering {
  private readonly levels: Value[][] = []
  private axes: Axis[]
  private vector: Axis | undefined
  private lanes = 1
  private readonly atOuter: readonly Value[]
  private readonly atFull: readonly Value[]

  constructor(
    private readonly group: LoopGroup,
    private readonly buffers: Buffers,
    private readonly machine: Machine,
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
    this.axes = axesOf(group.full, group.inner)
    this.choose()
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

  private puller(): Puller {
    return new Puller(
      (value, at, guard) =>
        this.locals(value) ?? (this.group.outputs.includes(value) ? undefined : this.buffers.load(value, at, guard)),
    )
  }

  /** What reduction `r` adds up, at a place of the domain. */
  private term(puller: Puller, r: Value, at: readonly Expr[]): Expr {
    if (r.op !== 'fold') return puller.at(r.inputs[0]!, at)
    const { at: from, valid } = foldSource(r, at.slice(0, -1), at.at(-1)!)
    return select(valid, puller.at(r.inputs[0]!, from, valid), constant(0, valueType(r.dtype)))
  }

  private outerAt(at: readonly Expr[]): Expr[] {
    if (this.group.reduces[0]?.op === 'fold') return at.slice(0, -1)
    return at.map((e, d) => (this.group.inner.includes(d) ? index(0) : e))
  }

  /** Every expression of the group, walked by fresh variables; the axis `split` by a block and a lane variable. */
  private probe(axes: readonly Axis[], split?: Axis): { values: Expr[]; stores: Expr[]; vars: Var[]; lane: Var } {
    const vars = axes.map((a) =>
      variable('p', 0, a === split ? Math.max(0, Math.floor(a.extent / this.machine.lanes) - 1) : a.extent - 1),
    )
    const lane = variable('l', 0, this.machine.lanes - 1)
    const positions = vars.map((v, i) => (axes[i] === split ? blocked(v, lane, this.machine.lanes) : v))
    const at = atOf(this.group.full, axes, positions)
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
        points += stride === 1 ? 2 : stride === 0 ? 1 : -4
        if (l.guard && uses(l.guard, lane)) points -= 4
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

  lower(): LoweredKernel {
    const outer = this.axes.filter((a) => !a.inner)
    const total = sizeOf(this.group.full)
    const main = this.vector ? Math.floor(this.vector.extent / this.lanes) : 0
    const tail = this.vector ? this.vector.extent - main * this.lanes : 0

    // Jobs are made of the leading extents, outermost first; the vector axis counts blocks, its tail being one more.
    const extents = outer.map((a) => (a === this.vector ? main + (tail ? 1 : 0) : a.extent))
    let taken = 0
    let jobs = 1
    if (total >= 2 * WORK_PER_JOB)
      while (taken < outer.length && jobs < 64 && (taken === 0 || total / jobs > 2 * WORK_PER_JOB)) jobs *= extents[taken++]!
    // A single long axis is cut into chunks.
    const chunk = taken === 1 ? Math.max(1, Math.floor((extents[0]! * WORK_PER_JOB) / total)) : 1
    if (taken === 1) jobs = Math.ceil(extents[0]! / chunk)
    const job = variable('job', 0, jobs - 1)
    const ofJob = taken === 1 ? [imul(job, chunk)] : positionsOfJob(job, extents.slice(0, taken))

    const walk = (i: number, positions: ReadonlyMap<Axis, Expr>, block: Expr | undefined): Stmt[] => {
      const axis = outer[i]
      if (!axis) return this.rows(positions, block)
      const isVector = axis === this.vector
      const count = isVector ? main : axis.extent
      const rest = (position: Expr): Stmt[] =>
        isVector ? walk(i + 1, positions, position) : walk(i + 1, new Map(positions).set(axis, position), block)
      const start = ofJob[i]
      const whole = start && chunk === 1 && !(isVector && tail) ? rest(start) : countedLoop(count, start, chunk, rest)
      if (!isVector || !tail) return whole
      const t = variable('t', 0, tail - 1)
      const tailLoop = loop(
        'serial',
        t,
        index(0),
        index(tail),
        walk(i + 1, new Map(positions).set(axis, iadd(t, main * this.lanes)), undefined),
      )
      if (!start) return [...whole, tailLoop]
      const last = chunk > 1 ? binary('eq', job, index(jobs - 1)) : binary('eq', start, index(main))
      return [...whole, { kind: 'if', cond: last, then: [tailLoop] }]
    }
    return { job, jobs, body: walk(0, new Map(), undefined) }
  }

  /** All stages at one outer place; `block` is given when the vector axis is an outer one and this is a whole block of it. */
  private rows(positions: ReadonlyMap<Axis, Expr>, block: Expr | undefined): Stmt[] {
    /** Wraps statements that concern one outer place into the lane loop, if there is one. */
    const inLanes: InLanes = (at, make) => (block ? laneLoop(this.vector!, block, this.lanes, at, make) : make(at))
    const stmts: Stmt[] = []
    const innerAxes = this.axes.filter((a) => a.inner)
    for (const level of this.levels) stmts.push(...this.reduceLevel(level, innerAxes, positions, block ? this.lanes : 1, inLanes))
    if (this.atOuter.length) stmts.push(...inLanes(positions, (at) => this.stores(this.atOuter, at)))
    if (this.atFull.length)
      stmts.push(...this.innerLoops(innerAxes, positions, !block, (at) => inLanes(at, (p) => this.stores(this.atFull, p))))
    return stmts
  }

  private places(at: ReadonlyMap<Axis, Expr>): Expr[] {
    return this.axes.map((a) => at.get(a) ?? index(0))
  }

  private stores(outputs: readonly Value[], positions: ReadonlyMap<Axis, Expr>): Stmt[] {
    const at = atOf(this.group.full, this.axes, this.places(positions))
    const puller = this.puller()
    const whereOf = (o: Value) => (this.atFull.includes(o) ? at : this.outerAt(at))
    return writes(outputs.map((o) => this.buffers.store(o, whereOf(o), puller.at(o, whereOf(o)))))
  }

  /** Loops over the inner axes; where the vector axis is among them, blocks with a lane loop inside and a scalar tail. */
  private innerLoops(
    axes: readonly Axis[],
    positions: ReadonlyMap<Axis, Expr>,
    mayVectorise: boolean,
    body: (at: ReadonlyMap<Axis, Expr>, lane: Var | undefined) => Stmt[],
  ): Stmt[] {
    const nest = (k: number, at: ReadonlyMap<Axis, Expr>, block: Expr | undefined): Stmt[] => {
      if (k === axes.length) {
        if (!block) return body(at, undefined)
        const l = variable('l', 0, this.lanes - 1)
        return [
          loop('vector', l, index(0), index(this.lanes), body(new Map(at).set(this.vector!, blocked(block, l, this.lanes)), l)),
        ]
      }
      const axis = axes[k]!
      if (axis === this.vector && mayVectorise) {
        const main = Math.floor(axis.extent / this.lanes)
        const tail = axis.extent - main * this.lanes
        const b = variable('b', 0, main - 1)
        const t = variable('t', 0, Math.max(0, tail - 1))
        const stmts: Stmt[] = [loop('serial', b, index(0), index(main), nest(k + 1, at, b))]
        if (tail)
          stmts.push(
            loop('serial', t, index(0), index(tail), nest(k + 1, new Map(at).set(axis, iadd(t, main * this.lanes)), undefined)),
          )
        return stmts
      }
      const v = variable('k', 0, axis.extent - 1)
      return [loop('serial', v, index(0), index(axis.extent), nest(k + 1, new Map(at).set(axis, v), block))]
    }
    return nest(0, positions, undefined)
  }

  private reduceLevel(
    level: readonly Value[],
    innerAxes: readonly Axis[],
    positions: ReadonlyMap<Axis, Expr>,
    width: number,
    inLanes: InLanes,
  ): Stmt[] {
    const innerVector = this.vector?.inner === true
    const stmts: Stmt[] = []
    for (const r of level) {
      const type = valueType(r.dtype)
      const start = constant(startOf(r.op, r.dtype), type)
      stmts.push({ kind: 'declare', name: resultName(r), type, size: 1, lanes: width, init: start })
      if (r.op.startsWith('arg'))
        stmts.push({
          kind: 'declare',
          name: bestName(r),
          type: valueType(r.inputs[0]!.dtype),
          size: 1,
          lanes: width,
          init: constant(0, valueType(r.inputs[0]!.dtype)),
        })
      if (innerVector) stmts.push({ kind: 'declare', name: laneName(r), type, size: 1, lanes: this.lanes, init: start })
    }
    stmts.push(
      ...this.innerLoops(innerAxes, positions, innerVector, (at, lane) =>
        inLanes(at, (p) => {
          const where = atOf(this.group.full, this.axes, this.places(p))
          const puller = this.puller()
          return level.flatMap((r) =>
            accumulate(r, lane ? laneName(r) : resultName(r), this.term(puller, r, where), where, innerAxes, this.group.full),
          )
        }),
      ),
    )
    if (innerVector)
      for (const r of level) {
        const type = valueType(r.dtype)
        const lanesName = `${laneName(r)}s`
        const op = r.op === 'sum' || r.op === 'fold' ? 'add' : r.op === 'prod' ? 'mul' : (r.op as 'max' | 'min')
        stmts.push(
          { kind: 'declare', name: lanesName, type, size: 1, lanes: 1, init: undefined },
          { kind: 'reduce', op, into: lanesName, at: index(0), from: laneName(r), index: index(0) },
          {
            kind: 'set',
            name: resultName(r),
            index: index(0),
            value: combine(r.op, local(resultName(r), index(0), type), local(lanesName, index(0), type)),
          },
        )
      }
    return stmts
  }
}

const resultName = (r: Value): string => `r${r.id}`
const laneName = (r: Value): string => `w${r.id}`
const bestName = (r: Value): string => `m${r.id}`

const laneLoop = (
  axis: Axis,
  block: Expr,
  lanes: number,
  at: ReadonlyMap<Axis, Expr>,
  body: (at: ReadonlyMap<Axis, Expr>) => Stmt[],
): Stmt[] => {
  const l = variable('l', 0, lanes - 1)
  return [loop('vector', l, index(0), index(lanes), body(new Map(at).set(axis, blocked(block, l, lanes))))]
}

/** All of 0..count, or a job's chunk of it. */
function countedLoop(count: number, start: Expr | undefined, chunk: number, body: (position: Expr) => Stmt[]): Stmt[] {
  const v = variable('i', 0, Math.max(0, count - 1))
  return [loop('serial', v, start ?? index(0), start ? imin(index(count), iadd(start, chunk)) : index(count), body(v))]
}

function accumulate(r: Value, name: string, x: Expr, at: readonly Expr[], innerAxes: readonly Axis[], full: Shape): Stmt[] {
  const type: ValueType = valueType(r.dtype)
  const zero = index(0)
  if (!r.op.startsWith('arg'))
    return [
      { kind: 'set', name, index: zero, value: combine(r.op, local(name, zero, type), x.type === type ? x : cast(x, type)) },
    ]
  // The first of equals; a NaN beats everything but an earlier NaN. -1 says that nothing has been seen.
  const best = local(bestName(r), zero, x.type)
  const seen = local(name, zero, type)
  let position: Expr = zero
  for (const axis of innerAxes) for (const d of axis.dims) position = iadd(imul(position, full[d]!), at[d]!)
  const better = r.op === 'argmax' ? binary('lt', best, x) : binary('lt', x, best)
  const nan = x.type.startsWith('float') ? binary('and', binary('ne', x, x), binary('eq', best, best)) : undefined
  const taken = binary('or', binary('lt', seen, constant(0, type)), nan ? binary('or', better, nan) : better)
  const takes = `t${name}`
  return [
    { kind: 'declare', name: takes, type: 'bool', size: 1, lanes: 1, init: taken },
    { kind: 'set', name, index: zero, value: select(local(takes, zero, 'bool'), cast(position, type), seen) },
    { kind: 'set', name: bestName(r), index: zero, value: select(local(takes, zero, 'bool'), x, best) },
  ]
}

/** The loads inside an expression. */
export function loadsIn(e: Expr): Extract<Expr, { kind: 'load' }>[] {
  const result: Extract<Expr, { kind: 'load' }>[] = []
  walk([e], (x) => x.kind === 'load' && result.push(x))
  return result
}
