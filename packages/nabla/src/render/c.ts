/**
 * Loop IR to C11 with GCC's vector extensions. Inside a vector loop every value is either uniform (a C scalar) or has a lane for
 * each iteration (a C vector); truth values are masks of 0 and -1 there. This file writes functions and statements, c-expr.ts
 * what they compute.
 */
import type { DType } from '../core/dtype.js'
import { type Expr, index, type ValueType } from '../kernel/expr.js'
import type { Kernel, Stmt } from '../kernel/loop.js'
import { strideIn, substitute, uses } from '../kernel/simplify.js'
import {
  type Frame,
  infix,
  isWide,
  type Lanes,
  memoryTypes,
  Scope,
  scalarTypes,
  selectVector,
  toMemory,
  vectorType,
} from './c-expr.js'
import { prelude } from './c-prelude.js'

/** The C function `void kernel(char *const *b, long from, long to)`: jobs from..to-1 on buffers b. Equal kernels have equal texts. */
export const renderKernel = (kernel: Kernel): string => new CFunction(kernel).render('kernel')

/** One C file of functions rendered before, each under its own name. */
export const renderFile = (
  functions: readonly { readonly text: string; readonly name: string }[],
  machine: { readonly lanes: number },
): string => prelude(machine.lanes) + functions.map(({ text, name }) => text.replace('void kernel(', `void ${name}(`)).join('\n')

class CFunction implements Frame {
  private out = ''
  private depth = 1
  private temps = 0
  private readonly names = new Map<string, string>()
  /** Locals that have a lane for each iteration of the enclosing vector loop. */
  private readonly laneLocals = new Set<string>()
  private readonly arrays = new Set<string>()

  constructor(private readonly kernel: Kernel) {}

  render(name: string): string {
    const { kernel } = this
    this.line(`void ${name}(char *const *b, long from, long to) { // ${kernel.name.replaceAll(/[^\w\s[\](),.+*-]/g, ' ')}`, 0)
    kernel.buffers.forEach(({ dtype, written, own }, i) =>
      this.line(
        own !== undefined
          ? `${memoryTypes[dtype]} buf${i}[${own}] __attribute__((aligned(64)));`
          : `${written ? '' : 'const '}${memoryTypes[dtype]} *buf${i} = (${written ? '' : 'const '}${memoryTypes[dtype]} *)b[${i}];`,
      ),
    )
    const job = this.name(kernel.job.name)
    this.line(`for (long ${job} = from; ${job} < to; ${job}++) {`)
    this.block(kernel.body, undefined)
    this.line('}')
    this.line('}', 0)
    return this.out
  }

  /** Variables and locals are numbered as they appear, so that equal kernels have equal texts; the _ keeps them apart from buffers. */
  name(original: string): string {
    let name = this.names.get(original)
    if (!name) this.names.set(original, (name = `${original.replace(/\d.*/, '')}_${this.names.size}`))
    return name
  }

  element(name: string, at: Expr, scalar: (e: Expr) => string): string {
    return this.arrays.has(name)
      ? `${this.name(name)}[${scalar(at)}]`
      : `${this.name(name)}_${at.kind === 'const' ? at.value : 0}`
  }

  line(text: string, depth = this.depth): void {
    this.out += '  '.repeat(depth) + text + '\n'
  }

  private block(stmts: readonly Stmt[], lanes: Lanes | undefined): void {
    this.depth++
    for (const s of stmts) this.statement(s, lanes)
    this.depth--
  }

  private statement(s: Stmt, lanes: Lanes | undefined): void {
    switch (s.kind) {
      case 'for': {
        if (s.loop === 'vector' && s.to.kind === 'const' && s.from.kind === 'const' && s.to.value - s.from.value > 1) {
          this.line('{')
          this.block(s.body, { v: s.v, count: s.to.value - s.from.value })
          this.line('}')
          return
        }
        const scope = new Scope(this, lanes, [s.from, s.to])
        if (s.loop === 'unroll') this.line('#pragma GCC unroll 64')
        const v = this.name(s.v.name)
        this.line(
          `for (long ${v} = ${scope.scalar(s.from)}, ${v}_end = ${scope.scalar(s.to)}; ${v} < ${v}_end; ${v} += ${s.step}) {`,
        )
        this.block(s.body, lanes)
        this.line('}')
        return
      }
      case 'if': {
        if (lanes && uses(s.cond, lanes.v)) return this.masked(s, lanes)
        const scope = new Scope(this, lanes, [s.cond])
        this.line(`if (${scope.scalar(s.cond)}) {`)
        this.block(s.then, lanes)
        this.line('}')
        return
      }
      case 'declare': {
        const inLanes = lanes !== undefined && s.lanes === 1
        const count = inLanes ? lanes.count : s.lanes
        if (count > 1) this.laneLocals.add(s.name)
        else this.laneLocals.delete(s.name)
        const type = count > 1 ? vectorType(s.type, count) : scalarTypes[s.type]
        const scope = new Scope(this, lanes, s.init ? [s.init] : [])
        const init = s.init && (count > 1 ? scope.vector(s.init, count) : scope.scalar(s.init))
        if (s.array) {
          this.arrays.add(s.name)
          const name = this.name(s.name)
          this.line(`${type} ${name}[${s.size}];`)
          if (init) this.line(`for (long i_ = 0; i_ < ${s.size}; i_++) ${name}[i_] = ${init};`)
          return
        }
        this.arrays.delete(s.name)
        for (let i = 0; i < s.size; i++) {
          const name = this.element(s.name, index(i), String)
          this.line(`${type} ${name}${init ? ` = ${init}` : ''};${s.keep && count > 1 ? ` KEEP(${name});` : ''}`)
        }
        return
      }
      case 'set': {
        const scope = new Scope(this, lanes, [s.index, s.value])
        const name = this.element(s.name, s.index, (e) => scope.scalar(e))
        const vector = this.laneLocals.has(s.name)
        this.line(`${name} = ${vector && lanes ? scope.vector(s.value, lanes.count) : scope.scalar(s.value)};`)
        return
      }
      case 'store': {
        const { dtype } = this.kernel.buffers[s.buffer]!
        const scope = new Scope(this, lanes, [s.index, s.value])
        if (!lanes || (!uses(s.index, lanes.v) && !scope.varies(s.value))) {
          this.line(`buf${s.buffer}[${scope.scalar(s.index)}] = ${toMemory(scope.scalar(s.value), dtype)};`)
        } else if (strideIn(s.index, lanes.v) === 1 && isWide(dtype)) {
          const at = scope.scalar(substitute(s.index, lanes.v, index(0)))
          this.line(
            `*(${vectorType(dtype as ValueType, lanes.count)}u *)(buf${s.buffer} + ${at}) = ${scope.vector(s.value, lanes.count)};`,
          )
        } else {
          const value = this.temp(vectorType(s.value.type, lanes.count), scope.vector(s.value, lanes.count))
          const l = this.name(lanes.v.name)
          this.line(
            `for (long ${l} = 0; ${l} < ${lanes.count}; ${l}++) buf${s.buffer}[${scope.laneScalar(s.index)}] = ${toMemory(`${value}[${l}]`, dtype)};`,
          )
        }
        return
      }
      case 'reduce': {
        const scope = new Scope(this, lanes, [s.index, s.at])
        const from = this.element(s.from, s.index, (e) => scope.scalar(e))
        const declared = this.declared(s.from)
        const type = vectorType(declared.type, declared.lanes)
        const v = this.temp(type, from)
        for (let n = declared.lanes / 2; n >= 1; n /= 2) {
          const order = Array.from({ length: declared.lanes }, (_, l) => (l + n) % declared.lanes)
          const other = `__builtin_shuffle(${v}, (i32x${declared.lanes}){${order.join(', ')}})`
          if (s.op === 'add' || s.op === 'mul') this.line(`${v} = ${v} ${infix[s.op]!} ${other};`)
          else {
            const w = this.temp(type, other)
            const better = s.op === 'max' ? `${v} < ${w}` : `${w} < ${v}`
            this.line(`${v} = ${selectVector(declared.type, declared.lanes, `((${better}) | (${w} != ${w}))`, w, v)};`)
          }
        }
        this.line(`${this.element(s.into, s.at, (e) => scope.scalar(e))} = ${v}[0];`)
        return
      }
    }
  }

  /** Stores under a condition that differs from lane to lane. */
  private masked(s: Extract<Stmt, { kind: 'if' }>, lanes: Lanes): void {
    for (const inner of s.then) {
      if (inner.kind !== 'store') {
        this.statement(inner, lanes)
        continue
      }
      const scope = new Scope(this, lanes, [inner.value])
      const value = this.temp(vectorType(inner.value.type, lanes.count), scope.vector(inner.value, lanes.count))
      const l = this.name(lanes.v.name)
      this.line(
        `for (long ${l} = 0; ${l} < ${lanes.count}; ${l}++) if (${scope.laneScalar(s.cond)}) buf${inner.buffer}[${scope.laneScalar(inner.index)}] = ${toMemory(`${value}[${l}]`, this.kernel.buffers[inner.buffer]!.dtype)};`,
      )
    }
  }

  temp(type: string, code: string): string {
    const name = `t${this.temps++}_`
    this.line(`${type} ${name} = ${code};`)
    return name
  }

  isLaneLocal(name: string): boolean {
    return this.laneLocals.has(name)
  }

  bufferType(buffer: number): DType {
    return this.kernel.buffers[buffer]!.dtype
  }

  private declared(name: string): { type: ValueType; lanes: number } {
    const find = (stmts: readonly Stmt[]): { type: ValueType; lanes: number } | undefined => {
      for (const s of stmts) {
        if (s.kind === 'declare' && s.name === name) return s
        const found = s.kind === 'for' ? find(s.body) : s.kind === 'if' ? find(s.then) : undefined
        if (found) return found
      }
      return undefined
    }
    return find(this.kernel.body)!
  }
}
