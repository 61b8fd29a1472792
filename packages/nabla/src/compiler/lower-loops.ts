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
import { sameShape, sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, type Var, binary, constant, index, local, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { ops } from '../ops/table.js'
import { iadd, imin, imul } from '../kernel/simplify.js'
import { type Buffers, type LoweredKernel, writes } from './buffers.js'
import { accumulate, bestName, combine, laneName, resultName, startOf } from './accumulate.js'
import { LoopNest } from './loop-nest.js'
import { type Axis, type LoopGroup, blocked, positionsOfJob } from './nest.js'
import { lowerColumns } from './lower-columns.js'
import { type Puller, valueType } from './pull.js'
import type { Value } from './value.js'

type InLanes = (at: ReadonlyMap<Axis, Expr>, make: (at: ReadonlyMap<Axis, Expr>) => Stmt[]) => Stmt[]

/** One place of the inner axes: of the row (undefined where rows are not kept), and which of the sums side by side takes it. */
interface InnerPlace {
  readonly at: ReadonlyMap<Axis, Expr>
  readonly lane: Var | undefined
  readonly row: Expr | undefined
  readonly chain: number
}

const scratchName = (v: Value): string => `row${v.id}`

const WORK_PER_JOB = 4096
/** Inner loops of up to this many turns together (the taps of a window) are written out. */
const MOST_WRITTEN_OUT = 16
/** Vector accumulators of a reduction; a power of two. */
const CHAINS = 4
/** Values of this cost (Op.cost) are kept for a row: a division too, which takes as long as reading and writing them. */
const KEPT = 4
/** Rows of up to this many elements are kept for later phases: 16 KB. */
const LONGEST_ROW = 4096

export function lowerLoops(group: LoopGroup, buffers: Buffers, machine: Machine): LoweredKernel {
  return lowerColumns(group, buffers, machine) ?? new LoopLowering(group, buffers, machine).lower()
}

class LoopLowering extends LoopNest {
  private readonly scratch: ReadonlyMap<Value, number>

  constructor(group: LoopGroup, buffers: Buffers, machine: Machine) {
    super(group, buffers, machine)
    const inner = this.axes.filter((a) => a.inner)
    this.scratch = inner.length === 1 && this.lanes > 1 && inner[0]!.extent <= LONGEST_ROW ? this.neededAgain() : new Map()
  }

  /** Values of the full shape that cost something that several phases need, with the first of these phases; what they are made of comes before them. */
  private neededAgain(): Map<Value, number> {
    const phases: Value[][] = [...this.levels.map((level) => level.map((r) => r.inputs[0]!)), [...this.atFull]]
    if (this.group.reduces.some((r) => r.op === 'fold')) return new Map()
    const first = new Map<Value, number>()
    const again = new Map<Value, number>()
    phases.forEach((roots, phase) => {
      const seen = new Set<Value>()
      const visit = (v: Value): void => {
        const op = ops[v.op]
        const outside = this.buffers.isStored(v) && !this.group.outputs.includes(v)
        if (seen.has(v) || outside || op?.kind !== 'elementwise' || !sameShape(v.shape, this.group.full)) return
        seen.add(v)
        if ((first.get(v) ?? phase) < phase && (op.cost ?? 1) >= KEPT && v.dtype !== 'bool') again.set(v, first.get(v)!)
        // What is kept needs nothing of what it is made of.
        if (again.has(v)) return
        v.inputs.forEach(visit)
        if (!first.has(v)) first.set(v, phase)
      }
      roots.forEach(visit)
    })
    return new Map([...again].sort(([a, i], [b, j]) => i - j || a.id - b.id))
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
    for (const [value] of this.scratch) {
      const size = Math.floor(innerAxes[0]!.extent / (this.vector?.inner ? this.lanes : 1))
      const lanes = block || this.vector?.inner ? this.lanes : 1
      stmts.push({
        kind: 'declare',
        name: scratchName(value),
        type: valueType(value.dtype),
        size,
        lanes,
        init: undefined,
        array: true,
      })
    }
    for (const level of this.levels) stmts.push(...this.reduceLevel(level, innerAxes, positions, block ? this.lanes : 1, inLanes))
    if (this.atOuter.length) stmts.push(...inLanes(positions, (at) => this.stores(this.atOuter, at)))
    if (this.atFull.length)
      stmts.push(
        ...this.innerLoops(innerAxes, positions, !block, ({ at, row }) =>
          inLanes(at, (p) => this.stores(this.atFull, p, this.keeping(this.levels.length, row, []).puller)),
        ),
      )
    return stmts
  }

  private places(at: ReadonlyMap<Axis, Expr>): Expr[] {
    return this.axes.map((a) => at.get(a) ?? index(0))
  }

  private stores(outputs: readonly Value[], positions: ReadonlyMap<Axis, Expr>, puller = this.puller()): Stmt[] {
    const at = this.indexAt(this.axes, this.places(positions))
    const whereOf = (o: Value) => (this.atFull.includes(o) ? at : this.outerAt(at))
    return writes(outputs.map((o) => this.buffers.store(o, whereOf(o), puller.at(o, whereOf(o)))))
  }

  /** Loops over the inner axes; where the vector axis is among them, blocks with a lane loop inside and a scalar tail. */
  private innerLoops(
    axes: readonly Axis[],
    positions: ReadonlyMap<Axis, Expr>,
    mayVectorise: boolean,
    body: (place: InnerPlace) => Stmt[],
  ): Stmt[] {
    const nest = (
      k: number,
      at: ReadonlyMap<Axis, Expr>,
      block: Expr | undefined,
      row: Expr | undefined,
      chain: number,
    ): Stmt[] => {
      if (k === axes.length) {
        if (!block) return body({ at, lane: undefined, row, chain })
        const lane = variable('l', 0, this.lanes - 1)
        const here = new Map(at).set(this.vector!, blocked(block, lane, this.lanes))
        return [loop('vector', lane, index(0), index(this.lanes), body({ at: here, lane, row, chain }))]
      }
      const axis = axes[k]!
      const alone = axes.length === 1
      if (axis === this.vector && mayVectorise) {
        const main = Math.floor(axis.extent / this.lanes)
        const tail = axis.extent - main * this.lanes
        // Several sums side by side hide the latency of an addition.
        const turns = alone ? Math.floor(main / CHAINS) : 0
        const c = variable('c', 0, Math.max(0, turns - 1))
        const chains = Array.from({ length: CHAINS }, (_, i) => {
          const b = iadd(imul(c, CHAINS), i)
          return nest(k + 1, at, b, alone ? b : undefined, i)
        })
        const b = variable('b', 0, Math.max(0, main - 1))
        const t = variable('t', 0, Math.max(0, tail - 1))
        const scalar = new Map(at).set(axis, iadd(t, main * this.lanes))
        return [
          ...(turns ? [loop('serial', c, index(0), index(turns), chains.flat())] : []),
          ...(turns * CHAINS < main
            ? [loop('serial', b, index(turns * CHAINS), index(main), nest(k + 1, at, b, alone ? b : undefined, 0))]
            : []),
          ...(tail ? [loop('serial', t, index(0), index(tail), nest(k + 1, scalar, undefined, undefined, 0))] : []),
        ]
      }
      const v = variable('k', 0, axis.extent - 1)
      const inner = nest(k + 1, new Map(at).set(axis, v), block, alone && !this.vector?.inner ? v : undefined, 0)
      return [loop(small ? 'unroll' : 'serial', v, index(0), index(axis.extent), inner)]
    }
    const small = sizeOf(axes.map((a) => a.extent)) <= MOST_WRITTEN_OUT
    return nest(0, positions, undefined, undefined, 0)
  }

  /**
   * A puller for one phase (a level of reductions, or the stores after them) at one inner place. What is dear and needed by several phases
   * is computed in the first of them and kept for the whole row; `row` is the place in it, undefined where nothing is kept.
   */
  private keeping(phase: number, row: Expr | undefined, where: readonly Expr[]): { stmts: Stmt[]; puller: Puller } {
    if (!row) return { stmts: [], puller: this.puller() }
    const stmts: Stmt[] = []
    const here = new Map<Value, Expr>()
    for (const [value, first] of this.scratch) {
      const type = valueType(value.dtype)
      if (first < phase) here.set(value, local(scratchName(value), row, type))
      if (first !== phase) continue
      const name = `s${value.id}`
      stmts.push(
        { kind: 'declare', name, type, size: 1, lanes: 1, init: this.puller(here).at(value, where) },
        { kind: 'set', name: scratchName(value), index: row, value: local(name, index(0), type) },
      )
      here.set(value, local(name, index(0), type))
    }
    return { stmts, puller: this.puller(here) }
  }

  private reduceLevel(
    level: Value[],
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
      if (innerVector) stmts.push({ kind: 'declare', name: laneName(r), type, size: CHAINS, lanes: this.lanes, init: start })
    }
    const phase = this.levels.indexOf(level)
    stmts.push(
      ...this.innerLoops(innerAxes, positions, innerVector, ({ at, lane, row, chain }) =>
        inLanes(at, (p) => {
          const where = this.indexAt(this.axes, this.places(p))
          const { stmts: kept, puller } = this.keeping(phase, row, where)
          const sums = level.flatMap((r) =>
            accumulate(
              r,
              lane ? laneName(r) : resultName(r),
              index(chain),
              this.term(puller, r, where),
              where,
              innerAxes,
              this.group.full,
            ),
          )
          return [...kept, ...sums]
        }),
      ),
    )
    if (innerVector)
      for (const r of level) {
        const type = valueType(r.dtype)
        for (let n = CHAINS / 2; n >= 1; n /= 2)
          for (let i = 0; i < n; i++) {
            const [a, b] = [index(i), index(i + n)].map((at) => local(laneName(r), at, type))
            const set: Stmt = { kind: 'set', name: laneName(r), index: index(i), value: combine(r.op, a!, b!) }
            stmts.push(loop('vector', variable('l', 0, this.lanes - 1), index(0), index(this.lanes), [set]))
          }
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
